"""How long objects, their versions and their locks last: shared by the buckets of this room."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Literal

from aws_cdk import Duration
from aws_cdk import aws_s3 as s3

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import DataClass, StoragePosture

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


def check_class(where: str, data_class: DataClass, posture: StoragePosture, *, replicated_prefix: str | None) -> None:
    """Refuse *data_class* where copies would outlive it, or the lock its versions; *replicated_prefix* is None without a replica.

    Raises:
        ConfigurationError: a class with an end and a replica of every key, or whose versions go before the lock does.
    """
    if data_class.retention is not None and replicated_prefix == "":
        raise ConfigurationError(
            f"{where}: key_prefix",
            given="",
            allowed=f"a prefix: data of class {data_class.name} ends after {data_class.retention.days} days in the replica too, by prefix",
            mend="write it like 'orders/', or leave replica out",
        )
    if data_class.noncurrent_retention < posture.lock_retention:
        raise ConfigurationError(
            f"{where}: posture.lock_retention",
            given=f"{posture.lock_retention.days} days",
            allowed=f"{data_class.noncurrent_retention.days} days at most, after which versions of class {data_class.name} are to be gone",
            mend="use the slice of posture.holding(data_class), which shortens the lock",
        )
