"""What a schedule cannot be, said before anything is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from prodready_constructs.compute.jobs.missed import LONGEST_WAIT, longest_wait
from prodready_constructs.compute.jobs.rhythm import Rhythm, rhythm_of
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Schedule
from prodready_constructs.posture import JobPosture

#: Of a flexible window (EventBridge Scheduler API reference, FlexibleTimeWindow).
LONGEST_WINDOW = timedelta(minutes=1440)
#: EventBridge Scheduler gives up on a run no earlier (RetryPolicy).
SHORTEST_AGE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """The first and the last moment at which a schedule may start a run; None for no such bound. With a time zone.

    Raises:
        ConfigurationError: a moment without a zone, an end that is not after the start, no bound at all.
    """

    start: datetime | None = None
    end: datetime | None = None

    def __post_init__(self) -> None:
        if self.start is None and self.end is None:
            raise ConfigurationError("Between", given="neither start nor end", allowed="one or both", mend="leave it out altogether")
        for name, moment in (("start", self.start), ("end", self.end)):
            if moment is not None and moment.tzinfo is None:
                raise ConfigurationError(
                    f"Between.{name}",
                    given=str(moment),
                    allowed="a moment with a time zone",
                    mend="write datetime(2027, 1, 31, tzinfo=timezone.utc)",
                )
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise ConfigurationError(
                "Between.end", given=str(self.end), allowed=f"a moment after the start, {self.start}", mend="swap the two, or leave one out"
            )

    @staticmethod
    def written(moment: datetime | None) -> str | None:
        """*moment* as CloudFormation takes it: in UTC."""
        return None if moment is None else moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """When a job runs, and how long one waits for it; checked."""

    schedule: Schedule
    rhythm: Rhythm
    #: After so long a run is not started any more: it could meet the next one.
    retry_age: timedelta
    #: No success for so long is a missed run.
    wait: timedelta


def plan_of(path: str, *, expression: str, zone: str, flexible: timedelta, limit: timedelta, posture: JobPosture) -> Plan:
    """The plan of the job at *path*, or the error of one that cannot be."""
    schedule = _schedule(path, expression, zone)
    rhythm = rhythm_of(schedule)
    _check_window(path, flexible, rhythm.shortest)
    free = rhythm.shortest - flexible - limit
    if free < timedelta(0):
        raise ConfigurationError(
            f"{path}: schedule",
            given=f"{expression}, {rhythm.shortest} apart at the shortest, for a target that may run {limit}"
            + (f" and start {flexible} late" if flexible else ""),
            allowed="runs that end before the next one starts",
            mend="lower the target's limit, or run it less often; for work that never ends use a QueueWorker",
        )
    wait = longest_wait(rhythm.longest, missed_runs=posture.missed_runs, flexible=flexible, limit=limit)
    if wait > LONGEST_WAIT:
        raise ConfigurationError(
            f"{path}: schedule",
            given=f"{expression}, {rhythm.longest} apart at the longest: a missed run would be one after {wait}",
            allowed=f"{LONGEST_WAIT.days} days: CloudWatch keeps no metric longer, so that nobody could tell",
            mend="run it more often and let the job itself find that there is nothing to do",
        )
    return Plan(schedule=schedule, rhythm=rhythm, retry_age=min(posture.retry_age, max(free, SHORTEST_AGE)), wait=wait)


def _schedule(path: str, expression: str, zone: str) -> Schedule:
    try:
        schedule = Schedule(expression, zone)
    except ConfigurationError as error:
        name = "time_zone" if error.where.endswith("zone") else "schedule"
        raise ConfigurationError(f"{path}: {name}", given=error.given, allowed=error.allowed, mend=error.mend) from error
    if not schedule.recurs:
        raise ConfigurationError(
            f"{path}: schedule",
            given=expression,
            allowed="a schedule that comes again: one run is not missed, it is looked at",
            mend="run it by hand, with the target's own command",
        )
    if expression.startswith("cron(") and not expression.removesuffix(")").endswith(" *"):
        raise ConfigurationError(
            f"{path}: schedule",
            given=f"{expression}, of certain years",
            allowed="'*' as the year",
            mend="bound it with between=Between(start=..., end=...), which the alarm on missed runs knows of",
        )
    return schedule


def _check_window(path: str, flexible: timedelta, shortest: timedelta) -> None:
    longest = min(LONGEST_WINDOW, shortest)
    if flexible and (not timedelta(minutes=1) <= flexible < longest or flexible % timedelta(minutes=1)):
        raise ConfigurationError(
            f"{path}: flexible_window",
            given=str(flexible),
            allowed=f"whole minutes, from 1 to less than {longest}: the time between two runs, and 1440 minutes at most",
            mend="shorten it, or leave it out for a run on the minute",
        )
