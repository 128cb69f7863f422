"""Secrets, web ACLs and Shield: types that ministack's CloudFormation lacks and its APIs, or moto's, have."""

from __future__ import annotations

import json

from ministack.core.responses import get_account_id

from prodready_constructs.local.emulator.calls import call, client, moto_client
from prodready_constructs.local.emulator.registration import Made, Properties, creates, made_name


@creates(
    "AWS::SecretsManager::RotationSchedule",
    delete=lambda _, properties: client("secretsmanager").cancel_rotate_secret(SecretId=properties["SecretId"]),
)
def rotation_schedule(logical_id: str, properties: Properties, stack: str) -> Made:
    # The schedule is kept and reported; the emulator never calls the rotation function.
    call("secretsmanager", "rotate_secret", {**properties, "RotateImmediately": properties.get("RotateImmediatelyOnUpdate", True)})
    return properties["SecretId"], {"Id": properties["SecretId"]}


@creates(
    "AWS::SecretsManager::ResourcePolicy",
    delete=lambda _, properties: client("secretsmanager").delete_resource_policy(SecretId=properties["SecretId"]),
)
def secret_policy(logical_id: str, properties: Properties, stack: str) -> Made:
    policy = json.dumps(properties["ResourcePolicy"])
    client("secretsmanager").put_resource_policy(SecretId=properties["SecretId"], ResourcePolicy=policy)
    return properties["SecretId"], {"Id": properties["SecretId"]}


_REFERENCE_SETS = {"IPSet": "ip_set", "RegexPatternSet": "regex_pattern_set", "RuleGroup": "rule_group"}


def _register_waf_set(kind: str, operation: str) -> None:
    def delete(physical_id: str, properties: Properties) -> None:
        name, identifier, scope = physical_id.split("|")
        names = {"Name": name, "Id": identifier, "Scope": scope}
        waf = client("wafv2")
        token = getattr(waf, f"get_{operation}")(**names)["LockToken"]
        getattr(waf, f"delete_{operation}")(**names, LockToken=token)

    @creates(f"AWS::WAFv2::{kind}", delete=delete)
    def create(logical_id: str, properties: Properties, stack: str) -> Made:
        wanted = {"Name": made_name(stack, logical_id), **properties}
        if kind == "RegexPatternSet":
            wanted["RegularExpressionList"] = [{"RegexString": pattern} for pattern in properties.get("RegularExpressionList", [])]
        made = call("wafv2", f"create_{operation}", wanted)["Summary"]
        return f"{made['Name']}|{made['Id']}|{properties['Scope']}", {"Arn": made["ARN"], "Id": made["Id"]}


for _kind, _operation in _REFERENCE_SETS.items():
    _register_waf_set(_kind, _operation)


@creates(
    "AWS::WAFv2::WebACLAssociation",
    delete=lambda _, properties: client("wafv2").disassociate_web_acl(ResourceArn=properties["ResourceArn"]),
)
def web_acl_association(logical_id: str, properties: Properties, stack: str) -> Made:
    call("wafv2", "associate_web_acl", properties)
    return f"{properties['WebACLArn']}|{properties['ResourceArn']}", {}


@creates(
    "AWS::WAFv2::LoggingConfiguration",
    backing="moto",
    delete=lambda physical_id, _: moto_client("wafv2").delete_logging_configuration(ResourceArn=physical_id),
)
def waf_logging(logical_id: str, properties: Properties, stack: str) -> Made:
    call("wafv2", "put_logging_configuration", {"LoggingConfiguration": properties}, api=moto_client("wafv2"))
    return properties["ResourceArn"], {"ManagedByFirewallManager": False}


def _delete_protection(physical_id: str, _: Properties) -> None:
    client("shield").delete_protection(ProtectionId=physical_id.rpartition("/")[2])


@creates("AWS::Shield::Protection", backing="moto", delete=_delete_protection)
def protection(logical_id: str, properties: Properties, stack: str) -> Made:
    made = call("shield", "create_protection", properties)["ProtectionId"]
    arn = f"arn:aws:shield::{get_account_id()}:protection/{made}"
    return arn, {"ProtectionId": made, "ProtectionArn": arn}
