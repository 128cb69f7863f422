"""A cluster with all that stands around it: what primary and secondary have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_rds as rds

from prodready_constructs.database import parts
from prodready_constructs.database.aurora.engine import (
    BACKTRACK_REGIONS,
    AuroraEngine,
    connection_limit,
    has_insights,
    instance_class,
)
from prodready_constructs.database.classes import InstanceClass
from prodready_constructs.database.names import instance_identifier
from prodready_constructs.database.parts import BACKUP_WINDOW, CERTIFICATE_AUTHORITY, MAINTENANCE_WINDOW, MASTER_USER
from prodready_constructs.foundation import DataKey, Part, require_region, require_subnets
from prodready_constructs.posture.aurora import SERVERLESS, AuroraPosture
from prodready_constructs.waivers import waive

_BACKUP_RULES = ("HIPAA.Security-RDSInBackupPlan", "NIST.800.53.R4-RDSInBackupPlan", "NIST.800.53.R5-RDSInBackupPlan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A cluster and what its construct needs of its making."""

    identifier: str
    names: tuple[str, ...]
    klass: InstanceClass
    limit: int
    insights: bool
    backtracks: bool
    key: kms.IKey
    security_group: ec2.SecurityGroup
    cluster: rds.DatabaseCluster
    resource: rds.CfnDBCluster
    cluster_parameters: rds.ParameterGroup
    instance_parameters: rds.ParameterGroup
    subnet_group: rds.SubnetGroup
    monitoring_role_arn: str
    log_groups: dict[str, logs.LogGroup]


def make(
    part: Part,
    *,
    vpc: ec2.IVpc,
    posture: AuroraPosture,
    engine: AuroraEngine,
    encryption_key: kms.IKey | None,
    port: int,
    database_name: str | None,
    data_api: bool,
    part_of_global: bool,
) -> Made:
    """The cluster of *part*, as its children. *database_name* is None for a secondary: it has the primary's.

    Raises:
        ConfigurationError: a region outside the posture's, a VPC without isolated subnets in two zones, a class Aurora does not offer.
    """
    path, traits, region = part.path, engine.traits, part.stated_region
    require_region(f"{path}: region", region, posture.allowed_regions)
    klass = instance_class(path, posture)
    subnets = require_subnets(part, vpc, tier="isolated")
    identifier = instance_identifier(part.stack.stack_name, path)
    names = tuple(f"{identifier}-{number}" for number in range(1, posture.readers + 2))
    limit, insights = connection_limit(engine, klass, posture), has_insights(engine, posture)
    offered = region is None or region in BACKTRACK_REGIONS
    backtracks = traits.backtracks and offered and not part_of_global and bool(posture.backtrack_window)

    key = encryption_key or DataKey(part, "Key", description=f"{engine.title} of {path}", encrypts_logs=True).key
    security_group = ec2.SecurityGroup(part, "Access", vpc=vpc, description=f"Into {engine.title} {path}", allow_all_outbound=False)
    # RDS would make these groups without key or retention with its first line; made beforehand it uses them.
    log_groups = {
        log: parts.database_log_group(part, log, identifier=identifier, retention=posture.log_retention, key=key, kind="cluster")
        for log in traits.log_exports
    }
    engine_of_cdk = _cdk_engine(engine)
    cluster_parameters = rds.ParameterGroup(
        part, "Parameters", engine=engine_of_cdk, description=f"TLS only, audited: {path}", parameters=dict(traits.cluster_parameters)
    )
    # An instance's own group overrides the cluster's, and the default one has a formula for max_connections.
    instance_parameters = rds.ParameterGroup(
        part,
        "InstanceParameters",
        engine=engine_of_cdk,
        description=f"Instances of {path}",
        parameters={**traits.instance_parameters, "max_connections": str(limit)},
    )
    subnet_group = rds.SubnetGroup(part, "Subnets", description=f"Isolated subnets of {path}", vpc=vpc, vpc_subnets=subnets)
    role, policy = parts.monitoring_role(part, identifier, instances=names)
    insights_retention, insights_mode = parts.INSIGHTS[posture.insights_retention.days] if insights else (None, None)
    # Said of the cluster and of each instance: the same, or the CDK warns.
    insight_settings: dict[str, Any] = {
        "enable_performance_insights": insights,
        "performance_insight_encryption_key": key if insights else None,
        "performance_insight_retention": insights_retention,
    }
    shared: dict[str, Any] = {
        "publicly_accessible": False,
        "auto_minor_version_upgrade": True,
        "allow_major_version_upgrade": False,
        "preferred_maintenance_window": MAINTENANCE_WINDOW,
        "ca_certificate": rds.CaCertificate.of(CERTIFICATE_AUTHORITY),
        "parameter_group": instance_parameters,
        **insight_settings,
    }
    writer, *readers = (_instance(number, name, posture, shared) for number, name in enumerate(names, 1))
    serverless: dict[str, Any] = (
        {"serverless_v2_min_capacity": posture.min_capacity, "serverless_v2_max_capacity": posture.max_capacity}
        if posture.instance_class == SERVERLESS
        else {}
    )

    cluster = rds.DatabaseCluster(
        part,
        "Cluster",
        engine=engine_of_cdk,
        vpc=vpc,
        subnet_group=subnet_group,
        security_groups=[security_group],
        cluster_identifier=identifier,
        default_database_name=database_name,
        port=port,
        parameter_group=cluster_parameters,
        enable_data_api=data_api,
        # Always: no argument reaches these.
        storage_encrypted=True,
        storage_encryption_key=key,
        credentials=rds.Credentials.from_username(MASTER_USER, encryption_key=key),
        manage_master_user_password=True,
        iam_authentication=True,
        deletion_protection=True,
        removal_policy=RemovalPolicy.SNAPSHOT,
        delete_automated_backups=False,
        copy_tags_to_snapshot=True,
        preferred_maintenance_window=MAINTENANCE_WINDOW,
        auto_minor_version_upgrade=True,
        cloudwatch_logs_exports=list(traits.log_exports),
        monitoring_role=role,
        # How much: every value below comes from the posture.
        writer=writer,
        readers=readers,
        storage_type=rds.DBClusterStorageType.AURORA if posture.storage == "aurora" else rds.DBClusterStorageType.AURORA_IOPT1,
        backup=rds.BackupProps(retention=Duration.days(posture.backup_retention.days), preferred_window=BACKUP_WINDOW),
        backtrack_window=Duration.seconds(posture.backtrack_window.total_seconds()) if backtracks else None,
        monitoring_interval=Duration.seconds(posture.monitoring_interval.total_seconds()),
        database_insights_mode=insights_mode,
        **insight_settings,
        **serverless,
    )
    cluster.node.add_dependency(policy, *log_groups.values())
    resource = cast("rds.CfnDBCluster", cluster.node.default_child)
    _waive(cluster, resource, len(names), posture, engine, offered=offered, part_of_global=part_of_global)
    return Made(
        identifier=identifier,
        names=names,
        klass=klass,
        limit=limit,
        insights=insights,
        backtracks=backtracks,
        key=key,
        security_group=security_group,
        cluster=cluster,
        resource=resource,
        cluster_parameters=cluster_parameters,
        instance_parameters=instance_parameters,
        subnet_group=subnet_group,
        monitoring_role_arn=role.role_arn,
        log_groups=log_groups,
    )


