"""Constructs to watch that cost nothing: alarms and graphs as data."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from constructs import Construct

from prodready_constructs.contracts import (
    AlarmSpec,
    AnyAlarmSpec,
    EventSpec,
    GraphSpec,
    MathMetric,
    Metric,
    RdsEventSpec,
    RunbookSpec,
    Severity,
    record,
)

RUNBOOK = RunbookSpec(
    meaning="Users see errors.", causes=("a bad release",), first_commands=("aws rds describe-db-instances",), escalation="Call the owner."
)
CPU = AlarmSpec(
    id="CpuHigh",
    metric=Metric(namespace="AWS/RDS", name="CPUUtilization", dimensions={"DBInstanceIdentifier": "orders"}),
    threshold=80,
    comparison="GreaterThanThreshold",
    severity=Severity.WARNING,
    runbook=RUNBOOK,
    source="Ledger OPS-2",
)
LATENCY = replace(
    CPU,
    id="LatencyHigh",
    metric=Metric(namespace="AWS/ApplicationELB", name="TargetResponseTime", statistic="p95"),
    threshold=0.5,
    datapoints=3,
    missing_data="notBreaching",
)
ERRORS = replace(
    CPU,
    id="ErrorRate",
    metric=MathMetric(
        expression="100 * errors / requests",
        using={
            "errors": Metric(namespace="Shop", name="Errors", dimensions={"Api": "orders"}, statistic="Sum"),
            "requests": Metric(namespace="Shop", name="Requests", dimensions={"Api": "orders"}, statistic="Sum"),
        },
        label="Error rate",
        period=timedelta(minutes=5),
    ),
    threshold=5,
    periods=1,
    severity=Severity.CRITICAL,
    missing_data="notBreaching",
)
STOPPED = EventSpec(
    id="TaskStopped",
    pattern={"source": ["aws.ecs"], "detail-type": ["ECS Task State Change"]},
    severity=Severity.WARNING,
    runbook=RUNBOOK,
    source="Ledger OPS-2",
)
FAILOVER = RdsEventSpec(
    id="Failover",
    source_type="db-instance",
    source_ids=("orders",),
    categories=("failover", "failure"),
    severity=Severity.CRITICAL,
    runbook=RUNBOOK,
    source="Ledger DB-10",
)


class Watched(Construct):
    """A construct that owns no resource and describes whatever alarms it is given."""

    def __init__(
        self, scope: Construct, construct_id: str, *specs: AnyAlarmSpec, graphs: tuple[GraphSpec, ...] = (), silent: bool = False
    ) -> None:
        super().__init__(scope, construct_id)
        self._specs = () if silent else specs or (CPU, LATENCY, ERRORS, STOPPED, FAILOVER)
        self._graphs = graphs
        record(self, controls=(), tier="data", watchable=True)

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        return self._specs

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        return self._graphs
