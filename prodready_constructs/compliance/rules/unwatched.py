"""Something that can fail without anybody noticing."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit
from prodready_constructs.contracts import METADATA_KEY
from prodready_constructs.evidence.assembly import Resource, StackTemplate

#: Plain resources whose failure users notice.
ALARM_WORTHY = (
    "AWS::ApiGateway::RestApi",
    "AWS::CloudFront::Distribution",
    "AWS::ECS::Service",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
)


def _stack_of(subject: Subject, path: str) -> StackTemplate:
    owners = [stack for stack in subject.assembly.stacks if path == stack.path or path.startswith(f"{stack.path}/")]
    return max(owners, key=lambda stack: len(stack.path))


def _alarmed(subject: Subject) -> set[Resource]:
    """What the alarms of the app measure: named by reference, or by a literal name."""
    alarms = subject.of_type("AWS::CloudWatch::Alarm")
    measured = {target for alarm in alarms for part in ("Dimensions", "Metrics") for target in subject.targets(alarm, alarm.get(part))}
    names = {
        dimension.get("Value")
        for alarm in alarms
        for dimension in alarm.get("Dimensions") or []
        if isinstance(dimension, dict) and isinstance(dimension.get("Value"), str)
    }
    # The metrics of a REST API carry its name, which is no reference in the template.
    return measured | {api for api in subject.of_type("AWS::ApiGateway::RestApi") if api.get("Name") in names}


def _find(subject: Subject) -> Iterator[Hit]:
    recorded = {path: data for path, data in subject.assembly.recorded(METADATA_KEY) if isinstance(data, dict)}
    watched = {path for data in recorded.values() for path in data.get("watched", ())}
    for path, data in recorded.items():
        if data.get("watchable") and path not in watched:
            yield Hit(path=path, stack=_stack_of(subject, path), note=f"{data.get('kind')} has alarms, and no Watch makes them.")
    alarmed = _alarmed(subject)
    for resource in subject.of_type(*ALARM_WORTHY):
        ours = any(resource.path.startswith(f"{path}/") for path in recorded)
        if not ours and not resource.get("DBClusterIdentifier") and resource not in alarmed:
            yield hit(resource, note="No alarm measures it.")


RULE = Rule(
    name="WatchableWithoutAlarms",
    controls=("OPS-7",),
    why="It can fail, and nobody would be told.",
    fix="hand it to monitoring.Watch; for a plain resource make an alarm on its metrics",
    find=_find,
)
