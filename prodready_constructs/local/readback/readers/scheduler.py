"""EventBridge Scheduler."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader, same


def _schedule(aws: Aws, physical_id: str, properties: Properties) -> Any:
    group = {"GroupName": properties["GroupName"]} if "GroupName" in properties else {}
    return aws("scheduler").get_schedule(Name=physical_id, **group)


def _group(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("scheduler").get_schedule_group(Name=physical_id)


#: What happens to a run that does not start: each a decision of its own.
_TARGET = ("Arn", "RoleArn", "Input", "RetryPolicy", "DeadLetterConfig", "EcsParameters", "SqsParameters")

READERS = {
    "AWS::Scheduler::Schedule": Reader(
        _schedule,
        (
            *same("ScheduleExpression", "ScheduleExpressionTimezone", "FlexibleTimeWindow", "State", "Description", "GroupName"),
            *same("KmsKeyArn", "StartDate", "EndDate"),
            *(Check(f"Target.{name}", f"Target.{name}") for name in _TARGET),
        ),
    ),
    "AWS::Scheduler::ScheduleGroup": Reader(_group, same("Name")),
}
