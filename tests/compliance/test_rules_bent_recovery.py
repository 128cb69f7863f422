"""What brings data and users back, as this library makes it: no rule finds anything in it, and one bites for every property that is bent."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_backup as backup
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager

from prodready_constructs.evidence.assembly import Assembly, read_assembly
from prodready_constructs.monitoring import Routes
from prodready_constructs.posture import PRODUCTION, STAGING
from prodready_constructs.recovery import (
    AirGappedVault,
    Approve,
    BackupPlan,
    BackupVault,
    Drills,
    FailOverDatabase,
    InterruptCachePower,
    Procedures,
    PromoteReplica,
    RegionSwitch,
    SecretReplica,
    StopTasks,
)
from tests.recovery.testing.parts import everything
from tests.support.bent import bent, found
from tests.support.synthesis import ACCOUNT, REGION, SECOND_REGION, new_app, new_stack

#: The rules that are tried here: what the plain resources beside lack is for others to say.
RULES = (
    *("AutomationUnguarded", "BackupPlanUnguarded", "BackupUntested", "DeadLettersOpen", "ExperimentUnguarded", "RegionSwitchUnapproved"),
    *("ReplicaSecretPlain", "RestoreTestUnguarded", "VaultUnguarded"),
)
COPY_TO = f"arn:aws:backup:{SECOND_REGION}:{ACCOUNT}:backup-vault:second"
BESIDE = f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:second"
ON_CALL = f"arn:aws:iam::{ACCOUNT}:role/OnCall"
STOP = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:AnyCritical"
TESTED = "Test/RDSSelection"
RULE = "BackupPlan.BackupPlanRule"

#: Path below the stack, property, value (None takes it away), finding.
BENDS: tuple[tuple[str, str, Any, str], ...] = (
    ("Vault/Vault", "EncryptionKeyArn", None, "VaultUnguarded[Key]"),
    ("Vault/Vault", "AccessPolicy", None, "VaultUnguarded[Deletion]"),
    ("Vault/Vault", "AccessPolicy.Statement.0.Effect", "Allow", "VaultUnguarded[Deletion]"),
    ("Vault/Vault", "AccessPolicy.Statement.0.Action", ["backup:DeleteBackupVault"], "VaultUnguarded[Deletion]"),
    ("Vault/Vault", "LockConfiguration", None, "VaultUnguarded[Lock]"),
    ("Vault/Vault", "LockConfiguration.MaxRetentionDays", 7, "VaultUnguarded[Bounds]"),
    ("Gap/Vault", "MinRetentionDays", 401, "VaultUnguarded[Bounds]"),
    ("Plan/Plan", f"{RULE}.0.CopyActions.0.DestinationBackupVaultArn", BESIDE, "BackupPlanUnguarded[Daily Copy]"),
    ("Plan/Plan", f"{RULE}.1.Lifecycle", None, "BackupPlanUnguarded[Weekly End]"),
    ("Plan/Plan", f"{RULE}.2.Lifecycle.MoveToColdStorageAfterDays", 300, "BackupPlanUnguarded[Monthly Cold]"),
    ("Plan/Plan", f"{RULE}.2.CopyActions.0.Lifecycle.DeleteAfterDays", None, "BackupPlanUnguarded[Monthly copy End]"),
    ("Plan/Plan", f"{RULE}.1.ScheduleExpression", "cron(0 8 ? * SUN *)", "BackupPlanUnguarded[Weekly Overlap]"),
    ("Test/Plan", "ScheduleExpression", "cron(0 10 8 1/3 ? *)", "RestoreTestUnguarded[Schedule]"),
    ("Test/Plan", "RecoveryPointSelection.SelectionWindowDays", 365, "RestoreTestUnguarded[Age]"),
    ("Test/Plan", "RecoveryPointSelection.IncludeVaults", [COPY_TO], "BackupUntested"),
    (TESTED, "RestoreMetadataOverrides", None, "RestoreTestUnguarded[Place]"),
    (TESTED, "ValidationWindowHours", None, "RestoreTestUnguarded[Window]"),
    (TESTED, "ProtectedResourceArns", [], "RestoreTestUnguarded[Nothing]"),
    ("Test/Undelivered/Resource", "RedriveAllowPolicy", None, "DeadLettersOpen"),
    ("Routes/Undelivered/Resource", "RedriveAllowPolicy", None, "DeadLettersOpen"),
    ("Drills/Death/Template", "StopConditions", [{"Source": "none"}], "ExperimentUnguarded[Stop]"),
    ("Drills/Death/Template", "ExperimentOptions.EmptyTargetResolutionMode", "skip", "ExperimentUnguarded[Empty]"),
    ("Drills/Death/Template", "ExperimentOptions.AccountTargeting", "multi-account", "ExperimentUnguarded[Accounts]"),
    ("Drills/Death/Template", "LogConfiguration", None, "ExperimentUnguarded[Log]"),
    ("Drills/Death/Template", "Targets.StopTasks.Parameters", {"cluster": "shop"}, "ExperimentUnguarded[StopTasks Target]"),
    (
        "Drills/Death/Template",
        "Targets.InterruptCachePower.ResourceTags",
        {"environment": "production"},
        "ExperimentUnguarded[InterruptCachePower Target]",
    ),
    ("Procedures/FailOver/Document", "Content.assumeRole", None, "AutomationUnguarded[Role]"),
    ("Procedures/FailOver/Document", "Content.mainSteps.0.onFailure", "Continue", "AutomationUnguarded[FailOver Approval]"),
    ("Procedures/FailOver/Document", "Content.mainSteps.0.action", "aws:pause", "AutomationUnguarded[FailOver Approval]"),
    ("Procedures/Return/Document", "Content.parameters.Revision.allowedPattern", None, "AutomationUnguarded[Revision Input]"),
    ("Payment/Resource", "ReplicaRegions.0.KmsKeyId", None, "ReplicaSecretPlain[us-west-2]"),
    ("Switch/Plan", "Workflows.0.Steps", [{"Name": "Database", "ExecutionBlockType": "RdsPromoteReadReplica"}],
     "RegionSwitchUnapproved[activate us-west-2]"),
)  # fmt: skip


def arn(service: str, resource: str, region: str = REGION) -> str:
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{resource}"


def recoverable(app: cdk.App) -> cdk.Stack:
    """Everything of the room that makes resources: stores, backups, tests, drills, runbooks, and a second region."""
    stack, away = new_stack(app, "Stack"), new_stack(app, "Away", region=SECOND_REGION)
    database, _ = everything(stack)
    gap = AirGappedVault(stack, "Gap", min_retention=timedelta(days=7), max_retention=timedelta(days=400))
    vault = stack.node.find_child("Vault")
    assert isinstance(vault, BackupVault)
    BackupPlan(stack, "Plan", posture=PRODUCTION.recovery, protecting=[database], vault=vault, copy_to_arn=COPY_TO, air_gapped=gap)
    Routes(stack, "Routes", posture=PRODUCTION.monitoring, critical=["a@example.com"], warning=["b@example.com"])

    vpc = ec2.Vpc.from_vpc_attributes(stack, "Elsewhere", vpc_id="vpc-1", availability_zones=["us-east-1a"])
    cluster = ecs.Cluster.from_cluster_attributes(stack, "Cluster", cluster_name="shop", vpc=vpc)
    service = ecs.FargateService.from_fargate_service_attributes(
        stack, "Service", cluster=cluster, service_arn=arn("ecs", "service/shop/orders")
    )
    instance = rds.DatabaseInstance.from_database_instance_attributes(
        stack, "Stock", instance_identifier="stock", instance_endpoint_address="stock", port=5432, security_groups=[]
    )
    cache = elasticache.CfnReplicationGroup(stack, "Cache", replication_group_description="sessions")
    power = InterruptCachePower(group=cache, zone="us-east-1a", lasts=timedelta(minutes=5))
    Drills(stack, "Drills", posture=STAGING.drills).add(
        "Death",
        question="Do visitors notice?",
        faults=[StopTasks(service=service), FailOverDatabase(instance=instance), power],
        stop_alarms=[STOP],
        expects=[],
        recovers_within=timedelta(minutes=5),
    )
    procedures = Procedures(stack, "Procedures", approvers=[ON_CALL])
    procedures.restart("Restart", service)
    procedures.return_to_revision("Return", service)
    procedures.fail_over("FailOver", instance)

    secret = secretsmanager.Secret(stack, "Payment", secret_name="shop/production/payment")
    SecretReplica(away, "Payment", secret=secret, posture=PRODUCTION.regions)
    both = {region: arn("rds", "db:stock", region) for region in (REGION, SECOND_REGION)}
    RegionSwitch(
        stack,
        "Switch",
        name="shop",
        posture=PRODUCTION.regions,
        home=REGION,
        standby=SECOND_REGION,
        steps={"Decide": Approve(role_arn=ON_CALL), "Database": PromoteReplica(instances=both)},
    )
    return stack


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("recoverable")
    app = new_app(outdir=str(made))
    recoverable(app)
    app.synth()
    return made


def judged(assembly: Assembly) -> set[str]:
    """What the rules tried here find."""
    return {rule for rule in found(assembly) if rule.startswith(RULES)}


@pytest.mark.control("GOV-3")
def test_what_brings_data_and_users_back_passes(directory: Path) -> None:
    assert judged(read_assembly(directory)) == set()


@pytest.mark.control("GOV-3", "DR-1", "DR-2", "DR-5", "DR-6", "STORE-3")
@pytest.mark.parametrize(("path", "where", "value", "finding"), BENDS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_rule_bites_where_one_is_bent(directory: Path, path: str, where: str, value: Any, finding: str) -> None:
    assert judged(bent(directory, path, where, value)) == {finding}


def test_an_override_of_the_cdk_is_bending_too(tmp_path: Path) -> None:
    app = new_app(outdir=str(tmp_path))
    vault: Any = recoverable(app).node.find_child("Vault").node.find_child("Vault")
    assert isinstance(vault, backup.CfnBackupVault)
    vault.add_property_deletion_override("LockConfiguration")
    app.synth()
    assert judged(read_assembly(tmp_path)) == {"VaultUnguarded[Lock]"}


def test_a_second_cache_with_the_tag_of_a_drill_is_not_hit_unseen(tmp_path: Path) -> None:
    app = new_app(outdir=str(tmp_path))
    stack = recoverable(app)
    other = elasticache.CfnReplicationGroup(stack, "Other", replication_group_description="carts")
    other.tags.set_tag("drill-target", "Stack/Cache")
    app.synth()
    assert judged(read_assembly(tmp_path)) == {"ExperimentUnguarded[InterruptCachePower Target]"}
