"""An Availability Zone without power, as far as it concerns what this library makes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_rds as rds

from prodready_constructs.recovery.drills.faults import FailOverCluster, FailOverDatabase, StopTasks
from prodready_constructs.recovery.drills.planned import Fault, Planned
from prodready_constructs.recovery.drills.zones import CutOffZone, InterruptCachePower

#: AWS's scenario cuts the network for two minutes, which is enough to break every open connection.
CONNECTIONS_BREAK = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class ZonePowerLoss:
    """Everything of one Availability Zone goes away at once: tasks, network, the cache's nodes; databases fail over.

    FIS finds databases by their ARN and not by zone: they fail over whichever zone they are in, so that every run shows it.

    Attributes:
        zone: ``us-east-1a``; one of the VPC's. lasts: how long the network is cut and no cache node comes back, 1 minute to 12 hours;
            a cut longer than a database failover shows what the tasks that are left do.
        services, databases, clusters, caches: what is in the zone.

    Source: https://docs.aws.amazon.com/fis/latest/userguide/az-availability-scenario.html
    """

    vpc: ec2.IVpc
    zone: str
    lasts: timedelta = CONNECTIONS_BREAK
    services: tuple[ecs.IBaseService, ...] = ()
    databases: tuple[rds.IDatabaseInstance, ...] = ()
    clusters: tuple[rds.IDatabaseCluster, ...] = ()
    caches: tuple[elasticache.CfnReplicationGroup, ...] = ()

    def planned(self, where: str) -> tuple[Planned, ...]:
        faults: tuple[Fault, ...] = (
            CutOffZone(vpc=self.vpc, zone=self.zone, lasts=self.lasts),
            *(StopTasks(service=service, count=None, percent=100, zone=self.zone) for service in self.services),
            *(FailOverDatabase(instance=instance) for instance in self.databases),
            *(FailOverCluster(cluster=cluster) for cluster in self.clusters),
            *(InterruptCachePower(group=group, zone=self.zone, lasts=self.lasts) for group in self.caches),
        )
        return tuple(one for fault in faults for one in fault.planned(where))
