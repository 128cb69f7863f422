"""The small resources around an instance: role of enhanced monitoring, log groups, audit plugin, rotation, count of refused connections."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal, cast

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from prodready_constructs.contracts import Metric
from prodready_constructs.database.engine import Engine
from prodready_constructs.database.restored import Restore
from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, REGION, ComposedRole, EncryptedLogGroup
from prodready_constructs.waivers import waive

METRIC_NAMESPACE = "ProdReady/Database"
#: The account's own user. Neither engine's customary name (Security Hub RDS.25), at most MySQL's 16 characters.
MASTER_USER = "dbmaster"
#: UTC, an hour apart: what a posture without windows of its own has.
BACKUP_WINDOW, MAINTENANCE_WINDOW = "02:00-03:00", "sun:04:00-sun:05:00"
#: The certificate authority of today: RSA 4096, valid to 2121.
CERTIFICATE_AUTHORITY = "rds-ca-rsa4096-g1"
_LOGS_ARN, _RDS_ARN = (f"arn:{PARTITION}:{service}:{REGION}:{ACCOUNT_ID}" for service in ("logs", "rds"))
#: RDS names the stream after the instance's resource id, which begins with db- and exists only after the instance.
_GROUP, _STREAMS = "log-group:RDSOSMetrics", "log-group:RDSOSMetrics:log-stream:db-*"
#: Days of insights the posture knows -> retention and mode of RDS.
INSIGHTS = {
    7: (rds.PerformanceInsightRetention.DEFAULT, rds.DatabaseInsightsMode.STANDARD),
    465: (rds.PerformanceInsightRetention.MONTHS_15, rds.DatabaseInsightsMode.ADVANCED),
}


def monitoring_role(scope: Construct, identifier: str, *, instances: Sequence[str] = ()) -> tuple[iam.Role, iam.ManagedPolicy]:
    """The role by which RDS writes OS metrics of *identifier*, and the policy that must exist before it.

    *instances* are those of a cluster; without them *identifier* is the one instance.

    The statements of AWS's managed policy AmazonRDSEnhancedMonitoringRole, narrowed from every group RDS* of every region to
    the one group that enhanced monitoring writes. AWS-managed policies are a finding (AwsSolutions-IAM4): AWS may widen them.

    Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Monitoring.OS.Enabling.html (with the confused deputy)
    """
    role = ComposedRole(
        scope,
        "MonitoringRole",
        assumed_by=iam.ServicePrincipal(
            "monitoring.rds.amazonaws.com",
            conditions={
                "StringEquals": {"aws:SourceAccount": ACCOUNT_ID},
                "ArnEquals": {"aws:SourceArn": [f"{_RDS_ARN}:db:{name}" for name in instances] or f"{_RDS_ARN}:db:{identifier}"},
            },
        ),
        description=f"Enhanced monitoring of {identifier}",
        statements=[
            {
                "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutRetentionPolicy"],
                "Resource": f"{_LOGS_ARN}:{_GROUP}",
            },
            {"Action": ["logs:GetLogEvents", "logs:PutLogEvents"], "Resource": f"{_LOGS_ARN}:{_STREAMS}"},
        ],
    )
    policy = role.policy
    waive(
        policy,
        rule=f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:{_STREAMS}]",
        because="RDS names the log stream of enhanced monitoring after the instance's resource id, which does not exist before the "
        "instance, and the instance needs this role to be created. Only streams of databases in the one group are named.",
        owner="platform",
    )
    return role, policy


def database_log_group(
    scope: Construct,
    log: str,
    *,
    identifier: str,
    retention: timedelta,
    key: kms.IKey,
    kind: Literal["instance", "cluster"] = "instance",
) -> logs.LogGroup:
    """The group RDS writes *log* of *identifier* into: the name is RDS's, so the group must be there first to be encrypted and expire."""
    return EncryptedLogGroup(
        scope,
        f"{log.capitalize()}Log",
        retention=retention,
        encryption_key=key,
        name=f"/aws/rds/{kind}/{identifier}/{log}",
        goes_with_failed_creation=True,
    ).log_group


def audit_options(scope: Construct, engine: Engine, rds_engine: rds.IInstanceEngine) -> rds.OptionGroup | None:
    """MySQL's audit plugin; PostgreSQL has none to add."""
    settings = engine.traits.audit_settings
    if settings is None:
        return None
    group = rds.OptionGroup(
        scope,
        "Options",
        engine=rds_engine,
        description="Connections, DDL and DCL into the audit log",
        configurations=[rds.OptionConfiguration(name="MARIADB_AUDIT_PLUGIN", settings=dict(settings))],
    )
    # RDS refuses to delete an option group that a snapshot uses, and deleting the database leaves a snapshot.
    group.apply_removal_policy(RemovalPolicy.RETAIN)
    return group


def refused_connections(scope: Construct, engine: Engine, identifier: str, group: logs.LogGroup) -> Metric:
    """Count the connections that the database refused: RDS itself has no metric for them."""
    name = f"{identifier}-refused-connections"
    logs.CfnMetricFilter(
        scope,
        "RefusedConnections",
        log_group_name=group.log_group_name,
        filter_pattern=engine.traits.failure_pattern,
        metric_transformations=[
            logs.CfnMetricFilter.MetricTransformationProperty(
                metric_namespace=METRIC_NAMESPACE, metric_name=name, metric_value="1", default_value=0, unit="Count"
            )
        ],
    )
    return Metric(namespace=METRIC_NAMESPACE, name=name, statistic="Sum", label="Refused connections")


def rds_engine(engine: Engine) -> rds.IInstanceEngine:
    """The CDK's word for *engine*."""
    if engine.name == "postgres":
        return rds.DatabaseInstanceEngine.postgres(version=rds.PostgresEngineVersion.of(engine.version, engine.major))
    return rds.DatabaseInstanceEngine.mysql(version=rds.MysqlEngineVersion.of(engine.version, engine.major))


def rotate(scope: Construct, secret_arn: str, period: timedelta, window: timedelta) -> None:
    """Rotate a secret that RDS manages: the service does it itself, so there is no function that needs a way out of the subnets."""
    secretsmanager.CfnRotationSchedule(
        scope,
        "Rotation",
        secret_id=secret_arn,
        rotation_rules=secretsmanager.CfnRotationSchedule.RotationRulesProperty(
            automatically_after_days=period.days, duration=f"{window // timedelta(hours=1)}h"
        ),
        # A change of the period must not rotate in the middle of a working day; the window begins at midnight UTC.
        rotate_immediately_on_update=False,
    )


def waive_single_zone(instance: rds.DatabaseInstance | rds.DatabaseInstanceReadReplica, promise: timedelta) -> None:
    """A posture without a standby says so in the register."""
    waive(
        instance,
        rule="AwsSolutions-RDS3",
        because=f"This posture promises to be back within {promise} of losing a zone, which a restore from backup keeps. "
        "A standby is a degree of the environment, and PRODUCTION has one.",
        owner="platform",
    )


def change(instance: rds.DatabaseInstance, *, by_iam: bool, restore: Restore | None) -> None:
    """What the L2 does not offer: a master user without a password, and an instance made from what is there already.

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbinstance.html (MasterUserAuthenticationType)
    """
    resource = cast("rds.CfnDBInstance", instance.node.default_child)
    if by_iam:
        # None to leak, to rotate or to forget; and RDS makes replicas of an instance only where it manages none.
        resource.manage_master_user_password = None
        resource.master_user_secret = None
        resource.master_user_authentication_type = "iam-db-auth"
    if restore is not None:
        restore.apply(resource)
