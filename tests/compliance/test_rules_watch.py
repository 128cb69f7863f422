"""The rules on alarms, tags and zones: each catches the bent template and passes the good one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compliance.templates import Resources, found, resource, stack_of


def alarm(**properties: Any) -> dict[str, Any]:
    return resource("CloudWatch::Alarm", properties)


SUM_FOR_THE_EYE = resource("CloudWatch::CompositeAlarm", {"AlarmRule": {"Fn::Sub": "ALARM(${Alarm})"}, "ActionsEnabled": False})


def test_a_sum_of_silent_alarms_is_silent_too() -> None:
    assert found("AlarmWithoutAction", stack_of({"Alarm": alarm(), "All": SUM_FOR_THE_EYE})) == ["Stack/Alarm", "Stack/All"]
    assert found("AlarmWithoutRunbook", stack_of({"All": SUM_FOR_THE_EYE})) == []
    paging = resource("CloudWatch::CompositeAlarm", {"AlarmActions": ["arn"]})
    assert found("AlarmWithoutRunbook", stack_of({"All": paging})) == ["Stack/All"]


@pytest.mark.control("OPS-1", "GOV-3")
@pytest.mark.parametrize(
    ("resources", "bent"),
    [
        ({"Alarm": alarm()}, True),
        ({"Alarm": alarm(AlarmActions=[])}, True),
        ({"Alarm": alarm(AlarmActions=["arn"], ActionsEnabled=False)}, True),
        ({"Alarm": resource("CloudWatch::CompositeAlarm", {})}, True),
        ({"Alarm": alarm(AlarmActions=[{"Ref": "Topic"}])}, False),
        # An alarm that rolls a deployment back, or that an acting alarm is made of, needs no action of its own.
        (
            {
                "Alarm": alarm(),
                "Service": resource("ECS::Service", {"DeploymentConfiguration": {"Alarms": {"AlarmNames": [{"Ref": "Alarm"}]}}}),
            },
            False,
        ),
        (
            {
                "Alarm": alarm(),
                "All": resource("CloudWatch::CompositeAlarm", {"AlarmRule": {"Fn::Sub": "ALARM(${Alarm})"}, "AlarmActions": ["arn"]}),
            },
            False,
        ),
        # A sum for the eye: fine when its members tell people, and no excuse when they do not.
        ({"Alarm": alarm(AlarmActions=["arn"]), "All": SUM_FOR_THE_EYE}, False),
    ],
)
def test_an_alarm_tells_somebody(resources: Resources, bent: bool) -> None:
    assert found("AlarmWithoutAction", stack_of(resources)) == (["Stack/Alarm"] if bent else [])


@pytest.mark.control("OPS-3", "GOV-3")
@pytest.mark.parametrize(
    ("description", "bent"),
    [
        (None, True),
        ("CPU is high", True),
        ("CPU is high. Runbook: https://wiki.example.com/cpu", False),
        ("CPU is high. See runbooks/orders-cpu.md", False),
        ({"Fn::Join": ["", ["Runbook: https://", {"Ref": "Host"}, "/cpu"]]}, False),
    ],
)
def test_an_alarm_says_what_to_do(description: Any, bent: bool) -> None:
    properties = {"AlarmDescription": description} if description else {}
    assert found("AlarmWithoutRunbook", stack_of({"Alarm": alarm(**properties)})) == (["Stack/Alarm"] if bent else [])


def recorded(**facts: Any) -> list[dict[str, Any]]:
    return [{"type": "prodready:construct", "data": {"kind": "MultiAzDatabase", **facts}}]


@pytest.mark.control("OPS-7", "GOV-3")
def test_a_watchable_construct_is_watched() -> None:
    stack = stack_of({"Db": resource("RDS::DBInstance")})
    orphan = {"Stack/Orders": recorded(watchable=True), "Stack/Quiet": recorded()}
    assert found("WatchableWithoutAlarms", stack_of({}), metadata=orphan) == ["Stack/Orders"]
    # What it says of itself later takes nothing back.
    talkative = {"Stack/Orders": [*recorded(watchable=True), *recorded(procedures=[])]}
    assert found("WatchableWithoutAlarms", stack_of({}), metadata=talkative) == ["Stack/Orders"]
    watch = {"Stack/Watch": [{"type": "prodready:construct", "data": {"kind": "Watch", "watched": ["Stack/Orders"]}}]}
    assert found("WatchableWithoutAlarms", stack_of({}), metadata=orphan | watch) == []
    # A resource inside a construct of ours is that construct's business.
    assert found("WatchableWithoutAlarms", stack, metadata={"Stack/Db": recorded()}) == ["Stack/Db"]
    assert found("WatchableWithoutAlarms", stack, metadata={"Stack": recorded()}) == []


@pytest.mark.parametrize(
    ("kind", "properties", "measured"),
    [
        ("RDS::DBInstance", {}, {"Dimensions": [{"Name": "DBInstanceIdentifier", "Value": {"Ref": "It"}}]}),
        (
            "ElasticLoadBalancingV2::LoadBalancer",
            {},
            {"Metrics": [{"MetricStat": {"Metric": {"Dimensions": [{"Value": {"Fn::GetAtt": ["It", "LoadBalancerFullName"]}}]}}}]},
        ),
        ("ApiGateway::RestApi", {"Name": "shop"}, {"Dimensions": [{"Name": "ApiName", "Value": "shop"}]}),
        ("SQS::Queue", {}, {"Dimensions": [{"Name": "QueueName", "Value": {"Fn::GetAtt": ["It", "QueueName"]}}]}),
        ("SQS::Queue", {"QueueName": "work"}, {"Metrics": [{"MetricStat": {"Metric": {"Dimensions": [{"Value": "work"}]}}}]}),
        ("RDS::DBProxy", {"DBProxyName": "pool"}, {"Dimensions": [{"Name": "ProxyName", "Value": "pool"}]}),
        ("RDS::DBCluster", {"DBClusterIdentifier": "ledger"}, {"Dimensions": [{"Name": "DBClusterIdentifier", "Value": "ledger"}]}),
        ("DynamoDB::Table", {}, {"Dimensions": [{"Name": "TableName", "Value": {"Ref": "It"}}]}),
        ("DynamoDB::GlobalTable", {"TableName": "carts"}, {"Dimensions": [{"Name": "TableName", "Value": "carts"}]}),
        ("ElastiCache::ServerlessCache", {"ServerlessCacheName": "c"}, {"Dimensions": [{"Name": "clusterId", "Value": "c"}]}),
        ("ElastiCache::ReplicationGroup", {"ReplicationGroupId": "c"}, {"Dimensions": [{"Name": "CacheClusterId", "Value": "c-001"}]}),
        ("ElastiCache::ReplicationGroup", {"ReplicationGroupId": "c"}, {"Dimensions": [{"Name": "CacheClusterId", "Value": "c-0002-001"}]}),
        ("ElastiCache::ReplicationGroup", {}, {"Dimensions": [{"Name": "CacheClusterId", "Value": {"Fn::Sub": "${It}-001"}}]}),
    ],
)
def test_a_plain_resource_has_an_alarm(kind: str, properties: dict[str, Any], measured: dict[str, Any]) -> None:
    it = {"It": resource(kind, properties)}
    assert found("WatchableWithoutAlarms", stack_of(it)) == ["Stack/It"]
    assert found("WatchableWithoutAlarms", stack_of(it | {"Alarm": alarm(**measured)})) == []


def test_a_member_of_a_cluster_is_measured_with_its_cluster() -> None:
    assert found("WatchableWithoutAlarms", stack_of({"Db": resource("RDS::DBInstance", {"DBClusterIdentifier": "c"})})) == []
    cluster = {"Cluster": resource("RDS::DBCluster"), "Db": resource("RDS::DBInstance", {"DBClusterIdentifier": {"Ref": "Cluster"}})}
    assert found("WatchableWithoutAlarms", stack_of(cluster)) == ["Stack/Cluster"]
    measured = alarm(Dimensions=[{"Name": "DBInstanceIdentifier", "Value": {"Ref": "Db"}}])
    assert found("WatchableWithoutAlarms", stack_of(cluster | {"Alarm": measured})) == []


def test_a_name_like_another_is_another() -> None:
    queue = {"Queue": resource("SQS::Queue", {"QueueName": "work"})}
    other = alarm(Dimensions=[{"Name": "QueueName", "Value": "work-dead"}])
    assert found("WatchableWithoutAlarms", stack_of(queue | {"Alarm": other})) == ["Stack/Queue"]


@pytest.mark.control("NET-1", "GOV-3")
def test_a_made_up_zone_is_found_wherever_it_stands() -> None:
    bent = {
        "Subnet": resource("EC2::Subnet", {"AvailabilityZone": "dummy1b"}),
        "Other": resource("EC2::Subnet", {"AvailabilityZone": "eu-west-1a"}),
    }
    assert found("DummyZone", stack_of(bent)) == ["Stack/Subnet"]
    assert found("DummyZone", stack_of({"Other": bent["Other"]})) == []


@pytest.mark.control("COST-2", "GOV-3")
@pytest.mark.parametrize(
    ("tags", "resources", "expected"),
    [
        ({}, {"A": resource("S3::Bucket"), "B": resource("SQS::Queue")}, ["[env,owner] @ Stack"]),
        ({"owner": "x", "env": "y"}, {"A": resource("S3::Bucket")}, []),
        ({"owner": "x"}, {"A": resource("S3::Bucket", {"Tags": [{"Key": "env", "Value": "y"}]})}, []),
        (
            {"owner": "x"},
            {"A": resource("S3::Bucket", {"Tags": [{"Key": "env", "Value": "y"}]}), "B": resource("SQS::Queue")},
            ["[env] @ Stack/B"],
        ),
        ({"owner": "x"}, {"A": resource("Cognito::UserPool", {"UserPoolTags": {"env": "y"}})}, []),
        ({}, {"A": resource("WAFv2::WebACLAssociation")}, []),
    ],
)
def test_everything_taggable_carries_the_required_tags(tags: dict[str, str], resources: Resources, expected: list[str]) -> None:
    assert found("MissingTags", stack_of(resources, tags=tags), required_tags=("owner", "env")) == expected
