"""A container on Fargate behind a load balancer, that survives the loss of a zone and a bad deployment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from constructs import Construct

from prodready_constructs.compute.service.alarms import ServiceMetrics, service_alarms, service_graphs
from prodready_constructs.compute.service.targets import check_target
from prodready_constructs.compute.tasks.fargate_workload import FargateWorkload
from prodready_constructs.contracts import AnyAlarmSpec, ControlClaim, FrontDoor, GraphSpec, record
from prodready_constructs.foundation import path_of
from prodready_constructs.posture import ComputePosture

CONTROLS = (
    ControlClaim(
        control="WEB-3",
        how="Fargate tasks in private subnets of several zones: no public address, no root user, read-only root file system, scaling, rollback; a shell, traces and Spot only when asked",
        frameworks=("NIST 800-53 r5 CP-10", "NIST 800-53 r5 AC-6", "HIPAA 164.308(a)(7)(ii)(C)", "PCI DSS 3.2.1 2.2", "SOC 2 A1.2"),
    ),
    ControlClaim(
        control="SEC-2",
        how="Secrets reach the container as ECS secrets of named sources; plain values that look like secrets are refused",
        frameworks=("NIST 800-53 r5 IA-5(7)", "PCI DSS 3.2.1 8.2.1", "SOC 2 CC6.1"),
    ),
    ControlClaim(
        control="OPS-5",
        how="The service's own log group, with a stated retention and a customer-managed key; error and warning lines counted, queries saved",
        frameworks=("NIST 800-53 r5 AU-6", "NIST 800-53 r5 AU-9", "NIST 800-53 r5 AU-11", "PCI DSS 3.2.1 10.7", "SOC 2 CC7.2"),
    ),
    ControlClaim(
        control="NET-8", how="Takes any VPC, and refuses one without private subnets in two zones", frameworks=("NIST 800-53 r5 SC-7",)
    ),
)
#: How long the load balancer lets requests finish before a target is let go.
DRAIN = timedelta(seconds=30)


class WebService(FargateWorkload):
    """A Fargate service with its own cluster, log group, roles and key.

    Always: private subnets of two zones or more and no public address; tasks run as an unprivileged user without Linux capabilities, on a
    read-only root file system with 64 MiB of memory at ``/tmp``; temporary disks and logs under a customer-managed key; a failed
    deployment rolls back; new tasks start before old ones stop; the number of tasks belongs to scaling, never to a deployment; JSON log
    lines are counted by level and queries for them saved; ECS Exec is off until :meth:`allow_exec`; egress is HTTPS and whatever :meth:`connect_to` opens. Plain configuration is kept in SSM parameters, so that a task definition
    holds no value in plain sight. *posture* decides task size, count, targets and log retention.

    Args:
        image: any container image; by digest from a registry without sign-in needs no wildcard permission at all.
        load_balancer: who sends requests; None for a service that only speaks to others.
        container_port: 1 to 65535. health_check_path: must answer 200 when the task can serve.
        environment: plain configuration; what looks like a secret is refused.
        encryption_key: a key whose policy admits CloudWatch Logs; Fargate is admitted here. Its own when None.

    Raises:
        ConfigurationError: port out of range, path without ``/``, a secret among *environment*, no private subnets in two zones.

    Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security-tasks-containers.html,
        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        image: ecs.ContainerImage,
        posture: ComputePosture,
        load_balancer: FrontDoor | None = None,
        container_port: int = 8080,
        health_check_path: str = "/health",
        environment: Mapping[str, str] | None = None,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        check_target(path_of(scope) + f"/{construct_id}", port=container_port, health_check_path=health_check_path)
        super().__init__(
            scope,
            construct_id,
            vpc=vpc,
            image=image,
            posture=posture,
            container_port=container_port,
            environment=environment,
            encryption_key=encryption_key,
            has_visitors=load_balancer is not None,
        )
        self.scaling.scale_on_cpu_utilization("Cpu", target_utilization_percent=posture.cpu_target)
        self.scaling.scale_on_memory_utilization("Memory", target_utilization_percent=posture.memory_target)
        self._metrics = ServiceMetrics(cluster=self.cluster.cluster_name, service=self.service.service_name)
        if load_balancer is not None:
            targets = load_balancer.route_to(self.service, container_port=container_port, health_check_path=health_check_path, drain=DRAIN)
            self.scaling.scale_on_request_count("Requests", requests_per_target=posture.requests_per_target, target_group=targets)
            self._metrics = ServiceMetrics(
                cluster=self._metrics.cluster,
                service=self._metrics.service,
                load_balancer=targets.first_load_balancer_full_name,
                target_group=targets.target_group_full_name,
                target_group_arn=targets.target_group_arn,
            )
        record(self, controls=CONTROLS, tier="compute", watchable=True, min_tasks=posture.min_tasks)

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """Nobody serving, errors (of requests and in the log), slowness, pressure, and a deployment that failed."""
        alarms = service_alarms(self._metrics, service_arn=self.service.service_arn, log_group=self._lines.log_group)
        return (*alarms, self._lines.alarm)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Requests, latency, errors, tasks, CPU and memory, log lines by level."""
        return (*service_graphs(self._metrics), self._lines.graph)
