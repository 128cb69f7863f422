"""Something that can fail without anybody noticing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.measured import ALARM, names_of, referred
from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit
from prodready_constructs.contracts import METADATA_KEY
from prodready_constructs.evidence.assembly import Resource, StackTemplate

#: Plain resources whose failure users notice.
ALARM_WORTHY = (
    "AWS::ApiGateway::RestApi",
    "AWS::ApplicationSignals::ServiceLevelObjective",
    "AWS::CloudFront::Distribution",
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table",
    "AWS::ECS::Service",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::ElastiCache::ServerlessCache",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::RDS::DBProxy",
    "AWS::SQS::Queue",
    "AWS::Synthetics::Canary",
)
#: Where the name stands that metrics carry, when somebody chose it; then an alarm may write it without a reference.
NAMES = {
    "AWS::ApiGateway::RestApi": "Name",
    "AWS::ApplicationSignals::ServiceLevelObjective": "Name",
    "AWS::DynamoDB::GlobalTable": "TableName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::ElastiCache::ReplicationGroup": "ReplicationGroupId",
    "AWS::ElastiCache::ServerlessCache": "ServerlessCacheName",
    "AWS::RDS::DBCluster": "DBClusterIdentifier",
    "AWS::RDS::DBInstance": "DBInstanceIdentifier",
    "AWS::RDS::DBProxy": "DBProxyName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::Synthetics::Canary": "Name",
}


def _stack_of(subject: Subject, path: str) -> StackTemplate:
    owners = [stack for stack in subject.assembly.stacks if path == stack.path or path.startswith(f"{stack.path}/")]
    return max(owners, key=lambda stack: len(stack.path))


def _alarmed(subject: Subject) -> set[Resource]:
    """What the alarms of the app measure: named by reference, or by a literal name."""
    alarms = subject.of_type(ALARM)
    measured = {target for alarm in alarms for target in referred(subject, alarm)}
    names = {name for alarm in alarms for name in names_of(alarm)}
    measured |= {one for one in subject.of_type(*NAMES) if isinstance(name := one.get(NAMES[one.type]), str) and name in names}
    # Whoever watches the members of a cluster watches it.
    members = (one for one in measured if one.type == "AWS::RDS::DBInstance")
    return measured | {cluster for one in list(members) for cluster in subject.targets(one, one.get("DBClusterIdentifier"))}


def _find(subject: Subject) -> Iterator[Hit]:
    recorded: dict[str, dict[str, Any]] = {}
    for path, data in subject.assembly.recorded(METADATA_KEY):
        if isinstance(data, dict):
            # A construct may say more of itself later: nothing that it said before is taken back.
            recorded[path] = {**recorded.get(path, {}), **data}
    watched = {path for data in recorded.values() for path in data.get("watched", ())}
    for path, data in recorded.items():
        if data.get("watchable") and path not in watched:
            yield Hit(path=path, stack=_stack_of(subject, path), note=f"{data.get('kind')} has alarms, and no Watch makes them.")
    alarmed = _alarmed(subject)
    for resource in subject.of_type(*ALARM_WORTHY):
        ours = any(resource.path.startswith(f"{path}/") for path in recorded)
        member = resource.type == "AWS::RDS::DBInstance" and resource.get("DBClusterIdentifier")
        if not ours and not member and resource not in alarmed:
            yield hit(resource, note="No alarm measures it.")


RULE = Rule(
    name="WatchableWithoutAlarms",
    controls=("OPS-7",),
    why="It can fail, and nobody would be told.",
    fix="hand it to monitoring.Watch, a plain resource as adopt(...) or with an alarm of your own",
    find=_find,
)
