"""How many tasks at which hours."""

from __future__ import annotations

from aws_cdk import TimeZone
from aws_cdk import aws_applicationautoscaling as appscaling
from aws_cdk import aws_ecs as ecs

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Schedule
from prodready_constructs.foundation.schedules import UTC
from prodready_constructs.posture import ComputePosture, OffHours

#: Name of the scheduled action -> when, and the tasks at least and at most.
_Actions = dict[str, tuple[Schedule, tuple[int, int]]]


def scale_on_schedule(
    scaling: ecs.ScalableTaskCount,
    schedule_id: str,
    *,
    schedule: Schedule | appscaling.Schedule,
    bounds: tuple[int, int],
    time_zone: TimeZone | None,
    path: str,
    may_sleep: bool,
) -> None:
    """From each time of *schedule* on, keep between the two *bounds*; *path* is the construct that refuses."""
    least, most = bounds
    if not 0 <= least <= most:
        raise ConfigurationError(
            f"{path}: scale_on_schedule",
            given=f"{least} to {most}",
            allowed="0 or more, the first at most the second",
            mend="raise max_tasks",
        )
    if not most and not may_sleep:
        raise ConfigurationError(
            f"{path}: scale_on_schedule",
            given="no task",
            allowed="one or more: somebody is served day and night where the posture says may_sleep=False",
            mend="keep a task, or use a posture that may sleep (staging's)",
        )
    if not isinstance(schedule, Schedule):
        schedule = Schedule(schedule.expression_string, time_zone.timezone_name if time_zone else UTC)
    scaling.scale_on_schedule(
        schedule_id,
        schedule=appscaling.Schedule.expression(schedule.expression),
        min_capacity=least,
        max_capacity=most,
        time_zone=TimeZone.of(schedule.zone),
    )


def off_hours(hours: OffHours, *, posture: ComputePosture, asleep: int) -> _Actions:
    """At the end of each working day *asleep* tasks (at least, unless there is to be none); at its beginning what the posture asks for."""

    def at(time: str) -> Schedule:
        hour, minute = (int(part) for part in time.split(":"))
        return Schedule(f"cron({minute} {hour} ? * {','.join(hours.days)} *)", hours.time_zone)

    return {
        "OffHours": (at(hours.stop), (asleep, posture.max_tasks if asleep else 0)),
        "WorkingHours": (at(hours.start), (posture.min_tasks, posture.max_tasks)),
    }
