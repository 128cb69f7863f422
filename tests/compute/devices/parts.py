"""What the tests of devices share: a small judge of AWS IoT policies, and things for devices to write to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk

from prodready_constructs import PRODUCTION, DeviceIngest, DeviceTopics
from tests.support.synthesis import ACCOUNT, REGION

TOPICS = DeviceTopics(publish=("telemetry", "state/battery"), subscribe=("commands", "settings/#"), shadow=True, jobs=True)
ARN = f"arn:aws:iot:{REGION}:{ACCOUNT}"
_VARIABLE = re.compile(r"\$\{([^}]+)\}")


def an_ingest(stack: cdk.Stack, construct_id: str = "Ingest", **changed: Any) -> DeviceIngest:
    values: dict[str, Any] = {"posture": PRODUCTION.devices, "topics": TOPICS, **changed}
    return DeviceIngest(stack, construct_id, **values)


def resolved(value: Any) -> str:
    """A string of a template, as it is deployed in the account and region of the tests."""
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    if function == "Ref":
        return {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT}.get(argument, f"<{argument}>")
    if function == "Fn::GetAtt":
        return f"<{'.'.join(argument)}>"
    assert function == "Fn::Join"
    return str(argument[0]).join(resolved(part) for part in argument[1])


def _all(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@dataclass(frozen=True)
class Device:
    """A connection: who it says it is, and the thing that its certificate is attached to (None: to none)."""

    policy: dict[str, Any]
    thing: str | None
    client_id: str

    def may(self, action: str, resource: str) -> bool:
        """Whether AWS IoT lets it: no Deny, and an Allow that matches."""
        effects = {one["Effect"] for one in self.policy["Statement"] if self._matches(one, action, f"{ARN}:{resource}")}
        return effects == {"Allow"}

    def may_connect(self) -> bool:
        return self.may("iot:Connect", f"client/{self.client_id}")

    def may_publish(self, topic: str) -> bool:
        return self.may_connect() and self.may("iot:Publish", f"topic/{topic}")

    def may_subscribe(self, topic_filter: str) -> bool:
        return self.may_connect() and self.may("iot:Subscribe", f"topicfilter/{topic_filter}")

    def may_receive(self, topic: str) -> bool:
        return self.may_connect() and self.may("iot:Receive", f"topic/{topic}")

    def _matches(self, statement: dict[str, Any], action: str, resource: str) -> bool:
        variables = {"iot:ClientId": self.client_id, "iot:Connection.Thing.ThingName": self.thing}
        variables["iot:Connection.Thing.IsAttached"] = "true" if self.thing else "false"
        for operator, conditions in statement.get("Condition", {}).items():
            assert operator == "Bool"
            if any(variables[key] != wanted for key, wanted in conditions.items()):
                return False
        if action not in _all(statement["Action"]):
            return False
        for pattern in map(resolved, _all(statement["Resource"])):
            names = _VARIABLE.findall(pattern)
            if any(variables[name] is None for name in names):
                continue  # a variable without a value: AWS IoT drops the resource
            text = re.escape(_VARIABLE.sub(lambda found: str(variables[found[1]]), pattern)).replace(r"\*", ".*").replace(r"\?", ".")
            if re.fullmatch(text, resource):
                return True
        return False
