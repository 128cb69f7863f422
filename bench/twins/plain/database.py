"""PostgreSQL with a standby."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from bench.twins.plain.keys import ACCOUNT, FOR_LOGS, PARTITION, REGION, new_key, new_log_group

IDENTIFIER = "shop-orders-8093dcc2"
PORT = 5433


@dataclass(frozen=True)
class Database:
    """What the other parts need."""

    instance: rds.DatabaseInstance
    security_group: ec2.SecurityGroup
    key: kms.Key
    secret: secretsmanager.ISecret


def add_database(stack: Stack, vpc: ec2.Vpc) -> Database:
    """The instance with all that stands around it."""
    home = Construct(stack, "Orders")
    key = new_key(home, "PostgreSQL orders of Shop/Orders", FOR_LOGS)
    group = ec2.SecurityGroup(home, "Access", vpc=vpc, description="Into PostgreSQL Shop/Orders", allow_all_outbound=False)
    log_groups = [
        new_log_group(
            home,
            f"{log.capitalize()}Log",
            key,
            logs.RetentionDays.ONE_MONTH,
            name=f"/aws/rds/instance/{IDENTIFIER}/{log}",
            removal=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        for log in ("postgresql", "upgrade")
    ]
    engine = rds.DatabaseInstanceEngine.postgres(version=rds.PostgresEngineVersion.of("17.9", "17"))
    parameters = rds.ParameterGroup(
        home,
        "Parameters",
        engine=engine,
        description="TLS only, audited: Shop/Orders",
        parameters={
            "rds.force_ssl": "1",
            "ssl_min_protocol_version": "TLSv1.2",
            "log_connections": "1",
            "log_disconnections": "1",
            "log_statement": "ddl",
            "log_lock_waits": "1",
            "log_min_duration_statement": "1000",
            "max_connections": "337",
        },
    )
    subnets = rds.SubnetGroup(
        home,
        "Subnets",
        description="Isolated subnets of Shop/Orders",
        vpc=vpc,
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
    )
    role, policy = _monitoring_role(home)
    instance = rds.DatabaseInstance(
        home,
        "Instance",
        engine=engine,
        vpc=vpc,
        subnet_group=subnets,
        security_groups=[group],
        instance_identifier=IDENTIFIER,
        database_name="orders",
        port=PORT,
        parameter_group=parameters,
        publicly_accessible=False,
        storage_encrypted=True,
        storage_encryption_key=key,
        storage_type=rds.StorageType.GP3,
        credentials=rds.Credentials.from_username("dbmaster", encryption_key=key),
        manage_master_user_password=True,
        iam_authentication=True,
        ca_certificate=rds.CaCertificate.RDS_CA_RSA4096_G1,
        deletion_protection=True,
        removal_policy=RemovalPolicy.SNAPSHOT,
        delete_automated_backups=False,
        copy_tags_to_snapshot=True,
        preferred_backup_window="02:00-03:00",
        preferred_maintenance_window="sun:04:00-sun:05:00",
        auto_minor_version_upgrade=True,
        allow_major_version_upgrade=False,
        cloudwatch_logs_exports=["postgresql", "upgrade"],
        enable_performance_insights=True,
        performance_insight_encryption_key=key,
        performance_insight_retention=rds.PerformanceInsightRetention.DEFAULT,
        database_insights_mode=rds.DatabaseInsightsMode.STANDARD,
        monitoring_role=role,
        monitoring_interval=Duration.seconds(60),
        instance_type=ec2.InstanceType("t4g.medium"),
        allocated_storage=100,
        max_allocated_storage=500,
        multi_az=True,
        backup_retention=Duration.days(35),
    )
    instance.node.add_dependency(policy, *log_groups)
    secret = cast("secretsmanager.ISecret", instance.secret)
    secretsmanager.CfnRotationSchedule(
        home,
        "Rotation",
        secret_id=secret.secret_arn,
        rotation_rules=secretsmanager.CfnRotationSchedule.RotationRulesProperty(automatically_after_days=30, duration="3h"),
        rotate_immediately_on_update=False,
    )
    logs.CfnMetricFilter(
        home,
        "RefusedConnections",
        log_group_name=log_groups[0].log_group_name,
        filter_pattern='?"password authentication failed" ?"PAM authentication failed" ?"remaining connection slots" '
        '?"too many clients already" ?"no pg_hba.conf entry"',
        metric_transformations=[
            logs.CfnMetricFilter.MetricTransformationProperty(
                metric_namespace="ProdReady/Database",
                metric_name=f"{IDENTIFIER}-refused-connections",
                metric_value="1",
                default_value=0,
                unit="Count",
            )
        ],
    )
    return Database(instance=instance, security_group=group, key=key, secret=secret)


def _monitoring_role(home: Construct) -> tuple[iam.Role, iam.ManagedPolicy]:
    here = f"{REGION}:{ACCOUNT}"
    role = iam.Role(
        home,
        "MonitoringRole",
        assumed_by=iam.ServicePrincipal(
            "monitoring.rds.amazonaws.com",
            conditions={
                "StringEquals": {"aws:SourceAccount": ACCOUNT},
                "ArnEquals": {"aws:SourceArn": f"arn:{PARTITION}:rds:{here}:db:{IDENTIFIER}"},
            },
        ),
        description=f"Enhanced monitoring of {IDENTIFIER}",
    )
    group = f"arn:{PARTITION}:logs:{here}:log-group:RDSOSMetrics"
    policy = iam.ManagedPolicy(
        role,
        "Policy",
        roles=[role],
        statements=[
            iam.PolicyStatement(
                actions=["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutRetentionPolicy"],
                resources=[group],
            ),
            iam.PolicyStatement(actions=["logs:GetLogEvents", "logs:PutLogEvents"], resources=[f"{group}:log-stream:db-*"]),
        ],
    )
    return role, policy
