"""One database of each engine in production, synthesized once, in a stack that also backs it up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_backup as backup
from aws_cdk import aws_ec2 as ec2

from prodready_constructs.database import MYSQL_8_4, POSTGRESQL_17, Engine, MultiAzDatabase
from prodready_constructs.posture import PRODUCTION, DatabasePosture
from tests.database.rotating import mariadb_server, postgresql_server, rotating, server, service  # noqa: F401 (fixtures)
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth

ENGINES = (POSTGRESQL_17, MYSQL_8_4)


@dataclass(frozen=True)
class Built:
    engine: Engine
    stack: cdk.Stack
    database: MultiAzDatabase
    template: Template
    findings: list[str]

    @property
    def instance(self) -> dict[str, Any]:
        return self.template.props("AWS::RDS::DBInstance")

    @property
    def text(self) -> str:
        return json.dumps(self.template.body)


def any_vpc(stack: cdk.Stack, *, zones: int = 2) -> ec2.IVpc:
    """A VPC from elsewhere with isolated subnets in so many zones."""
    letters = "abc"[:zones]
    return ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-1",
        vpc_cidr_block="10.0.0.0/16",
        availability_zones=[f"us-east-1{letter}" for letter in letters],
        isolated_subnet_ids=[f"subnet-{letter}" for letter in letters],
        isolated_subnet_route_table_ids=[f"rtb-{letter}" for letter in letters],
    )


def build(
    engine: Engine = POSTGRESQL_17,
    posture: DatabasePosture = PRODUCTION.database,
    *,
    flags: Mapping[str, Any] | None = None,
    judge: bool = False,
) -> Built:
    stack = new_stack(new_app(flags=flags))
    database = MultiAzDatabase(stack, "Orders", vpc=any_vpc(stack), posture=posture, database_name="orders", engine=engine)
    plan = backup.CfnBackupPlan(
        stack,
        "Plan",
        backup_plan=backup.CfnBackupPlan.BackupPlanResourceTypeProperty(
            backup_plan_name="plan",
            backup_plan_rule=[
                backup.CfnBackupPlan.BackupRuleResourceTypeProperty(
                    rule_name="daily",
                    target_backup_vault="vault",
                    lifecycle=backup.CfnBackupPlan.LifecycleResourceTypeProperty(delete_after_days=35),
                )
            ],
        ),
    )
    backup.CfnBackupSelection(
        stack,
        "Selection",
        backup_plan_id=plan.ref,
        backup_selection=backup.CfnBackupSelection.BackupSelectionResourceTypeProperty(
            iam_role_arn="arn:aws:iam::111122223333:role/backup", selection_name="databases", resources=list(database.backup_arns)
        ),
    )
    found = findings(stack) if judge else []
    return Built(engine, stack, database, synth(stack), found)


@pytest.fixture(scope="session", params=ENGINES, ids=lambda engine: engine.name)
def production(request: pytest.FixtureRequest) -> Built:
    return build(request.param, judge=True)


@pytest.fixture(scope="session")
def postgresql() -> Built:
    return build()
