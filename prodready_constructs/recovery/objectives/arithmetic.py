"""What is lost at worst, and how long the way back takes, from how a store is backed up. No AWS module, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import path_of

#: The newest moment a point-in-time restore reaches, counted back from now.
#: Sources: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIT.html (transaction logs are uploaded every five minutes),
#: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html (typically five minutes ago)
LATEST_RESTORABLE = timedelta(minutes=5)
#: S3 Replication Time Control replicates 99.9 % of new objects within 15 minutes.
#: Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-time-control.html
REPLICATION_TIME_CONTROL = timedelta(minutes=15)


def scheduled(*, every: timedelta, start_window: timedelta, completion_window: timedelta, copy: timedelta = timedelta(0)) -> timedelta:
    """The most that a restore from scheduled backups loses.

    A recovery point holds what was there when its job began. At worst the store is lost the moment before the next recovery point is there:
    the last one began at its schedule, and the next one used its start window and its completion window, and its copy, to the full.
    """
    return every + start_window + completion_window + copy


def way_back(*, detection: timedelta, stores: tuple[timedelta, ...], replacement: timedelta, steering: timedelta) -> timedelta:
    """How long a service is away: noticed, its slowest store is back, its tasks are replaced, and visitors are led to them.

    One after the other, for tasks that begin before their store is back fail, and begin anew.
    """
    return detection + max(stores, default=timedelta(0)) + replacement + steering


def led_over(*, interval: timedelta, failures: int, record_life: timedelta) -> timedelta:
    """How long visitors are led to what is gone: until that many checks have failed, and then for as long as resolvers keep the record."""
    return interval * failures + record_life


def in_whole_minutes(span: timedelta) -> timedelta:
    """*span*, rounded up."""
    return -(-span // timedelta(minutes=1)) * timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a drill, or a restore test, took: it replaces an assumption, for as long as ``posture.measurement_age``.

    Attributes:
        recovery_time: how long it took to be back. recovery_point: how much was lost; as stated when None.
        on: the day of the drill. how: in words, with the page or job that proves it.

    Raises:
        ConfigurationError: a time below zero, or no word of how it was measured.
    """

    recovery_time: timedelta
    on: date
    how: str
    recovery_point: timedelta | None = None

    def __post_init__(self) -> None:
        for name in ("recovery_time", "recovery_point"):
            value = getattr(self, name)
            if value is not None and value < timedelta(0):
                raise ConfigurationError(f"Measured.{name}", given=str(value), allowed="zero or more", mend="give what was measured")
        if not self.how.strip():
            raise ConfigurationError(
                "Measured.how", given=self.how, allowed="how it was measured", mend="name the drill or the restore job"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRecovery:
    """How a service comes back when a zone or its tasks are lost: it holds no data, and so loses none.

    Attributes:
        service: the construct. needs: the stores that it cannot do without, of those whose objectives are judged.
        detection: until the loss is noticed: health checks, times how often they must fail.
        replacement: until new tasks are placed, have their image, start and are healthy.
        steering: until visitors reach them: draining, DNS.
        source: where the three times come from; unless it says otherwise, they are assumptions.
    """

    service: Any
    needs: tuple[Any, ...] = ()
    detection: timedelta = timedelta(minutes=1)
    replacement: timedelta = timedelta(minutes=5)
    steering: timedelta = timedelta(minutes=1)
    source: str = "an assumption: a minute to notice, five to place, load and start tasks, a minute to lead visitors to them"

    def __post_init__(self) -> None:
        for name in ("detection", "replacement", "steering"):
            value = getattr(self, name)
            if value < timedelta(0):
                raise ConfigurationError(f"ServiceRecovery.{name}", given=str(value), allowed="zero or more", mend="give a time")
        if not self.source.strip():
            raise ConfigurationError(
                "ServiceRecovery.source", given=self.source, allowed="where the times come from", mend="say so, or leave it out: assumed"
            )

    @property
    def name(self) -> str:
        """Its path."""
        return path_of(self.service)
