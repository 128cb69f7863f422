"""A little AWS FIS: resolves the targets of an experiment template among given resources, asks IAM, runs the clock, heeds stop alarms.

After https://docs.aws.amazon.com/fis/latest/userguide/targets.html, .../stop-conditions.html and .../fis-actions-reference.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

#: What each action asks IAM for, from the permissions that the actions reference lists; "here" stands for the target's own ARN, "acl" for the
#: network ACL that FIS makes and tags, "vpc" for the VPC's, "any" for calls that know no resource.
NEEDS: dict[str, tuple[tuple[str, str], ...]] = {
    "aws:ecs:stop-task": (("ecs:DescribeTasks", "here"), ("ecs:ListTasks", "any"), ("ecs:StopTask", "here"), ("tag:GetResources", "any")),
    "aws:rds:failover-db-cluster": (("rds:FailoverDBCluster", "here"), ("rds:DescribeDBClusters", "any"), ("tag:GetResources", "any")),
    "aws:rds:reboot-db-instances": (("rds:RebootDBInstance", "here"), ("rds:DescribeDBInstances", "any"), ("tag:GetResources", "any")),
    "aws:elasticache:replicationgroup-interrupt-az-power": (
        ("elasticache:InterruptClusterAzPower", "here"),
        ("elasticache:DescribeReplicationGroups", "any"),
        ("tag:GetResources", "any"),
    ),
    "aws:lambda:invocation-error": (
        ("lambda:GetFunction", "here"),
        ("s3:PutObject", "order"),
        ("s3:DeleteObject", "order"),
        ("tag:GetResources", "any"),
    ),
    "aws:lambda:invocation-add-delay": (
        ("lambda:GetFunction", "here"),
        ("s3:PutObject", "order"),
        ("s3:DeleteObject", "order"),
        ("tag:GetResources", "any"),
    ),
    "aws:network:disrupt-connectivity": (
        ("ec2:CreateNetworkAcl", "vpc"),
        ("ec2:CreateNetworkAcl", "acl"),
        ("ec2:CreateTags", "acl"),
        ("ec2:CreateNetworkAclEntry", "acl"),
        ("ec2:DeleteNetworkAcl", "acl"),
        ("ec2:ReplaceNetworkAclAssociation", "here"),
        ("ec2:ReplaceNetworkAclAssociation", "acl"),
        *(
            (f"ec2:{call}", "any")
            for call in (
                "DescribeManagedPrefixLists",
                "DescribeNetworkAcls",
                "DescribeSubnets",
                "DescribeVpcs",
                "GetManagedPrefixListEntries",
            )
        ),
    ),
    "aws:fis:wait": (),
}
#: Target of each action: its key, and the resource type it takes.
TAKES = {
    "aws:ecs:stop-task": ("Tasks", "aws:ecs:task"),
    "aws:rds:failover-db-cluster": ("Clusters", "aws:rds:cluster"),
    "aws:rds:reboot-db-instances": ("DBInstances", "aws:rds:db"),
    "aws:elasticache:replicationgroup-interrupt-az-power": ("ReplicationGroups", "aws:elasticache:replicationgroup"),
    "aws:lambda:invocation-error": ("Functions", "aws:lambda:function"),
    "aws:lambda:invocation-add-delay": ("Functions", "aws:lambda:function"),
    "aws:network:disrupt-connectivity": ("Subnets", "aws:ec2:subnet"),
}
#: In the context of a request on an ACL that FIS makes (RequestTag), tags and has made (ResourceTag).
_ACL_CONTEXT = {
    "aws:RequestTag/managedByFIS": "true",
    "aws:ResourceTag/managedByFIS": "true",
    "ec2:CreateAction": "CreateNetworkAcl",
}


@dataclass(frozen=True)
class Resource:
    """Something in the account."""

    kind: str
    arn: str
    tags: Mapping[str, str] = field(default_factory=dict)
    #: What the describe call says (filters), and what parameters ask for.
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ended:
    """How an experiment ended: status, reason, minute, and what was hit by which action."""

    status: str
    reason: str
    minute: int
    hit: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Fis:
    """Runs one template; *world* is what exists, *statements* are those of its role, with everything resolved."""

    def __init__(self, template: dict[str, Any], statements: Sequence[dict[str, Any]], world: Sequence[Resource]) -> None:
        self.template, self.statements, self.world = template, statements, world

    def found(self, target: dict[str, Any]) -> tuple[str, ...]:
        """The resources that *target* selects."""
        arns = target.get("ResourceArns")
        assert not (arns and (target.get("ResourceTags") or target.get("Filters") or target.get("Parameters"))), "FIS refuses both"
        assert not arns or len(arns) <= 5
        matching = [
            one.arn
            for one in self.world
            if one.kind == target["ResourceType"]
            and (not arns or one.arn in arns)
            and all(one.tags.get(key) == value for key, value in target.get("ResourceTags", {}).items())
            and all(one.attributes.get(key) == value for key, value in target.get("Parameters", {}).items())
            and all(one.attributes.get(each["Path"]) in each["Values"] for each in target.get("Filters", []))
        ]
        mode = target["SelectionMode"]
        if mode == "ALL":
            return tuple(matching)
        how, number = re.fullmatch(r"(COUNT|PERCENT)\((\d+)\)", mode).groups()  # type: ignore[union-attr]
        return tuple(matching[: int(number) if how == "COUNT" else len(matching) * int(number) // 100])

    def run(self, alarm: Callable[[str, int], bool] = lambda arn, minute: False) -> Ended:
        """From target resolution to the end; *alarm* says whether an alarm is on in a minute."""
        template = self.template
        stops = [one["Value"] for one in template["StopConditions"] if one["Source"] == "aws:cloudwatch:alarm"]
        resolved = {name: self.found(target) for name, target in template["Targets"].items()}
        if empty := [name for name, arns in resolved.items() if not arns]:
            assert template["ExperimentOptions"]["EmptyTargetResolutionMode"] == "fail"
            return Ended("failed", f"no target: {', '.join(empty)}", 0)
        hit, ends = {}, {}
        pending = dict(template["Actions"])
        while pending:
            ready = {name: one for name, one in pending.items() if all(first in ends for first in one.get("StartAfter", []))}
            assert ready, "actions that wait for each other"
            for name, action in ready.items():
                start = max((ends[first] for first in action.get("StartAfter", [])), default=0)
                if stopped := next((minute for minute in range(start + 1) if any(alarm(arn, minute) for arn in stops)), None) is not None:
                    assert stopped
                    return Ended("stopped", "stop condition", self._first(stops, alarm, start), hit)
                if denied := self._denied(action, resolved):
                    return Ended("failed", f"{name}: not allowed: {denied}", start, hit)
                hit[name] = tuple(arn for target in action.get("Targets", {}).values() for arn in resolved[target])
                lasts = action.get("Parameters", {}).get("duration", "PT0M")
                ends[name] = start + int(re.fullmatch(r"PT(\d+)M", lasts)[1])  # type: ignore[index]
                del pending[name]
        last = max(ends.values())
        if any(alarm(arn, minute) for arn in stops for minute in range(last)):
            return Ended("stopped", "stop condition", self._first(stops, alarm, last), hit)
        return Ended("completed", "", last, hit)

    @staticmethod
    def _first(stops: Sequence[str], alarm: Callable[[str, int], bool], last: int) -> int:
        return next(minute for minute in range(last + 1) if any(alarm(arn, minute) for arn in stops))

    def _denied(self, action: dict[str, Any], resolved: Mapping[str, tuple[str, ...]]) -> str:
        wanted = TAKES.get(action["ActionId"])
        for key, target in action.get("Targets", {}).items():
            assert (key, self.template["Targets"][target]["ResourceType"]) == wanted
        for call, on in NEEDS[action["ActionId"]]:
            arns = {
                "here": [arn for target in action.get("Targets", {}).values() for arn in resolved[target]],
                "any": ["*"],
                "acl": ["arn:aws:ec2:us-east-1:111122223333:network-acl/acl-made-by-fis"],
                "vpc": [one.arn for one in self.world if one.kind == "vpc"],
                "order": [f"{one.arn}/fis/order" for one in self.world if one.kind == "bucket"],
            }[on]
            assert arns, (call, on)
            for arn in arns:
                if not self.allows(call, arn, _ACL_CONTEXT if on == "acl" else {}):
                    return f"{call} on {arn}"
        return ""

    def allows(self, call: str, arn: str, context: Mapping[str, str] | None = None) -> bool:
        """Whether the role may *call* on *arn*."""
        for statement in self.statements:
            actions, resources = ([one] if isinstance(one, str) else one for one in (statement["Action"], statement["Resource"]))
            conditions = statement.get("Condition", {}).get("StringEquals", {})
            if (
                statement["Effect"] == "Allow"
                and call in actions
                and any(fnmatchcase(arn, pattern) for pattern in resources)
                and all((context or {}).get(key) == value for key, value in conditions.items())
            ):
                return True
        return False


def resolved(value: Any, names: Mapping[str, str]) -> Any:
    """*value* of a template with Ref, Fn::GetAtt, Fn::Join and Fn::Select over known *names*: ``<logical id>`` or ``<logical id>.<attribute>``."""
    if isinstance(value, list):
        return [resolved(one, names) for one in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        (how, what), *_ = value.items()
        if how == "Ref":
            return names.get(what, what)
        if how == "Fn::GetAtt":
            return names.get(".".join(what), ".".join(what))
        if how == "Fn::Join":
            return what[0].join(resolved(what[1], names))
    return {key: resolved(one, names) for key, one in value.items()}
