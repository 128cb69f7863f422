"""An adopted resource is asked like one of the library: what its users get, how it is backed up, how it comes back."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_rds as rds
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs

from prodready_constructs import (
    PRODUCTION,
    BackupPlan,
    BucketCheck,
    DatabaseCheck,
    Expectation,
    Objectives,
    RestoreTest,
    ServiceRecovery,
    Slo,
    TableCheck,
    adopt,
)
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.monitoring.adopted.levels import LEVELS
from prodready_constructs.monitoring.adopted.stores import STORES
from tests.monitoring.adopted.strangers import IMPORTED, PLAIN, Strangers
from tests.support.aws_cli import faults as command_faults
from tests.support.synthesis import Template, new_stack, synth

RECOVERY = replace(PRODUCTION.recovery, copy_to_second_region=False)
ASKED = [Expectation(query="SELECT count(*) FROM orders", at_least=1)]
ID = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
HISTORY = dynamodb.PointInTimeRecoverySpecification(point_in_time_recovery_enabled=True)
POSTGRES = rds.DatabaseInstanceEngine.postgres(version=rds.PostgresEngineVersion.VER_17)


class Stores:
    """What a stranger keeps data in."""

    def __init__(self, stack: cdk.Stack) -> None:
        tiers = [
            ec2.SubnetConfiguration(name=name, subnet_type=kind)
            for name, kind in (
                ("out", ec2.SubnetType.PUBLIC),
                ("in", ec2.SubnetType.PRIVATE_WITH_EGRESS),
                ("data", ec2.SubnetType.PRIVATE_ISOLATED),
            )
        ]
        self.vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1, subnet_configuration=tiers)
        self.database = rds.DatabaseInstance(stack, "Orders", vpc=self.vpc, engine=POSTGRES, multi_az=True, database_name="orders")
        self.table = dynamodb.Table(stack, "Carts", partition_key=ID, point_in_time_recovery_specification=HISTORY)
        self.shared = dynamodb.TableV2(stack, "Shared", partition_key=ID, point_in_time_recovery_specification=HISTORY)
        self.bucket = s3.Bucket(stack, "Files", versioned=True)


@pytest.fixture(scope="module")
def recovered() -> Template:
    """A stranger's stores, kept, restored and judged."""
    stack = new_stack()
    theirs = Stores(stack)
    database, table, shared, bucket = (adopt(one) for one in (theirs.database, theirs.table, theirs.shared, theirs.bucket))
    stores = [database, table, shared, bucket]
    plan = BackupPlan(stack, "Plan", posture=RECOVERY, protecting=stores)
    RestoreTest(
        stack,
        "Test",
        posture=RECOVERY,
        vault=plan.vault,
        vpc=theirs.vpc,
        checking=[DatabaseCheck(database=database, expect=ASKED), TableCheck(table=table), BucketCheck(bucket=bucket)],
    )
    services = [ServiceRecovery(service=theirs.database, needs=(database,))]
    Objectives(stack, "Objectives", posture=RECOVERY, stores=stores, services=services)
    return synth(stack)


@pytest.mark.control("DR-1", "DR-2")
def test_a_plan_selects_a_strangers_stores_and_restores_them(recovered: Template) -> None:
    (protected,) = (
        one["Properties"]["BackupSelection"]["Resources"]
        for one in recovered.of_type("AWS::Backup::BackupSelection").values()
        if one["Properties"]["BackupSelection"]["SelectionName"] == "Protected"
    )
    named = {kind for kind in ("Orders", "Carts", "Shared", "Files") if any(kind in str(arn) for arn in protected)}
    assert (len(protected), named) == (4, {"Orders", "Carts", "Shared", "Files"})
    kinds = {one["Properties"]["ProtectedResourceType"] for one in recovered.of_type("AWS::Backup::RestoreTestingSelection").values()}
    assert kinds == {"RDS", "DynamoDB", "S3"}
    asked = str(recovered.of_type("AWS::Lambda::Function"))
    assert all(word in asked for word in ("postgresql", "orders", "OrdersSecretAttachment"))


