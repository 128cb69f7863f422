"""Releases, sessions and the cost groups of devices: types that ministack lacks and moto's APIs have."""

from __future__ import annotations

from typing import Any

from ministack.core.responses import get_account_id, get_region
from moto.codedeploy import responses
from moto.codedeploy.models import codedeploy_backends

from prodready_constructs.local.emulator.calls import call, moto_client
from prodready_constructs.local.emulator.registration import Made, Properties, creates, made_name


def tell_alarms() -> None:
    """moto keeps the alarms of a deployment group and answers that it has none."""
    original = responses._deployment_group_info

    def told(group: Any) -> dict[str, Any]:
        return {**original(group), "alarmConfiguration": group.alarm_configuration or {}}

    responses._deployment_group_info = told


def _backend() -> Any:
    """moto has no operation that deletes here, so what it keeps is taken away."""
    return codedeploy_backends[get_account_id()][get_region()]


def _delete_application(physical_id: str, _: Properties) -> None:
    _backend().applications.pop(physical_id, None)
    _backend().deployment_groups.pop(physical_id, None)


@creates("AWS::CodeDeploy::Application", backing="moto", delete=_delete_application)
def application(logical_id: str, properties: Properties, stack: str) -> Made:
    wanted = {"ApplicationName": made_name(stack, logical_id, longest=100), **properties}
    call("codedeploy", "create_application", wanted)
    return wanted["ApplicationName"], {}


def _delete_group(physical_id: str, properties: Properties) -> None:
    _backend().deployment_groups.get(properties["ApplicationName"], {}).pop(physical_id, None)


@creates("AWS::CodeDeploy::DeploymentGroup", backing="moto", delete=_delete_group)
def deployment_group(logical_id: str, properties: Properties, stack: str) -> Made:
    wanted = {"DeploymentGroupName": made_name(stack, logical_id, longest=100), **properties}
    call("codedeploy", "create_deployment_group", wanted)
    return wanted["DeploymentGroupName"], {}


@creates("AWS::SSM::Document", backing="moto", delete=lambda physical_id, _: moto_client("ssm").delete_document(Name=physical_id))
def document(logical_id: str, properties: Properties, stack: str) -> Made:
    wanted = {"Name": made_name(stack, logical_id), **properties}
    call("ssm", "create_document", wanted, api=moto_client("ssm"))
    return wanted["Name"], {}


def _delete_billing_group(physical_id: str, _: Properties) -> None:
    moto_client("iot").delete_billing_group(billingGroupName=physical_id)


@creates("AWS::IoT::BillingGroup", backing="moto", delete=_delete_billing_group)
def billing_group(logical_id: str, properties: Properties, stack: str) -> Made:
    wanted = {"BillingGroupName": made_name(stack, logical_id), **properties}
    made = call("iot", "create_billing_group", wanted, api=moto_client("iot"))
    return wanted["BillingGroupName"], {"Arn": made["billingGroupArn"], "Id": made["billingGroupId"]}
