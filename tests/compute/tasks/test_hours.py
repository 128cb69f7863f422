"""How many tasks at which hours: schedules that fire, zones that exist, and who may sleep."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import TimeZone
from aws_cdk import aws_applicationautoscaling as appscaling

from prodready_constructs import Schedule
from prodready_constructs.contracts import AlarmSpec, MathMetric, Metric
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import PRODUCTION, STAGING, OffHours
from tests.compute.tasks.parts import a_service
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth


def actions(template: Template) -> dict[str, dict[str, Any]]:
    return {one["ScheduledActionName"]: one for one in template.props("AWS::ApplicationAutoScaling::ScalableTarget")["ScheduledActions"]}


@pytest.mark.control("COST-4")
@pytest.mark.parametrize(
    ("posture", "asleep", "bounds"), [(STAGING.compute, 0, (0, 0)), (STAGING.compute, 1, (1, 2)), (PRODUCTION.compute, 1, (1, 10))]
)
def test_tasks_go_home_with_the_people_and_come_back_before_them(posture: Any, asleep: int, bounds: tuple[int, int]) -> None:
    stack = new_stack(new_app(flags={}))
    service = a_service(stack, posture=posture)
    assert not service.sleeps
    service.scale_off_hours(OffHours(start="06:30", stop="20:00", time_zone="Europe/Berlin"), min_tasks=asleep)
    assert service.sleeps is (asleep == 0)
    assert findings(stack) == []
    found = actions(synth(stack))
    night, day = found["OffHours"], found["WorkingHours"]
    assert night["Schedule"] == "cron(0 20 ? * MON,TUE,WED,THU,FRI *)"
    assert day["Schedule"] == "cron(30 6 ? * MON,TUE,WED,THU,FRI *)"
    assert night["Timezone"] == day["Timezone"] == "Europe/Berlin"
    assert night["ScalableTargetAction"] == {"MinCapacity": bounds[0], "MaxCapacity": bounds[1]}
    assert day["ScalableTargetAction"] == {"MinCapacity": posture.min_tasks, "MaxCapacity": posture.max_tasks}


@pytest.mark.control("COST-4")
def test_a_schedule_of_the_cdk_is_read_like_ours() -> None:
    stack = new_stack()
    service = a_service(stack)
    service.scale_on_schedule("Ours", schedule=Schedule("cron(0 8 ? * MON *)", "Asia/Tokyo"), min_tasks=4, max_tasks=20)
    service.scale_on_schedule("Utc", schedule=appscaling.Schedule.cron(hour="7", minute="30"), min_tasks=4, max_tasks=20)
    service.scale_on_schedule(
        "Theirs", schedule=appscaling.Schedule.cron(hour="7", minute="0"), min_tasks=4, max_tasks=20, time_zone=TimeZone.EUROPE_BERLIN
    )
    found = actions(synth(stack))
    assert {name: (one["Schedule"], one["Timezone"]) for name, one in found.items()} == {
        "Ours": ("cron(0 8 ? * MON *)", "Asia/Tokyo"),
        "Utc": ("cron(30 7 * * ? *)", "Etc/UTC"),
        "Theirs": ("cron(0 7 * * ? *)", "Europe/Berlin"),
    }


@pytest.mark.control("LIB-2", "COST-4")
def test_refuses_what_never_fires_a_zone_that_is_none_and_production_asleep() -> None:
    stack = new_stack()
    service = a_service(stack)
    with pytest.raises(ConfigurationError, match=r"Schedule.expression: got 'cron\(0 0 31 2 \? \*\)'; allowed: an expression that fires"):
        service.scale_on_schedule("Never", schedule=appscaling.Schedule.expression("cron(0 0 31 2 ? *)"), min_tasks=1, max_tasks=2)
    with pytest.raises(ConfigurationError, match=r"Schedule.zone: got 'Mars/Olympus'"):
        service.scale_on_schedule(
            "Mars", schedule=appscaling.Schedule.cron(hour="1"), min_tasks=1, max_tasks=2, time_zone=TimeZone.of("Mars/Olympus")
        )
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Api: scale_on_schedule: got 'no task'; allowed: one or more: somebody is served day and night where the posture says "
        r"may_sleep=False; keep a task, or use a posture that may sleep \(staging's\)$",
    ):
        service.scale_off_hours()
    sleeper = a_service(stack, "Sleeper", posture=STAGING.compute)
    sleeper.scale_off_hours()
    with pytest.raises(ConfigurationError, match=r"^Stack/Sleeper: scale_off_hours: got 'a second call'; allowed: one; call it once$"):
        sleeper.scale_off_hours()


@pytest.mark.control("OPS-2", "COST-4")
def test_a_service_that_sleeps_wakes_nobody_and_one_that_should_run_does() -> None:
    stack = new_stack()
    service = a_service(stack, posture=STAGING.compute)

    def alarm() -> AlarmSpec:
        (found,) = [spec for spec in service.alarm_specs if isinstance(spec, AlarmSpec) and spec.id == "NoRunningTasks"]
        return found

    awake = alarm()
    assert (awake.missing_data, awake.threshold) == ("breaching", 1)
    others = [spec for spec in service.alarm_specs if spec.id != "NoRunningTasks"]
    service.scale_off_hours()
    asleep = alarm()
    assert isinstance(asleep.metric, MathMetric)
    assert asleep.metric.expression == "IF(FILL(desired, 0) > 0 AND FILL(running, 0) < 1, 1, 0)"
    assert {name: metric.name for name, metric in asleep.metric.using.items() if isinstance(metric, Metric)} == {
        "desired": "DesiredTaskCount",
        "running": "RunningTaskCount",
    }
    assert (asleep.comparison, asleep.missing_data) == ("GreaterThanOrEqualToThreshold", "notBreaching")
    assert asleep.severity is awake.severity
    assert [spec for spec in service.alarm_specs if spec.id != "NoRunningTasks"] == others