@pytest.mark.control("DR-4")
def test_its_objectives_say_what_the_template_says(recovered: Template) -> None:
    (one,) = recovered.recorded("Objectives")
    rows = {row["store"]: (row["recovery_point"], row["recovery_time"], row["basis"]) for row in one["objectives"]["rows"]}
    assert rows == {
        "RDS instance Orders: loss of a zone": (0, 120, "stated"),
        "RDS instance Orders": (300, 4 * 3600, "assumed"),
        "DynamoDB table Carts": (300, 3600, "assumed"),
        "DynamoDB table Shared": (300, 3600, "assumed"),
        "S3 bucket Files": (0, 900, "assumed"),
        "Stack/Orders": (0, 60 + 120 + 300 + 60, "assumed"),
    }


@pytest.mark.control("DR-4")
def test_a_database_without_a_standby_keeps_no_hour() -> None:
    stack = new_stack()
    alone = adopt(rds.CfnDBInstance(stack, "Alone", engine="postgres"))
    with pytest.raises(ConfigurationError, match="recovery time of RDS instance Alone: got '4:00:00'; allowed: 1:00:00 at most"):
        BackupPlan(stack, "Plan", posture=RECOVERY, protecting=[alone])
    assert [fact.recovery_time for fact in adopt(IMPORTED["Database"](stack)).recovery_facts] == [timedelta(hours=4)]


@pytest.mark.control("DR-6")
def test_what_is_in_no_template_brings_its_own_commands() -> None:
    stack = new_stack()
    imported = rds.DatabaseCluster.from_database_cluster_attributes(stack, "Wide", cluster_identifier="orders-wide")
    for one, name in ((adopt(IMPORTED["Database"](stack)), "orders"), (adopt(imported), "orders-wide")):
        (fact,) = one.recovery_facts
        assert [fault for line in fact.restore_commands for fault in command_faults(line)] == []
        (restore,) = [line for line in fact.restore_commands if "-to-point-in-time" in line]
        assert f" {name} " in restore
        assert f" {name}-restored " in restore
    # Stores of the template have their pages by themselves.
    assert adopt(PLAIN["Instance"](stack)).recovery_facts[0].restore_commands == ()


@pytest.mark.control("DR-4")
def test_a_cluster_is_back_by_its_reader() -> None:
    stack = new_stack()
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0)
    for readers, ways in ((0, 1), (1, 2)):
        cluster = rds.DatabaseCluster(
            stack,
            f"Cluster{readers}",
            engine=rds.DatabaseClusterEngine.aurora_postgres(version=rds.AuroraPostgresEngineVersion.VER_16_4),
            writer=rds.ClusterInstance.serverless_v2("Writer"),
            readers=[rds.ClusterInstance.serverless_v2(f"Reader{number}") for number in range(readers)],
            vpc=vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
        )
        assert len(adopt(cluster).recovery_facts) == ways


