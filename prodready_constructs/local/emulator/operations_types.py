"""Backup selections, composite alarms, budgets, trails and configuration rules: in ministack's APIs, not in its CloudFormation."""

from __future__ import annotations

from ministack.core.responses import get_account_id, get_region

from prodready_constructs.local.emulator.calls import call, camel, client
from prodready_constructs.local.emulator.registration import Made, Properties, creates, made_name


def _delete_selection(physical_id: str, properties: Properties) -> None:
    client("backup").delete_backup_selection(BackupPlanId=properties["BackupPlanId"], SelectionId=physical_id)


@creates("AWS::Backup::BackupSelection", delete=_delete_selection)
def backup_selection(logical_id: str, properties: Properties, stack: str) -> Made:
    selection = call("backup", "create_backup_selection", properties)["SelectionId"]
    return selection, {"SelectionId": selection, "BackupPlanId": properties["BackupPlanId"], "Id": selection}


@creates("AWS::CloudWatch::CompositeAlarm", delete=lambda physical_id, _: client("cloudwatch").delete_alarms(AlarmNames=[physical_id]))
def composite_alarm(logical_id: str, properties: Properties, stack: str) -> Made:
    name = properties.get("AlarmName") or made_name(stack, logical_id, longest=255)
    call("cloudwatch", "put_composite_alarm", {**properties, "AlarmName": name})
    return name, {"Arn": f"arn:aws:cloudwatch:{get_region()}:{get_account_id()}:alarm:{name}"}


def _delete_budget(physical_id: str, _: Properties) -> None:
    client("budgets").delete_budget(AccountId=get_account_id(), BudgetName=physical_id)


@creates("AWS::Budgets::Budget", delete=_delete_budget)
def budget(logical_id: str, properties: Properties, stack: str) -> Made:
    wanted = {"BudgetName": made_name(stack, logical_id, longest=100), **properties["Budget"]}
    notifications = properties.get("NotificationsWithSubscribers", [])
    call("budgets", "create_budget", {"AccountId": get_account_id(), "Budget": wanted, "NotificationsWithSubscribers": notifications})
    return wanted["BudgetName"], {}


@creates("AWS::CloudTrail::Trail", delete=lambda physical_id, _: client("cloudtrail").delete_trail(Name=physical_id))
def trail(logical_id: str, properties: Properties, stack: str) -> Made:
    name = properties.get("TrailName") or made_name(stack, logical_id)
    validation = properties.get("EnableLogFileValidation", False)
    wanted = {**properties, "Name": name, "TagsList": properties.get("Tags", []), "EnableLogFileValidation": validation}
    arn = call("cloudtrail", "create_trail", wanted)["TrailARN"]
    if properties.get("EventSelectors"):
        call("cloudtrail", "put_event_selectors", {"TrailName": name, "EventSelectors": properties["EventSelectors"]})
    if properties.get("IsLogging"):
        client("cloudtrail").start_logging(Name=name)
    return name, {"Arn": arn}


def _delete_recorder(physical_id: str, _: Properties) -> None:
    client("config").delete_configuration_recorder(ConfigurationRecorderName=physical_id)


@creates("AWS::Config::ConfigurationRecorder", delete=_delete_recorder)
def recorder(logical_id: str, properties: Properties, stack: str) -> Made:
    name = properties.get("Name", "default")
    wanted = {**camel(properties), "name": name, "roleARN": properties["RoleARN"]}
    call("config", "put_configuration_recorder", {"ConfigurationRecorder": wanted})
    return name, {}


def _delete_channel(physical_id: str, _: Properties) -> None:
    client("config").delete_delivery_channel(DeliveryChannelName=physical_id)


@creates("AWS::Config::DeliveryChannel", delete=_delete_channel)
def delivery_channel(logical_id: str, properties: Properties, stack: str) -> Made:
    name = properties.get("Name", "default")
    call("config", "put_delivery_channel", {"DeliveryChannel": {**camel(properties), "name": name}})
    return name, {}


@creates("AWS::Config::ConfigRule", delete=lambda physical_id, _: client("config").delete_config_rule(ConfigRuleName=physical_id))
def config_rule(logical_id: str, properties: Properties, stack: str) -> Made:
    name = properties.get("ConfigRuleName") or made_name(stack, logical_id)
    call("config", "put_config_rule", {"ConfigRule": {**properties, "ConfigRuleName": name}})
    return name, {"Arn": f"arn:aws:config:{get_region()}:{get_account_id()}:config-rule/{name}"}
