"""What is said to be AWS's number is AWS's number; and what a resource tells of itself is used."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_

from prodready_constructs.contracts import AlarmSpec, MathMetric, Metric, Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.monitoring import Routes, Watch, adopt
from prodready_constructs.monitoring.adopted.data import RECOMMENDED
from prodready_constructs.posture import PRODUCTION
from tests.monitoring.adopted.strangers import IMPORTED, PLAIN, Strangers
from tests.support.synthesis import new_stack, synth

#: Namespace, metric: statistic, comparison, threshold, seconds, periods; of those to which AWS gives a number. Source: CloudWatch user guide,
#: "Recommended alarms", as the data that AWS's own CloudWatch MCP server ships (awslabs/mcp, metric_metadata.json) has them.
AWS_SAYS = {
    ("AWS/ApiGateway", "4XXError"): ("Average", "GreaterThanThreshold", 0.05, 60, 5),
    ("AWS/ApiGateway", "5XXError"): ("Average", "GreaterThanThreshold", 0.05, 60, 3),
    ("AWS/ApiGateway", "4xx"): ("Average", "GreaterThanThreshold", 0.05, 60, 5),
    ("AWS/ApiGateway", "5xx"): ("Average", "GreaterThanThreshold", 0.05, 60, 3),
    ("AWS/ApiGateway", "Latency"): ("p90", "GreaterThanOrEqualToThreshold", 2_500, 60, 5),
    ("AWS/ElastiCache", "EngineCPUUtilization"): ("Average", "GreaterThanThreshold", 90, 60, 5),
    ("AWS/NATGateway", "ErrorPortAllocation"): ("Sum", "GreaterThanThreshold", 0, 60, 15),
    ("AWS/RDS", "EBSByteBalance%"): ("Average", "LessThanThreshold", 10, 60, 3),
    ("AWS/RDS", "EBSIOBalance%"): ("Average", "LessThanThreshold", 10, 60, 3),
    ("AWS/RDS", "EngineUptime"): ("Average", "LessThanOrEqualToThreshold", 0, 60, 2),
    ("AWS/RDS", "MaximumUsedTransactionIDs"): ("Average", "GreaterThanThreshold", 1e9, 60, 1),
}


def specs_of(resource: Any) -> dict[str, AlarmSpec]:
    return {spec.id: spec for spec in adopt(resource).alarm_specs if isinstance(spec, AlarmSpec)}


@pytest.fixture(scope="module")
def every() -> list[AlarmSpec]:
    stack = new_stack()
    everything = [*Strangers(stack).all(), *(make(cdk.Stack(stack.node.root, name)) for name, make in PLAIN.items())]
    return [spec for one in everything for spec in specs_of(one).values()]


@pytest.mark.control("OPS-2")
@pytest.mark.parametrize(("namespace", "name"), AWS_SAYS)
def test_a_number_of_aws_is_aws_s(every: list[AlarmSpec], namespace: str, name: str) -> None:
    found = 0
    for spec in every:
        metrics = [spec.metric] if isinstance(spec.metric, Metric) else list(spec.metric.using.values())
        if metrics and (metrics[0].namespace, metrics[0].name) == (namespace, name):
            seconds = int(spec.metric.period.total_seconds())
            assert (metrics[0].statistic, spec.comparison, spec.threshold, seconds, spec.periods) == AWS_SAYS[namespace, name], spec.id
            assert spec.datapoints in (None, spec.periods)
            assert RECOMMENDED in spec.source
            found += 1
    assert found


@pytest.mark.control("OPS-2")
def test_who_says_no_more_than_recommended_means_aws_s_number(every: list[AlarmSpec]) -> None:
    """Where the number is ours, the source says so."""
    ours = {spec.id for spec in every if spec.source == RECOMMENDED} - {"ClientErrors", "ServerErrors", "HighCpu", "PortsUsedUp"}
    assert ours == {
        "Expiring",
        "IoCreditsUsed",
        "ReplicaBehind",
        "SlowResponses",
        "ThroughputCreditsUsed",
        "TransactionIdsUsed",
        "WriterDown",
    }


@pytest.mark.control("OPS-2")
def test_dropped_packets_are_of_both_directions() -> None:
    metric = specs_of(PLAIN["Nat"](new_stack()))["PacketsDropped"].metric
    assert isinstance(metric, MathMetric)
    assert {one.name for one in metric.using.values()} == {"PacketsDropCount", "PacketsInFromSource", "PacketsInFromDestination"}
    assert metric.expression.endswith("100 * FILL(dropped, 0) / (sent + received), 0)")


@pytest.mark.control("OPS-7")
def test_a_network_is_adopted_with_all_its_gateways() -> None:
    stack = new_stack()
    public = ec2.SubnetConfiguration(name="front-door", subnet_type=ec2.SubnetType.PUBLIC)
    private = ec2.SubnetConfiguration(name="inside", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)
    network = adopt(ec2.Vpc(stack, "Vpc", max_azs=2, subnet_configuration=[public, private]))
    routes = Routes(stack, "Routes", posture=PRODUCTION.monitoring, critical=("oncall@example.com",), warning=("team@example.com",))
    Watch(stack, "Watch", routes=routes, watching=[network], runbook_base_url="https://runbooks.example.com")
    template = synth(stack)
    watched = {
        alarm["Properties"]["Metrics"][1]["MetricStat"]["Metric"]["Dimensions"][0]["Value"]["Fn::GetAtt"][0]
        for name, alarm in template.of_type("AWS::CloudWatch::Alarm").items()
        if "PacketsDropped" in name
    }
    assert watched == set(template.of_type("AWS::EC2::NatGateway"))
    assert [spec.id for spec in network.alarm_specs] == [
        *("FrontdoorSubnet1PortsUsedUp", "FrontdoorSubnet1PacketsDropped"),
        *("FrontdoorSubnet2PortsUsedUp", "FrontdoorSubnet2PacketsDropped"),
    ]


@pytest.mark.control("LIB-2")
def test_refuses_a_network_without_gateways() -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"adopt\(Stack/Vpc\): got 'a VPC without NAT gateways'; allowed: a VPC of this app that has some: nothing else of a network has an "
        r"alarm that AWS recommends; leave it out, or adopt the gateways where they are made",
    ):
        adopt(ec2.Vpc(new_stack(), "Vpc", max_azs=1, nat_gateways=0))


def _function(timeout: cdk.Duration | None) -> lambda_.Function:
    code = lambda_.Code.from_inline("def handler(event, context): ...")
    return lambda_.Function(
        new_stack(), "Function", runtime=lambda_.Runtime.PYTHON_3_13, handler="index.handler", code=code, timeout=timeout
    )


@pytest.mark.control("OPS-2")
@pytest.mark.parametrize(("timeout", "limit"), [(None, 2_700), (cdk.Duration.minutes(1), 54_000)])
def test_a_function_is_slow_before_it_is_cut_off(timeout: cdk.Duration | None, limit: int) -> None:
    slow = specs_of(_function(timeout))["NearTimeout"]
    assert isinstance(slow.metric, Metric)
    assert (slow.metric.name, slow.metric.statistic, slow.threshold, slow.periods) == ("Duration", "p90", limit, 15)


@pytest.mark.control("OPS-2")
def test_nothing_is_said_of_a_timeout_that_nobody_knows() -> None:
    assert "NearTimeout" not in specs_of(IMPORTED["Function"](new_stack()))
    stack = new_stack()
    seconds = cdk.CfnParameter(stack, "Seconds", type="Number").value_as_number
    code = lambda_.CfnFunction.CodeProperty(zip_file="...")
    assert "NearTimeout" not in specs_of(lambda_.CfnFunction(stack, "Function", code=code, role="role", timeout=seconds))


@pytest.mark.control("OPS-2")
def test_half_of_what_a_stream_keeps() -> None:
    week = kinesis.Stream(new_stack(), "Stream", retention_period=cdk.Duration.days(7))
    for stream, hours in ((week, 84), (PLAIN["Stream"](new_stack()), 12), (IMPORTED["Stream"](new_stack()), 12)):
        late = specs_of(stream)["RecordsNearlyLost"]
        assert late.threshold == hours * 3_600_000
        assert f"{hours} hours behind" in late.runbook.meaning


@pytest.mark.control("OPS-2")
@pytest.mark.parametrize(("engine", "ids"), [("memcached", []), ("redis", ["HighCpu", "MemoryNearlyFull"])])
def test_a_single_cluster_is_watched_node_by_node(engine: str, ids: list[str]) -> None:
    cluster = elasticache.CfnCacheCluster(new_stack(), "Cache", cache_node_type="cache.t4g.small", engine=engine, num_cache_nodes=2)
    found = specs_of(cluster)
    assert list(found) == [*ids, "HighHostCpu", "ConnectionsNearLimit"]
    metric = found["HighHostCpu"].metric
    assert isinstance(metric, MathMetric)
    assert [dict(one.dimensions)["CacheNodeId"] for one in metric.using.values()] == ["0001", "0002"]


@pytest.mark.control("OPS-2", "DR-3")
def test_a_vault_hears_of_every_job_that_ended_badly() -> None:
    metric = specs_of(PLAIN["Vault"](new_stack()))["BackupJobsFailed"].metric
    assert isinstance(metric, MathMetric)
    assert [one.name for one in metric.using.values()] == [f"NumberOfBackupJobs{state}" for state in ("Failed", "Aborted", "Expired")]


@pytest.mark.control("OPS-2")
def test_a_table_s_indexes_are_throttled_too() -> None:
    stack = new_stack()
    key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    orders = dynamodb.Table(stack, "Orders", partition_key=key)
    orders.add_global_secondary_index(index_name="ByDay", partition_key=dynamodb.Attribute(name="day", type=dynamodb.AttributeType.STRING))
    index = dynamodb.GlobalSecondaryIndexPropsV2(
        index_name="ByDay", partition_key=dynamodb.Attribute(name="day", type=dynamodb.AttributeType.STRING)
    )
    for one in (orders, dynamodb.TableV2(stack, "Global", partition_key=key, global_secondary_indexes=[index])):
        metric = specs_of(one)["WriteThrottled"].metric
        assert isinstance(metric, MathMetric)
        assert [dict(used.dimensions).get("GlobalSecondaryIndexName") for used in metric.using.values()] == [None, "ByDay"]


@pytest.mark.control("OPS-2")
def test_what_else_aws_recommends() -> None:
    stack = new_stack()
    table, instance = specs_of(PLAIN["Table"](stack)), specs_of(PLAIN["Instance"](stack))
    assert (table["SystemErrors"].severity, table["SystemErrors"].metric.period.total_seconds() * table["SystemErrors"].periods) == (
        Severity.CRITICAL,
        900,
    )
    assert {instance[f"Slow{kind}s"].threshold for kind in ("Read", "Write")} == {0.02}
    assert (instance["ReplicationStopped"].threshold, instance["ReplicationStopped"].comparison) == (0, "LessThanThreshold")
    assert "FederationThrottled" in specs_of(PLAIN["Pool"](stack))
    assert "DepthIncreasing" in specs_of(PLAIN["Queue"](stack))
