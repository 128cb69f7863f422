"""What an ARC Region switch plan can do, one after the other, and what its role must be allowed for it.

Source: https://docs.aws.amazon.com/r53recovery/latest/dg/security_iam_region_switch_execution_blocks.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol, TypeVar

from aws_cdk import aws_arcregionswitch as arc

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ACCOUNT_ID, PARTITION

_Block = arc.CfnPlan.ExecutionBlockConfigurationProperty
#: What the execution of any block may take before it fails.
_PATIENCE = timedelta(hours=1)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One step as ARC takes it, and its IAM statements."""

    kind: str
    configuration: _Block
    allowed: tuple[Mapping[str, Any], ...]


class SwitchStep(Protocol):
    """A step of a Region switch plan, for the two *regions* of it."""

    def block(self, where: str, regions: tuple[str, str]) -> Block: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve:
    """Somebody who may assume *role_arn* says yes before the next step begins."""

    role_arn: str
    within: timedelta = _PATIENCE

    def block(self, where: str, regions: tuple[str, str]) -> Block:
        return Block(
            kind="ManualApproval",
            configuration=_Block(
                execution_approval_config=arc.CfnPlan.ExecutionApprovalConfigurationProperty(
                    approval_role=self.role_arn, timeout_minutes=_minutes(self.within)
                )
            ),
            allowed=(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PromoteAurora:
    """The other cluster of an Aurora global database becomes its primary: without loss while both regions answer, with loss when one does not.

    Attributes:
        global_name: ``AuroraDatabase.global_name``. clusters: region -> ARN of the cluster there.
    """

    global_name: str
    clusters: Mapping[str, str]

    def block(self, where: str, regions: tuple[str, str]) -> Block:
        arns = _both(f"{where}: PromoteAurora: clusters", self.clusters, regions)
        return Block(
            kind="AuroraGlobalDatabase",
            configuration=_Block(
                global_aurora_config=arc.CfnPlan.GlobalAuroraConfigurationProperty(
                    behavior="switchoverOnly",
                    ungraceful=arc.CfnPlan.GlobalAuroraUngracefulProperty(ungraceful="failover"),
                    global_cluster_identifier=self.global_name,
                    database_cluster_arns=arns,
                    timeout_minutes=_minutes(_PATIENCE),
                )
            ),
            allowed=(
                {"Sid": "LookAtAurora", "Action": ["rds:DescribeDBClusters", "rds:DescribeGlobalClusters"], "Resource": "*"},
                {
                    "Sid": "Aurora",
                    "Action": ["rds:FailoverGlobalCluster", "rds:SwitchoverGlobalCluster"],
                    "Resource": [f"arn:{PARTITION}:rds::{ACCOUNT_ID}:global-cluster:{self.global_name}", *arns],
                },
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PromoteReplica:
    """A read replica of an RDS instance becomes a database of its own. There is no way back.

    Attributes:
        instances: region -> ARN of the instance there: source and ``ReadReplica``.
    """

    instances: Mapping[str, str]

    def block(self, where: str, regions: tuple[str, str]) -> Block:
        arns = _both(f"{where}: PromoteReplica: instances", self.instances, regions)
        return Block(
            kind="RdsPromoteReadReplica",
            configuration=_Block(
                rds_promote_read_replica_config=arc.CfnPlan.RdsPromoteReadReplicaConfigurationProperty(
                    db_instance_arn_map=dict(self.instances), timeout_minutes=_minutes(_PATIENCE)
                )
            ),
            allowed=(
                {"Sid": "LookAtInstances", "Action": "rds:DescribeDBInstances", "Resource": "*"},
                {"Sid": "Instances", "Action": ["rds:ModifyDBInstance", "rds:PromoteReadReplica"], "Resource": arns},
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionalService:
    """An ECS service of one region, by its ARNs."""

    cluster_arn: str
    service_arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleService:
    """The service of the region that takes over grows to what the other one ran at most in the last day.

    Attributes:
        services: region -> the service there. percent: of the tasks.
    """

    services: Mapping[str, RegionalService]
    percent: int = 100

    def block(self, where: str, regions: tuple[str, str]) -> Block:
        where = f"{where}: ScaleService"
        both = _both(f"{where}: services", self.services, regions)
        if not 1 <= self.percent <= 100:
            raise ConfigurationError(f"{where}: percent", given=self.percent, allowed="1 to 100", mend="say 100")
        return Block(
            kind="ECSServiceScaling",
            configuration=_Block(
                ecs_capacity_increase_config=arc.CfnPlan.EcsCapacityIncreaseConfigurationProperty(
                    services=[arc.CfnPlan.ServiceProperty(cluster_arn=one.cluster_arn, service_arn=one.service_arn) for one in both],
                    target_percent=self.percent,
                    capacity_monitoring_approach="sampledMaxInLast24Hours",
                    timeout_minutes=_minutes(_PATIENCE),
                )
            ),
            allowed=(
                {"Sid": "Services", "Action": ["ecs:DescribeServices", "ecs:UpdateService"], "Resource": [one.service_arn for one in both]},
                {"Sid": "Clusters", "Action": "ecs:DescribeClusters", "Resource": [one.cluster_arn for one in both]},
                {
                    "Sid": "Capacity",
                    "Action": [
                        "application-autoscaling:DescribeScalableTargets",
                        "application-autoscaling:RegisterScalableTarget",
                        "cloudwatch:GetMetricStatistics",
                        "ecs:ListServices",
                    ],
                    "Resource": "*",
                },
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchNames:
    """Visitors of a name are led over, by health checks that ARC keeps: after the first deployment they are put on the records.

    Attributes:
        hosted_zone_id, name: of the records. records: region -> set identifier of its record.
    """

    hosted_zone_id: str
    name: str
    records: Mapping[str, str]

    def block(self, where: str, regions: tuple[str, str]) -> Block:
        identifiers = _both(f"{where}: SwitchNames: records", self.records, regions)
        return Block(
            kind="Route53HealthCheck",
            configuration=_Block(
                route53_health_check_config=arc.CfnPlan.Route53HealthCheckConfigurationProperty(
                    hosted_zone_id=self.hosted_zone_id,
                    record_name=self.name,
                    record_sets=[
                        arc.CfnPlan.Route53ResourceRecordSetProperty(region=region, record_set_identifier=identifier)
                        for region, identifier in zip(regions, identifiers, strict=True)
                    ],
                    timeout_minutes=_minutes(_PATIENCE),
                )
            ),
            allowed=(
                {
                    "Sid": "Names",
                    "Action": "route53:ListResourceRecordSets",
                    "Resource": f"arn:{PARTITION}:route53:::hostedzone/{self.hosted_zone_id}",
                },
            ),
        )


def _both(where: str, given: Mapping[str, T], regions: tuple[str, str]) -> list[T]:
    """What is *given* for the two regions, in their order."""
    if set(given) != set(regions):
        raise ConfigurationError(
            where,
            given=sorted(given),
            allowed=f"one for {regions[0]} and one for {regions[1]}",
            mend="name both regions of the plan, and no other",
        )
    return [given[region] for region in regions]


def _minutes(duration: timedelta) -> int:
    return int(duration.total_seconds()) // 60
