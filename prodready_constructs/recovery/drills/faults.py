"""What can be broken by itself: tasks and databases.

The actions are those that work on what this library makes. AWS FIS can also load CPU, disk and network of a Fargate task, through an SSM
agent beside the application, for which ECS Exec has to be off; that agent is not part of our tasks.

Source: https://docs.aws.amazon.com/fis/latest/userguide/fis-actions-reference.html
"""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_rds as rds

from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, REGION
from prodready_constructs.recovery.drills.planned import Planned, portion

#: FIS finds its targets by this call.
RESOLVES = "tag:GetResources"
#: Which service, which kind, and its name: the command by which it says when it went and was back.
EVENTS = "aws {} describe-events --source-type {} --source-identifier {} --duration 120 --query 'Events[].[Date,Message]' --output text"


@dataclass(frozen=True, slots=True, kw_only=True)
class StopTasks:
    """Tasks of a service stop, as if their hosts had died.

    Attributes:
        service: ``WebService.service`` or any other.
        count: so many tasks, chosen by chance; percent: so much of them, rounded down. One of the two.
        zone: only tasks of this Availability Zone.
    """

    service: ecs.IBaseService
    count: int | None = 1
    percent: int | None = None
    zone: str | None = None

    def planned(self, where: str) -> tuple[Planned, ...]:
        selection = portion(f"{where}: StopTasks", count=self.count, percent=self.percent)
        cluster, service = self.service.cluster.cluster_name, self.service.service_name
        return (
            Planned(
                name="StopTasks",
                does=f"stops {selection} of the service's tasks{f' in {self.zone}' if self.zone else ''}",
                action="aws:ecs:stop-task",
                target_key="Tasks",
                resource_type="aws:ecs:task",
                selection=selection,
                parameters={"cluster": cluster, "service": service},
                filters={"AvailabilityZone": self.zone} if self.zone else {},
                allowed=(
                    {
                        "Sid": "Tasks",
                        "Action": ["ecs:DescribeTasks", "ecs:StopTask"],
                        "Resource": f"arn:{PARTITION}:ecs:{REGION}:{ACCOUNT_ID}:task/{cluster}/*",
                    },
                ),
                reads=("ecs:ListTasks", RESOLVES),
                shows=f"aws ecs describe-services --cluster {cluster} --services {service} --query 'services[0].events[:10].[createdAt,message]' --output text",
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FailOverDatabase:
    """An RDS instance gives way to its standby in another zone: ``MultiAzDatabase.instance``, with ``posture.multi_az``.

    Without a standby the reboot fails, and so does the experiment.
    """

    instance: rds.IDatabaseInstance

    def planned(self, where: str) -> tuple[Planned, ...]:
        arn = self.instance.instance_arn
        return (
            Planned(
                name="FailOverDatabase",
                does="reboots the database with failover to its standby",
                action="aws:rds:reboot-db-instances",
                target_key="DBInstances",
                resource_type="aws:rds:db",
                selection="ALL",
                arns=(arn,),
                settings={"forceFailover": "true"},
                allowed=({"Sid": "Database", "Action": "rds:RebootDBInstance", "Resource": arn},),
                reads=("rds:DescribeDBInstances", RESOLVES),
                shows=EVENTS.format("rds", "db-instance", self.instance.instance_identifier),
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FailOverCluster:
    """An Aurora cluster's writer gives way to a reader: ``AuroraDatabase.cluster``, with ``posture.readers``."""

    cluster: rds.IDatabaseCluster

    def planned(self, where: str) -> tuple[Planned, ...]:
        arn = self.cluster.cluster_arn
        return (
            Planned(
                name="FailOverCluster",
                does="makes a reader of the Aurora cluster its writer",
                action="aws:rds:failover-db-cluster",
                target_key="Clusters",
                resource_type="aws:rds:cluster",
                selection="ALL",
                arns=(arn,),
                allowed=({"Sid": "Cluster", "Action": "rds:FailoverDBCluster", "Resource": arn},),
                reads=("rds:DescribeDBClusters", RESOLVES),
                shows=EVENTS.format("rds", "db-cluster", self.cluster.cluster_identifier),
            ),
        )
