"""The ECS cluster of one service: insights on, temporary disks and exec sessions under the service's key."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from prodready_constructs.foundation import EncryptedLogGroup
from prodready_constructs.posture import ComputePosture


def private_cluster(scope: Construct, *, vpc: ec2.IVpc, posture: ComputePosture, key: kms.IKey) -> tuple[ecs.Cluster, logs.LogGroup]:
    """A cluster for *scope*, and the log group of its ECS Exec sessions.

    Always: Container Insights with enhanced observability; Fargate's temporary storage under *key*; should anybody switch ECS Exec on,
    every session is encrypted and logged. Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-storage-encryption.html,
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
    """
    sessions = EncryptedLogGroup(scope, "ExecSessions", retention=posture.log_retention, encryption_key=key)
    cluster = ecs.Cluster(
        scope,
        "Cluster",
        vpc=vpc,
        container_insights_v2=ecs.ContainerInsights.ENHANCED,
        execute_command_configuration=ecs.ExecuteCommandConfiguration(
            kms_key=key,
            logging=ecs.ExecuteCommandLogging.OVERRIDE,
            log_configuration=ecs.ExecuteCommandLogConfiguration(
                cloud_watch_log_group=sessions.log_group, cloud_watch_encryption_enabled=True
            ),
        ),
        managed_storage_configuration=ecs.ManagedStorageConfiguration(fargate_ephemeral_storage_kms_key=key),
    )
    return cluster, sessions.log_group


def capacity(posture: ComputePosture) -> list[ecs.CapacityProviderStrategy] | None:
    """The smallest number of tasks on Fargate, and of those above it the posture's share on Fargate Spot; None for Fargate alone.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html
    """
    spot = posture.spot_weight
    if not spot:
        return None
    return [
        ecs.CapacityProviderStrategy(capacity_provider="FARGATE", base=posture.min_tasks, weight=100 - spot),
        ecs.CapacityProviderStrategy(capacity_provider="FARGATE_SPOT", weight=spot),
    ]


def offer_spot(scope: Construct, cluster: ecs.Cluster) -> ecs.CfnClusterCapacityProviderAssociations:
    """Let services of *cluster* use Fargate Spot; they must wait for it, and be gone before it is."""
    return ecs.CfnClusterCapacityProviderAssociations(
        scope,
        "Capacity",
        cluster=cluster.cluster_name,
        capacity_providers=["FARGATE", "FARGATE_SPOT"],
        default_capacity_provider_strategy=[
            ecs.CfnClusterCapacityProviderAssociations.CapacityProviderStrategyProperty(capacity_provider="FARGATE", weight=1)
        ],
    )
