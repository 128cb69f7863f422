"""What a made cluster tells its alarms and its recovery facts."""

from __future__ import annotations

from aws_cdk import aws_rds as rds

from prodready_constructs.contracts import Metric, RecoveryFact
from prodready_constructs.database import parts
from prodready_constructs.database.aurora.cluster import Made
from prodready_constructs.database.aurora.engine import AuroraEngine
from prodready_constructs.database.aurora.restore import RestoredCluster, recovery_facts
from prodready_constructs.database.aurora.watched import WatchedCluster
from prodready_constructs.database.parts import CERTIFICATE_AUTHORITY
from prodready_constructs.foundation import Part
from prodready_constructs.posture.aurora import SERVERLESS, AuroraPosture


def watched(
    part: Part,
    made: Made,
    engine: AuroraEngine,
    posture: AuroraPosture,
    *,
    secret_arn: str | None,
    global_name: str | None,
    secondary: bool,
) -> WatchedCluster:
    """The cluster as its alarms see it. PostgreSQL's refused connections are counted from the log; Aurora MySQL has a metric for them."""
    speaks = engine.traits.speaks
    log = speaks.traits.failure_log
    counted: Metric | None = None
    if engine.name == "aurora-postgresql":
        counted = parts.refused_connections(part, speaks, made.identifier, made.log_groups[log])
    return WatchedCluster(
        identifier=made.identifier,
        source=made.resource.ref,
        members=tuple(made.cluster.instance_identifiers),
        names=made.names,
        engine=engine,
        instance_class=made.klass,
        serverless=posture.instance_class == SERVERLESS,
        connection_limit=made.limit,
        failures=counted,
        failure_log=f"/aws/rds/cluster/{made.identifier}/{log}",
        insights=made.insights,
        backtracks=made.backtracks,
        secret_arn=secret_arn,
        global_name=global_name,
        secondary=secondary,
    )


def facts_of(
    made: Made,
    engine: AuroraEngine,
    posture: AuroraPosture,
    *,
    store: str,
    port: int,
    managed_password: bool,
    global_name: str | None,
    primary_region: str | None,
) -> tuple[RecoveryFact, ...]:
    """How the cluster comes back, with the names it has."""
    return recovery_facts(
        store,
        posture,
        RestoredCluster(
            identifier=made.identifier,
            arn=made.cluster.cluster_arn,
            engine=engine.name,
            subnet_group=made.subnet_group.subnet_group_name,
            security_group=made.security_group.security_group_id,
            cluster_parameters=_name(made.cluster_parameters.bind_to_cluster()),
            instance_parameters=_name(made.instance_parameters.bind_to_instance()),
            key_arn=made.key.key_arn,
            monitoring_role_arn=made.monitoring_role_arn,
            certificate_authority=CERTIFICATE_AUTHORITY,
            log_exports=engine.traits.log_exports,
            port=port,
            instances=len(made.names),
            managed_password=managed_password,
            backtracks=made.backtracks,
            global_name=global_name,
            primary_region=primary_region,
        ),
    )


def _name(bound: rds.ParameterGroupClusterConfig | rds.ParameterGroupInstanceConfig) -> str:
    return bound.parameter_group_name
