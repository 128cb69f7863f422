"""How much storage: versions, archive and access logs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.posture._check import ordered, within


@dataclass(frozen=True, slots=True, kw_only=True)
class StoragePosture:
    """Degrees of ``storage.SecureBucket`` and ``storage.LogBucket``.

    Attributes:
        noncurrent_retention: how long an overwritten or deleted object can be brought back.
        archive_after: when objects move to Glacier Instant Retrieval; None keeps them in S3 Standard (a website).
        log_retention: how long access logs are kept.
        lock_retention: how long Object Lock keeps a version from being removed (governance mode), from a day up to
            *noncurrent_retention*.
    """

    noncurrent_retention: timedelta
    archive_after: timedelta | None
    log_retention: timedelta
    lock_retention: timedelta

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