def _instance(number: int, name: str, posture: AuroraPosture, shared: dict[str, Any]) -> rds.IClusterInstance:
    """The first is the writer to begin with; the second is promoted first and, serverless, is always as large as the writer."""
    if posture.instance_class == SERVERLESS:
        return rds.ClusterInstance.serverless_v2(f"Instance{number}", instance_identifier=name, scale_with_writer=number == 2, **shared)
    return rds.ClusterInstance.provisioned(
        f"Instance{number}",
        instance_identifier=name,
        instance_type=ec2.InstanceType(posture.instance_class),
        promotion_tier=number - 1,
        **shared,
    )


def _cdk_engine(engine: AuroraEngine) -> rds.IClusterEngine:
    """The CDK's word for *engine*."""
    constant = f"VER_{engine.version.replace('.', '_')}"
    if engine.name == "aurora-postgresql":
        return rds.DatabaseClusterEngine.aurora_postgres(version=getattr(rds.AuroraPostgresEngineVersion, constant))
    return rds.DatabaseClusterEngine.aurora_mysql(version=getattr(rds.AuroraMysqlEngineVersion, constant))


def _waive(
    cluster: rds.DatabaseCluster,
    resource: rds.CfnDBCluster,
    instances: int,
    posture: AuroraPosture,
    engine: AuroraEngine,
    *,
    offered: bool,
    part_of_global: bool,
) -> None:
    for number in range(1, instances + 1):
        waive(
            cluster.node.find_child(f"Instance{number}"),
            rule=_BACKUP_RULES,
            because="AWS Backup protects Aurora by the cluster, whose ARN is in backup_arns; an instance holds no data of its own. The rule looks "
            "for the instance's name in a selection and does not know clusters. The cluster's own backups are continuous.",
            owner="platform",
        )
    if not engine.traits.backtracks or (offered and not part_of_global and posture.backtrack_window):
        return
    why = (
        "Aurora global databases do not support backtrack"
        if part_of_global
        else "Aurora does not offer backtrack in this region"
        if not offered
        else "The posture of this environment has no backtrack window"
    )
    waive(
        resource,
        rule="AwsSolutions-RDS14",
        because=f"{why}; a mistake is undone by point-in-time restore from backups kept {posture.backup_retention.days} days.",
        owner="platform",
    )
