"""CodeDeploy."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader


def _application(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("codedeploy").get_application(applicationName=physical_id)["application"]


def _group(aws: Aws, physical_id: str, properties: Properties) -> Any:
    named = {"applicationName": properties["ApplicationName"], "deploymentGroupName": physical_id}
    return aws("codedeploy").get_deployment_group(**named)["deploymentGroupInfo"]


READERS = {
    "AWS::CodeDeploy::Application": Reader(
        _application, (Check("ApplicationName", "applicationName"), Check("ComputePlatform", "computePlatform"))
    ),
    "AWS::CodeDeploy::DeploymentGroup": Reader(
        _group,
        (
            Check("ApplicationName", "applicationName"),
            Check("DeploymentGroupName", "deploymentGroupName"),
            Check("DeploymentConfigName", "deploymentConfigName"),
            Check("DeploymentStyle", "deploymentStyle"),
            Check("ServiceRoleArn", "serviceRoleArn"),
            # What takes a release back, one by one.
            Check("AlarmConfiguration.Alarms", "alarmConfiguration.alarms"),
            Check("AlarmConfiguration.Enabled", "alarmConfiguration.enabled"),
            Check("AlarmConfiguration.IgnorePollAlarmFailure", "alarmConfiguration.ignorePollAlarmFailure"),
            Check("AutoRollbackConfiguration.Enabled", "autoRollbackConfiguration.enabled"),
            Check("AutoRollbackConfiguration.Events", "autoRollbackConfiguration.events"),
        ),
    ),
}
