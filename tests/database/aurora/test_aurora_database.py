"""An Aurora cluster: what is always so, what follows the posture, what it refuses, who may reach it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_rds as rds

from prodready_constructs.database import AURORA_MYSQL_3, AURORA_POSTGRESQL_16, AURORA_POSTGRESQL_17, AuroraDatabase, AuroraEngine
from prodready_constructs.database.aurora.engine import AURORA_CLASSES, OFFERED, connection_limit, instance_class
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ComposedRole, DataKey
from prodready_constructs.posture import STAGING
from tests.database.aurora.conftest import ENGINES, POSTURE, Built, build
from tests.database.conftest import any_vpc
from tests.support.packs import findings
from tests.support.synthesis import new_app, new_stack, synth, synth_all

IAM5 = (
    "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:RDSOSMetrics:log-stream:db-*]"
    " @ Stack/Orders/MonitoringRole/Policy/Resource"
)
BACKUP_PACKS = ("HIPAA.Security", "NIST.800.53.R4", "NIST.800.53.R5")
PROVISIONED = replace(POSTURE, instance_class="r7g.large", min_capacity=None, max_capacity=None)


def backup_findings(instances: int) -> list[str]:
    return [
        f"{pack}-RDSInBackupPlan @ Stack/Orders/Cluster/Instance{number}/Resource"
        for pack in BACKUP_PACKS
        for number in range(1, instances + 1)
    ]


def make(**changes: Any) -> AuroraDatabase:
    """A cluster in a fresh stack, with *changes* to the arguments."""
    stack = new_stack()
    arguments: dict[str, Any] = {"vpc": any_vpc(stack), "posture": POSTURE, "database_name": "orders", **changes}
    return AuroraDatabase(stack, "Orders", **arguments)


# --- always ------------------------------------------------------------------------------------------------------------


@pytest.mark.control("DB-1")
def test_the_engine_is_the_one_asked_for(production: Built) -> None:
    version = {"aurora-postgresql": "17.9", "aurora-mysql": "8.0.mysql_aurora.3.12.0"}[production.engine.name]
    assert (production.cluster["Engine"], production.cluster["EngineVersion"]) == (production.engine.name, version)
    family = {"aurora-postgresql": "aurora-postgresql17", "aurora-mysql": "aurora-mysql8.0"}[production.engine.name]
    groups = (production.template.props(f"AWS::RDS::DB{kind}ParameterGroup") for kind in ("Cluster", ""))
    assert [group["Family"] for group in groups] == [family, family]
    assert production.cluster["DatabaseName"] == "orders"


@pytest.mark.control("DB-2", "DB-8")
def test_it_is_private_isolated_and_has_a_reader_that_is_promoted_first(production: Built) -> None:
    assert [instance["PubliclyAccessible"] for instance in production.instances] == [False, False]
    assert [instance["PromotionTier"] for instance in production.instances] == [0, 1]
    assert production.template.props("AWS::RDS::DBSubnetGroup")["SubnetIds"] == ["subnet-a", "subnet-b"]


@pytest.mark.control("DB-3", "SEC-8")
def test_everything_is_under_one_rotating_customer_key(production: Built) -> None:
    ((key, resource),) = production.template.of_type("AWS::KMS::Key").items()
    arn = {"Fn::GetAtt": [key, "Arn"]}
    assert resource["Properties"]["EnableKeyRotation"] is True
    assert production.cluster["StorageEncrypted"] is True
    assert production.cluster["KmsKeyId"] == production.cluster["PerformanceInsightsKmsKeyId"] == arn
    assert {str(instance["PerformanceInsightsKMSKeyId"]) for instance in production.instances} == {str(arn)}
    assert production.cluster["MasterUserSecret"] == {"KmsKeyId": arn}
    assert {str(group["Properties"]["KmsKeyId"]) for group in production.template.of_type("AWS::Logs::LogGroup").values()} == {str(arn)}


@pytest.mark.control("DB-4")
def test_rds_makes_and_rotates_the_password_and_no_template_sees_it(production: Built) -> None:
    assert production.cluster["ManageMasterUserPassword"] is True
    assert production.cluster["MasterUsername"] not in ("admin", "postgres", "root")
    assert "MasterUserPassword" not in production.cluster
    assert "resolve:secretsmanager" not in production.text
    rotation = production.template.props("AWS::SecretsManager::RotationSchedule")
    assert rotation["SecretId"]["Fn::GetAtt"][1] == "MasterUserSecret.SecretArn"
    assert rotation["RotationRules"]["AutomaticallyAfterDays"] == 30
    assert not {"RotationLambdaARN", "HostedRotationLambda"} & rotation.keys()
    assert not production.template.of_type("AWS::Lambda::Function")
    assert not production.template.of_type("AWS::SecretsManager::Secret")


@pytest.mark.control("DB-5")
def test_deleting_it_is_refused_and_would_leave_a_snapshot_and_the_backups(production: Built) -> None:
    resource = production.template.one("AWS::RDS::DBCluster")
    assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Snapshot"
    assert production.cluster["DeletionProtection"] is True
    assert production.cluster["DeleteAutomatedBackups"] is False
    assert production.cluster["CopyTagsToSnapshot"] is True
    assert production.template.one("AWS::KMS::Key")["DeletionPolicy"] == "Retain"


@pytest.mark.control("DB-6")
def test_tls_is_forced_by_the_cluster_parameter_group(production: Built) -> None:
    ((group, resource),) = production.template.of_type("AWS::RDS::DBClusterParameterGroup").items()
    expected = {
        "aurora-postgresql": {"rds.force_ssl": "1", "ssl_min_protocol_version": "TLSv1.2"},
        "aurora-mysql": {"require_secure_transport": "ON", "tls_version": "TLSv1.2,TLSv1.3"},
    }[production.engine.name]
    assert expected.items() <= resource["Properties"]["Parameters"].items()
    assert production.cluster["DBClusterParameterGroupName"] == {"Ref": group}
    assert {instance["CACertificateIdentifier"] for instance in production.instances} == {"rds-ca-rsa4096-g1"}


@pytest.mark.control("DB-6", "OPS-5")
def test_every_log_goes_to_a_group_that_is_there_first_encrypted_and_expiring(production: Built) -> None:
    exports = {"aurora-postgresql": ["postgresql"], "aurora-mysql": ["audit", "error", "general", "slowquery"]}[production.engine.name]
    assert production.cluster["EnableCloudwatchLogsExports"] == exports
    groups = production.template.of_type("AWS::Logs::LogGroup")
    names = {group["Properties"]["LogGroupName"] for group in groups.values()}
    assert names == {f"/aws/rds/cluster/{production.name}/{log}" for log in exports}
    assert {group["Properties"]["RetentionInDays"] for group in groups.values()} == {30}
    assert {group["DeletionPolicy"] for group in groups.values()} == {"RetainExceptOnCreate"}
    assert groups.keys() <= set(production.template.one("AWS::RDS::DBCluster")["DependsOn"])


@pytest.mark.control("DB-6")
def test_what_an_auditor_asks_for_is_written_down(production: Built) -> None:
    cluster, instance = (production.template.props(f"AWS::RDS::DB{kind}ParameterGroup")["Parameters"] for kind in ("Cluster", ""))
    if production.engine.name == "aurora-postgresql":
        assert (cluster["log_connections"], cluster["log_disconnections"], cluster["log_statement"]) == ("1", "1", "ddl")
        return
    assert (cluster["server_audit_logging"], cluster["server_audit_events"]) == ("1", "CONNECT,QUERY_DDL,QUERY_DCL")
    assert (instance["local_infile"], instance["general_log"], instance["slow_query_log"]) == ("0", "0", "1")
    # RDS refuses a parameter in the group of the other level.
    assert not cluster.keys() & instance.keys()


@pytest.mark.control("DB-6")
def test_the_port_is_not_the_one_every_scanner_tries(production: Built) -> None:
    assert production.cluster["Port"] == {"aurora-postgresql": 5433, "aurora-mysql": 3307}[production.engine.name]


@pytest.mark.control("DB-7")
def test_it_upgrades_and_backs_up_in_windows_apart(production: Built) -> None:
    for upgraded in (production.cluster, *production.instances):
        assert upgraded["AutoMinorVersionUpgrade"] is True
        assert upgraded["PreferredMaintenanceWindow"] == "sun:04:00-sun:05:00"
    assert production.cluster["PreferredBackupWindow"] == "02:00-03:00"
    assert {instance["AllowMajorVersionUpgrade"] for instance in production.instances} == {False}
    assert production.cluster["EnableIAMDatabaseAuthentication"] is True
    assert production.cluster["EnableHttpEndpoint"] is False


@pytest.mark.control("DB-7", "SEC-1")
def test_enhanced_monitoring_has_its_own_narrow_role(production: Built) -> None:
    ((role, resource),) = production.template.of_type("AWS::IAM::Role").items()
    assert [instance["MonitoringRoleArn"] for instance in production.instances] == [{"Fn::GetAtt": [role, "Arn"]}] * 2
    assert "ManagedPolicyArns" not in resource["Properties"]
    (trust,) = resource["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    sources = [str(source) for source in trust["Condition"]["ArnEquals"]["aws:SourceArn"]]
    assert [source.endswith(f":db:{production.name}-{number}']]}}") for number, source in enumerate(sources, 1)] == [True, True]
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    ((policy, _),) = production.template.of_type("AWS::IAM::ManagedPolicy").items()
    # RDS looks at the role when the instance is made.
    for instance in production.template.of_type("AWS::RDS::DBInstance").values():
        assert policy in instance["DependsOn"]


def test_only_mysql_can_be_turned_back(production: Built) -> None:
    assert production.cluster.get("BacktrackWindow") == {"aurora-postgresql": None, "aurora-mysql": 86_400}[production.engine.name]


# --- posture -----------------------------------------------------------------------------------------------------------


@pytest.mark.control("DB-2", "DB-5", "DB-7")
def test_production_is_serverless_with_a_reader_and_five_weeks_of_backups(production: Built) -> None:
    expected = {
        "BackupRetentionPeriod": 35,
        "ServerlessV2ScalingConfiguration": {"MinCapacity": 2, "MaxCapacity": 16},
        "StorageType": "aurora",
        "PerformanceInsightsEnabled": True,
        "PerformanceInsightsRetentionPeriod": 7,
        "DatabaseInsightsMode": "standard",
    }
    assert expected.items() <= production.cluster.items()
    for instance in production.instances:
        assert (instance["DBInstanceClass"], instance["MonitoringInterval"]) == ("db.serverless", 60)


@pytest.mark.control("DB-2", "DB-5")
def test_staging_is_smaller_and_otherwise_the_same() -> None:
    production, staging = build(), build(posture=STAGING.aurora)
    differing = {key for key, value in staging.cluster.items() if production.cluster.get(key) != value}
    assert differing == {"BackupRetentionPeriod", "ServerlessV2ScalingConfiguration"}
    assert staging.instances == production.instances[:1]
    assert production.cluster.keys() == staging.cluster.keys()


@pytest.mark.control("DB-1", "DB-8")
def test_a_provisioned_cluster_promotes_its_readers_in_order() -> None:
    built = build(posture=replace(PROVISIONED, readers=3, storage="aurora-iopt1"))
    assert "ServerlessV2ScalingConfiguration" not in built.cluster
    assert built.cluster["StorageType"] == "aurora-iopt1"
    assert [(instance["DBInstanceClass"], instance["PromotionTier"]) for instance in built.instances] == [
        ("db.r7g.large", tier) for tier in range(4)
    ]


@pytest.mark.control("DB-8")
def test_serverless_readers_beyond_the_first_scale_by_themselves() -> None:
    assert [instance["PromotionTier"] for instance in build(posture=replace(POSTURE, readers=3)).instances] == [0, 1, 2, 2]


@pytest.mark.control("DB-3")
def test_a_long_history_of_insights_is_the_advanced_mode() -> None:
    built = build(posture=replace(POSTURE, insights_retention=timedelta(days=465)))
    assert (built.cluster["DatabaseInsightsMode"], built.cluster["PerformanceInsightsRetentionPeriod"]) == ("advanced", 465)
    assert {instance["PerformanceInsightsRetentionPeriod"] for instance in built.instances} == {465}


def test_mysql_has_no_insights_on_classes_that_rds_offers_none_for() -> None:
    built = build(AURORA_MYSQL_3, replace(PROVISIONED, instance_class="t4g.medium"))
    assert built.cluster["PerformanceInsightsEnabled"] is False
    assert not {"PerformanceInsightsKmsKeyId", "DatabaseInsightsMode"} & built.cluster.keys()
    assert not [graph for graph in built.database.graphs if "load" in graph.title]


def test_a_cluster_whose_callers_may_wait_may_pause() -> None:
    built = build(posture=replace(STAGING.aurora, min_capacity=0))
    assert built.cluster["ServerlessV2ScalingConfiguration"]["MinCapacity"] == 0


@pytest.mark.parametrize("engine", [AURORA_POSTGRESQL_16, AuroraEngine(name="aurora-mysql", version="3.10.4")])
def test_other_offered_versions(engine: AuroraEngine) -> None:
    assert synth(make(engine=engine).stack).props("AWS::RDS::DBCluster")["EngineVersion"].endswith(engine.version)


def test_the_cdk_knows_every_version_that_is_offered() -> None:
    homes = {"aurora-postgresql": rds.AuroraPostgresEngineVersion, "aurora-mysql": rds.AuroraMysqlEngineVersion}
    for name, versions in OFFERED.items():
        for version in versions:
            assert hasattr(homes[name], f"VER_{version.replace('.', '_')}"), version


def test_connections_follow_memory_and_never_exceed_auroras_own() -> None:
    for klass in AURORA_CLASSES.values():
        posture = replace(PROVISIONED, instance_class=klass.name)
        assert instance_class("here", posture) is klass
        assert connection_limit(AURORA_POSTGRESQL_17, klass, posture) <= min(5_000, klass.memory * 0.8 / 9_531_392)
    large, medium = AURORA_CLASSES["r7g.large"], AURORA_CLASSES["t4g.medium"]
    assert [connection_limit(AURORA_MYSQL_3, klass, PROVISIONED) for klass in (large, medium)] == [1_000, 90]
    small = replace(POSTURE, min_capacity=0.5, max_capacity=64)
    assert connection_limit(AURORA_POSTGRESQL_17, instance_class("here", small), small) == 2_000


# --- refuses -----------------------------------------------------------------------------------------------------------


@pytest.mark.control("DB-2", "NET-8")
def test_refuses_a_vpc_without_isolated_subnets_in_two_zones() -> None:
    stack = new_stack()
    with pytest.raises(
        ConfigurationError, match=r"^Stack/Orders: vpc: got 'isolated subnets in us-east-1a'; allowed: isolated subnets in 2 "
    ):
        AuroraDatabase(stack, "Orders", vpc=any_vpc(stack, zones=1), posture=POSTURE, database_name="orders")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"database_name": "order"},
            r"^Stack/Orders: database_name: got 'order'; allowed: any name that PostgreSQL does not reserve; use order_db$",
        ),
        (
            {"database_name": "groups", "engine": AURORA_MYSQL_3},
            r"^Stack/Orders: database_name: got 'groups'; allowed: any name that MySQL does not reserve; use groups_db$",
        ),
        (
            {"port": 5432},
            r"^Stack/Orders: port: got 5432; allowed: 1150 to 65535 except 5432 \(AwsSolutions-RDS11\); leave it out for 5433$",
        ),
        (
            {"port": 3306, "engine": AURORA_MYSQL_3},
            r"^Stack/Orders: port: got 3306; allowed: 1150 to 65535 except 3306 \(AwsSolutions-RDS11\); leave it out for 3307$",
        ),
        (
            {"posture": replace(PROVISIONED, instance_class="m7g.large")},
            r"^Stack/Orders: posture.instance_class: got 'm7g.large'; allowed: serverless; t3 and t4g medium and large; "
            r"large to 16xlarge of r6g, r6i, r7g, r7i, r8g; the nearest that Aurora offers is r7g.large$",
        ),
        (
            {"posture": replace(PROVISIONED, instance_class="db.t4g.micro")},
            r"^Stack/Orders: posture.instance_class: got 'db.t4g.micro'; .*; the nearest that Aurora offers is t4g.medium$",
        ),
        (
            {"posture": replace(POSTURE, allowed_regions=("eu-central-1",))},
            r"^Stack/Orders: region: got 'us-east-1'; allowed: eu-central-1: the posture's allowed_regions; put it into one of them",
        ),
        (
            {"global_name": "Shop Orders"},
            r"^Stack/Orders: global_name: got 'Shop Orders'; allowed: a letter, then small letters, digits and single hyphens, 63 at most; "
            r"use shop-orders$",
        ),
        ({"global_name": "a" * 64}, r"^Stack/Orders: global_name: got 'a{64}'; allowed: .*63 at most; use a{63}$"),
        (
            {"global_name": "orders", "posture": replace(STAGING.aurora, min_capacity=0)},
            r"^Stack/Orders: posture.min_capacity: got 0; allowed: 0.5 or more in a global database: its members do not pause; raise min_capacity$",
        ),
        (
            {"data_api": True, "global_name": "orders"},
            r"^Stack/Orders: data_api: got \"True with global_name='orders'\"; allowed: the Data API where RDS keeps the master password: .*; "
            r"leave out one of them$",
        ),
        (
            {"data_api": True, "posture": replace(PROVISIONED, instance_class="t4g.medium")},
            r"^Stack/Orders: data_api: got 'True on t4g.medium'; allowed: serverless or an r class: .*; set posture.instance_class to serverless$",
        ),
    ],
)
def test_refuses(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        make(**changes)


@pytest.mark.parametrize(
    ("name", "version", "message"),
    [
        (
            "aurora-postgresql",
            "17.8",
            r"^AuroraEngine.version: got 'aurora-postgresql 17.8'; allowed: 17.9, 17.7, .*, 16.8; the nearest offered is 17.9$",
        ),
        (
            "aurora-postgresql",
            "16.1",
            r"^AuroraEngine.version: got 'aurora-postgresql 16.1'; allowed: 17.9, .*; the nearest offered is 16.13$",
        ),
        (
            "aurora-mysql",
            "2.12.5",
            r"^AuroraEngine.version: got 'aurora-mysql 2.12.5'; allowed: 3.12.0, .*; the nearest offered is 3.12.0$",
        ),
        (
            "postgres",
            "17.9",
            r"^AuroraEngine.name: got 'postgres'; allowed: aurora-postgresql or aurora-mysql; use AURORA_POSTGRESQL_17 or AURORA_MYSQL_3; ",
        ),
    ],
)
def test_refuses_an_engine_or_version_that_is_not_offered(name: Any, version: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        AuroraEngine(name=name, version=version)


@pytest.mark.parametrize("db_user", ["", "*", "app*"])
def test_refuses_to_grant_every_user(db_user: str) -> None:
    database = make()
    role = iam.Role(database, "App", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))
    with pytest.raises(ConfigurationError, match=r"^Stack/Orders: db_user: got .*; allowed: the name of one database user; make a user"):
        database.grant_connect(role, db_user=db_user)


def test_refuses_to_grant_a_data_api_that_is_not_there() -> None:
    database = make()
    role = iam.Role(database, "App", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Orders: grant_data_api: got 'a cluster without the Data API'; allowed: one with it; say data_api=True$",
    ):
        database.grant_data_api(role)


# --- reach -------------------------------------------------------------------------------------------------------------


@pytest.mark.control("NET-6")
def test_nobody_reaches_it_until_connected_and_then_on_its_port_only(production: Built) -> None:
    assert not production.template.of_type("AWS::EC2::SecurityGroupIngress")
    (egress,) = production.template.props("AWS::EC2::SecurityGroup")["SecurityGroupEgress"]
    assert egress["CidrIp"] == "255.255.255.255/32"

    stack = new_stack()
    vpc = any_vpc(stack)
    database = AuroraDatabase(stack, "Orders", vpc=vpc, posture=POSTURE, database_name="orders", engine=production.engine)
    service = ec2.SecurityGroup(stack, "Service", vpc=vpc, allow_all_outbound=False)
    service.connections.allow_to_default_port(database)
    (ingress,) = synth(stack).of_type("AWS::EC2::SecurityGroupIngress").values()
    assert ingress["Properties"]["ToPort"] == production.cluster["Port"]
    assert "SourceSecurityGroupId" in ingress["Properties"]


@pytest.mark.control("NET-6", "DB-7", "SEC-1")
def test_a_workload_signs_in_by_token_or_by_secret() -> None:
    stack = new_stack()
    database = AuroraDatabase(stack, "Orders", vpc=any_vpc(stack), posture=POSTURE, database_name="orders", port=6000)
    role = ComposedRole(stack, "App", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"), description="test")
    database.grant_connect(role, db_user="app")
    attachment = database.attachment
    assert attachment.port == 6000
    assert attachment.connections is database.connections
    assert (attachment.environment["DATABASE_PORT"], attachment.environment["DATABASE_NAME"]) == ("6000", "orders")
    hosts = [stack.resolve(attachment.environment[name])["Fn::GetAtt"][1] for name in ("DATABASE_HOST", "DATABASE_READER_HOST")]
    assert hosts == ["Endpoint.Address", "ReadEndpoint.Address"]
    assert {name: secret.field for name, secret in attachment.secrets.items()} == {
        "DATABASE_USER": "username",
        "DATABASE_PASSWORD": "password",
    }
    (statement,) = synth(stack).props("AWS::IAM::ManagedPolicy", "App")["PolicyDocument"]["Statement"]
    assert statement["Action"] == "rds-db:connect"
    assert "DBClusterResourceId" in str(statement["Resource"])
    assert str(statement["Resource"]).endswith("/app']]}")


@pytest.mark.control("SEC-1")
def test_the_data_api_is_for_those_who_are_granted_it() -> None:
    app = new_app()
    data, workload = new_stack(app, "Data"), new_stack(app, "Workload")
    database = AuroraDatabase(data, "Orders", vpc=any_vpc(data), posture=POSTURE, database_name="orders", data_api=True)
    # Of another stack: nothing of the workload may get into the key's policy.
    database.grant_data_api(ComposedRole(workload, "App", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"), description="test"))
    templates = synth_all(app)
    assert templates["Data"].props("AWS::RDS::DBCluster")["EnableHttpEndpoint"] is True
    assert "Workload" not in str(templates["Data"].body)
    statements = templates["Workload"].props("AWS::IAM::ManagedPolicy")["PolicyDocument"]["Statement"]
    actions = [statement["Action"] for statement in statements]
    assert actions == [
        [
            f"rds-data:{one}"
            for one in ("BatchExecuteStatement", "BeginTransaction", "CommitTransaction", "ExecuteStatement", "RollbackTransaction")
        ],
        "secretsmanager:GetSecretValue",
        "kms:Decrypt",
    ]
    assert "*" not in [statement["Resource"] for statement in statements]
    assert set(statements[2]["Condition"]["StringEquals"]) == {"kms:ViaService"}


def test_an_own_key_is_used_instead_of_a_new_one() -> None:
    stack = new_stack()
    key = DataKey(stack, "Data", description="shared", encrypts_logs=True)
    vpc = any_vpc(stack)
    AuroraDatabase(stack, "Orders", vpc=vpc, posture=POSTURE, database_name="orders", encryption_key=key.key)
    elsewhere = kms.Key.from_key_arn(stack, "Elsewhere", "arn:aws:kms:us-east-1:111122223333:key/k")
    AuroraDatabase(stack, "Carts", vpc=vpc, posture=POSTURE, database_name="carts", encryption_key=elsewhere)
    template = synth(stack)
    assert len(template.of_type("AWS::KMS::Key")) == 1
    keys = {one["Properties"]["DatabaseName"]: one["Properties"]["KmsKeyId"] for one in template.of_type("AWS::RDS::DBCluster").values()}
    assert keys["orders"]["Fn::GetAtt"][0] in template.of_type("AWS::KMS::Key")
    assert keys["carts"] == "arn:aws:kms:us-east-1:111122223333:key/k"


# --- names -------------------------------------------------------------------------------------------------------------


def test_clusters_of_one_account_never_share_a_name() -> None:
    app = new_app()
    for stack_name in ("One", "Two"):
        stack = new_stack(app, stack_name)
        vpc = any_vpc(stack)
        for construct_id in ("Orders", "A-very-long-construct-id-that-goes-on-and-on-and-on"):
            AuroraDatabase(stack, construct_id, vpc=vpc, posture=replace(POSTURE, readers=15), database_name="orders")
    names = {
        one["Properties"]["DBInstanceIdentifier"]
        for template in synth_all(app).values()
        for one in template.of_type("AWS::RDS::DBInstance").values()
    }
    assert len(names) == 64
    assert all(re.fullmatch(r"[a-z](?!.*--)[a-z0-9-]{0,61}[a-z0-9]", name) for name in names)


@pytest.mark.control("GOV-4")
def test_the_logical_ids_of_what_holds_data_are_public(production: Built) -> None:
    assert list(production.template.of_type("AWS::RDS::DBCluster")) == ["OrdersClusterDD2D267B"]
    assert list(production.template.of_type("AWS::KMS::Key")) == ["OrdersKeyB9756803"]


# --- clean -------------------------------------------------------------------------------------------------------------


def waived(template: Any) -> list[str]:
    return sorted(
        f"{entry['data']['rule']} @ {path}"
        for path, entries in template.metadata.items()
        for entry in entries
        if entry["type"] == "prodready:waiver"
    )


@pytest.mark.control("GOV-1", "DB-2", "DB-3", "DB-5", "DB-6", "DB-7")
def test_production_is_clean_under_all_six_packs(production: Built) -> None:
    assert production.findings == [IAM5, *backup_findings(2)]
    assert [f"{waiver}/Resource" for waiver in waived(production.template)] == [IAM5, *backup_findings(2)]


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_staging_is_clean_too(engine: AuroraEngine) -> None:
    built = build(engine, STAGING.aurora, judge=True)
    assert built.findings == [IAM5, *backup_findings(1)]


@pytest.mark.parametrize(
    ("region", "posture", "why"),
    [
        ("eu-north-1", POSTURE, "Aurora does not offer backtrack in this region"),
        ("us-east-1", replace(POSTURE, backtrack_window=timedelta(0)), "The posture of this environment has no backtrack window"),
    ],
)
def test_where_mysql_cannot_be_turned_back_it_says_why(region: str, posture: Any, why: str) -> None:
    stack = new_stack(region=region)
    AuroraDatabase(stack, "Orders", vpc=any_vpc(stack), posture=posture, database_name="orders", engine=AURORA_MYSQL_3)
    assert "AwsSolutions-RDS14 @ Stack/Orders/Cluster/Resource" in findings(stack)
    template = synth(stack)
    assert "BacktrackWindow" not in template.props("AWS::RDS::DBCluster")
    assert "AwsSolutions-RDS14 @ Stack/Orders/Cluster/Resource" in waived(template)
    assert why in str(template.metadata["Stack/Orders/Cluster/Resource"])


@pytest.mark.parametrize(
    ("bend", "finding"),
    [
        (lambda one: setattr(one, "storage_encrypted", False), "AwsSolutions-RDS2"),
        (lambda one: setattr(one, "deletion_protection", False), "AwsSolutions-RDS10"),
        (lambda one: setattr(one, "port", 3306), "AwsSolutions-RDS11"),
        (lambda one: setattr(one, "enable_iam_database_authentication", False), "AwsSolutions-RDS6"),
        (lambda one: setattr(one, "enable_cloudwatch_logs_exports", []), "HIPAA.Security-RDSLoggingEnabled[LogExport::postgresql]"),
    ],
)
def test_what_is_bent_at_the_l1_is_found(bend: Callable[[rds.CfnDBCluster], None], finding: str) -> None:
    database = make()
    bend(cast("rds.CfnDBCluster", database.cluster.node.default_child))
    assert f"{finding} @ Stack/Orders/Cluster/Resource" in findings(database.stack)


@pytest.mark.parametrize(
    ("bend", "finding"),
    [
        (lambda one: setattr(one, "publicly_accessible", True), "NIST.800.53.R5-RDSInstancePublicAccess"),
        (lambda one: setattr(one, "monitoring_interval", 0), "NIST.800.53.R5-RDSEnhancedMonitoringEnabled"),
        (lambda one: setattr(one, "auto_minor_version_upgrade", False), "PCI.DSS.321-RDSAutomaticMinorVersionUpgradeEnabled"),
    ],
)
def test_what_is_bent_at_an_instance_is_found(bend: Callable[[rds.CfnDBInstance], None], finding: str) -> None:
    database = make()
    bend(cast("rds.CfnDBInstance", database.cluster.node.find_child("Instance2").node.default_child))
    assert f"{finding} @ Stack/Orders/Cluster/Instance2/Resource" in findings(database.stack)


@pytest.mark.control("LIB-2")
def test_it_does_not_depend_on_feature_flags(production: Built) -> None:
    bare = build(production.engine, flags={})
    assert bare.cluster == production.cluster
    assert bare.instances == production.instances
    for resource_type in ("AWS::RDS::DBClusterParameterGroup", "AWS::RDS::DBParameterGroup", "AWS::EC2::SecurityGroup"):
        assert bare.template.props(resource_type) == production.template.props(resource_type)


def test_it_says_what_it_promises(production: Built) -> None:
    (facts,) = production.template.recorded("AuroraDatabase")
    assert (facts["tier"], facts["watchable"]) == ("data", True)
    promised = {"DB-1", "DB-2", "DB-3", "DB-4", "DB-5", "DB-6", "DB-7", "DB-8", "DB-10", "NET-8", "OPS-5"}
    assert {claim["control"] for claim in facts["controls"]} == promised
