"""The rules on stores and secrets: each catches the bent template and passes the good one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compliance.templates import Resources, found, resource, stack_of

KEPT = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}


@pytest.mark.control("DR-1", "GOV-3")
@pytest.mark.parametrize(
    ("kind", "bent", "good"),
    [
        ("RDS::DBInstance", {"BackupRetentionPeriod": 0}, {"BackupRetentionPeriod": 7}),
        ("RDS::DBInstance", {}, {"DBClusterIdentifier": {"Ref": "Cluster"}}),
        ("RDS::DBInstance", {"BackupRetentionPeriod": "6"}, {"SourceDBInstanceIdentifier": "primary"}),
        ("RDS::DBInstance", {}, {"BackupRetentionPeriod": {"Ref": "Days"}}),
        ("RDS::DBCluster", {}, {"BackupRetentionPeriod": 35}),
        ("DocDB::DBCluster", {"BackupRetentionPeriod": 1}, {"BackupRetentionPeriod": 7}),
        ("Redshift::Cluster", {}, {"AutomatedSnapshotRetentionPeriod": 7}),
        ("DynamoDB::Table", {}, {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}}),
        (
            "DynamoDB::GlobalTable",
            {"Replicas": [{"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": False}}]},
            {"Replicas": [{"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": "true"}}]},
        ),
        ("S3::Bucket", {"VersioningConfiguration": {"Status": "Suspended"}}, {"VersioningConfiguration": {"Status": "Enabled"}}),
        ("EFS::FileSystem", {}, {"BackupPolicy": {"Status": "ENABLED"}}),
    ],
)
def test_a_store_is_backed_up(kind: str, bent: dict[str, Any], good: dict[str, Any]) -> None:
    assert found("StoreWithoutBackup", stack_of({"Store": resource(kind, bent)})) == ["Stack/Store"]
    assert found("StoreWithoutBackup", stack_of({"Store": resource(kind, good)})) == []


@pytest.mark.parametrize(
    ("selection", "passes"),
    [
        ({"Resources": [{"Fn::GetAtt": ["Disk", "Arn"]}]}, True),
        ({"Resources": [{"Fn::Sub": "arn:aws:ec2:::volume/${Disk}"}]}, True),
        ({"Resources": ["*"]}, True),
        ({"ListOfTags": [{"ConditionKey": "backup", "ConditionType": "STRINGEQUALS", "ConditionValue": "daily"}]}, True),
        ({"Conditions": {"StringEquals": [{"ConditionKey": "aws:ResourceTag/backup", "ConditionValue": "daily"}]}}, True),
        ({"ListOfTags": [{"ConditionKey": "backup", "ConditionType": "STRINGEQUALS", "ConditionValue": "weekly"}]}, False),
        ({"Resources": [{"Fn::GetAtt": ["Other", "Arn"]}]}, False),
    ],
)
def test_a_backup_plan_selects_by_reference_or_tag(selection: dict[str, Any], passes: bool) -> None:
    disk = resource("EC2::Volume", {"Tags": [{"Key": "backup", "Value": "daily"}]})
    plan = resource("Backup::BackupSelection", {"BackupSelection": selection})
    assert found("StoreWithoutBackup", stack_of({"Disk": disk, "Plan": plan})) == ([] if passes else ["Stack/Disk"])


@pytest.mark.control("STORE-1", "GOV-3")
@pytest.mark.parametrize(
    ("store", "expected"),
    [
        (resource("S3::Bucket"), ["DeletionPolicy", "UpdateReplacePolicy"]),
        (resource("S3::Bucket", **KEPT), []),
        (resource("S3::Bucket", **KEPT | {"DeletionPolicy": "Delete"}), ["DeletionPolicy"]),
        (resource("S3::Bucket", **KEPT | {"DeletionPolicy": "RetainExceptOnCreate"}), []),
        (resource("RDS::DBInstance"), ["UpdateReplacePolicy"]),
        (resource("RDS::DBInstance", DeletionPolicy="Snapshot", UpdateReplacePolicy="Snapshot"), []),
        (resource("RDS::DBInstance", {"DBClusterIdentifier": "cluster"}), []),
        (resource("KMS::Key"), ["DeletionPolicy", "UpdateReplacePolicy"]),
    ],
)
def test_a_store_outlives_its_stack(store: dict[str, Any], expected: list[str]) -> None:
    assert found("StoreNotRetained", stack_of({"Store": store})) == [f"[{policy}] @ Stack/Store" for policy in expected]


@pytest.mark.control("DB-2", "GOV-3")
@pytest.mark.parametrize(
    ("kind", "properties", "public"),
    [
        ("RDS::DBInstance", {"PubliclyAccessible": True}, True),
        ("RDS::DBInstance", {"PubliclyAccessible": "true"}, True),
        ("Redshift::Cluster", {"PubliclyAccessible": True}, True),
        ("DMS::ReplicationInstance", {}, True),
        ("DMS::ReplicationInstance", {"PubliclyAccessible": False}, False),
        ("RDS::DBInstance", {"PubliclyAccessible": False}, False),
        ("RDS::DBInstance", {}, False),
    ],
)
def test_no_database_is_public(kind: str, properties: dict[str, Any], public: bool) -> None:
    assert found("PublicDatabase", stack_of({"Db": resource(kind, properties)})) == (["Stack/Db"] if public else [])


@pytest.mark.parametrize("kind", ["RDS::DBSubnetGroup", "ElastiCache::SubnetGroup", "ElastiCache::ServerlessCache"])
@pytest.mark.parametrize(("gateway", "public"), [("InternetGateway", True), ("VPNGateway", False)])
def test_no_store_lies_in_a_public_subnet(kind: str, gateway: str, public: bool) -> None:
    resources = {
        "Gateway": resource(f"EC2::{gateway}"),
        "Route": resource("EC2::Route", {"RouteTableId": {"Ref": "Table"}, "GatewayId": {"Ref": "Gateway"}}),
        "Table": resource("EC2::RouteTable"),
        "Link": resource("EC2::SubnetRouteTableAssociation", {"RouteTableId": {"Ref": "Table"}, "SubnetId": {"Ref": "Subnet"}}),
        "Subnet": resource("EC2::Subnet"),
        "Group": resource(kind, {"SubnetIds": [{"Ref": "Subnet"}]}),
    }
    assert found("PublicDatabase", stack_of(resources)) == (["Stack/Group"] if public else [])


def schedule(rules: dict[str, Any], secret: str = "Secret") -> dict[str, Any]:
    return resource("SecretsManager::RotationSchedule", {"SecretId": {"Ref": secret}, "RotationRules": rules})


@pytest.mark.control("DB-4", "SEC-2", "GOV-3")
@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, ["Stack/Secret"]),
        ({"Schedule": schedule({"AutomaticallyAfterDays": 30})}, []),
        ({"Schedule": schedule({"AutomaticallyAfterDays": "90"})}, []),
        ({"Schedule": schedule({"AutomaticallyAfterDays": 91})}, ["Stack/Schedule"]),
        ({"Schedule": schedule({"ScheduleExpression": "rate(30 days)"})}, []),
        ({"Schedule": schedule({"ScheduleExpression": "rate(120 days)"})}, ["Stack/Schedule"]),
        ({"Schedule": schedule({"ScheduleExpression": "rate(12 hours)"})}, []),
        ({"Schedule": schedule({"ScheduleExpression": "cron(0 3 1 * ? *)"})}, []),
        ({"Schedule": schedule({"ScheduleExpression": "cron(0 3 1 1/2 ? *)"})}, []),
        ({"Schedule": schedule({"ScheduleExpression": "cron(0 3 1 1 ? *)"})}, ["Stack/Schedule"]),
        ({"Schedule": schedule({})}, ["Stack/Schedule"]),
        (
            {
                "Attachment": resource("SecretsManager::SecretTargetAttachment", {"SecretId": {"Ref": "Secret"}}),
                "Schedule": schedule({"AutomaticallyAfterDays": 30}, "Attachment"),
            },
            [],
        ),
    ],
)
def test_a_secret_rotates(more: Resources, expected: list[str]) -> None:
    assert found("SecretWithoutRotation", stack_of({"Secret": resource("SecretsManager::Secret"), **more})) == expected


PASSWORD = "correct-Horse7battery"


def task(*variables: dict[str, Any]) -> dict[str, Any]:
    return resource("ECS::TaskDefinition", {"ContainerDefinitions": [{"Environment": list(variables)}]})


@pytest.mark.control("SEC-2", "GOV-3")
@pytest.mark.parametrize(
    ("program", "detail"),
    [
        (task({"Name": "DB_PASSWORD", "Value": PASSWORD}), "DB_PASSWORD"),
        (task({"Name": "WHAT", "Value": {"Ref": "Hidden"}}), "WHAT"),
        (task({"Name": "WHAT", "Value": {"Fn::Join": ["", ["{{resolve:secretsmanager:", {"Ref": "Secret"}, ":SecretString}}"]]}}), "WHAT"),
        (resource("Lambda::Function", {"Environment": {"Variables": {"API_KEY": PASSWORD}}}), "API_KEY"),
        (resource("CodeBuild::Project", {"Environment": {"EnvironmentVariables": [{"Name": "API_KEY", "Value": PASSWORD}]}}), "API_KEY"),
        (resource("Batch::JobDefinition", {"ContainerProperties": {"Environment": [{"Name": "API_KEY", "Value": PASSWORD}]}}), "API_KEY"),
        (resource("RDS::DBInstance", {"MasterUserPassword": "x"}), "MasterUserPassword"),
        (resource("AppSync::GraphQLApi", {"EnvironmentVariables": {"API_KEY": PASSWORD}}), "API_KEY"),
        (resource("Serverless::Function", {"Environment": {"Variables": {"API_KEY": PASSWORD}}}), "API_KEY"),
        (resource("Glue::Job", {"DefaultArguments": {"--db_password": PASSWORD}}), "--db_password"),
        (resource("Amplify::Branch", {"EnvironmentVariables": [{"Name": "API_KEY", "Value": PASSWORD}]}), "API_KEY"),
        (resource("SageMaker::Model", {"PrimaryContainer": {"Environment": {"API_KEY": PASSWORD}}}), "API_KEY"),
        (resource("SageMaker::Model", {"Containers": [{"Environment": {"API_KEY": PASSWORD}}]}), "API_KEY"),
        (
            resource(
                "Batch::JobDefinition",
                {"EcsProperties": {"TaskProperties": [{"Containers": [{"Environment": [{"Name": "API_KEY", "Value": PASSWORD}]}]}]}},
            ),
            "API_KEY",
        ),
        (
            resource(
                "AppRunner::Service",
                {
                    "SourceConfiguration": {
                        "ImageRepository": {"ImageConfiguration": {"RuntimeEnvironmentVariables": [{"Name": "API_KEY", "Value": PASSWORD}]}}
                    }
                },
            ),
            "API_KEY",
        ),
        ({"Type": "Custom::Migration", "Properties": {"ServiceToken": "arn:aws:lambda:x", "DbPassword": PASSWORD}}, "DbPassword"),
        (resource("CloudFormation::CustomResource", {"What": {"Ref": "Hidden"}}), "What"),
        (resource("ElastiCache::User", {"AuthenticationMode": {"Type": "password", "Passwords": ["x"]}}), "AuthenticationMode.Passwords"),
        (resource("ElastiCache::User", {"Passwords": [{"Ref": "Other"}, "x"]}), "Passwords"),
        (resource("MemoryDB::User", {"AuthenticationMode": {"Passwords": ["x"]}}), "AuthenticationMode.Passwords"),
        (resource("ElastiCache::ReplicationGroup", {"AuthToken": "x"}), "AuthToken"),
        (resource("SecretsManager::Secret", {"SecretString": "x"}), "SecretString"),
        (resource("DMS::Endpoint", {"Password": "x"}), "Password"),
        (
            resource("Events::Connection", {"AuthParameters": {"BasicAuthParameters": {"Username": "u", "Password": "x"}}}),
            "AuthParameters.BasicAuthParameters.Password",
        ),
        (
            resource("Cognito::UserPoolIdentityProvider", {"ProviderDetails": {"client_id": "shop", "client_secret": "x"}}),
            "ProviderDetails.client_secret",
        ),
        (resource("AppSync::GraphQLApi", {"EnvironmentVariables": {"TABLE": "orders"}}), None),
        ({"Type": "Custom::Migration", "Properties": {"ServiceToken": PASSWORD, "SecretArn": {"Ref": "Secret"}}}, None),
        (resource("ElastiCache::User", {"AuthenticationMode": {"Passwords": ["{{resolve:secretsmanager:cache}}"]}}), None),
        (resource("ElastiCache::User", {"AuthenticationMode": {"Passwords": [{"Fn::Sub": "{{resolve:secretsmanager:${S}}}"}]}}), None),
        (resource("SecretsManager::Secret", {"GenerateSecretString": {"SecretStringTemplate": "{}"}}), None),
        (
            resource("Cognito::UserPoolIdentityProvider", {"ProviderDetails": {"client_secret": "{{resolve:secretsmanager:google}}"}}),
            None,
        ),
        (task({"Name": "DB_HOST", "Value": "db.example.com"}), None),
        (task({"Name": "SECRET_ARN", "Value": {"Ref": "Secret"}}), None),
        (
            resource(
                "CodeBuild::Project",
                {"Environment": {"EnvironmentVariables": [{"Name": "API_KEY", "Type": "SECRETS_MANAGER", "Value": "name/of/the:secret"}]}},
            ),
            None,
        ),
        (resource("RDS::DBInstance", {"MasterUserPassword": "{{resolve:secretsmanager:db:SecretString:password}}"}), None),
    ],
)
def test_no_secret_is_written_in_the_open(program: dict[str, Any], detail: str | None) -> None:
    stack = stack_of({"Program": program}, parameters={"Hidden": {"Type": "String", "NoEcho": True}})
    assert found("PlainSecret", stack) == ([f"[{detail}] @ Stack/Program"] if detail else [])


def test_no_parameter_holds_a_secret() -> None:
    stored = resource("SSM::Parameter", {"Name": "/shop/db_password", "Value": PASSWORD})
    assert found("PlainSecret", stack_of({"Parameter": stored})) == ["Stack/Parameter"]
    parameters = {"DbPassword": {"Type": "String", "Default": PASSWORD}, "Size": {"Type": "String", "Default": "small"}}
    assert found("PlainSecret", stack_of({}, parameters=parameters)) == ["[DbPassword] @ Stack"]


@pytest.mark.control("OPS-5", "GOV-3")
def test_a_log_group_has_an_end_and_a_key() -> None:
    def of(properties: dict[str, Any]) -> list[str]:
        return found("LogGroupUnkept", stack_of({"Logs": resource("Logs::LogGroup", properties)}))

    assert of({}) == ["[Key] @ Stack/Logs", "[Retention] @ Stack/Logs"]
    assert of({"RetentionInDays": 30}) == ["[Key] @ Stack/Logs"]
    assert of({"KmsKeyId": {"Ref": "Key"}}) == ["[Retention] @ Stack/Logs"]
    assert of({"RetentionInDays": 30, "KmsKeyId": {"Ref": "Key"}}) == []
    assert of({"LogGroupClass": "DELIVERY", "KmsKeyId": {"Ref": "Key"}}) == []
