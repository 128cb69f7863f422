"""ECR: repositories, and what holds for the registry as a whole."""

from __future__ import annotations

import json
from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader, camel


def _repository(aws: Aws, physical_id: str, properties: Properties) -> Any:
    ecr = aws("ecr")
    live = ecr.describe_repositories(repositoryNames=[physical_id])["repositories"][0]
    if "LifecyclePolicy" in properties:
        live["Lifecycle"] = ecr.get_lifecycle_policy(repositoryName=physical_id)["lifecyclePolicyText"]
    if "RepositoryPolicyText" in properties:
        live["Policy"] = ecr.get_repository_policy(repositoryName=physical_id)["policyText"]
    return live


def _parsed(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _scanning(aws: Aws, _: str, __: Properties) -> Any:
    return aws("ecr").get_registry_scanning_configuration()["scanningConfiguration"]


def _replication(aws: Aws, _: str, __: Properties) -> Any:
    return aws("ecr").describe_registry()["replicationConfiguration"]


def _policy(aws: Aws, _: str, __: Properties) -> Any:
    return aws("ecr").get_registry_policy()


READERS = {
    "AWS::ECR::Repository": Reader(
        _repository,
        (
            Check("RepositoryName", "repositoryName"),
            Check("ImageTagMutability", "imageTagMutability"),
            Check("ImageScanningConfiguration.ScanOnPush", "imageScanningConfiguration.scanOnPush"),
            Check("EncryptionConfiguration.EncryptionType", "encryptionConfiguration.encryptionType"),
            Check("EncryptionConfiguration.KmsKey", "encryptionConfiguration.kmsKey"),
            Check("LifecyclePolicy.LifecyclePolicyText", "Lifecycle", _parsed),
            Check("RepositoryPolicyText", "Policy", _parsed),
        ),
    ),
    "AWS::ECR::RegistryScanningConfiguration": Reader(_scanning, (Check("ScanType", "scanType"), Check("Rules", "rules", camel))),
    "AWS::ECR::ReplicationConfiguration": Reader(_replication, (Check("ReplicationConfiguration.Rules", "rules", camel),)),
    "AWS::ECR::RegistryPolicy": Reader(_policy, (Check("PolicyText", "policyText", _parsed),)),
}
