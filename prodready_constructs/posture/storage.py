"""How much storage: versions, archive and access logs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from prodready_constructs.posture._check import one_of, ordered, within


@dataclass(frozen=True, slots=True, kw_only=True)
class StoragePosture:
    """Degrees of the buckets in ``storage``. A bucket with a data class takes the retentions of the class instead.

    Attributes:
        noncurrent_retention: how long an overwritten or deleted object can be brought back.
        archive_after: when objects move to Glacier Instant Retrieval; None keeps them in S3 Standard (a website).
        log_retention: how long access logs are kept.
        lock_retention: how long Object Lock keeps a version from being removed (governance mode), from a day up to
            *noncurrent_retention*.
        lock_mode: ``GOVERNANCE``: who may bypass it removes a version earlier, for an erasure request; ``COMPLIANCE``: nobody can, the root
            user of the account included, until the lock ends.
        replication_time_control: S3 promises (and bills) that copies arrive within 15 minutes, and an alarm of the replica says when not.
        allowed_regions: the regions that buckets and their copies may be in; any where there are none.
    """

    noncurrent_retention: timedelta
    archive_after: timedelta | None
    log_retention: timedelta
    lock_retention: timedelta
    lock_mode: Literal["GOVERNANCE", "COMPLIANCE"]
    replication_time_control: bool
    allowed_regions: tuple[str, ...]

    def __post_init__(self) -> None:
        within(
            "StoragePosture.noncurrent_retention",
            self.noncurrent_retention,
            timedelta(days=7),
            timedelta(days=3650),
            because="a version that is gone within a week protects from nothing",
        )
        within(
            "StoragePosture.log_retention", self.log_retention, timedelta(days=7), timedelta(days=3650), because="access logs are evidence"
        )
        if self.archive_after is not None:
            ordered(
                "StoragePosture: 1 day, archive_after",
                timedelta(days=1),
                self.archive_after,
                mend="S3 moves objects after a day at the earliest",
            )
        within(
            "StoragePosture.lock_retention",
            self.lock_retention,
            timedelta(days=1),
            self.noncurrent_retention,
            because="Object Lock counts days, and a version that lifecycle should have removed must not be locked",
        )
        one_of("StoragePosture.lock_mode", self.lock_mode, ("GOVERNANCE", "COMPLIANCE"), because="the modes of S3 Object Lock")
