"""What of a database wakes somebody: each alarm of DB-10, thresholds computed from class and storage, runbooks that name it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from prodready_constructs.contracts import AlarmSpec, EventSpec, RdsEventSpec, Severity
from prodready_constructs.database import MYSQL_8_4, POSTGRESQL_17, Engine
from prodready_constructs.database.classes import CLASSES, GIB, connection_limit
from prodready_constructs.posture import PRODUCTION, STAGING, DatabasePosture
from tests.database.conftest import Built, build


def alarms(built: Built) -> dict[str, AlarmSpec]:
    return {spec.id: spec for spec in built.database.alarm_specs if isinstance(spec, AlarmSpec)}


@pytest.mark.control("DB-10", "OPS-2")
def test_every_alarm_of_the_ledger_is_there(production: Built) -> None:
    found = {name: (spec.threshold, spec.severity) for name, spec in alarms(production).items()}
    limit = {"postgres": 337, "mysql": 256}[production.engine.name]
    assert found == {
        "CpuHigh": (80, Severity.WARNING),
        "MemoryLow": (pytest.approx(0.4 * GIB), Severity.WARNING),
        "StorageLow": (10 * GIB, Severity.CRITICAL),
        "StorageShrinking": (20 * GIB, Severity.WARNING),
        "ConnectionsHigh": (int(limit * 0.8), Severity.WARNING),
        "ConnectionFailures": (5, Severity.CRITICAL),
        "ReadLatencyHigh": (0.02, Severity.WARNING),
        "WriteLatencyHigh": (0.02, Severity.WARNING),
        "DiskQueueDeep": (30, Severity.WARNING),
        "CpuCreditsLow": (12, Severity.WARNING),
    }
    assert production.template.props("AWS::RDS::DBParameterGroup")["Parameters"]["max_connections"] == str(limit)


@pytest.mark.control("DB-10")
@pytest.mark.parametrize(
    ("posture", "engine", "alarm", "threshold"),
    [
        (STAGING.database, POSTGRESQL_17, "ConnectionsHigh", int(84 * 0.8)),
        (STAGING.database, POSTGRESQL_17, "StorageLow", 2 * GIB),
        (replace(PRODUCTION.database, instance_class="r7g.4xlarge"), POSTGRESQL_17, "ConnectionsHigh", 4_000),
        (replace(PRODUCTION.database, instance_class="r7g.4xlarge"), MYSQL_8_4, "ConnectionsHigh", int(8192 * 0.8)),
        (replace(PRODUCTION.database, storage_gib=400, max_storage_gib=1_000), POSTGRESQL_17, "DiskQueueDeep", 120),
    ],
)
def test_thresholds_follow_the_class_and_the_storage(posture: DatabasePosture, engine: Engine, alarm: str, threshold: float) -> None:
    assert alarms(build(engine, posture))[alarm].threshold == pytest.approx(threshold, abs=1)


def test_only_burstable_classes_have_credits() -> None:
    assert "CpuCreditsLow" not in alarms(build(posture=replace(PRODUCTION.database, instance_class="m7g.large")))


def test_no_class_is_given_more_connections_than_rds_would_allow_it() -> None:
    for klass in CLASSES.values():
        assert connection_limit(POSTGRESQL_17, klass) <= min(5_000, klass.memory * 0.8 / 9_531_392)
        assert connection_limit(MYSQL_8_4, klass) <= klass.memory * 0.8 / 12_582_880
    assert (CLASSES["m6i.16xlarge"].memory, CLASSES["r8g.large"].memory) == (256 * GIB, 16 * GIB)


@pytest.mark.control("DB-10")
def test_a_full_disk_wakes_only_when_autoscaling_had_its_time(production: Built) -> None:
    spec = alarms(production)["StorageLow"]
    assert spec.metric.period * spec.periods == timedelta(minutes=15)
    assert spec.comparison == "LessThanThreshold"


@pytest.mark.control("DB-10", "OPS-2")
def test_refused_connections_are_counted_from_the_log(production: Built) -> None:
    filter_ = production.template.props("AWS::Logs::MetricFilter")
    group = production.template.resources[filter_["LogGroupName"]["Ref"]]["Properties"]["LogGroupName"]
    assert group.endswith({"postgres": "/postgresql", "mysql": "/audit"}[production.engine.name])
    assert {"postgres": "password authentication failed", "mysql": "FAILED_CONNECT"}[production.engine.name] in filter_["FilterPattern"]
    (counted,) = filter_["MetricTransformations"]
    spec = alarms(production)["ConnectionFailures"]
    assert (spec.metric.namespace, spec.metric.name) == (counted["MetricNamespace"], counted["MetricName"])
    assert (spec.metric.statistic, spec.missing_data, counted["DefaultValue"]) == ("Sum", "notBreaching", 0)


@pytest.mark.control("DB-10")
def test_rds_events_are_subscribed_to(production: Built) -> None:
    events = {spec.id: spec for spec in production.database.alarm_specs if isinstance(spec, RdsEventSpec)}
    categories = {name: (spec.severity, set(spec.categories)) for name, spec in events.items()}
    assert categories == {
        "Failover": (Severity.CRITICAL, {"failover"}),
        "Failure": (Severity.CRITICAL, {"failure", "low storage", "deletion"}),
        "Attention": (Severity.WARNING, {"availability", "maintenance", "notification", "recovery", "security"}),
    }
    source = {production.stack.resolve(spec.source_ids[0])["Ref"] for spec in events.values()}
    assert source == set(production.template.of_type("AWS::RDS::DBInstance"))


@pytest.mark.control("DB-10", "DB-4")
def test_backups_and_rotation_are_heard_of_when_they_fail_and_only_then(production: Built) -> None:
    events = {spec.id: spec for spec in production.database.alarm_specs if isinstance(spec, EventSpec)}
    backup = events["BackupTrouble"].pattern["detail"]
    assert backup["SourceIdentifier"] == [production.instance["DBInstanceIdentifier"]]
    assert backup["EventID"] == [{"anything-but": ["RDS-EVENT-0001", "RDS-EVENT-0002"]}]
    rotation = events["SecretRotationFailed"].pattern["detail"]
    assert rotation["eventName"] == ["RotationFailed", "RotationAbandoned"]
    assert "MasterUserSecret.SecretArn" in str(production.stack.resolve(rotation["additionalEventData"]["SecretId"]))


@pytest.mark.control("DB-10")
def test_storage_that_nears_its_ceiling_is_heard_of_by_event(production: Built) -> None:
    # No metric says how much storage RDS has allocated; see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html
    (ceiling,) = [spec for spec in production.database.alarm_specs if spec.id == "StorageCeilingNear"]
    assert isinstance(ceiling, EventSpec)
    assert ceiling.pattern["detail"] == {
        "SourceIdentifier": [production.instance["DBInstanceIdentifier"]],
        "EventID": ["RDS-EVENT-0223", "RDS-EVENT-0224", "RDS-EVENT-0225"],
    }
    assert "MaxAllocatedStorage" in ceiling.runbook.first_commands[0]


@pytest.mark.control("OPS-3")
def test_every_runbook_names_this_database_and_its_source(production: Built) -> None:
    name = production.instance["DBInstanceIdentifier"]
    specs = production.database.alarm_specs
    assert len({spec.id for spec in specs}) == len(specs)
    for spec in specs:
        assert any(name in command for command in spec.runbook.first_commands), spec.id
        assert spec.runbook.meaning.endswith("."), spec.id
        assert len(spec.runbook.causes) >= 2, spec.id
        assert spec.source, spec.id


@pytest.mark.control("OPS-4")
def test_the_dashboard_shows_the_instance(production: Built) -> None:
    shown = {metric.name for graph in production.database.graphs for metric in graph.metrics}  # type: ignore[union-attr]
    assert {"CPUUtilization", "DatabaseConnections", "FreeStorageSpace", "ReadLatency", "WriteLatency", "DBLoad"} <= shown


@pytest.mark.control("DR-1", "DR-4", "DB-12")
def test_it_says_how_it_comes_back(production: Built) -> None:
    zone, data = production.database.recovery_facts
    assert (zone.recovery_point, zone.recovery_time) == (timedelta(0), timedelta(minutes=2))
    assert (data.recovery_point, data.recovery_time) == (timedelta(minutes=5), timedelta(hours=4))
    assert "assumption" in data.recovery_time_is
    name = production.instance["DBInstanceIdentifier"]
    commands = data.restore_commands
    (restore,) = [command for command in commands if "restore-db-instance-to-point-in-time" in command]
    assert f"--source-db-instance-identifier {name} --target-db-instance-identifier {name}-restored" in restore
    # RDS would give a restored instance the account's default groups, a public address by the subnets, and one zone.
    for flag in (
        "--vpc-security-group-ids",
        "--db-parameter-group-name",
        "--multi-az",
        "--no-publicly-accessible",
        "--deletion-protection",
    ):
        assert flag in restore
    assert ("--option-group-name" in restore) is (production.engine.name == "mysql")
    assert f"--port {production.instance['Port']}" in restore
    assert any("--manage-master-user-password --master-user-secret-kms-key-id" in command for command in commands)
    assert f"--new-db-instance-identifier {name}-before" in "\n".join(commands)
    (facts,) = production.template.recorded("MultiAzDatabase")
    assert [(fact["recovery_point"], fact["recovery_time"]) for fact in facts["recovery"]] == [(0, 120), (300, 14_400)]
    assert production.stack.resolve(production.database.backup_arns[0])


def test_without_a_standby_only_the_backup_brings_it_back() -> None:
    (fact,) = build(posture=STAGING.database).database.recovery_facts
    assert fact.recovery_point == timedelta(minutes=5)
    assert any("--no-multi-az" in command for command in fact.restore_commands)