REFUSED: dict[str, tuple[Callable[[cdk.Stack], Any], str]] = {
    "a table without history": (
        lambda stack: adopt(dynamodb.Table(stack, "Bare", partition_key=ID)).recovery_facts,
        "adopt(Stack/Bare).recovery_facts: got 'no point-in-time recovery'; allowed: point-in-time recovery: AWS Backup alone makes one copy of a "
        "table a day, and loses a day; set point_in_time_recovery_specification of the table, in the app that makes it, and adopt it there",
    ),
    "a global table without history": (
        lambda stack: adopt(dynamodb.TableV2(stack, "Wide", partition_key=ID)).recovery_facts,
        "adopt(Stack/Wide).recovery_facts: got 'no point-in-time recovery'; allowed: point-in-time recovery: AWS Backup alone makes one copy of a "
        "table a day, and loses a day; set point_in_time_recovery_specification of the table, in the app that makes it, and adopt it there",
    ),
    "a table from elsewhere": (
        lambda stack: adopt(IMPORTED["Table"](stack)).backup_arns,
        "adopt(Stack/Table).recovery_facts: got 'an imported store, of which nothing is known here'; allowed: point-in-time recovery: AWS Backup "
        "alone makes one copy of a table a day, and loses a day; set point_in_time_recovery_specification of the table, in the app that makes it, "
        "and adopt it there",
    ),
    "a bucket without versions": (
        lambda stack: adopt(s3.Bucket(stack, "Bare")).recovery_facts,
        "adopt(Stack/Bare).recovery_facts: got 'no versions'; allowed: a bucket with versions: AWS Backup takes no other (developer guide, "
        "Amazon S3 backups); set versioned=True, in the app that makes the bucket, and adopt it there",
    ),
    "a queue as a store": (
        lambda stack: adopt(sqs.Queue(stack, "Work")).recovery_facts,
        f"adopt(Stack/Work).recovery_facts: got 'Queue'; allowed: {', '.join(sorted(STORES))}; "
        "leave it out: it keeps nothing that AWS Backup restores",
    ),
    "a promise of a queue": (
        lambda stack: Slo(stack, "Promise", of=adopt(sqs.Queue(stack, "Work")), target=99.9),
        f"adopt(Stack/Work).service_level: got 'Queue'; allowed: {', '.join(sorted(LEVELS))}; "
        "promise what its users ask, or count by GoodAndBad or GoodMinutes",
    ),
    "questions to an L1": (
        lambda stack: DatabaseCheck(database=adopt(PLAIN["Instance"](stack)), expect=ASKED).settings("Test"),
        "adopt(Stack/Instance).engine: got 'CfnDBInstance'; allowed: an rds.DatabaseInstance, or one imported with engine=; "
        "say engine= in from_database_instance_attributes",
    ),
}


@pytest.mark.control("LIB-2")
@pytest.mark.parametrize("name", REFUSED)
def test_refuses_what_cannot_be_said_of_it(name: str) -> None:
    ask, message = REFUSED[name]
    with pytest.raises(ConfigurationError, match=f"^{re.escape(message)}$"):
        ask(new_stack())


@pytest.mark.control("LIB-2")
def test_a_database_without_a_name_is_asked_by_one() -> None:
    stack = new_stack()
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0)
    public = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC)
    mysql = rds.DatabaseInstanceEngine.mysql(version=rds.MysqlEngineVersion.VER_8_4_5)
    made = {
        name: adopt(rds.DatabaseInstance(stack, name, vpc=vpc, engine=engine, vpc_subnets=public))
        for name, engine in (("My", mysql), ("Post", POSTGRES))
    }
    message = (
        "Test: database_name: got 'none, and Stack/My was made without one'; allowed: the database that holds the tables of the questions; "
        "use database_name='orders'"
    )
    with pytest.raises(ConfigurationError, match=f"^{re.escape(message)}$"):
        DatabaseCheck(database=made["My"], expect=ASKED).settings("Test")
    named = DatabaseCheck(database=made["My"], expect=ASKED, database_name="orders").settings("Test")
    assert (named["engine"], named["database"]) == ("mysql", "orders")
    assert DatabaseCheck(database=made["Post"], expect=ASKED).settings("Test")["database"] == "postgres"
    assert [made[name].attachment.port for name in ("My", "Post")] == [3306, 5432]


@pytest.mark.control("OPS-6")
def test_whoever_answers_users_can_be_promised() -> None:
    stack = new_stack()
    resources = [*Strangers(stack).all(), *(make(cdk.Stack(stack, f"Of{name}")) for name, make in PLAIN.items())]
    promised = 0
    for number, resource in enumerate(resources):
        try:
            level = adopt(resource).service_level
        except ConfigurationError:
            continue
        home = cdk.Stack(cdk.App(), "Promises", env=cdk.Environment(account="111122223333", region="us-east-1"))
        assert len(Slo(home, f"Promise{number}", of=level, target=99.9).alarm_specs) == 4
        assert level.rests_on
        promised += 1
    assert promised == len(LEVELS) - 1  # every kind but the L1 of CloudFront
