"""Auto Scaling groups of EC2."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader, same


def _group(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[physical_id])["AutoScalingGroups"][0]


def _action(aws: Aws, physical_id: str, properties: Properties) -> Any:
    actions = aws("autoscaling").describe_scheduled_actions(AutoScalingGroupName=properties["AutoScalingGroupName"])
    return next(each for each in actions["ScheduledUpdateGroupActions"] if each["ScheduledActionName"] == physical_id)


READERS = {
    "AWS::AutoScaling::AutoScalingGroup": Reader(
        _group,
        (
            *same("MinSize", "MaxSize", "DesiredCapacity", "HealthCheckType", "HealthCheckGracePeriod", "NewInstancesProtectedFromScaleIn"),
            Check("VPCZoneIdentifier", lambda live: live["VPCZoneIdentifier"].split(",")),
            Check("LaunchTemplate", "LaunchTemplate"),
        ),
    ),
    "AWS::AutoScaling::ScheduledAction": Reader(
        _action, same("AutoScalingGroupName", "DesiredCapacity", "MinSize", "MaxSize", "Recurrence", "TimeZone")
    ),
}
