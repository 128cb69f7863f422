"""A stack of what monitoring and recovery make, from the real constructs, and what is tried out on it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs

from prodready_constructs import (
    PRODUCTION,
    STAGING,
    AccountEvents,
    AccountMasking,
    AirGappedVault,
    AppSecret,
    BackupAudit,
    BackupPlan,
    BucketCheck,
    Canary,
    CanaryStep,
    CountedLogs,
    DataKey,
    Drills,
    KeptLogs,
    LogArchive,
    LogBucket,
    LogMasking,
    Objectives,
    Procedures,
    ProtectedTable,
    RestoreTest,
    Routes,
    SecureBucket,
    SlackChannel,
    Slo,
    Spending,
    StopTasks,
    TableCheck,
    TableSchema,
    TeamsChannel,
    Watch,
    Webhook,
)
from prodready_constructs.contracts import GoodMinutes, Metric
from prodready_constructs.local.assembly import Assembly, load
from tests.support.synthesis import ACCOUNT, REGION, SECOND_REGION, new_app, new_stack

RUNBOOKS = "https://runbooks.example.com"


def assembly(folder: Path) -> Assembly:
    """The assembly of one stack, with the code of its functions."""
    app = new_app(outdir=str(folder))
    compose(new_stack(app, "Operations"))
    app.synth()
    return load(folder)


def compose(stack: cdk.Stack) -> None:
    """Each construct that brings a type of its own."""
    monitoring, recovery = PRODUCTION.monitoring, PRODUCTION.recovery
    vpc = network(stack)
    key = DataKey(stack, "Key", description="logs", encrypts_logs=True).key
    logs = LogBucket(stack, "LogBucket", posture=PRODUCTION.storage).bucket
    uploads = SecureBucket(stack, "Uploads", posture=PRODUCTION.storage, access_logs=logs)
    schema = TableSchema(partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING), ttl_attribute="expires_at")
    carts = ProtectedTable(stack, "Carts", schema=schema, posture=PRODUCTION.tables, data_class=PRODUCTION.data.confidential)

    routes = Routes(
        stack,
        "Routes",
        posture=monitoring,
        critical=["oncall@example.com", SlackChannel(workspace_id="T0123456789", channel_id="C0123456789")],
        warning=["team@example.com", _teams()],
    )
    address = AppSecret(stack, "ChatAddress", name="shop/production/chat", description="Where the team chats", length=None)
    chat = Webhook(
        stack,
        "Chat",
        posture=monitoring,
        kind="SLACK",
        url=address.secret,
        routes=routes,
        failures_to=["lead@example.com"],
        vpc=vpc,
        encryption_key=key,
    )
    kept = KeptLogs(stack, "App", data_class=PRODUCTION.data.confidential, posture=monitoring, masking=LogMasking(), encryption_key=key)
    lines = CountedLogs(stack, "Lines", log_group=kept)
    lines.count("OrdersPaid", '{ $.event = "order.paid" }', value="$.amount")
    lines.detect_anomalies(encryption_key=key)
    masking = AccountMasking(stack, "Masking", masking=LogMasking(identifiers=("AwsSecretKey",)), posture=monitoring, encryption_key=key)
    archive = LogArchive(stack, "Archive", bucket=logs, data_class=PRODUCTION.data.confidential, posture=monitoring, encryption_key=key)
    archive.archive("App", kept)
    canary = Canary(stack, "Visitor", host="shop.example.com", artifacts=logs, posture=monitoring, steps=[CanaryStep(path="/health")])
    latency = Metric(namespace="AWS/ApplicationELB", name="TargetResponseTime", statistic="p95")
    promise = Slo(stack, "Quick", of=GoodMinutes(metric=latency, threshold=0.5, good_while="LessThanThreshold"), target=99)

    Spending(stack, "Spending", monthly_budget=900, routes=routes, tag=("application", "shop"))

    gap = AirGappedVault(stack, "Gap", min_retention=timedelta(days=7), max_retention=timedelta(days=400))
    second = f"arn:aws:backup:{SECOND_REGION}:{ACCOUNT}:backup-vault:second"
    backups = BackupPlan(stack, "Backups", posture=recovery, protecting=[carts, uploads], copy_to_arn=second, air_gapped=gap)
    BackupAudit(stack, "Audit", posture=recovery, reports=logs)
    tests = RestoreTest(
        stack,
        "Restores",
        posture=recovery,
        vault=backups.vault,
        vpc=vpc,
        checking=[TableCheck(table=carts), BucketCheck(bucket=uploads)],
        encryption_key=key,
    )
    Objectives(stack, "Objectives", posture=recovery, stores=[carts, uploads])
    procedures = Procedures(stack, "Procedures", approvers=[f"arn:aws:iam::{ACCOUNT}:role/OnCall"])
    procedures.restore("RestoreCarts", carts.table)

    drills = Drills(stack, "Drills", posture=STAGING.drills)
    watched: list[Any] = [
        routes,
        chat,
        kept,
        lines,
        masking,
        archive,
        canary,
        promise,
        backups,
        tests,
        drills,
        AccountEvents(stack, "Events"),
    ]
    watch = Watch(stack, "Watch", routes=routes, watching=watched, runbook_base_url=RUNBOOKS)
    watch.mute("Patching", [canary], schedule="cron(0 2 * * SUN)", lasting=timedelta(hours=2), time_zone="Europe/Berlin")
    drills.add(
        "TaskKill",
        question="Do visitors notice when a task dies?",
        faults=[StopTasks(service=service(stack, vpc))],
        stop_alarms=[watch.any_critical.attr_arn],
        expects=[],
        recovers_within=timedelta(minutes=3),
    )


def network(stack: cdk.Stack) -> ec2.IVpc:
    """A VPC from elsewhere."""
    return ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-1",
        vpc_cidr_block="10.0.0.0/16",
        availability_zones=[f"{REGION}a", f"{REGION}b"],
        private_subnet_ids=["subnet-a", "subnet-b"],
        private_subnet_route_table_ids=["rtb-a", "rtb-b"],
    )


def service(stack: cdk.Stack, vpc: ec2.IVpc) -> ecs.IBaseService:
    """A service from elsewhere."""
    cluster = ecs.Cluster.from_cluster_attributes(stack, "Cluster", cluster_name="shop", vpc=vpc)
    arn = f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/shop/orders"
    return ecs.FargateService.from_fargate_service_attributes(stack, "Service", cluster=cluster, service_arn=arn)


def _teams() -> TeamsChannel:
    tenant, team = "11111111-2222-3333-4444-555555555555", "66666666-7777-8888-9999-000000000000"
    return TeamsChannel(tenant_id=tenant, team_id=team, channel_id="19%3aabc%40thread.tacv2")
