"""Buckets that keep what is put into them: data, access logs, and their copy in a second region."""

from prodready_constructs.storage.log_bucket import LogBucket
from prodready_constructs.storage.replica_bucket import ReplicaBucket
from prodready_constructs.storage.secure_bucket import SecureBucket

__all__ = ["LogBucket", "ReplicaBucket", "SecureBucket"]
