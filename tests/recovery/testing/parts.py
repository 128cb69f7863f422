"""A database, a table and a bucket to restore, and the test of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from prodready_constructs import (
    POSTGRESQL_17,
    PRODUCTION,
    BackupVault,
    BucketCheck,
    DatabaseCheck,
    Engine,
    Expectation,
    MultiAzDatabase,
    RestoreTest,
    TableCheck,
)

ENOUGH = Expectation(query="SELECT count(*) FROM orders", at_least=1)
FRESH = Expectation(query="SELECT max(created_at) FROM orders", newest_within=timedelta(hours=36))


def private_vpc(stack: cdk.Stack, *, tiers: tuple[str, ...] = ("private", "isolated")) -> ec2.IVpc:
    """A VPC from elsewhere with these tiers in two zones."""
    given: dict[str, Any] = {}
    for tier in tiers:
        given[f"{tier}_subnet_ids"] = [f"subnet-{tier}-{zone}" for zone in "ab"]
        given[f"{tier}_subnet_route_table_ids"] = [f"rtb-{tier}-{zone}" for zone in "ab"]
    return ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", vpc_cidr_block="10.0.0.0/16", availability_zones=["us-east-1a", "us-east-1b"], **given
    )


class Table(Construct):
    """What AWS Backup selects of a table or a bucket, and nothing else."""

    service = "dynamodb:us-east-1:111122223333:table/"

    @property
    def backup_arns(self) -> tuple[str, ...]:
        return (f"arn:aws:{self.service}{self.node.id.lower()}",)


class Bucket(Table):
    service = "s3:::"


def some_database(stack: cdk.Stack, vpc: ec2.IVpc, *, engine: Engine = POSTGRESQL_17) -> MultiAzDatabase:
    return MultiAzDatabase(stack, "Orders", vpc=vpc, posture=PRODUCTION.database, database_name="orders", engine=engine)


def a_test(stack: cdk.Stack, *checks: Any, **changes: Any) -> RestoreTest:
    """A restore test of *checks*; of a table when there are none."""
    given = {"posture": PRODUCTION.recovery, "checking": checks or (TableCheck(table=Table(stack, "Carts")),), **changes}
    given.setdefault("vpc", None)
    given["vpc"] = given["vpc"] or stack.node.try_find_child("Vpc") or private_vpc(stack)
    return RestoreTest(stack, "Test", vault=BackupVault(stack, "Vault", posture=PRODUCTION.recovery), **given)


def everything(stack: cdk.Stack, *, engine: Engine = POSTGRESQL_17, **changes: Any) -> tuple[MultiAzDatabase, RestoreTest]:
    """A test of one store of each kind."""
    vpc = private_vpc(stack)
    database = some_database(stack, vpc, engine=engine)
    checks = (
        DatabaseCheck(database=database, expect=[ENOUGH, FRESH]),
        TableCheck(table=Table(stack, "Carts"), at_least=10),
        BucketCheck(bucket=Bucket(stack, "Uploads"), at_least=3),
    )
    return database, a_test(stack, *checks, vpc=vpc, **changes)
