"""How much work at once: when workers are there, how fast their number follows the work, how long a record is tried."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture._check import within

DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
#: The longest Fargate waits between SIGTERM and SIGKILL (Amazon ECS developer guide, container definition parameters).
LONGEST_STOP = timedelta(seconds=120)
#: DynamoDB Streams keeps a record for a day (Amazon DynamoDB developer guide); a Kinesis stream for a day at least.
LONGEST_RECORD_AGE = timedelta(hours=23)


@dataclass(frozen=True, slots=True, kw_only=True)
class OffHours:
    """When nobody works: from *stop* to *start* on working *days*, and on all other days.

    Attributes:
        start, stop: of the working day, ``"07:00"``; the first before the second.
        days: working days, ``"MON"`` to ``"SUN"``.
        time_zone: an IANA name, ``"Europe/Berlin"``; summer time is followed.
    """

    start: str = "07:00"
    stop: str = "19:00"
    days: tuple[str, ...] = DAYS[:5]
    time_zone: str = "Etc/UTC"

    def __post_init__(self) -> None:
        for name, value in (("start", self.start), ("stop", self.stop)):
            if not _TIME.fullmatch(value):
                raise ConfigurationError(
                    f"OffHours.{name}", given=value, allowed="00:00 to 23:59", mend="write '07:00' for seven in the morning"
                )
        if self.start >= self.stop:
            raise ConfigurationError(
                "OffHours.start, stop",
                given=f"{self.start} to {self.stop}",
                allowed="a working day that ends on the day it begins",
                mend="exchange them, or leave off_hours out",
            )
        if not self.days or len(set(self.days)) < len(self.days) or not set(self.days) <= set(DAYS):
            raise ConfigurationError(
                "OffHours.days",
                given=self.days,
                allowed=f"each of {', '.join(DAYS)} once at most, and at least one",
                mend="name the working days",
            )
        try:
            ZoneInfo(self.time_zone)
        except (ValueError, OSError, KeyError):
            raise ConfigurationError(
                "OffHours.time_zone", given=self.time_zone, allowed="a name of the IANA time zone database", mend="write 'Europe/Berlin'"
            ) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerPosture:
    """Degrees of ``compute.QueueWorker``, ``QueueConsumer``, ``StreamConsumer`` and ``Redrive``.

    Attributes:
        always_on: some task waits for messages day and night; refuses the next two.
        zero_when_empty: the last task of an empty queue ends, and the first message starts one: minutes later.
        off_hours: when no task runs, whatever waits; None for never.
        busy_target: percent of the working time of the tasks that arriving messages may take up before there are more.
        scale_out_cooldown, scale_in_cooldown: how long scaling waits for what it did to show.
        stop_timeout: how long a task has after SIGTERM to finish what it holds, or to give it back.
        max_concurrency: the invocations of a function at once on behalf of one queue.
        record_age: how long a record of a stream is tried before it is given up; record_retries: and how often again, within that.
        iterator_age: how far behind a consumer of a stream may be before somebody looks.
        redrive_rate: dead letters a second that go back to their queue.
    """

    always_on: bool
    zero_when_empty: bool
    off_hours: OffHours | None
    busy_target: int
    scale_out_cooldown: timedelta
    scale_in_cooldown: timedelta
    stop_timeout: timedelta
    max_concurrency: int
    record_age: timedelta
    record_retries: int
    iterator_age: timedelta
    redrive_rate: int

    def __post_init__(self) -> None:
        if self.always_on and (self.zero_when_empty or self.off_hours):
            raise ConfigurationError(
                "WorkerPosture.always_on",
                given=f"True with {'zero_when_empty' if self.zero_when_empty else 'off_hours'}",
                allowed="workers that are always there, or workers that may go: an environment with users has the first",
                mend="leave the scaling to zero to staging, or say always_on=False and accept that messages wait",
            )
        within("WorkerPosture.busy_target", self.busy_target, 10, 95, because="at 100 % nothing is left to catch up with")
        for name, cooldown in (("scale_out_cooldown", self.scale_out_cooldown), ("scale_in_cooldown", self.scale_in_cooldown)):
            within(
                f"WorkerPosture.{name}",
                cooldown,
                timedelta(seconds=30),
                timedelta(hours=1),
                because="a task needs half a minute to start, and the metrics have a datapoint a minute",
            )
        within("WorkerPosture.stop_timeout", self.stop_timeout, timedelta(seconds=10), LONGEST_STOP, because="what Fargate waits at most")
        within("WorkerPosture.max_concurrency", self.max_concurrency, 2, 1_000, because="what an SQS event source of AWS Lambda takes")
        within(
            "WorkerPosture.record_age",
            self.record_age,
            timedelta(minutes=1),
            LONGEST_RECORD_AGE,
            because="DynamoDB deletes a record after 24 hours, tried or not",
        )
        within("WorkerPosture.record_retries", self.record_retries, 1, 10_000, because="none would give up what only met a deployment")
        if not timedelta(minutes=1) <= self.iterator_age <= self.record_age / 2:
            raise ConfigurationError(
                "WorkerPosture.iterator_age",
                given=str(self.iterator_age),
                allowed=f"1 minute to {self.record_age / 2}, half of record_age: what is found later is given up before it is mended",
                mend="look earlier, or try records longer",
            )
        within("WorkerPosture.redrive_rate", self.redrive_rate, 1, 500, because="what StartMessageMoveTask of SQS takes")
