"""Write ``prodready_constructs/evidence/replacement.json``: which properties replace a stateful resource when they change.

Source: the CloudFormation resource schemas (``createOnlyProperties``, ``conditionalCreateOnlyProperties``) that the cfn-lint
package carries. Run it after an update of cfn-lint; a test fails while the committed file is out of date.
"""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[1] / "prodready_constructs" / "evidence" / "replacement.json"
TAGGABLE = Path(__file__).parents[1] / "prodready_constructs" / "compliance" / "taggable.json"

#: Resources that hold state, or an identity that others hold on to (an address range, a zone, an endpoint).
STATEFUL = (
    "AWS::Backup::BackupVault",
    "AWS::Backup::LogicallyAirGappedBackupVault",
    "AWS::CertificateManager::Certificate",
    "AWS::CloudTrail::Trail",
    "AWS::Cognito::IdentityPool",
    "AWS::Cognito::UserPool",
    "AWS::Cognito::UserPoolDomain",
    "AWS::DocDB::DBCluster",
    "AWS::DocDB::DBInstance",
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table",
    "AWS::EC2::EIP",
    "AWS::EC2::Subnet",
    "AWS::EC2::VPC",
    "AWS::EC2::Volume",
    "AWS::ECR::Repository",
    "AWS::EFS::AccessPoint",
    "AWS::EFS::FileSystem",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::ElastiCache::ServerlessCache",
    "AWS::ElastiCache::SubnetGroup",
    "AWS::FSx::FileSystem",
    "AWS::KMS::Key",
    "AWS::Kinesis::Stream",
    "AWS::Logs::LogGroup",
    "AWS::MemoryDB::Cluster",
    "AWS::Neptune::DBCluster",
    "AWS::Neptune::DBInstance",
    "AWS::OpenSearchService::Domain",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::RDS::DBSubnetGroup",
    "AWS::RDS::GlobalCluster",
    "AWS::Redshift::Cluster",
    "AWS::Route53::HostedZone",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::SecretsManager::Secret",
)


def schemas() -> dict[str, dict[str, Any]]:
    """Resource type -> schema, as cfn-lint ships it."""
    folder = resources.files("cfnlint.data.schemas") / "resources"
    found = (json.loads(file.read_text()) for file in folder.iterdir() if file.name.endswith(".json"))
    return {schema["typeName"]: schema for schema in found}


def _names(pointers: list[str] | None) -> list[str]:
    return sorted(pointer.removeprefix("/properties/") for pointer in pointers or [])


def replacement(found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Type -> property paths: ``replace`` certainly does, ``may`` depends on the values."""
    return {
        name: {
            "replace": _names(found[name].get("createOnlyProperties")),
            "may": _names(found[name].get("conditionalCreateOnlyProperties")),
        }
        for name in STATEFUL
    }


def taggable(found: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Type -> the property that holds its tags, for every type whose schema says that it takes tags when it is made."""
    tagged = {}
    for name, schema in sorted(found.items()):
        tagging = schema.get("tagging", {})
        prop = tagging.get("tagProperty", "/properties/Tags").removeprefix("/properties/")
        if tagging.get("taggable") and tagging.get("tagOnCreate", True) and prop in schema.get("properties", {}):
            tagged[name] = prop
    return tagged


def rendered(data: dict[str, Any]) -> str:
    """The file as it is committed."""
    return json.dumps(data, indent=1, sort_keys=True) + "\n"


def main() -> None:
    """Write both data files."""
    found = schemas()
    TARGET.write_text(rendered(replacement(found)))
    TAGGABLE.write_text(rendered(taggable(found)))


if __name__ == "__main__":
    main()
