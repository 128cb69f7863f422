"""How services stand behind a load balancer: target groups and listener rules."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from prodready_constructs.edge.waf.statements import require_path
from prodready_constructs.errors import ConfigurationError

EVERYTHING = ("/*",)
#: Priorities of listener rules: stated paths in the order they come, "everything else" last (50,000 is the greatest there is).
FIRST_PRIORITY, PRIORITY_STEP, LAST_PRIORITY = 10, 10, 50_000
#: Condition values of one listener rule (Elastic Load Balancing quota).
MOST_PATHS = 5
#: Elastic Load Balancing, target group attribute deregistration_delay.timeout_seconds.
LONGEST_DRAIN = timedelta(hours=1)
#: Ledger WEB-2.
_HEALTH_INTERVAL, _HEALTH_TIMEOUT = Duration.seconds(30), Duration.seconds(5)


class Routes:
    """The rules of one listener, so that priorities are given once."""

    def __init__(self, listener: elbv2.ApplicationListener, vpc: ec2.IVpc) -> None:
        self._listener = listener
        self._vpc = vpc
        self._stated = 0
        self._rest: str | None = None

    def attach(
        self, service: ecs.FargateService, *, container_port: int, health_check_path: str, drain: timedelta, paths: tuple[str, ...]
    ) -> elbv2.ApplicationTargetGroup:
        """The target group of *service*, behind a rule for *paths*; see ``ProtectedLoadBalancer.route_to``."""
        node = service.node
        path = node.path
        where = f"{path}: route_to"
        require_path(f"{where}: health_check_path", health_check_path)
        if not timedelta(0) <= drain <= LONGEST_DRAIN:
            raise ConfigurationError(where, given=f"drain={drain}", allowed=f"0 seconds to {LONGEST_DRAIN}", mend="use an hour at most")
        priority = self._priority(where, paths)
        # Beside the service and not beneath it: the service waits for its rule, and must not wait for a part of itself.
        home = Construct(cast("Construct", node.scope), f"{path.rpartition('/')[2]}Route")
        container = service.task_definition.default_container
        if container is None:
            raise ConfigurationError(
                where, given="a task without containers", allowed="a task with a default container", mend="add the container before"
            )
        group = elbv2.ApplicationTargetGroup(
            home,
            "Targets",
            vpc=self._vpc,
            port=container_port,
            protocol=elbv2.ApplicationProtocol.HTTP,
            target_type=elbv2.TargetType.IP,
            targets=[service.load_balancer_target(container_name=container.container_name, container_port=container_port)],
            deregistration_delay=Duration.seconds(int(drain.total_seconds())),
            load_balancing_algorithm_type=elbv2.TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS,
            health_check=elbv2.HealthCheck(
                path=health_check_path,
                protocol=elbv2.Protocol.HTTP,
                healthy_http_codes="200-299",
                interval=_HEALTH_INTERVAL,
                timeout=_HEALTH_TIMEOUT,
                healthy_threshold_count=2,
                unhealthy_threshold_count=3,
            ),
        )
        elbv2.ApplicationListenerRule(
            home,
            "Rule",
            listener=self._listener,
            priority=priority,
            conditions=[elbv2.ListenerCondition.path_patterns(list(paths))],
            target_groups=[group],
        )
        return group

    def _priority(self, where: str, paths: tuple[str, ...]) -> int:
        for path in paths:
            require_path(f"{where}: paths", path)
        if not 1 <= len(paths) <= MOST_PATHS:
            raise ConfigurationError(
                f"{where}: paths",
                given=f"{len(paths)} patterns",
                allowed=f"1 to {MOST_PATHS} (a listener rule's quota)",
                mend="use a wider pattern",
            )
        if paths == EVERYTHING:
            if self._rest:
                raise ConfigurationError(
                    f"{where}: paths",
                    given="everything else, a second time",
                    allowed=f"one service for everything else; it is {self._rest}",
                    mend="give this one paths=['/its-part/*']",
                )
            self._rest = where.partition(":")[0]
            return LAST_PRIORITY
        self._stated += 1
        return FIRST_PRIORITY + PRIORITY_STEP * (self._stated - 1)
