"""A container on Fargate behind a load balancer, that survives the loss of a zone and a bad deployment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from prodready_constructs.compute.service.alarms import service_alarms, service_graphs
from prodready_constructs.compute.service.claims import CONTROLS, RELEASE_CONTROLS
from prodready_constructs.compute.service.commands import Commands
from prodready_constructs.compute.service.hooks import TESTED, Stage
from prodready_constructs.compute.service.metrics import ServiceMetrics
from prodready_constructs.compute.service.release import ServiceRelease
from prodready_constructs.compute.service.rollback import rollback_alarms
from prodready_constructs.compute.service.scaling import follow_group, follow_requests, follow_use
from prodready_constructs.compute.service.smoke_test import WITHIN, SmokeTest, SmokeTester
from prodready_constructs.compute.service.targets import check_target
from prodready_constructs.compute.tasks.asleep import while_asleep
from prodready_constructs.compute.tasks.fargate_workload import FargateWorkload
from prodready_constructs.contracts import AlarmSpec, AnyAlarmSpec, FrontDoor, GoodAndBad, GraphSpec, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import path_of
from prodready_constructs.posture import ComputePosture

#: How long the load balancer lets requests finish before a target is let go.
DRAIN = timedelta(seconds=30)


class WebService(FargateWorkload):
    """A Fargate service with its own cluster, log group, roles and key.

    Always: private subnets of two zones or more and no public address; tasks run as an unprivileged user without Linux capabilities, on a
    read-only root file system with 64 MiB of memory at ``/tmp``; temporary disks and logs under a customer-managed key; a failed
    deployment rolls back; new tasks start before old ones stop; the number of tasks belongs to scaling, never to a deployment; JSON log
    lines are counted by level and queries for them saved; ECS Exec is off until :meth:`allow_exec`; egress is HTTPS and whatever
    :meth:`connect_to` opens. Plain configuration is kept in SSM parameters, so that a task definition holds no value in plain sight.
    *posture* decides task size, count, targets, log retention, and how a new version takes over: where that shifts visitors, they meet it only
    after a smoke test on the load balancer's test listener, and ``Watch`` makes the alarms that lead them back.

    Args:
        image: any container image; by digest from a registry without sign-in needs no wildcard permission at all.
        load_balancer: who sends requests; None for a service that only speaks to others, whose versions always change task by task.
        container_port: 1 to 65535. health_check_path: must answer 200 when the task can serve.
        environment: plain configuration; what looks like a secret is refused.
        encryption_key: a key whose policy admits CloudWatch Logs; Fargate is admitted here. Its own when None.

    Raises:
        ConfigurationError: port out of range, path without ``/``, a secret among *environment*, no private subnets in two zones, a
            release that shifts visitors behind a load balancer that cannot.

    Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security-tasks-containers.html,
        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html,
        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/canary-deployment.html
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
        follow_use(self.scaling, posture=posture)
        self._metrics = ServiceMetrics(cluster=self.cluster.cluster_name, service=self.service.service_name)
        self._release = ServiceRelease(self, service=self.service, release=posture.release)
        #: Whether versions take turns; otherwise tasks are replaced one after the other.
        self.shifts_traffic = load_balancer is not None and posture.release.shifts_traffic
        self._has_twins = posture.release.shifts_traffic
        self._tester: SmokeTester | None = None
        self._rule: str | None = None
        if load_balancer is not None:
            if self.shifts_traffic:
                self._take_turns(load_balancer, container_port, health_check_path, vpc=vpc, posture=posture)
            else:
                group = load_balancer.route_to(
                    self.service, container_port=container_port, health_check_path=health_check_path, drain=DRAIN
                )
                follow_group(self.scaling, group, posture=posture)
                self._behind(group)
        record(
            self,
            controls=CONTROLS + RELEASE_CONTROLS if self.shifts_traffic else CONTROLS,
            tier="compute",
            watchable=True,
            min_tasks=posture.min_tasks,
            release=posture.release.strategy if self.shifts_traffic else "ALL_AT_ONCE",
        )

    def _take_turns(self, door: FrontDoor, port: int, health_check_path: str, *, vpc: ec2.IVpc, posture: ComputePosture) -> None:
        name = self.container.container_name
        route = self._release.shift(door, container=name, container_port=port, health_check_path=health_check_path, drain=DRAIN)
        self._rule = route.production_rule.listener_rule_arn
        self._behind(route.targets, route.alternate)
        follow_requests(self, service=self.service, metrics=self._metrics, posture=posture)
        scope = Construct(self, "SmokeTest")
        self._tester = SmokeTester(scope, door=route.side_door, vpc=vpc, key=self._key, log_retention=posture.log_retention)
        self.add_smoke_test(SmokeTest(path=health_check_path))
        self._release.ask(self.path, self._tester.arn, stages=(TESTED,), within=WITHIN)

    def _behind(self, *groups: elbv2.ApplicationTargetGroup) -> None:
        self._metrics = replace(
            self._metrics,
            load_balancer=groups[0].first_load_balancer_full_name,
            target_groups=tuple(group.target_group_full_name for group in groups),
            target_group_arns=tuple(group.target_group_arn for group in groups),
        )

    def add_smoke_test(self, test: SmokeTest) -> None:
        """Before visitors meet a new version, ask it this too; a test of the health check's path takes the place of the one that comes with it.

        Raises:
            ConfigurationError: the service changes task by task, or its tests would take too long.
        """
        where = f"{self.path}: add_smoke_test"
        self._release.require_shifting(where)
        if self._tester is not None:
            self._tester.expect(where, test)

    def add_lifecycle_hook(
        self, function: lambda_.IFunction, *, stages: Sequence[Stage], within: timedelta = timedelta(minutes=30)
    ) -> None:
        """Ask *function* in each of *stages* of a release: it answers ``{"hookStatus": "SUCCEEDED"}``, ``FAILED`` or ``IN_PROGRESS``.

        Args:
            within: whole minutes, up to a day; what is not decided by then rolls back.

        Raises:
            ConfigurationError: the service changes task by task, a stage that Amazon ECS does not know, more than 10 hooks.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/lambda-lifecycle-hooks.html
        """
        self._release.ask(f"{self.path}: add_lifecycle_hook", function.function_arn, stages=stages, within=within)

    @property
    def rollback_specs(self) -> tuple[AlarmSpec, ...]:
        """Errors, slowness and unhealthy targets of the worse version, and error lines; none where versions change all at once.

        Also for a service without a load balancer, which changes task by task: ECS looks at alarms there as well.
        """
        return rollback_alarms(self._metrics, self._commands, self._lines) if self._has_twins else ()

    def roll_back_on(self, alarm_names: Sequence[str]) -> None:
        """Go back when one of these alarms goes off during a release; ``Watch`` calls it, and you may with alarms of your own.

        Raises:
            ConfigurationError: no alarm.
        """
        self._release.roll_back_on(alarm_names)

    @property
    def _commands(self) -> Commands:
        tester = self._tester
        return Commands(
            metrics=self._metrics, log_group=self._lines.log_group, rule=self._rule, smoke_logs=tester.log_group if tester else None
        )

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """Nobody serving, errors (of requests and in the log), slowness, pressure, and a deployment that failed."""
        metrics = self._metrics
        alarms = service_alarms(metrics, self._commands, service_arn=self.service.service_arn)
        if self.sleeps:
            alarms = while_asleep(alarms, cluster=metrics.cluster, service=metrics.service)
        return (*alarms, self._lines.alarm)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Requests, latency, errors, tasks, CPU and memory, log lines by level."""
        return (*service_graphs(self._metrics), self._lines.graph)

    @property
    def service_level(self) -> GoodAndBad:
        """Requests that its tasks answered with 5xx, of all that reached them: ``Slo(of=service)``.

        Raises:
            ConfigurationError: no load balancer sends it requests, and so nobody counts them.
        """
        if not self._metrics.target_groups:
            raise ConfigurationError(
                f"{self.path}: service_level",
                given="no load balancer",
                allowed="a service behind a load balancer, which counts its requests",
                mend="give the Slo an indicator of your own: of=GoodAndBad(...) of metrics that the service publishes",
            )
        return self._metrics.service_level
