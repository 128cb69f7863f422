"""DynamoDB tables, in each of their regions: properties that ministack's CloudFormation drops although its API holds them."""

from __future__ import annotations

import json
from typing import Any

from ministack.core.responses import get_region

from prodready_constructs.local.emulator.calls import call, client
from prodready_constructs.local.emulator.registration import Properties, keep_name, top_up

Attributes = dict[str, Any]


def install() -> None:
    """Wrap ministack's handlers of both kinds of table."""
    top_up("AWS::DynamoDB::Table", _table)
    keep_name("AWS::DynamoDB::GlobalTable", "TableName")
    top_up("AWS::DynamoDB::GlobalTable", _global_table, before_delete=_drop_replicas)


def _table(name: str, properties: Properties, _: Attributes) -> None:
    changes = {key: properties[key] for key in ("OnDemandThroughput", "TableClass") if properties.get(key)}
    if encryption := properties.get("SSESpecification"):
        changes["SSESpecification"] = _encryption(encryption, encryption.get("KMSMasterKeyId"))
    _update(name, get_region(), changes)
    _expire(name, get_region(), properties)
    _settle(name, get_region(), properties)


def _global_table(name: str, properties: Properties, _: Attributes) -> None:
    # Replicas are copies: what they share is set first.
    limits = {key: value for kind in ("Read", "Write") for key, value in properties.get(f"{kind}OnDemandThroughputSettings", {}).items()}
    _update(name, get_region(), {"OnDemandThroughput": limits} if limits else {})
    wanted = {replica["Region"]: replica for replica in properties["Replicas"]}
    there = {replica["RegionName"] for replica in client("dynamodb").describe_table(TableName=name)["Table"].get("Replicas", [])}
    _change_replicas(name, "Create", set(wanted) - there - {get_region()})
    _change_replicas(name, "Delete", there - set(wanted))
    for region, replica in wanted.items():
        changes: dict[str, Any] = {"DeletionProtectionEnabled": replica.get("DeletionProtectionEnabled", False)}
        if encryption := properties.get("SSESpecification"):
            changes["SSESpecification"] = _encryption(encryption, replica.get("SSESpecification", {}).get("KMSMasterKeyId"))
        if replica.get("TableClass"):
            changes["TableClass"] = replica["TableClass"]
        _update(name, region, changes)
        _expire(name, region, properties)
        _settle(name, region, replica)


def _encryption(specification: Properties, key: str | None) -> dict[str, Any]:
    named = {"KMSMasterKeyId": key} if key else {}
    return {"Enabled": specification.get("SSEEnabled", True), "SSEType": specification.get("SSEType", "KMS"), **named}


def _update(name: str, region: str, changes: dict[str, Any]) -> None:
    if changes:
        call("dynamodb", "update_table", {"TableName": name, **changes}, api=client("dynamodb", region))


def _expire(name: str, region: str, properties: Properties) -> None:
    if expiry := properties.get("TimeToLiveSpecification"):
        wanted = {"TableName": name, "TimeToLiveSpecification": {"Enabled": True, **expiry}}
        call("dynamodb", "update_time_to_live", wanted, api=client("dynamodb", region))


def _settle(name: str, region: str, properties: Properties) -> None:
    """What a table, or a replica of one, says of itself alone."""
    dynamodb = client("dynamodb", region)
    if recovery := properties.get("PointInTimeRecoverySpecification"):
        call("dynamodb", "update_continuous_backups", {"TableName": name, "PointInTimeRecoverySpecification": recovery}, api=dynamodb)
    if insights := properties.get("ContributorInsightsSpecification"):
        action = "ENABLE" if str(insights["Enabled"]).lower() == "true" else "DISABLE"
        dynamodb.update_contributor_insights(TableName=name, ContributorInsightsAction=action)
    if policy := properties.get("ResourcePolicy"):
        arn = dynamodb.describe_table(TableName=name)["Table"]["TableArn"]
        dynamodb.put_resource_policy(ResourceArn=arn, Policy=json.dumps(policy["PolicyDocument"]))
    if stream := properties.get("KinesisStreamSpecification"):
        dynamodb.enable_kinesis_streaming_destination(TableName=name, StreamArn=stream["StreamArn"])


def _change_replicas(name: str, change: str, regions: set[str]) -> None:
    for region in sorted(regions):
        client("dynamodb").update_table(TableName=name, ReplicaUpdates=[{change: {"RegionName": region}}])


def _drop_replicas(name: str, properties: Properties) -> None:
    _change_replicas(name, "Delete", {replica["Region"] for replica in properties["Replicas"]} - {get_region()})
