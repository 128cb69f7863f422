"""Amazon ECS as its developer guide describes a release, on a clock of its own.

All that it does comes from the synthesized template: the strategy, the steps and waits, the rules and their weights, the groups, the hooks and how
long they may take, the alarms, and what its role may do. Which group is live it reads from the production rule, as ECS does.

Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-deployment-how-it-works.html,
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/canary-deployment.html,
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-linear.html,
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/lambda-lifecycle-hooks.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.synthesis import Template

RULE, GROUP = "AWS::ElasticLoadBalancingV2::ListenerRule", "AWS::ElasticLoadBalancingV2::TargetGroup"
#: Of an answer IN_PROGRESS that does not say, in seconds.
USUAL_DELAY = 30
ARN = "arn:aws:ecs:us-east-1:111122223333"


class RefusedError(Exception):
    """What the service would have refused, or could not have done."""


@dataclass(frozen=True)
class Step:
    """What was so at one moment: minutes since the beginning, the stage, and the share of visitors and of tests that meet the new version."""

    minute: float
    stage: str
    visitors: int
    tests: int


@dataclass
class Outcome:
    """How a release ended."""

    status: str = "IN_PROGRESS"
    reason: str = ""
    steps: list[Step] = field(default_factory=list)

    @property
    def stages(self) -> list[str]:
        """In their order, each turn of a stage once."""
        seen: list[str] = []
        for step in self.steps:
            if not seen or seen[-1] != step.stage:
                seen.append(step.stage)
        return seen

    @property
    def most_visitors(self) -> int:
        """The greatest share of visitors that met the new version."""
        return max(step.visitors for step in self.steps)

    @property
    def minutes(self) -> float:
        return self.steps[-1].minute


class WayBackError(Exception):
    """Visitors are led back, for this reason."""


class Release:
    """One release of the service of *template*.

    Args:
        invoke: what runs a hook: its logical id or ARN and the event; it returns the answer, or raises as Lambda would fail.
        alarm: whether the alarm of this logical id is on, by the minute and the share of visitors on the new version.
        live: the logical id of the group whose tasks serve now, where an earlier release has moved on from the template's weights.
    """

    def __init__(
        self,
        template: Template,
        *,
        invoke: Callable[[str, dict[str, Any]], Any],
        alarm: Callable[[str, float, int], bool] = lambda name, minute, visitors: False,
        live: str | None = None,
    ) -> None:
        self._template = template
        self._invoke, self._alarm = invoke, alarm
        self._service = template.props("AWS::ECS::Service")
        self._configuration = self._service["DeploymentConfiguration"]
        (balanced,) = self._service["LoadBalancers"]
        advanced = balanced["AdvancedConfiguration"]
        self._groups = [balanced["TargetGroupArn"]["Ref"], advanced["AlternateTargetGroupArn"]["Ref"]]
        self._rules = {kind: advanced[f"{kind}ListenerRule"]["Ref"] for kind in ("Production", "Test")}
        self._role = advanced["RoleArn"]["Fn::GetAtt"][0]
        self._check()
        #: Which group visitors are led to before the release, and which the new version's tasks join.
        self.live = live or self._weights("Production")[0]
        (self.incoming,) = set(self._groups) - {self.live}
        self.visitors, self.tests = 0, 0
        self._minute = 0.0
        self._stage = ""
        self._off = {name for name in self._alarm_names if self._alarm(name, 0.0, 0)}
        self.outcome = Outcome()

    # -- what ECS checks before it begins -------------------------------------------------------------------------------

    def _weights(self, kind: str) -> list[str]:
        (action,) = self._template.resources[self._rules[kind]]["Properties"]["Actions"]
        groups = {group["TargetGroupArn"]["Ref"]: group["Weight"] for group in action["ForwardConfig"]["TargetGroups"]}
        if set(groups) != set(self._groups):
            raise RefusedError(f"both target groups must be associated with the {kind.lower()} listener rule")
        return [name for name, weight in groups.items() if weight]

    def _check(self) -> None:
        if self._rules["Production"] == self._rules["Test"]:
            raise RefusedError("a rule cannot be both production and test")
        self._weights("Production")
        self._weights("Test")
        for rule in self._rules.values():
            self._must("elasticloadbalancing:ModifyRule", {"Ref": rule})
        for group in self._groups:
            self._must("elasticloadbalancing:RegisterTargets", {"Ref": group})
            self._must("elasticloadbalancing:DeregisterTargets", {"Ref": group})

    def _must(self, action: str, resource: Any) -> None:
        for policy in self._template.of_type("AWS::IAM::ManagedPolicy").values():
            if {"Ref": self._role} not in policy["Properties"].get("Roles", ()):
                continue
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
                actions, resources = (
                    [value] if not isinstance(value, list) else value for value in (statement["Action"], statement["Resource"])
                )
                if statement["Effect"] == "Allow" and action in actions and (resource in resources or "*" in resources):
                    return
        raise RefusedError(f"{self._role} may not {action} {resource}")

    @property
    def _alarm_names(self) -> list[str]:
        said = self._configuration.get("Alarms", {})
        return [alarm["Ref"] for alarm in said.get("AlarmNames", ())] if said.get("Enable") and said.get("Rollback") else []

    # -- stages --------------------------------------------------------------------------------------------------------

    def run(self) -> Outcome:
        """All stages, in their order; or the way back."""
        try:
            self._forward()
            self.outcome.status = "SUCCESSFUL"
        except WayBackError as why:
            self._back(str(why))
        return self.outcome

    def _forward(self) -> None:
        self._enter("PRE_SCALE_UP")
        self._enter("SCALE_UP", asks=False, takes=2)
        self._enter("POST_SCALE_UP")
        self.tests = 100
        self._enter("TEST_TRAFFIC_SHIFT")
        self._enter("POST_TEST_TRAFFIC_SHIFT")
        shares, wait = self._shifts
        for share in shares:
            self._enter("PRE_PRODUCTION_TRAFFIC_SHIFT")
            self.visitors = share
            self._enter("PRODUCTION_TRAFFIC_SHIFT")
            if share < 100:
                self._watch(wait)
        self._enter("POST_PRODUCTION_TRAFFIC_SHIFT")
        self._enter("BAKE_TIME", asks=False)
        self._watch(self._configuration["BakeTimeInMinutes"])
        self._enter("CLEAN_UP", asks=False, takes=1)
        self.live, self.incoming = self.incoming, self.live

    @property
    def _shifts(self) -> tuple[list[int], int]:
        """The shares of visitors, and how many minutes each but the last is watched."""
        strategy = self._configuration["Strategy"]
        if strategy == "CANARY":
            canary = self._configuration["CanaryConfiguration"]
            return [canary["CanaryPercent"], 100], canary["CanaryBakeTimeInMinutes"]
        if strategy == "LINEAR":
            linear = self._configuration["LinearConfiguration"]
            return [*range(linear["StepPercent"], 100, linear["StepPercent"]), 100], linear["StepBakeTimeInMinutes"]
        if strategy == "BLUE_GREEN":
            return [100], 0
        raise RefusedError(f"no strategy {strategy}")

    def _enter(self, stage: str, *, asks: bool = True, takes: float = 0) -> None:
        self._stage = stage
        self._note()
        self._minute += takes
        if asks:
            for hook in self._configuration.get("LifecycleHooks", ()):
                if stage in hook["LifecycleStages"]:
                    self._ask(hook)

    def _note(self) -> None:
        self.outcome.steps.append(Step(self._minute, self._stage, self.visitors, self.tests))

    def _watch(self, minutes: int) -> None:
        for _ in range(minutes):
            self._minute += 1
            self._note()
            for name in self._alarm_names:
                if name not in self._off and self._alarm(name, self._minute, self.visitors):
                    raise WayBackError(f"alarm {name}")

    def _back(self, why: str) -> None:
        self.outcome.reason = why
        for stage in ("PRODUCTION_TRAFFIC_SHIFT", "TEST_TRAFFIC_SHIFT"):
            self._stage = stage
            if stage == "PRODUCTION_TRAFFIC_SHIFT":
                self.visitors = 0
            else:
                self.tests = 0
            self._note()
        self._stage = "CLEAN_UP"
        self._note()
        self.outcome.status = "ROLLBACK_SUCCESSFUL"

    # -- hooks ---------------------------------------------------------------------------------------------------------

    def _ask(self, hook: dict[str, Any]) -> None:
        target = hook["HookTargetArn"]
        if hook["RoleArn"]["Fn::GetAtt"][0] != self._role:
            raise RefusedError("another role")
        self._must("lambda:InvokeFunction", target)
        name = target["Fn::GetAtt"][0] if isinstance(target, dict) else target
        limit, action = hook["TimeoutConfiguration"]["TimeoutInMinutes"], hook["TimeoutConfiguration"]["Action"]
        started, details = self._minute, None
        while True:
            said = self._answer(name, details)
            if said["hookStatus"] == "SUCCEEDED":
                return
            if said["hookStatus"] == "FAILED":
                raise WayBackError(f"{self._stage}: {name} said FAILED")
            self._minute += said.get("callBackDelay", USUAL_DELAY) / 60
            self._note()
            details = {**(details or {}), **(said.get("hookDetails") or {})} or None
            if self._minute - started >= limit:
                if action == "CONTINUE":
                    return
                raise WayBackError(f"{self._stage}: {name} did not decide within {limit} minutes")

    def _answer(self, name: str, details: dict[str, Any] | None) -> dict[str, Any]:
        revision, before = (f"{ARN}:service-revision/cluster/api/{number}" for number in (2, 1))
        shares = {revision: self.visitors, before: 100 - self.visitors} if "PRODUCTION_TRAFFIC_SHIFT" in self._stage else {}
        event: dict[str, Any] = {
            "executionId": "3a0345ba-b029-404b-890d-7da2a4b266aa",
            "lifecycleStage": self._stage,
            "resourceArn": f"{ARN}:service-deployment/cluster/api/EZe5RNVLH6PPzHXINuP28",
            "executionDetails": {
                "serviceArn": f"{ARN}:service/cluster/api",
                "targetServiceRevisionArn": revision,
                "testTrafficWeights": {},
                "productionTrafficWeights": shares,
            },
        }
        if details:
            event["hookDetails"] = details
        try:
            said = self._invoke(name, event)
        except Exception as error:
            raise WayBackError(f"{self._stage}: {name} failed: {error}") from error
        if not isinstance(said, dict) or said.get("hookStatus") not in ("SUCCEEDED", "FAILED", "IN_PROGRESS"):
            raise WayBackError(f"{self._stage}: HookStatus must not be null")
        return said
