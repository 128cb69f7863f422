"""Which metrics wake somebody, which graphs there are, and how a cache comes back."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore import xform_name

from prodready_constructs.cache import ReplicatedCache, ServerlessCache
from prodready_constructs.contracts import AlarmSpec, MathMetric, Metric, Severity
from prodready_constructs.monitoring import Dashboard, Routes, Watch
from prodready_constructs.posture import PRODUCTION, STAGING
from tests.cache.conftest import Built, any_vpc, build
from tests.support.synthesis import Template, new_stack, synth


def named(built: Built, name: str) -> AlarmSpec:
    (found,) = [spec for spec in built.cache.alarm_specs if spec.id == name]
    assert isinstance(found, AlarmSpec)
    return found


def threshold(built: Built, name: str) -> tuple[str, float, Severity]:
    spec = named(built, name)
    return spec.comparison, spec.threshold, spec.severity


@pytest.mark.control("CACHE-3")
def test_nodes_are_watched_for_load_memory_and_presence(replicated: Built) -> None:
    assert [spec.id for spec in replicated.cache.alarm_specs] == [
        *("EngineCpuHigh", "HostCpuHigh", "MemoryHigh", "MemoryFull", "Silent", "ReplicationLagHigh", "Failover"),
        *("EvictionsHigh", "ConnectionsHigh", "SignInsRefused", "HitRateLow", "SecretRotationFailed"),
        *("RotationErrors", "RotationDeadLetters"),
    ]
    assert threshold(replicated, "EngineCpuHigh") == ("GreaterThanThreshold", 80, Severity.WARNING)
    assert threshold(replicated, "MemoryHigh") == ("GreaterThanThreshold", 80, Severity.WARNING)
    assert threshold(replicated, "EvictionsHigh") == ("GreaterThanThreshold", 1_000, Severity.WARNING)
    assert threshold(replicated, "ConnectionsHigh") == ("GreaterThanThreshold", 52_000, Severity.WARNING)
    assert threshold(replicated, "HitRateLow") == ("LessThanThreshold", 80, Severity.WARNING)
    assert threshold(replicated, "ReplicationLagHigh") == ("GreaterThanThreshold", 10, Severity.WARNING)


@pytest.mark.control("CACHE-3")
def test_an_alarm_looks_at_every_node(replicated: Built) -> None:
    metric = named(replicated, "EngineCpuHigh").metric
    assert isinstance(metric, MathMetric)
    assert metric.expression == "MAX([m0,m1])"
    name = replicated.cache.identifier
    assert [one.dimensions for one in metric.using.values()] == [{"CacheClusterId": f"{name}-001"}, {"CacheClusterId": f"{name}-002"}]


@pytest.mark.control("CACHE-3")
def test_one_node_needs_no_arithmetic_and_has_nobody_to_fail_over_to() -> None:
    built = build(posture=STAGING.cache)
    assert isinstance(named(built, "EngineCpuHigh").metric, Metric)
    assert {"ReplicationLagHigh", "Failover"} & {spec.id for spec in built.cache.alarm_specs} == set()


@pytest.mark.control("CACHE-3")
def test_a_cluster_of_many_nodes_has_an_alarm_for_ten_of_them_each() -> None:
    built = build(posture=replace(PRODUCTION.cache, shards=4, replicas=2))
    for prefix, most in (("EngineCpuHigh", 10), ("HitRateLow", 5)):
        specs = [spec for spec in built.cache.alarm_specs if spec.id.rstrip("0123456789") == prefix and isinstance(spec, AlarmSpec)]
        nodes = [
            dict(one.dimensions)["CacheClusterId"]
            for spec in specs
            if isinstance(spec.metric, MathMetric)
            for one in spec.metric.using.values()
        ]
        assert len(set(nodes)) == 12
        assert f"{built.cache.identifier}-0004-003" in nodes
        assert all(len(spec.metric.using) <= 10 for spec in specs if isinstance(spec.metric, MathMetric))
        assert [spec.id for spec in specs] == [prefix + ("" if number == 1 else str(number)) for number in range(1, -(-12 // most) + 1)]


@pytest.mark.control("CACHE-3")
def test_full_memory_wakes_somebody_where_nothing_is_thrown_out() -> None:
    assert threshold(build(), "MemoryFull")[2] is Severity.WARNING
    strict = build(posture=replace(PRODUCTION.cache, eviction_policy="noeviction"))
    assert threshold(strict, "MemoryFull") == ("GreaterThanThreshold", 95, Severity.CRITICAL)
    assert "refuses every write" in named(strict, "MemoryFull").runbook.meaning


@pytest.mark.control("CACHE-3")
def test_silence_of_all_nodes_wakes_somebody(replicated: Built) -> None:
    spec = named(replicated, "Silent")
    assert (spec.severity, spec.missing_data, spec.comparison, spec.threshold) == (Severity.CRITICAL, "breaching", "LessThanThreshold", 1)
    assert isinstance(spec.metric, MathMetric)
    assert {one.statistic for one in spec.metric.using.values()} == {"SampleCount"}


@pytest.mark.control("CACHE-2", "CACHE-3")
def test_a_change_of_primary_is_a_failover(replicated: Built) -> None:
    metric = named(replicated, "Failover").metric
    assert isinstance(metric, MathMetric)
    assert metric.expression == "MAX([ABS(DIFF(m0)),ABS(DIFF(m1))])"
    assert {one.name for one in metric.using.values()} == {"IsMaster"}


@pytest.mark.control("CACHE-3")
def test_the_hit_rate_is_that_of_all_nodes_and_silent_while_nobody_reads(replicated: Built, serverless: Built) -> None:
    metric = named(replicated, "HitRateLow").metric
    assert isinstance(metric, MathMetric)
    hits, misses = "SUM([h0,h1])", "SUM([n0,n1])"
    assert metric.expression == f"IF({hits}+{misses}>1000,100*{hits}/({hits}+{misses}),100)"
    assert named(replicated, "HitRateLow").missing_data == "notBreaching"
    of_serverless = named(serverless, "HitRateLow").metric
    assert isinstance(of_serverless, MathMetric)
    assert {one.name for one in of_serverless.using.values()} == {"CacheHits", "CacheHitRate"}


@pytest.mark.control("CACHE-3")
def test_a_serverless_cache_is_watched_near_its_limits(serverless: Built) -> None:
    assert [spec.id for spec in serverless.cache.alarm_specs][:3] == ["Throttled", "EcpuNearLimit", "StorageNearLimit"]
    assert threshold(serverless, "EcpuNearLimit") == ("GreaterThanThreshold", 10_000 * 0.75 * 60, Severity.WARNING)
    assert threshold(serverless, "StorageNearLimit") == ("GreaterThanThreshold", 7.5 * 10**9, Severity.WARNING)
    metric = named(serverless, "Throttled").metric
    assert isinstance(metric, Metric)
    assert metric.dimensions == {"clusterId": serverless.cache.identifier}


@pytest.mark.control("CACHE-3")
def test_the_dashboard_shows_the_hit_rate_first(either: Built) -> None:
    graphs = either.cache.graphs
    assert graphs[0].title == f"{either.cache.identifier}: hit rate"
    assert len({graph.title for graph in graphs}) == len(graphs)


@pytest.mark.control("CACHE-3")
@pytest.mark.parametrize("form", [ReplicatedCache, ServerlessCache])
def test_a_watch_makes_alarms_and_a_dashboard_of_it(form: Any) -> None:
    stack = new_stack()
    cache = form(stack, "Sessions", vpc=any_vpc(stack), posture=PRODUCTION.cache)
    routes = Routes(stack, "Routes", posture=STAGING.monitoring, critical=(), warning=("team@example.com",))
    watch = Watch(stack, "Watch", routes=routes, watching=[cache], runbook_base_url="https://runbooks.example.com")
    Dashboard(stack, "Dashboard", posture=STAGING.monitoring, title="Shop", watching=[cache], watches=[watch])
    template = synth(stack)
    alarms = len([spec for spec in cache.alarm_specs if isinstance(spec, AlarmSpec)])
    assert len(template.of_type("AWS::CloudWatch::Alarm")) >= alarms
    assert "CacheHitRate" in template_text(template) or "CacheMisses" in template_text(template)


def template_text(template: Template) -> str:
    return json.dumps(template.of_type("AWS::CloudWatch::Dashboard"))


@pytest.mark.control("OPS-3")
def test_the_commands_of_the_runbooks_exist(either: Built) -> None:
    commands = [command for spec in either.cache.alarm_specs for command in spec.runbook.first_commands]
    commands += [command for fact in either.cache.recovery_facts for command in fact.restore_commands]
    checked = 0
    for command in commands:
        for service, rest in re.findall(r"\baws (elasticache|secretsmanager|cloudwatch) ([^)#]*)", command):
            operation, *flags = rest.split()
            if operation == "wait":
                assert flags[0].replace("-", "_") in boto3.client(service, region_name="us-east-1").waiter_names
                continue
            model = boto3.client(service, region_name="us-east-1").meta.service_model
            name = {xform_name(each, "-"): each for each in model.operation_names}[operation]
            known = {xform_name(member, "-") for member in model.operation_model(name).input_shape.members} | {"query", "output"}
            used = {flag.removeprefix("--") for flag in flags if flag.startswith("--")}
            assert {flag for flag in used if flag not in known and flag.removeprefix("no-") not in known} == set(), command
            checked += 1
    assert checked > 10


# --- how it comes back ---


@pytest.mark.control("CACHE-2", "DR-4")
def test_the_loss_of_a_zone_and_the_loss_of_data(replicated: Built) -> None:
    zone, data = replicated.cache.recovery_facts
    assert (zone.recovery_point, zone.recovery_time) == (timedelta(seconds=10), PRODUCTION.cache.recovery_time)
    assert (data.recovery_point, data.recovery_time) == (timedelta(days=1), timedelta(hours=1))
    assert "keep nothing in it that is nowhere else" in data.how
    create = next(command for command in data.restore_commands if "create-replication-group" in command)
    for flag in (
        "--transit-encryption-enabled",
        "--at-rest-encryption-enabled",
        "--user-group-ids",
        "--kms-key-id",
        "--num-cache-clusters 2",
    ):
        assert flag in create
    (recorded,) = replicated.template.recorded("ReplicatedCache")
    assert [fact["recovery_point"] for fact in recorded["recovery"]] == [10, 86_400]
    assert recorded["watchable"] is True


@pytest.mark.control("CACHE-2", "DR-4")
def test_a_serverless_cache_comes_back_from_a_snapshot(serverless: Built) -> None:
    zone, data = serverless.cache.recovery_facts
    assert (zone.recovery_point, data.recovery_point) == (timedelta(seconds=10), timedelta(days=1))
    assert any("--snapshot-arns-to-restore" in command for command in data.restore_commands)


def test_a_cluster_is_restored_with_its_shards() -> None:
    built = build(posture=replace(PRODUCTION.cache, shards=3))
    create = next(command for command in built.cache.recovery_facts[-1].restore_commands if "create-replication-group" in command)
    assert "--num-node-groups 3 --replicas-per-node-group 1" in create
