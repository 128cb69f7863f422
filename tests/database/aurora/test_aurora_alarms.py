"""What of a cluster wakes somebody, and how it comes back: thresholds computed from class and capacity, runbooks that name it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from prodready_constructs.contracts import AlarmSpec, EventSpec, RdsEventSpec, Severity
from prodready_constructs.database import AURORA_MYSQL_3, AURORA_POSTGRESQL_17, AuroraEngine
from prodready_constructs.database.classes import GIB
from prodready_constructs.posture import STAGING
from prodready_constructs.posture.aurora import AuroraPosture
from tests.database.aurora.conftest import POSTURE, Built, build

PROVISIONED = replace(POSTURE, instance_class="r7g.large", min_capacity=None, max_capacity=None)
BURSTABLE = replace(PROVISIONED, instance_class="t4g.medium")


def alarms(built: Built) -> dict[str, AlarmSpec]:
    return {spec.id: spec for spec in built.database.alarm_specs if isinstance(spec, AlarmSpec)}


@pytest.mark.control("DB-10", "OPS-2")
def test_every_alarm_is_there(production: Built) -> None:
    found = {name: (spec.threshold, spec.severity) for name, spec in alarms(production).items()}
    mysql = production.engine.name == "aurora-mysql"
    limit = 2_000 if mysql else 2_703
    tib = 1024 * GIB
    assert found == {
        "CpuHigh": (80, Severity.WARNING),
        "MemoryLow": (pytest.approx(3.2 * GIB), Severity.WARNING),
        "CapacityHigh": (90, Severity.WARNING),
        "ConnectionsHigh": (int(limit * 0.8), Severity.WARNING),
        "ConnectionFailures": (pytest.approx(5 / 60) if mysql else 5, Severity.CRITICAL),
        "VolumeLarge": (pytest.approx((25.6 if mysql else 102.4) * tib), Severity.WARNING),
        "Deadlocks": (0.1, Severity.WARNING),
        "ReplicaLagHigh": (1_000, Severity.WARNING),
        **({"BacktrackShort": (0, Severity.WARNING)} if mysql else {"TransactionIdsOld": (1_000_000_000, Severity.WARNING)}),
    }
    assert production.template.props("AWS::RDS::DBParameterGroup")["Parameters"]["max_connections"] == str(limit)


@pytest.mark.control("DB-10")
@pytest.mark.parametrize(
    ("posture", "engine", "alarm", "threshold"),
    [
        (PROVISIONED, AURORA_POSTGRESQL_17, "ConnectionsHigh", int(1_351 * 0.8)),
        (PROVISIONED, AURORA_MYSQL_3, "ConnectionsHigh", 800),
        (PROVISIONED, AURORA_POSTGRESQL_17, "MemoryLow", 1.6 * GIB),
        (PROVISIONED, AURORA_POSTGRESQL_17, "LocalStorageLow", 3.2 * GIB),
        (BURSTABLE, AURORA_POSTGRESQL_17, "CpuCreditsLow", 12),
        (BURSTABLE, AURORA_MYSQL_3, "ConnectionsHigh", 72),
        (STAGING.aurora, AURORA_POSTGRESQL_17, "ConnectionsHigh", int(675 * 0.8)),
        (STAGING.aurora, AURORA_POSTGRESQL_17, "MemoryLow", 0.8 * GIB),
    ],
)
def test_thresholds_follow_class_and_capacity(posture: AuroraPosture, engine: AuroraEngine, alarm: str, threshold: float) -> None:
    assert alarms(build(engine, posture))[alarm].threshold == pytest.approx(threshold, abs=1)


def test_only_what_there_is_has_an_alarm() -> None:
    provisioned, alone = alarms(build(posture=PROVISIONED)), alarms(build(posture=STAGING.aurora))
    assert not {"CapacityHigh", "CpuCreditsLow"} & provisioned.keys()
    assert not {"ReplicaLagHigh", "LocalStorageLow"} & alone.keys()


@pytest.mark.control("DB-10")
def test_alarms_look_at_the_worst_instance_whichever_writes_just_now(production: Built) -> None:
    found = alarms(production)
    own = {name for name, spec in found.items() if spec.metric.namespace == "AWS/RDS"}  # type: ignore[union-attr]
    assert found.keys() - own <= {"ConnectionFailures"}
    for name in own:
        assert found[name].metric.dimensions == {"DBClusterIdentifier": production.name}  # type: ignore[union-attr]
    assert (found["CpuHigh"].metric.statistic, found["MemoryLow"].metric.statistic) == ("Maximum", "Minimum")  # type: ignore[union-attr]
    assert found["CpuHigh"].metric.period * found["CpuHigh"].periods == timedelta(minutes=15)


@pytest.mark.control("DB-10", "OPS-2")
def test_refused_connections_are_counted(production: Built) -> None:
    metric = alarms(production)["ConnectionFailures"].metric
    if production.engine.name == "aurora-mysql":
        assert metric.name == "LoginFailures"  # type: ignore[union-attr]
        assert not production.template.of_type("AWS::Logs::MetricFilter")
        return
    filter_ = production.template.props("AWS::Logs::MetricFilter")
    assert "password authentication failed" in filter_["FilterPattern"]
    (counted,) = filter_["MetricTransformations"]
    assert (metric.namespace, metric.name) == (counted["MetricNamespace"], counted["MetricName"])  # type: ignore[union-attr]


@pytest.mark.control("DB-10")
def test_events_of_the_cluster_and_of_its_instances_are_subscribed_to(production: Built) -> None:
    events = {spec.id: spec for spec in production.database.alarm_specs if isinstance(spec, RdsEventSpec)}
    assert {name: (spec.source_type, spec.severity, set(spec.categories)) for name, spec in events.items()} == {
        "Failover": ("db-cluster", Severity.CRITICAL, {"failover"}),
        "Failure": ("db-cluster", Severity.CRITICAL, {"failure", "deletion"}),
        "Attention": ("db-cluster", Severity.WARNING, {"maintenance", "notification"}),
        "InstanceFailure": ("db-instance", Severity.CRITICAL, {"failure", "low storage", "deletion"}),
        "InstanceAttention": ("db-instance", Severity.WARNING, {"availability", "maintenance", "notification", "recovery"}),
    }
    for spec in events.values():
        referred = {production.stack.resolve(source)["Ref"] for source in spec.source_ids}
        kind = {"db-cluster": "Cluster", "db-instance": "Instance"}[spec.source_type]
        assert referred == set(production.template.of_type(f"AWS::RDS::DB{kind}"))


@pytest.mark.control("DB-4", "DB-10")
def test_a_failed_rotation_is_heard_of(production: Built) -> None:
    (rotation,) = [spec for spec in production.database.alarm_specs if isinstance(spec, EventSpec)]
    assert rotation.pattern["detail"]["eventName"] == ["RotationFailed", "RotationAbandoned"]
    assert "MasterUserSecret.SecretArn" in str(production.stack.resolve(rotation.pattern["detail"]["additionalEventData"]["SecretId"]))


@pytest.mark.control("OPS-3")
def test_every_runbook_names_this_cluster_and_its_source(production: Built) -> None:
    specs = production.database.alarm_specs
    assert len({spec.id for spec in specs}) == len(specs)
    for spec in specs:
        assert any(production.name in command for command in spec.runbook.first_commands), spec.id
        assert spec.runbook.meaning.endswith("."), spec.id
        assert len(spec.runbook.causes) >= 2, spec.id
        assert spec.source, spec.id


@pytest.mark.control("OPS-4")
def test_the_dashboard_shows_the_cluster(production: Built) -> None:
    shown = {metric.name for graph in production.database.graphs for metric in graph.metrics}  # type: ignore[union-attr]
    assert {"CPUUtilization", "ACUUtilization", "DatabaseConnections", "VolumeBytesUsed", "AuroraReplicaLagMaximum", "DBLoad"} <= shown
    load = next(graph for graph in production.database.graphs if "load" in graph.title).metrics
    assert [metric.dimensions["DBInstanceIdentifier"] for metric in load] == [f"{production.name}-{n}" for n in (1, 2)]  # type: ignore[union-attr]


@pytest.mark.control("DR-1", "DR-4", "DB-12")
def test_it_says_how_it_comes_back(production: Built) -> None:
    zone, *between, data = production.database.recovery_facts
    assert (zone.recovery_point, zone.recovery_time) == (timedelta(0), timedelta(minutes=2))
    assert f"failover-db-cluster --db-cluster-identifier {production.name}" in zone.restore_commands[0]
    assert (data.recovery_point, data.recovery_time) == (timedelta(minutes=5), timedelta(hours=4))
    assert "assumption" in data.recovery_time_is
    (restore,) = [command for command in data.restore_commands if "restore-db-cluster-to-point-in-time" in command]
    assert f"--source-db-cluster-identifier {production.name} --db-cluster-identifier {production.name}-restored" in restore
    # RDS would give a restored cluster the account's default groups, and no instance at all.
    wanted = (
        "--vpc-security-group-ids",
        "--db-cluster-parameter-group-name",
        "--serverless-v2-scaling-configuration MinCapacity=2,MaxCapacity=16",
        f"--port {production.cluster['Port']}",
        "--deletion-protection",
        "--kms-key-id",
    )
    assert [flag for flag in wanted if flag not in restore] == []
    (instances,) = [command for command in data.restore_commands if "create-db-instance" in command]
    assert instances.startswith("for n in 1 2; do ")
    assert (
        f"--db-instance-identifier {production.name}-restored-$n --engine {production.engine.name} --db-instance-class db.serverless"
        in instances
    )
    assert "--no-publicly-accessible" in instances
    assert any("--manage-master-user-password --master-user-secret-kms-key-id" in command for command in data.restore_commands)
    assert f"--new-db-cluster-identifier {production.name}-before" in "\n".join(data.restore_commands)
    backtracks = production.engine.name == "aurora-mysql"
    assert [fact.store for fact in between] == (["Aurora MySQL orders: a mistake of the last 24 hours"] if backtracks else [])
    assert ("--backtrack-window 86400" in restore) is backtracks
    (facts,) = production.template.recorded("AuroraDatabase")
    assert [fact["recovery_point"] for fact in facts["recovery"]] == [0, *([300] if backtracks else []), 300]
    (arn,) = production.database.backup_arns
    assert {"Ref": next(iter(production.template.of_type("AWS::RDS::DBCluster")))} in production.stack.resolve(arn)["Fn::Join"][1]


def test_without_a_reader_only_the_backup_brings_it_back() -> None:
    (fact,) = build(posture=STAGING.aurora).database.recovery_facts
    assert fact.recovery_point == timedelta(minutes=5)
    assert any(command.startswith("for n in 1; do aws rds create-db-instance") for command in fact.restore_commands)


def test_a_provisioned_cluster_is_restored_on_its_class() -> None:
    commands = "\n".join(build(posture=PROVISIONED).database.recovery_facts[-1].restore_commands)
    assert "--db-instance-class db.r7g.large" in commands
    assert "--serverless-v2-scaling-configuration" not in commands
