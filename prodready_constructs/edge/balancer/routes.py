"""How services stand behind a load balancer: target groups and listener rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple, cast

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from prodready_constructs.contracts import Route, SideDoor
from prodready_constructs.edge.balancer.listeners import TEST_PORTS
from prodready_constructs.edge.waf.statements import require_path
from prodready_constructs.errors import ConfigurationError

EVERYTHING = ("/*",)
#: Priorities of listener rules: stated paths in the order they come, "everything else" last (50,000 is the greatest there is).
FIRST_PRIORITY, PRIORITY_STEP, LAST_PRIORITY = 10, 10, 50_000
#: Condition values of one listener rule (Elastic Load Balancing quota).
MOST_PATHS = 5
#: Elastic Load Balancing, target group attribute deregistration_delay.timeout_seconds.
LONGEST_DRAIN = timedelta(hours=1)
#: What a request to the test listener carries to reach one service: its path. Elastic Load Balancing compares 128 characters of a header.
TEST_HEADER, LONGEST_VALUE = "X-Release-Test", 128
#: Ledger WEB-2.
_HEALTH_INTERVAL, _HEALTH_TIMEOUT = Duration.seconds(30), Duration.seconds(5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a service listens, how its health is asked, and which requests are its own."""

    container_port: int
    health_check_path: str
    drain: timedelta
    paths: tuple[str, ...]


class _Place(NamedTuple):
    """Where the parts of a route are made, its place among the rules, and whom it leads to."""

    home: Construct
    path: str
    priority: int
    container: str


class Routes:
    """The rules of one listener, so that priorities are given once."""

    def __init__(self, listener: elbv2.ApplicationListener, vpc: ec2.IVpc) -> None:
        self._listener = listener
        self._vpc = vpc
        self._stated = 0
        self._rest: str | None = None

    def attach(self, service: ecs.FargateService, target: Target) -> elbv2.ApplicationTargetGroup:
        """The target group of *service*, behind a rule for its paths; see ``ProtectedLoadBalancer.route_to``."""
        place = self._place(service, target)
        port = target.container_port
        group = self._group(
            place.home, "Targets", target, [service.load_balancer_target(container_name=place.container, container_port=port)]
        )
        elbv2.ApplicationListenerRule(
            place.home,
            "Rule",
            listener=self._listener,
            priority=place.priority,
            conditions=[elbv2.ListenerCondition.path_patterns(list(target.paths))],
            target_groups=[group],
        )
        return group

    def shift(
        self,
        service: ecs.FargateService,
        target: Target,
        *,
        beside: elbv2.ApplicationListener,
        address: str,
        server_name: str | None,
        interfaces: str | None,
    ) -> Route:
        """Two target groups of *service* behind two rules, one of them on the listener *beside*; see ``ProtectedLoadBalancer.shift_to``."""
        home, path, priority, _ = self._place(service, target)
        first, second = (self._group(home, name, target) for name in ("Targets", "Alternate"))
        # Both rules begin with the first group, and both are ECS's from then on.
        either = elbv2.ListenerAction.weighted_forward(
            [elbv2.WeightedTargetGroup(target_group=first, weight=1), elbv2.WeightedTargetGroup(target_group=second, weight=0)]
        )
        proof = path[-LONGEST_VALUE:]
        rule, test_rule = (
            elbv2.ApplicationListenerRule(home, name, listener=listener, priority=priority, conditions=[condition], action=either)
            for name, listener, condition in (
                ("Rule", self._listener, elbv2.ListenerCondition.path_patterns(list(target.paths))),
                ("TestRule", beside, elbv2.ListenerCondition.http_header(TEST_HEADER, [proof])),
            )
        )
        # Not as a target of the L2: that would have the service wait for the rules twice, by reference and by DependsOn (cfn-lint W3005).
        first.register_connectable(service, ec2.Port.tcp(target.container_port))
        return Route(
            targets=first,
            alternate=second,
            production_rule=rule,
            test_rule=test_rule,
            side_door=SideDoor(
                address=address,
                port=TEST_PORTS[0 if server_name else 1],
                server_name=server_name,
                headers={TEST_HEADER: proof},
                connectable=beside,
                interfaces=interfaces,
            ),
        )

    def _place(self, service: ecs.FargateService, target: Target) -> _Place:
        node = service.node
        path = node.path
        where = f"{path}: route_to"
        require_path(f"{where}: health_check_path", target.health_check_path)
        if not timedelta(0) <= target.drain <= LONGEST_DRAIN:
            raise ConfigurationError(
                where, given=f"drain={target.drain}", allowed=f"0 seconds to {LONGEST_DRAIN}", mend="use an hour at most"
            )
        priority = self._priority(where, target.paths)
        # Beside the service and not beneath it: the service waits for its rule, and must not wait for a part of itself.
        home = Construct(cast("Construct", node.scope), f"{path.rpartition('/')[2]}Route")
        container = service.task_definition.default_container
        if container is None:
            raise ConfigurationError(
                where, given="a task without containers", allowed="a task with a default container", mend="add the container before"
            )
        return _Place(home, path, priority, container.container_name)

    def _group(
        self, home: Construct, name: str, target: Target, targets: Sequence[elbv2.IApplicationLoadBalancerTarget] = ()
    ) -> elbv2.ApplicationTargetGroup:
        return elbv2.ApplicationTargetGroup(
            home,
            name,
            vpc=self._vpc,
            port=target.container_port,
            protocol=elbv2.ApplicationProtocol.HTTP,
            target_type=elbv2.TargetType.IP,
            targets=list(targets),
            deregistration_delay=Duration.seconds(int(target.drain.total_seconds())),
            load_balancing_algorithm_type=elbv2.TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS,
            health_check=elbv2.HealthCheck(
                path=target.health_check_path,
                protocol=elbv2.Protocol.HTTP,
                healthy_http_codes="200-299",
                interval=_HEALTH_INTERVAL,
                timeout=_HEALTH_TIMEOUT,
                healthy_threshold_count=2,
                unhealthy_threshold_count=3,
            ),
        )

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
