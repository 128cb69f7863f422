"""A read replica: beside its source and in another region; what it takes over, what is its own, what it refuses, what wakes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_rds as rds

from bench.messages import counted, total
from prodready_constructs.contracts import AlarmSpec, EventSpec, RdsEventSpec, Severity
from prodready_constructs.database import MYSQL_8_4, POSTGRESQL_17, Engine, MultiAzDatabase, ReadReplica
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ComposedRole
from prodready_constructs.posture import PRODUCTION, STAGING
from tests.database.conftest import ENGINES, any_vpc
from tests.support.packs import findings
from tests.support.synthesis import REGION, SECOND_REGION, Template, new_app, new_stack, synth_all

ONE = replace(PRODUCTION.database, read_replicas=1)
STREAMS = (
    "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:RDSOSMetrics:log-stream:db-*]"
    " @ {}/MonitoringRole/Policy/Resource"
)
FLAGS: tuple[dict[str, Any] | None, ...] = ({}, None)
PACKS = ("HIPAA.Security", "NIST.800.53.R4", "NIST.800.53.R5")


@dataclass(frozen=True)
class Pair:
    engine: Engine
    database: MultiAzDatabase
    near: ReadReplica
    far: ReadReplica
    home: Template
    abroad: Template
    found: dict[str, list[str]]

    def instance(self, where: str) -> dict[str, Any]:
        template, name = {
            "source": (self.home, "OrdersInstance"),
            "near": (self.home, "Replica1Instance"),
            "far": (self.abroad, "OrdersInstance"),
        }[where]
        return template.props("AWS::RDS::DBInstance", name)


def pair(engine: Engine) -> Pair:
    app = new_app()
    home, abroad = new_stack(app, "Home"), new_stack(app, "Abroad", region=SECOND_REGION)
    database = MultiAzDatabase(
        home, "Orders", vpc=any_vpc(home), posture=ONE, database_name="orders", engine=engine, sign_in="iam", port=6000
    )
    far = ReadReplica(abroad, "Orders", source=database, vpc=any_vpc(abroad), posture=PRODUCTION.database)
    found = {stack.stack_name: findings(stack) for stack in (home, abroad)}
    templates = synth_all(app)
    return Pair(engine, database, database.replicas[0], far, templates["Home"], templates["Abroad"], found)


@pytest.fixture(scope="module", params=ENGINES, ids=lambda engine: engine.name)
def built(request: pytest.FixtureRequest) -> Pair:
    return pair(request.param)


def a_source(stack: cdk.Stack, **changes: Any) -> MultiAzDatabase:
    arguments: dict[str, Any] = {"posture": PRODUCTION.database, "database_name": "orders", "sign_in": "iam", **changes}
    return MultiAzDatabase(stack, "Orders", vpc=any_vpc(stack), **arguments)


# --- always ------------------------------------------------------------------------------------------------------------


@pytest.mark.control("DB-8")
def test_a_replica_follows_its_source(built: Pair) -> None:
    assert "OrdersInstanceB460215C" in str(built.instance("near")["SourceDBInstanceIdentifier"])
    assert "SourceRegion" not in built.instance("near")
    literal = str(built.instance("far")["SourceDBInstanceIdentifier"])
    assert f":rds:{REGION}:" in literal
    assert literal.endswith(f":db:{built.instance('source')['DBInstanceIdentifier']}']]}}")
    assert built.instance("far")["SourceRegion"] == REGION


@pytest.mark.control("DB-8")
@pytest.mark.parametrize("where", ["near", "far"])
def test_it_says_nothing_that_rds_takes_from_the_source(built: Pair, where: str) -> None:
    # CloudFormation: don't set these on a replica.
    inherited = {"BackupRetentionPeriod", "DBName", "MasterUsername", "MasterUserPassword", "PreferredBackupWindow", "EngineVersion"}
    assert not inherited & built.instance(where).keys()
    assert "ManageMasterUserPassword" not in built.instance(where)


@pytest.mark.control("DB-2", "DB-3", "DB-6", "DB-7")
@pytest.mark.parametrize("where", ["near", "far"])
def test_it_is_as_hardened_as_its_source(built: Pair, where: str) -> None:
    names = (
        *("PubliclyAccessible", "StorageEncrypted", "StorageType", "Port", "EnableIAMDatabaseAuthentication", "DeletionProtection"),
        *("CACertificateIdentifier", "EnableCloudwatchLogsExports", "MonitoringInterval", "AutoMinorVersionUpgrade", "MultiAZ", "Engine"),
        *("CopyTagsToSnapshot", "DBInstanceClass", "MaxAllocatedStorage", "PreferredMaintenanceWindow", "DatabaseInsightsMode"),
    )
    source, replica = built.instance("source"), built.instance(where)
    assert {name: replica[name] for name in names} == {name: source[name] for name in names}
    assert replica["Port"] == "6000"


@pytest.mark.control("DB-3", "DB-8")
def test_beside_the_source_it_has_the_sources_key_and_abroad_its_own(built: Pair) -> None:
    assert len(built.home.of_type("AWS::KMS::Key")) == 1
    # RDS wants to be told none in the source's region.
    assert "KmsKeyId" not in built.instance("near")
    ((key, resource),) = built.abroad.of_type("AWS::KMS::Key").items()
    assert resource["Properties"]["EnableKeyRotation"] is True
    arn = {"Fn::GetAtt": [key, "Arn"]}
    assert built.instance("far")["KmsKeyId"] == built.instance("far")["PerformanceInsightsKMSKeyId"] == arn
    groups = built.abroad.of_type("AWS::Logs::LogGroup")
    assert {str(group["Properties"]["KmsKeyId"]) for group in groups.values()} == {str(arn)}
    assert groups.keys() <= set(built.abroad.one("AWS::RDS::DBInstance")["DependsOn"])


@pytest.mark.control("DB-6", "DB-8")
def test_its_parameters_are_the_sources(built: Pair) -> None:
    assert built.instance("near")["DBParameterGroupName"] == built.instance("source")["DBParameterGroupName"]
    ours, theirs = (one.props("AWS::RDS::DBParameterGroup") for one in (built.abroad, built.home))
    assert (ours["Parameters"], ours["Family"]) == (theirs["Parameters"], theirs["Family"])
    assert bool(built.abroad.of_type("AWS::RDS::OptionGroup")) is (built.engine.name == "mysql")


@pytest.mark.control("DB-8")
def test_the_source_has_no_password_that_rds_manages(built: Pair) -> None:
    source = built.instance("source")
    assert source["MasterUserAuthenticationType"] == "iam-db-auth"
    assert not {"ManageMasterUserPassword", "MasterUserSecret", "MasterUserPassword"} & source.keys()
    assert not built.home.of_type("AWS::SecretsManager::RotationSchedule")
    with pytest.raises(
        ConfigurationError,
        match=r"^Home/Orders: secret: got 'a database whose master user signs in by IAM'; allowed: a secret with sign_in=\"password\"; "
        r"use grant_connect\(role, db_user=...\)$",
    ):
        assert built.database.secret
    assert built.database.attachment.secrets == {}


@pytest.mark.control("GOV-4")
def test_the_source_keeps_its_logical_id(built: Pair) -> None:
    assert "OrdersInstanceB460215C" in built.home.of_type("AWS::RDS::DBInstance")


# --- posture -----------------------------------------------------------------------------------------------------------


@pytest.mark.control("DB-8")
def test_the_posture_says_how_many(built: Pair) -> None:
    assert built.database.replicas == (built.near,)
    stack = new_stack()
    assert a_source(stack).replicas == ()
    more = a_source(new_stack(), posture=replace(PRODUCTION.database, read_replicas=3))
    assert [one.construct_id for one in more.replicas] == ["Replica1", "Replica2", "Replica3"]
    assert more.add_read_replica("Reports").path == "Stack/Orders/Reports"


def test_a_replica_without_a_standby_says_so() -> None:
    app = new_app()
    home, abroad = new_stack(app, "Home"), new_stack(app, "Abroad", region=SECOND_REGION)
    replica = ReadReplica(abroad, "Orders", source=a_source(home, posture=STAGING.database), vpc=any_vpc(abroad), posture=STAGING.database)
    assert "AwsSolutions-RDS3 @ Abroad/Orders/Instance/Resource" in findings(abroad)
    (fact,) = replica.recovery_facts
    assert any("--multi-az" in command for command in fact.restore_commands)


# --- refuses -----------------------------------------------------------------------------------------------------------


def refusal(message: str, *, region: str = SECOND_REGION, source: dict[str, Any] | None = None, **changes: Any) -> None:
    app = new_app()
    home, abroad = new_stack(app, "Home"), new_stack(app, "Abroad", region=region)
    arguments = {"source": a_source(home, **(source or {})), "vpc": any_vpc(abroad), "posture": PRODUCTION.database, **changes}
    with pytest.raises(ConfigurationError, match=message):
        ReadReplica(abroad, "Orders", **arguments)


@pytest.mark.control("DB-8")
def test_refuses_a_source_whose_password_rds_manages() -> None:
    refusal(
        r"^Abroad/Orders: source: got 'Home/Orders, whose master password RDS manages'; allowed: a source without one: RDS makes no read "
        r"replica of .*; make Home/Orders with sign_in=\"iam\"$",
        source={"sign_in": "password"},
    )
    stack = new_stack()
    with pytest.raises(ConfigurationError, match=r"^Stack/Orders/Replica1: source: got 'Stack/Orders, whose master password"):
        a_source(stack, sign_in="password", posture=ONE)


@pytest.mark.control("DB-8")
def test_refuses_a_region_outside_the_posture() -> None:
    refusal(
        rf"^Abroad/Orders: region: got '{SECOND_REGION}'; allowed: eu-central-1, eu-west-1: the posture's allowed_regions; put it into",
        posture=replace(PRODUCTION.database, allowed_regions=("eu-central-1", "eu-west-1")),
    )
    with pytest.raises(ConfigurationError, match=rf"^Stack/Orders: region: got '{REGION}'; allowed: eu-west-1: the posture's"):
        a_source(new_stack(), posture=PRODUCTION.kept_in("eu-west-1").database)


def test_refuses_a_region_that_is_not_stated() -> None:
    app = new_app()
    nowhere, here = cdk.Stack(app, "Nowhere"), new_stack(app, "Here")
    source = a_source(here)
    with pytest.raises(
        ConfigurationError,
        match=rf"^Nowhere/Orders: region: got '{REGION} -> not stated'; allowed: stated regions of both stacks: .*; give both stacks an env",
    ):
        ReadReplica(nowhere, "Orders", source=source, vpc=any_vpc(nowhere), posture=PRODUCTION.database)


def test_refuses_a_key_beside_the_sources() -> None:
    stack = new_stack()
    source = a_source(stack)
    key = kms.Key.from_key_arn(stack, "Elsewhere", "arn:aws:kms:us-east-1:111122223333:key/k")
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Copy: encryption_key: got \"a key beside the source's\"; allowed: None: in the source's stack .*; leave it out$",
    ):
        ReadReplica(stack, "Copy", source=source, vpc=stack.node.find_child("Vpc"), posture=PRODUCTION.database, encryption_key=key)  # type: ignore[arg-type]


def test_refuses_a_class_that_carries_less_than_the_source() -> None:
    refusal(
        r"^Abroad/Orders: posture.instance_class: got 't4g.micro, which carries 84 connections'; allowed: 337 connections or more, as its "
        r"source: PostgreSQL does not start .*; use the source's class, or a larger one$",
        posture=STAGING.database,
    )


@pytest.mark.control("DB-1")
def test_refuses_a_class_that_rds_does_not_offer_there() -> None:
    refusal(
        r"^Abroad/Orders: posture.instance_class: got 'r7g.large for PostgreSQL 17 in eu-west-3'; allowed: classes of m6g, .*t4g: what RDS "
        r"offers there; the nearest offered is r7i.large$",
        region="eu-west-3",
        posture=replace(PRODUCTION.database, instance_class="r7g.large"),
    )


def test_refuses_a_vpc_without_isolated_subnets_and_a_wildcard() -> None:
    stack = new_stack(name="Abroad", region=SECOND_REGION)
    refusal(r"^Abroad/Orders: vpc: got 'isolated subnets in us-east-1a'", vpc=any_vpc(stack, zones=1))
    near = a_source(new_stack(), posture=ONE).replicas[0]
    role = iam.Role(near, "App", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))
    with pytest.raises(ConfigurationError, match=r"^Stack/Orders/Replica1: db_user: got '\*'; allowed: the name of one database user;"):
        near.grant_connect(role, db_user="*")


# --- reach -------------------------------------------------------------------------------------------------------------


@pytest.mark.control("NET-6", "DB-8")
def test_readers_are_let_in_one_by_one_and_sign_in_by_iam() -> None:
    stack = new_stack()
    source = a_source(stack, posture=ONE)
    (replica,) = source.replicas
    attachment = replica.attachment
    assert attachment.environment.keys() == {"DATABASE_READER_HOST", "DATABASE_READER_PORT", "DATABASE_READER_NAME"}
    assert not attachment.environment.keys() & source.attachment.environment.keys()
    assert (attachment.port, attachment.environment["DATABASE_READER_NAME"], attachment.secrets) == (5433, "orders", {})
    role = ComposedRole(stack, "App", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"), description="test")
    replica.grant_connect(role, db_user="app")
    service = ec2.SecurityGroup(stack, "Service", vpc=stack.node.find_child("Vpc"))  # type: ignore[arg-type]
    service.connections.allow_to(attachment.connections, ec2.Port.tcp(attachment.port))
    template = synth_all(stack.node.root)["Stack"]
    ingress = template.props("AWS::EC2::SecurityGroupIngress")
    assert "OrdersReplica1Access" in str(ingress["GroupId"])
    assert ingress["FromPort"] == ingress["ToPort"] == 5433
    (statement,) = template.props("AWS::IAM::ManagedPolicy", "App")["PolicyDocument"]["Statement"]
    assert "OrdersReplica1Instance" in str(statement["Resource"])
    assert "DbiResourceId" in str(statement["Resource"])


def test_a_replica_abroad_leaves_the_sources_stack_alone(built: Pair) -> None:
    assert "Abroad" not in str(built.home.body)
    assert "Fn::ImportValue" not in str(built.abroad.body)
    assert built.far.stack.dependencies[0].stack_name == "Home"


# --- wakes -------------------------------------------------------------------------------------------------------------


@pytest.mark.control("DB-10")
def test_lag_wakes_and_its_threshold_is_the_postures(built: Pair) -> None:
    for replica in (built.near, built.far):
        specs = {spec.id: spec for spec in replica.alarm_specs}
        lag, stopped = specs["ReplicaLagHigh"], specs["ReplicationStopped"]
        assert isinstance(lag, AlarmSpec)
        assert isinstance(stopped, AlarmSpec)
        assert (lag.threshold, lag.comparison, lag.missing_data) == (600, "GreaterThanThreshold", "breaching")
        assert (lag.metric.namespace, lag.metric.name, lag.metric.statistic) == ("AWS/RDS", "ReplicaLag", "Average")  # type: ignore[union-attr]
        assert (stopped.threshold, stopped.comparison, stopped.severity) == (0, "LessThanThreshold", Severity.CRITICAL)
        replication = specs["Replication"]
        assert isinstance(replication, RdsEventSpec)
        assert replication.categories == ("read replica",)
    name = built.instance("far")["DBInstanceIdentifier"]
    assert lag.metric.dimensions == {"DBInstanceIdentifier": name}  # type: ignore[union-attr]
    assert all(any(name in command for command in spec.runbook.first_commands) for spec in built.far.alarm_specs)


@pytest.mark.control("DB-10")
def test_it_has_every_alarm_of_an_instance_but_those_of_backups_and_secrets(built: Pair) -> None:
    source, replica = ({spec.id for spec in one.alarm_specs} for one in (built.database, built.near))
    assert source - replica == {"BackupTrouble"}
    assert replica - source == {"ReplicaLagHigh", "ReplicationStopped", "Replication"}
    assert not [spec for spec in built.database.alarm_specs if isinstance(spec, EventSpec) and spec.id == "SecretRotationFailed"]
    assert any("replica lag" in graph.title for graph in built.far.graphs)
    assert not any("replica lag" in graph.title for graph in built.database.graphs)


@pytest.mark.control("DB-8", "DR-4")
def test_abroad_it_says_how_it_takes_over(built: Pair) -> None:
    (fact,) = built.far.recovery_facts
    assert (fact.recovery_point, fact.store.endswith(f"orders: loss of {REGION}")) == (timedelta(minutes=10), True)
    assert "assumption" in fact.recovery_time_is
    name = built.instance("far")["DBInstanceIdentifier"]
    (promote,) = [command for command in fact.restore_commands if "promote-read-replica" in command]
    assert f"--region {SECOND_REGION}" in promote
    assert f"--db-instance-identifier {name} --backup-retention-period 35 --preferred-backup-window 02:00-03:00" in promote
    (facts,) = built.abroad.recorded("ReadReplica")
    assert facts["source"] == "Home/Orders"
    assert facts["recovery"][0]["recovery_point"] == 600
    assert {claim["control"] for claim in facts["controls"]} == {"DB-2", "DB-8", "DB-10"}
    assert (built.near.recovery_facts, built.near.backup_arns, built.far.backup_arns) == ((), (), ())


# --- clean -------------------------------------------------------------------------------------------------------------


@pytest.mark.control("DB-8", "GOV-1")
def test_only_what_is_waived_is_found(built: Pair) -> None:
    abroad = [f"{pack}-RDSInBackupPlan @ Abroad/Orders/Instance/Resource" for pack in PACKS]
    assert built.found["Abroad"] == sorted([STREAMS.format("Abroad/Orders"), *abroad])
    own = [finding for finding in built.found["Home"] if "/Replica1/" in finding]
    near = [f"{pack}-RDSInBackupPlan @ Home/Orders/Replica1/Instance/Resource" for pack in PACKS]
    assert own == sorted([STREAMS.format("Home/Orders/Replica1"), *near])
    waived = {
        f"{entry['data']['rule']} @ {path}/Resource"
        for path, entries in built.abroad.metadata.items()
        for entry in entries
        if entry["type"] == "prodready:waiver"
    }
    assert waived == set(built.found["Abroad"])


def _bend(name: str, value: Any) -> Callable[[rds.CfnDBInstance], None]:
    return lambda resource: setattr(resource, name, value)


@pytest.mark.parametrize(
    ("name", "value", "finding"),
    [
        ("publicly_accessible", True, "RDSInstancePublicAccess"),
        ("storage_encrypted", False, "AwsSolutions-RDS2"),
        ("deletion_protection", False, "AwsSolutions-RDS10"),
        ("monitoring_interval", 0, "RDSEnhancedMonitoringEnabled"),
        ("enable_cloudwatch_logs_exports", ["upgrade"], "RDSLoggingEnabled"),
        ("multi_az", False, "AwsSolutions-RDS3"),
        ("port", "5432", "AwsSolutions-RDS11"),
    ],
)
def test_what_is_bent_is_found(name: str, value: Any, finding: str) -> None:
    stack = new_stack()
    (replica,) = a_source(stack, posture=ONE).replicas
    _bend(name, value)(cast("rds.CfnDBInstance", replica.instance.node.default_child))
    assert any(finding in one and "/Replica1/Instance/" in one for one in findings(stack))


@pytest.mark.control("LIB-2")
def test_it_does_not_depend_on_feature_flags() -> None:
    bare, flagged = (new_stack(new_app(flags=flags)) for flags in FLAGS)
    for stack in (bare, flagged):
        a_source(stack, posture=ONE)
    props = [synth_all(stack.node.root)["Stack"].props("AWS::RDS::DBInstance", "Replica1") for stack in (bare, flagged)]
    # A flag writes the partition of a stated region literally.
    partition = [one.pop("SourceDBInstanceIdentifier")["Fn::Join"][1][-1] for one in props]
    assert partition == [{"Ref": "OrdersInstanceB460215C"}] * 2
    assert props[0] == props[1]


@pytest.mark.parametrize(("engine", "messages"), [(POSTGRESQL_17, 60), (MYSQL_8_4, 66)], ids=["postgres", "mysql"])
def test_a_replica_costs_no_more_messages_than(engine: Engine, messages: int) -> None:
    app = new_app()
    source, abroad = a_source(new_stack(app, "Home"), engine=engine), new_stack(app, "Abroad", region=SECOND_REGION)
    vpc = any_vpc(abroad)
    with counted() as counts:
        replica = ReadReplica(abroad, "Orders", source=source, vpc=vpc, posture=PRODUCTION.database)
    assert total(counts) <= messages, counts
    with counted() as counts:
        assert [*replica.alarm_specs, *replica.graphs, *replica.recovery_facts]
    assert total(counts) == 0
