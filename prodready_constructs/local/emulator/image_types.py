"""ECR: what holds for a registry as a whole, which ministack's API lacks and moto's has."""

from __future__ import annotations

import json

from ministack.core.responses import get_account_id

from prodready_constructs.local.emulator.calls import call, camel, moto_client
from prodready_constructs.local.emulator.registration import Made, Properties, creates


def _basic_scanning(_: str, __: Properties) -> None:
    moto_client("ecr").put_registry_scanning_configuration(scanType="BASIC", rules=[])


@creates("AWS::ECR::RegistryScanningConfiguration", backing="moto", delete=_basic_scanning)
def registry_scanning(logical_id: str, properties: Properties, stack: str) -> Made:
    call("ecr", "put_registry_scanning_configuration", camel(properties), api=moto_client("ecr"))
    return get_account_id(), {"RegistryId": get_account_id()}


def _no_replication(_: str, __: Properties) -> None:
    moto_client("ecr").put_replication_configuration(replicationConfiguration={"rules": []})


@creates("AWS::ECR::ReplicationConfiguration", backing="moto", delete=_no_replication)
def registry_replication(logical_id: str, properties: Properties, stack: str) -> Made:
    call("ecr", "put_replication_configuration", camel(properties), api=moto_client("ecr"))
    return get_account_id(), {"RegistryId": get_account_id()}


@creates("AWS::ECR::RegistryPolicy", backing="moto", delete=lambda _, __: moto_client("ecr").delete_registry_policy())
def registry_policy(logical_id: str, properties: Properties, stack: str) -> Made:
    moto_client("ecr").put_registry_policy(policyText=json.dumps(properties["PolicyText"]))
    return get_account_id(), {"RegistryId": get_account_id()}
