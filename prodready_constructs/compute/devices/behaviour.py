"""How a device behaves that has not been taken over, as Device Defender watches it."""

from __future__ import annotations

from aws_cdk import aws_iot as iot
from constructs import Construct

from prodready_constructs.posture import DevicePosture

_WINDOW = 300
_PROFILE = iot.CfnSecurityProfile


def security_profile(
    scope: Construct, construct_id: str, *, posture: DevicePosture, group_arn: str, topic_arn: str, notify_role_arn: str
) -> iot.CfnSecurityProfile:
    """The profile of the devices in the group, from what AWS IoT itself sees: no agent on the device.

    Source: https://docs.aws.amazon.com/iot-device-defender/latest/devguide/detect-cloud-side-metrics.html
    """
    return _PROFILE(
        scope,
        construct_id,
        security_profile_description="Devices that stay within what they were made for",
        target_arns=[group_arn],
        behaviors=[
            _at_most("MessageSize", "aws:message-byte-size", posture.message_bytes, window=None),
            _at_most("MessagesSent", "aws:num-messages-sent", posture.messages),
            _at_most("ConnectionAttempts", "aws:num-connection-attempts", posture.connections),
            _at_most("AuthorizationFailures", "aws:num-authorization-failures", posture.denials),
        ],
        alert_targets={"SNS": _PROFILE.AlertTargetProperty(alert_target_arn=topic_arn, role_arn=notify_role_arn)},
    )


def _at_most(name: str, metric: str, count: int, *, window: int | None = _WINDOW) -> iot.CfnSecurityProfile.BehaviorProperty:
    return _PROFILE.BehaviorProperty(
        name=name,
        metric=metric,
        criteria=_PROFILE.BehaviorCriteriaProperty(
            comparison_operator="less-than-equals",
            value=_PROFILE.MetricValueProperty(count=str(count)),
            duration_seconds=window,
            consecutive_datapoints_to_alarm=1,
            consecutive_datapoints_to_clear=3,
        ),
        suppress_alerts=False,
    )
