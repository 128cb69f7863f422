"""How a new version of a service takes over, as Amazon ECS does it by itself: blue-green, canary, linear; or task by task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any, cast

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam

from prodready_constructs.compute.service.hooks import MOST_HOOKS, check_stages, hook
from prodready_constructs.contracts import FrontDoor, Route, ShiftingDoor
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ComposedRole, Part
from prodready_constructs.posture import Release
from prodready_constructs.waivers import waive

_ECS = iam.ServicePrincipal("ecs.amazonaws.com")
_MINUTE = timedelta(minutes=1)
#: What takes no resource. Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonECSInfrastructureRolePolicyForLoadBalancers.html
_LOOK = (
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeRules",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
)


class ServiceRelease:
    """The deployment configuration of one service, past the L2: what it gathers is written anew with each addition.

    A hook or an alarm that is given to the L2 instead is lost as soon as one is given here.
    """

    def __init__(self, owner: Part, *, service: ecs.FargateService, release: Release) -> None:
        self._owner = owner
        self._service = service
        self._release = release
        self._hooks: list[dict[str, Any]] = []
        self._alarms: list[str] = []
        self._role: ComposedRole | None = None

    @cached_property
    def _resource(self) -> ecs.CfnService:
        return cast("ecs.CfnService", self._service.node.default_child)

    def shift(self, door: FrontDoor, *, container: str, container_port: int, health_check_path: str, drain: timedelta) -> Route:
        """Put the service behind *door* so that its versions take turns."""
        where, strategy = self._owner.path, self._release.strategy
        if not isinstance(door, ShiftingDoor):
            raise ConfigurationError(
                f"{where}: load_balancer",
                given=f"{type(door).__name__} with a release by {strategy}",
                allowed="a contracts.ShiftingDoor, which has two target groups and a test listener for a service",
                mend="hand over an edge.ProtectedLoadBalancer, or replace(posture, release=Release(strategy='ALL_AT_ONCE'))",
            )
        route = door.shift_to(self._service, container_port=container_port, health_check_path=health_check_path, drain=drain)
        groups = [route.targets.target_group_arn, route.alternate.target_group_arn]
        rules = [route.production_rule.listener_rule_arn, route.test_rule.listener_rule_arn]
        # One role for all that Amazon ECS does for a release, and for this service alone.
        self._role = role = ComposedRole(
            self._owner,
            "ReleaseRole",
            assumed_by=_ECS,
            description=f"{where}: what Amazon ECS does to release it",
            statements=[
                {"Action": list(_LOOK), "Resource": "*"},
                {"Action": ["elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:RegisterTargets"], "Resource": groups},
                {"Action": ["elasticloadbalancing:ModifyRule"], "Resource": rules},
            ],
        )
        waive(
            role.policy,
            rule="AwsSolutions-IAM5[Resource::*]",
            because="Elastic Load Balancing's Describe calls, with which Amazon ECS reads where visitors are led, take no resource; what it may "
            "change is named: the two target groups and the two listener rules of this service",
            owner="platform",
        )
        # Its rights, and not the role, to which the service refers anyway.
        self._service.node.add_dependency(role.policy)
        self._resource.load_balancers = [
            ecs.CfnService.LoadBalancerProperty(
                container_name=container,
                container_port=container_port,
                target_group_arn=groups[0],
                advanced_configuration=ecs.CfnService.AdvancedConfigurationProperty(
                    alternate_target_group_arn=groups[1],
                    production_listener_rule=rules[0],
                    test_listener_rule=rules[1],
                    role_arn=role.role_arn,
                ),
            )
        ]
        self._set("DeploymentConfiguration", self._strategy())
        return route

    def _strategy(self) -> Mapping[str, Any]:
        """As CloudFormation writes it; the circuit breaker stays: it ends a release whose tasks do not start, whatever the strategy.

        Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-failure-detection.html,
            https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ecs-service-deploymentconfiguration.html
        """
        release = self._release
        bake = release.bake // _MINUTE
        steps = {
            "CANARY": {"CanaryConfiguration": {"CanaryPercent": release.percent, "CanaryBakeTimeInMinutes": bake}},
            "LINEAR": {"LinearConfiguration": {"StepPercent": release.percent, "StepBakeTimeInMinutes": bake}},
        }
        return {"Strategy": release.strategy, "BakeTimeInMinutes": release.settle // _MINUTE, **steps.get(release.strategy, {})}

    def ask(self, where: str, function_arn: str, *, stages: Sequence[str], within: timedelta) -> None:
        """Ask the function at *function_arn* in each of *stages*; what is not decided *within* that time rolls back."""
        role = self.require_shifting(where)
        check_stages(where, stages, within=within)
        if len(self._hooks) == MOST_HOOKS:
            raise ConfigurationError(
                where, given=f"hook number {MOST_HOOKS + 1}", allowed=f"{MOST_HOOKS} of a service", mend="ask two things in one function"
            )
        self._allow(("lambda:InvokeFunction",), function_arn)
        self._hooks.append(hook(function_arn, role_arn=role.role_arn, stages=stages, within=within))
        self._set("DeploymentConfiguration.LifecycleHooks", self._hooks)

    def require_shifting(self, where: str) -> ComposedRole:
        """The role of the release; refuse a service that has none."""
        if self._role is None:
            raise ConfigurationError(
                where,
                given="a service that changes task by task",
                allowed="one that shifts traffic behind a load balancer: only that has a moment at which a new version can be asked",
                mend="set posture.release to BLUE_GREEN, CANARY or LINEAR, and hand over a load_balancer",
            )
        return self._role

    def roll_back_on(self, alarm_names: Sequence[str]) -> None:
        """Go back when one of these alarms goes off during a release, and of those named before."""
        if not alarm_names:
            raise ConfigurationError(
                f"{self._owner.path}: roll_back_on",
                given="no alarm",
                allowed="one alarm name or more: a release that looks at nothing comes back by nothing",
                mend="hand the service to a Watch of its stack, which makes its rollback alarms",
            )
        # The L2's own method forgets what it is told a second time.
        self._alarms += [name for name in alarm_names if name not in self._alarms]
        self._set("DeploymentConfiguration.Alarms", {"AlarmNames": self._alarms, "Enable": True, "Rollback": True})

    def _allow(self, actions: Sequence[str], resources: str | list[str]) -> None:
        if self._role is not None:
            self._role.allow({"Action": list(actions), "Resource": resources})

    def _set(self, path: str, value: Any) -> None:
        self._resource.add_property_override(path, value)
