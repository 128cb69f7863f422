"""A database that survives the loss of a zone: what is always so, what follows the posture, what it refuses, who may reach it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from prodready_constructs.database import MYSQL_8_4, POSTGRESQL_16, POSTGRESQL_17, Engine, MultiAzDatabase
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ComposedRole, DataKey
from prodready_constructs.posture import PRODUCTION, STAGING
from tests.database.conftest import ENGINES, Built, any_vpc, build
from tests.support.synthesis import new_app, new_stack, synth, synth_all

IAM5 = (
    "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:RDSOSMetrics:log-stream:db-*]"
    " @ Stack/Orders/MonitoringRole/Policy/Resource"
)


def make(**changes: Any) -> MultiAzDatabase:
    """A database in a fresh stack, with *changes* to the arguments."""
    stack = new_stack()
    arguments: dict[str, Any] = {"vpc": any_vpc(stack), "posture": PRODUCTION.database, "database_name": "orders", **changes}
    return MultiAzDatabase(stack, "Orders", **arguments)


# --- always ------------------------------------------------------------------------------------------------------------


@pytest.mark.control("DB-1")
def test_the_engine_is_the_one_asked_for(production: Built) -> None:
    assert (production.instance["Engine"], production.instance["EngineVersion"]) == (production.engine.name, production.engine.version)
    family = {"postgres": "postgres17", "mysql": "mysql8.4"}[production.engine.name]
    assert production.template.props("AWS::RDS::DBParameterGroup")["Family"] == family
    assert production.instance["DBName"] == "orders"


@pytest.mark.control("DB-2")
def test_it_is_private_and_isolated(production: Built) -> None:
    assert production.instance["PubliclyAccessible"] is False
    assert production.template.props("AWS::RDS::DBSubnetGroup")["SubnetIds"] == ["subnet-a", "subnet-b"]


@pytest.mark.control("DB-3", "SEC-8")
def test_everything_is_under_one_rotating_customer_key(production: Built) -> None:
    ((key, resource),) = production.template.of_type("AWS::KMS::Key").items()
    arn = {"Fn::GetAtt": [key, "Arn"]}
    assert resource["Properties"]["EnableKeyRotation"] is True
    assert production.instance["StorageEncrypted"] is True
    assert production.instance["KmsKeyId"] == arn
    assert production.instance["PerformanceInsightsKMSKeyId"] == arn
    assert production.instance["MasterUserSecret"] == {"KmsKeyId": arn}
    assert {str(group["Properties"]["KmsKeyId"]) for group in production.template.of_type("AWS::Logs::LogGroup").values()} == {str(arn)}


@pytest.mark.control("DB-4")
def test_rds_makes_and_rotates_the_password_and_no_template_sees_it(production: Built) -> None:
    assert production.instance["ManageMasterUserPassword"] is True
    assert production.instance["MasterUsername"] not in ("admin", "postgres", "root")
    assert "MasterUserPassword" not in production.instance
    assert "resolve:secretsmanager" not in production.text
    rotation = production.template.props("AWS::SecretsManager::RotationSchedule")
    assert rotation["SecretId"]["Fn::GetAtt"][1] == "MasterUserSecret.SecretArn"
    assert rotation["RotationRules"]["AutomaticallyAfterDays"] == 30
    # Nothing that needs a way out of an isolated subnet.
    assert not {"RotationLambdaARN", "HostedRotationLambda"} & rotation.keys()
    assert not production.template.of_type("AWS::Lambda::Function")


@pytest.mark.control("DB-5")
def test_deleting_it_is_refused_and_would_leave_a_snapshot_and_the_backups(production: Built) -> None:
    resource = production.template.one("AWS::RDS::DBInstance")
    assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Snapshot"
    assert production.instance["DeletionProtection"] is True
    assert production.instance["DeleteAutomatedBackups"] is False
    assert production.instance["CopyTagsToSnapshot"] is True
    assert production.template.one("AWS::KMS::Key")["DeletionPolicy"] == "Retain"
    # RDS refuses to delete an option group that the snapshot uses.
    assert {group["DeletionPolicy"] for group in production.template.of_type("AWS::RDS::OptionGroup").values()} <= {"Retain"}


@pytest.mark.control("DB-6")
def test_tls_is_forced_by_the_parameter_group(production: Built) -> None:
    ((group, resource),) = production.template.of_type("AWS::RDS::DBParameterGroup").items()
    expected = {
        "postgres": {"rds.force_ssl": "1", "ssl_min_protocol_version": "TLSv1.2"},
        "mysql": {"require_secure_transport": "ON", "tls_version": "TLSv1.2,TLSv1.3"},
    }[production.engine.name]
    assert expected.items() <= resource["Properties"]["Parameters"].items()
    assert production.instance["DBParameterGroupName"] == {"Ref": group}
    assert production.instance["CACertificateIdentifier"] == "rds-ca-rsa4096-g1"


@pytest.mark.control("DB-6", "OPS-5")
def test_every_log_goes_to_a_group_that_is_there_first_encrypted_and_expiring(production: Built) -> None:
    exports = {"postgres": ["postgresql", "upgrade"], "mysql": ["audit", "error", "general", "slowquery"]}[production.engine.name]
    assert production.instance["EnableCloudwatchLogsExports"] == exports
    groups = production.template.of_type("AWS::Logs::LogGroup")
    name = production.instance["DBInstanceIdentifier"]
    assert {group["Properties"]["LogGroupName"] for group in groups.values()} == {f"/aws/rds/instance/{name}/{log}" for log in exports}
    assert {group["Properties"]["RetentionInDays"] for group in groups.values()} == {30}
    assert {group["DeletionPolicy"] for group in groups.values()} == {"RetainExceptOnCreate"}
    assert groups.keys() <= set(production.template.one("AWS::RDS::DBInstance")["DependsOn"])


@pytest.mark.control("DB-6")
def test_what_an_auditor_asks_for_is_written_down(production: Built) -> None:
    parameters = production.template.props("AWS::RDS::DBParameterGroup")["Parameters"]
    if production.engine.name == "postgres":
        assert (parameters["log_connections"], parameters["log_disconnections"], parameters["log_statement"]) == ("1", "1", "ddl")
        return
    (audit,) = production.template.props("AWS::RDS::OptionGroup")["OptionConfigurations"]
    assert audit["OptionName"] == "MARIADB_AUDIT_PLUGIN"
    assert {"Name": "SERVER_AUDIT_EVENTS", "Value": "CONNECT,QUERY_DDL,QUERY_DCL"} in audit["OptionSettings"]
    assert production.instance["OptionGroupName"] == {"Ref": next(iter(production.template.of_type("AWS::RDS::OptionGroup")))}
    assert (parameters["local_infile"], parameters["general_log"]) == ("0", "0")


@pytest.mark.control("DB-6")
def test_the_port_is_not_the_one_every_scanner_tries(production: Built) -> None:
    assert production.instance["Port"] == {"postgres": "5433", "mysql": "3307"}[production.engine.name]


@pytest.mark.control("DB-7")
def test_it_upgrades_and_backs_up_in_windows_apart_and_grows(production: Built) -> None:
    assert production.instance["AutoMinorVersionUpgrade"] is True
    assert production.instance["AllowMajorVersionUpgrade"] is False
    backup, maintenance = production.instance["PreferredBackupWindow"], production.instance["PreferredMaintenanceWindow"]
    _, end = backup.split("-")
    begin = re.findall(r"\d\d:\d\d", maintenance)[0]
    assert end < begin
    assert production.instance["StorageType"] == "gp3"
    assert production.instance["MaxAllocatedStorage"] > int(production.instance["AllocatedStorage"])
    assert production.instance["EnableIAMDatabaseAuthentication"] is True


@pytest.mark.control("DB-7", "SEC-1")
def test_enhanced_monitoring_has_its_own_narrow_role(production: Built) -> None:
    ((role, resource),) = production.template.of_type("AWS::IAM::Role").items()
    assert production.instance["MonitoringRoleArn"] == {"Fn::GetAtt": [role, "Arn"]}
    assert "ManagedPolicyArns" not in resource["Properties"]
    (trust,) = resource["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "monitoring.rds.amazonaws.com"}
    assert str(trust["Condition"]["ArnEquals"]["aws:SourceArn"]).endswith(f":db:{production.instance['DBInstanceIdentifier']}']]}}")
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    ((policy, document),) = production.template.of_type("AWS::IAM::ManagedPolicy").items()
    statements = document["Properties"]["PolicyDocument"]["Statement"]
    assert all("log-group:RDSOSMetrics" in str(statement["Resource"]) for statement in statements)
    assert not any("*" in action for statement in statements for action in statement["Action"])
    # RDS looks at the role when the instance is made.
    assert policy in production.template.one("AWS::RDS::DBInstance")["DependsOn"]


# --- posture -----------------------------------------------------------------------------------------------------------


@pytest.mark.control("DB-2", "DB-5", "DB-7")
def test_production_has_a_standby_and_five_weeks_of_backups(production: Built) -> None:
    expected = {
        "MultiAZ": True,
        "BackupRetentionPeriod": 35,
        "DBInstanceClass": "db.t4g.medium",
        "AllocatedStorage": "100",
        "MaxAllocatedStorage": 500,
        "MonitoringInterval": 60,
        "EnablePerformanceInsights": True,
        "PerformanceInsightsRetentionPeriod": 7,
        "DatabaseInsightsMode": "standard",
    }
    assert expected.items() <= production.instance.items()


@pytest.mark.control("DB-2", "DB-5")
def test_staging_is_smaller_and_otherwise_the_same(postgresql: Built) -> None:
    staging = build(posture=STAGING.database)
    differing = {key for key, value in staging.instance.items() if postgresql.instance.get(key) != value}
    assert differing == {"MultiAZ", "BackupRetentionPeriod", "DBInstanceClass", "AllocatedStorage", "MaxAllocatedStorage"}
    assert staging.instance["MultiAZ"] is False
    assert staging.instance["BackupRetentionPeriod"] == 7
    parameters = [built.template.props("AWS::RDS::DBParameterGroup")["Parameters"] for built in (staging, postgresql)]
    assert {key for key in parameters[0] if parameters[0][key] != parameters[1][key]} == {"max_connections"}


@pytest.mark.control("DB-3")
def test_a_long_history_of_insights_is_the_advanced_mode() -> None:
    built = build(posture=replace(PRODUCTION.database, insights_retention=timedelta(days=465)))
    assert (built.instance["DatabaseInsightsMode"], built.instance["PerformanceInsightsRetentionPeriod"]) == ("advanced", 465)


def test_mysql_has_no_insights_on_classes_that_rds_offers_none_for() -> None:
    built = build(MYSQL_8_4, STAGING.database)
    assert built.instance["EnablePerformanceInsights"] is False
    assert not {"PerformanceInsightsKMSKeyId", "DatabaseInsightsMode"} & built.instance.keys()
    assert not [graph for graph in built.database.graphs if "load" in graph.title]


@pytest.mark.control("DB-4")
def test_the_rotation_period_comes_from_the_posture() -> None:
    built = build(posture=replace(PRODUCTION.database, rotation_period=timedelta(days=90)))
    assert built.template.props("AWS::SecretsManager::RotationSchedule")["RotationRules"]["AutomaticallyAfterDays"] == 90


@pytest.mark.parametrize("engine", [POSTGRESQL_16, Engine(name="postgres", version="17.8"), Engine(name="mysql", version="8.4.7")])
def test_other_offered_versions(engine: Engine) -> None:
    database = make(engine=engine)
    assert synth(database.node.scope).props("AWS::RDS::DBInstance")["EngineVersion"] == engine.version


# --- refuses -----------------------------------------------------------------------------------------------------------


@pytest.mark.control("DB-2", "NET-8")
def test_refuses_a_vpc_without_isolated_subnets_in_two_zones() -> None:
    stack = new_stack()
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Orders: vpc: got 'isolated subnets in us-east-1a'; allowed: isolated subnets in 2 Availability Zones or more; "
        r"hand over a PrivateNetwork's vpc, or add the subnets to yours$",
    ):
        MultiAzDatabase(stack, "Orders", vpc=any_vpc(stack, zones=1), posture=PRODUCTION.database, database_name="orders")
    public = ec2.Vpc.from_vpc_attributes(
        stack,
        "Public",
        vpc_id="vpc-2",
        availability_zones=["us-east-1a"],
        public_subnet_ids=["subnet-1"],
        public_subnet_route_table_ids=["rtb-1"],
    )
    with pytest.raises(ConfigurationError, match=r"got 'isolated subnets in no zone'"):
        MultiAzDatabase(stack, "Other", vpc=public, posture=PRODUCTION.database, database_name="orders")


@pytest.mark.parametrize(
    ("engine", "name", "message"),
    [
        (POSTGRESQL_17, "order", r"got 'order'; allowed: any name that PostgreSQL does not reserve; use order_db$"),
        (POSTGRESQL_17, "postgres", r"got 'postgres'; allowed: any name that PostgreSQL does not reserve"),
        (POSTGRESQL_17, "User", r"got 'User'; allowed: any name that PostgreSQL does not reserve; use user_db$"),
        (MYSQL_8_4, "mysql", r"got 'mysql'; allowed: any name that MySQL does not reserve"),
        (MYSQL_8_4, "groups", r"got 'groups'; allowed: any name that MySQL does not reserve"),
        (
            POSTGRESQL_17,
            "my-shop",
            r"got 'my-shop'; allowed: a letter, then letters, digits and underscores, 63 at most \(PostgreSQL\); use my_shop$",
        ),
        (MYSQL_8_4, "1st", r"got '1st'; allowed: a letter, .*, 64 at most \(MySQL\); use st$"),
        (POSTGRESQL_17, "", r"got ''; allowed: a letter, .*; use app$"),
        (POSTGRESQL_17, "x" * 64, r"allowed: a letter, .* 63 at most"),
    ],
)
def test_refuses_a_reserved_or_malformed_name(engine: Engine, name: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^Stack/Orders: database_name: .*" + message):
        make(engine=engine, database_name=name)


def test_what_one_engine_reserves_the_other_may_take() -> None:
    assert make(engine=POSTGRESQL_17, database_name="groups")
    assert make(engine=MYSQL_8_4, database_name="postgres")


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
@pytest.mark.parametrize("port", [0, 1149, 65_536, None])
def test_refuses_a_port_that_rds_does_not_take_or_that_is_the_engines_own(engine: Engine, port: int | None) -> None:
    own, ours = {"postgres": (5432, 5433), "mysql": (3306, 3307)}[engine.name]
    given = own if port is None else port
    with pytest.raises(
        ConfigurationError,
        match=rf"^Stack/Orders: port: got {given}; allowed: 1150 to 65535 except {own} \(AwsSolutions-RDS11\); leave it out for {ours}$",
    ):
        make(engine=engine, port=given)


@pytest.mark.parametrize(
    ("name", "version", "message"),
    [
        ("postgres", "11.22", r"^Engine.version: got 'postgres 11.22'; allowed: 18.3, 18.2, 17.9, .*; the nearest offered is 16.13$"),
        ("mysql", "5.7.44", r"^Engine.version: got 'mysql 5.7.44'; allowed: 8.4.10, .*; the nearest offered is 8.4.10$"),
        ("oracle", "19", r"^Engine.name: got 'oracle'; allowed: postgres or mysql; use POSTGRESQL_17 or MYSQL_8_4"),
    ],
)
def test_refuses_an_engine_or_version_that_is_not_offered(name: Any, version: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Engine(name=name, version=version)


def test_refuses_a_class_whose_limits_are_not_known() -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Orders: posture.instance_class: got 'x2g.large'; allowed: t3 and t4g micro to 2xlarge; large to 16xlarge of m6g, .*r8g; "
        r"the nearest offered is t4g.large$",
    ):
        make(posture=replace(PRODUCTION.database, instance_class="x2g.large"))


def test_refuses_a_log_retention_that_cloudwatch_does_not_offer() -> None:
    with pytest.raises(ConfigurationError, match=r"^Stack/Orders/PostgresqlLog: got '31 days, 0:00:00'; allowed: .*; use 30 days$"):
        make(posture=replace(PRODUCTION.database, log_retention=timedelta(days=31)))


@pytest.mark.parametrize("db_user", ["", "*", "app*"])
def test_refuses_to_grant_every_user(db_user: str) -> None:
    database = make()
    role = iam.Role(database, "App", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))
    with pytest.raises(ConfigurationError, match=r"^Stack/Orders: db_user: got .*; allowed: the name of one database user; make a user"):
        database.grant_connect(role, db_user=db_user)


# --- reach -------------------------------------------------------------------------------------------------------------


@pytest.mark.control("NET-6")
def test_nobody_reaches_it_until_connected_and_then_on_its_port_only(production: Built) -> None:
    group = production.template.props("AWS::EC2::SecurityGroup")
    assert "SecurityGroupIngress" not in group
    assert not production.template.of_type("AWS::EC2::SecurityGroupIngress")
    (egress,) = group["SecurityGroupEgress"]
    assert egress["CidrIp"] == "255.255.255.255/32"

    stack = new_stack()
    vpc = any_vpc(stack)
    database = MultiAzDatabase(stack, "Orders", vpc=vpc, posture=PRODUCTION.database, database_name="orders", engine=production.engine)
    service = ec2.SecurityGroup(stack, "Service", vpc=vpc)
    service.connections.allow_to_default_port(database)
    ingress = synth(stack).props("AWS::EC2::SecurityGroupIngress")
    assert ingress["FromPort"] == ingress["ToPort"] == int(production.instance["Port"])
    assert "SourceSecurityGroupId" in ingress


@pytest.mark.control("DB-4", "DB-7", "SEC-1")
def test_a_workload_gets_place_and_secret_and_grants_for_them_alone() -> None:
    stack = new_stack()
    database = MultiAzDatabase(stack, "Orders", vpc=any_vpc(stack), posture=PRODUCTION.database, database_name="orders", port=6000)
    role = ComposedRole(stack, "App", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"), description="test")
    database.grant_connect(role, db_user="app")
    database.secret.grant_read(role)
    attachment = database.attachment
    assert attachment.port == 6000
    assert attachment.connections is database.connections
    assert attachment.environment.keys() == {"DATABASE_HOST", "DATABASE_PORT", "DATABASE_NAME"}
    assert (attachment.environment["DATABASE_PORT"], attachment.environment["DATABASE_NAME"]) == ("6000", "orders")
    assert {name: secret.field for name, secret in attachment.secrets.items()} == {
        "DATABASE_USER": "username",
        "DATABASE_PASSWORD": "password",
    }
    assert all(secret.secret is database.secret for secret in attachment.secrets.values())

    template = synth(stack)
    statements = template.props("AWS::IAM::ManagedPolicy", "App")["PolicyDocument"]["Statement"]
    by_action = {str(action): statement for statement in statements for action in [statement["Action"]]}
    connect = by_action["rds-db:connect"]
    assert "DbiResourceId" in str(connect["Resource"])
    assert str(connect["Resource"]).endswith("'/app']]}")
    read = next(statement for action, statement in by_action.items() if "secretsmanager:GetSecretValue" in action)
    assert read["Resource"]["Fn::GetAtt"][1] == "MasterUserSecret.SecretArn"
    decrypt = [statement for statement in template.props("AWS::KMS::Key")["KeyPolicy"]["Statement"] if statement["Action"] == "kms:Decrypt"]
    assert [set(statement["Condition"]["StringEquals"]) for statement in decrypt] == [{"kms:ViaService"}]


@pytest.mark.control("NET-6")
def test_a_workload_of_another_stack_leaves_the_stack_of_the_data_alone() -> None:
    app = new_app()
    data, workload = new_stack(app, "Data"), new_stack(app, "Workload")
    database = MultiAzDatabase(data, "Orders", vpc=any_vpc(data), posture=PRODUCTION.database, database_name="orders")
    service = ec2.SecurityGroup(workload, "Service", vpc=any_vpc(workload))
    service.connections.allow_to(database.attachment.connections, ec2.Port.tcp(database.attachment.port))
    database.grant_connect(
        ComposedRole(workload, "App", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"), description="test"), db_user="app"
    )
    templates = synth_all(app)
    assert not templates["Data"].of_type("AWS::EC2::SecurityGroupIngress")
    assert templates["Workload"].props("AWS::EC2::SecurityGroupIngress")["ToPort"] == 5433
    assert "Workload" not in json.dumps(templates["Data"].body)


def test_an_own_key_is_used_instead_of_a_new_one() -> None:
    stack = new_stack()
    key = DataKey(stack, "Data", description="shared", encrypts_logs=True)
    MultiAzDatabase(stack, "Orders", vpc=any_vpc(stack), posture=PRODUCTION.database, database_name="orders", encryption_key=key.key)
    elsewhere = kms.Key.from_key_arn(stack, "Elsewhere", "arn:aws:kms:us-east-1:111122223333:key/k")
    MultiAzDatabase(stack, "Carts", vpc=any_vpc_of(stack), posture=PRODUCTION.database, database_name="carts", encryption_key=elsewhere)
    template = synth(stack)
    assert len(template.of_type("AWS::KMS::Key")) == 1
    keys = {
        database["Properties"]["DBName"]: database["Properties"]["KmsKeyId"]
        for database in template.of_type("AWS::RDS::DBInstance").values()
    }
    assert keys["orders"]["Fn::GetAtt"][0] in template.of_type("AWS::KMS::Key")
    assert keys["carts"] == "arn:aws:kms:us-east-1:111122223333:key/k"


def any_vpc_of(stack: Any) -> ec2.IVpc:
    return stack.node.find_child("Vpc")


# --- names -------------------------------------------------------------------------------------------------------------


def test_instances_of_one_account_never_share_a_name() -> None:
    app = new_app()
    names = set()
    for stack_name in ("One", "Two"):
        stack = new_stack(app, stack_name)
        vpc = any_vpc(stack)
        for construct_id in ("Orders", "orders", "A-very-long-construct-id-that-goes-on-and-on-and-on"):
            database = MultiAzDatabase(stack, construct_id, vpc=vpc, posture=PRODUCTION.database, database_name="orders")
            names.add(database.alarm_specs[0].metric.dimensions["DBInstanceIdentifier"])  # type: ignore[union-attr]
    assert len(names) == 6
    assert all(re.fullmatch(r"[a-z](?!.*--)[a-z0-9-]{0,61}[a-z0-9]", name) for name in names)


def test_an_instance_of_a_nested_stack_has_a_literal_name_too() -> None:
    import aws_cdk as cdk

    nested = cdk.NestedStack(new_stack(), "Nested")
    database = MultiAzDatabase(nested, "Orders", vpc=any_vpc(nested), posture=PRODUCTION.database, database_name="orders")
    name = database.alarm_specs[0].metric.dimensions["DBInstanceIdentifier"]  # type: ignore[union-attr]
    assert re.fullmatch(r"db-orders-[0-9a-f]{8}", name)


@pytest.mark.control("GOV-4")
def test_the_logical_ids_of_what_holds_data_are_public(production: Built) -> None:
    assert list(production.template.of_type("AWS::RDS::DBInstance")) == ["OrdersInstanceB460215C"]
    assert list(production.template.of_type("AWS::KMS::Key")) == ["OrdersKeyB9756803"]


# --- clean -------------------------------------------------------------------------------------------------------------


def _waived(built: Built) -> list[str]:
    return sorted(
        f"{entry['data']['rule']} @ {path}"
        for path, entries in built.template.metadata.items()
        for entry in entries
        if entry["type"] == "prodready:waiver"
    )


@pytest.mark.control("GOV-1", "DB-2", "DB-3", "DB-5", "DB-6", "DB-7")
def test_production_is_clean_under_all_six_packs(production: Built) -> None:
    assert production.findings == [IAM5]
    assert [waiver + "/Resource" for waiver in _waived(production)] == [IAM5]


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_staging_lacks_the_standby_and_says_so(engine: Engine) -> None:
    built = build(engine, STAGING.database, judge=True)
    own = [finding for finding in built.findings if finding.startswith("AwsSolutions")]
    assert own == [IAM5, "AwsSolutions-RDS3 @ Stack/Orders/Instance/Resource"]
    assert [waiver + "/Resource" for waiver in _waived(built)] == own
    assert all("MultiAZSupport" in finding for finding in built.findings if finding not in own)


@pytest.mark.control("LIB-2")
def test_it_does_not_depend_on_feature_flags(production: Built) -> None:
    bare = build(production.engine, flags={})
    assert bare.instance == production.instance
    for resource_type in ("AWS::RDS::DBParameterGroup", "AWS::SecretsManager::RotationSchedule", "AWS::EC2::SecurityGroup"):
        assert bare.template.props(resource_type) == production.template.props(resource_type)


def test_it_says_what_it_promises(production: Built) -> None:
    (facts,) = production.template.recorded("MultiAzDatabase")
    assert facts["tier"] == "data"
    assert facts["watchable"] is True
    promised = {"DB-1", "DB-2", "DB-3", "DB-4", "DB-5", "DB-6", "DB-7", "DB-10", "DB-12", "NET-8", "OPS-5"}
    assert {claim["control"] for claim in facts["controls"]} == promised
