"""How long objects, their versions and their locks last: shared by the buckets of this room."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Literal

from aws_cdk import Duration
from aws_cdk import aws_s3 as s3

#: Parts of an upload that was never completed are billed until they are removed; a week is longer than any upload takes.
ABANDONED_UPLOAD = timedelta(days=7)
#: Asked for once: each reading is a message to the jsii kernel.
_ARCHIVE = s3.StorageClass.GLACIER_INSTANT_RETRIEVAL


def lifecycle(
    *,
    noncurrent: timedelta,
    archive_after: timedelta | None = None,
    expire_after: timedelta | None = None,
    expire_prefixes: Sequence[str] = (),
) -> list[s3.LifecycleRule]:
    """Clean up unfinished uploads and old versions; archive and expire where asked.

    Args:
        noncurrent: how long an overwritten or deleted version stays.
        archive_after: age at which objects move to Glacier Instant Retrieval: cheaper to keep, and still read at once.
        expire_after: age at which current objects end; only those under *expire_prefixes* when there are any.
    """
    everything = s3.LifecycleRule(
        id="Housekeeping",
        enabled=True,
        abort_incomplete_multipart_upload_after=_days(ABANDONED_UPLOAD),
        noncurrent_version_expiration=_days(noncurrent),
        expiration=_days(expire_after) if expire_after and not expire_prefixes else None,
        transitions=[s3.Transition(storage_class=_ARCHIVE, transition_after=_days(archive_after))] if archive_after else None,
    )
    if expire_after is None:
        return [everything]
    return [
        everything,
        *(
            s3.LifecycleRule(id=f"Expire-{prefix.strip('/')}", enabled=True, prefix=prefix, expiration=_days(expire_after))
            for prefix in expire_prefixes
        ),
    ]


def end(bucket: s3.Bucket, prefix: str, *, retention: timedelta, noncurrent: timedelta) -> None:
    """End what is under *prefix* of *bucket* after *retention*, and what is left of it *noncurrent* later."""
    bucket.add_lifecycle_rule(
        id=f"End-{prefix.strip('/')}",
        enabled=True,
        prefix=prefix,
        expiration=_days(retention),
        noncurrent_version_expiration=_days(noncurrent),
    )


@cache
def lock(retention: timedelta, mode: Literal["GOVERNANCE", "COMPLIANCE"]) -> s3.ObjectLockRetention:
    """Governance mode: only who may bypass it removes a version before *retention* is over. Compliance mode: nobody does."""
    if mode == "COMPLIANCE":
        return s3.ObjectLockRetention.compliance(_days(retention))
    return s3.ObjectLockRetention.governance(_days(retention))


@cache
def _days(age: timedelta) -> Duration:
    return Duration.days(age.days)
