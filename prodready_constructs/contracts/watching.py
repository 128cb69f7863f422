"""What can be watched: alarms, events, runbooks and graphs, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import Any, Literal, Protocol

MissingData = Literal["breaching", "notBreaching", "ignore", "missing"]
Comparison = Literal["GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold"]


class Severity(Enum):
    """Who is told: ``CRITICAL`` wakes someone, ``WARNING`` waits for the morning."""

    CRITICAL = "critical"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One CloudWatch metric, as data: a CDK ``Metric`` object would cost a message to the jsii kernel each."""

    namespace: str
    name: str
    dimensions: Mapping[str, str] = field(default_factory=dict)
    statistic: str = "Average"
    period: timedelta = timedelta(minutes=1)
    label: str | None = None
    #: The region of the metric where it is not the stack's (CloudFront's are in us-east-1).
    region: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MathMetric:
    """CloudWatch metric math over named metrics: ``MathMetric(expression="100*e/r", using={"e": ..., "r": ...})``."""

    expression: str
    using: Mapping[str, Metric]
    label: str
    period: timedelta = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunbookSpec:
    """What the person who was woken reads first.

    Attributes:
        meaning: one sentence: what is happening to users or data.
        causes: likely causes, the most likely first.
        first_commands: AWS CLI commands to paste; tokens of the stack (an instance identifier) are resolved at synth.
        escalation: whom to call when the commands did not help.
    """

    meaning: str
    causes: tuple[str, ...]
    first_commands: tuple[str, ...]
    escalation: str = "Not mended in 30 minutes: page the owner named in the stack's tags and open an AWS Support case."


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSpec:
    """A CloudWatch alarm, as data; ``monitoring.Watch`` makes it, routes it and writes its runbook.

    Attributes:
        id: PascalCase, unique within its construct; part of the logical id.
        periods: how many periods are looked at; datapoints: how many of them must breach (all, when None).
        missing_data: what silence means for *this* metric; chosen deliberately for each alarm.
        warm_up: how long a new alarm keeps quiet, 1 minute to 2 days, for a metric that cannot have come yet; at once when None.
        source: where the threshold comes from (an AWS document, a ledger row, our reason).
        tells: ARN of the topic it is told to in place of its severity's, for alarms about a route itself.
    """

    id: str
    metric: Metric | MathMetric
    threshold: float
    comparison: Comparison
    severity: Severity
    runbook: RunbookSpec
    source: str
    periods: int = 5
    datapoints: int | None = None
    missing_data: MissingData = "missing"
    warm_up: timedelta | None = None
    tells: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnomalySpec:
    """An alarm on what is unusual for this hour of this weekday, where no fixed threshold is right.

    Attributes:
        width: of the band of expected values, in standard deviations; side: where outside of it the alarm goes off.
        source: why a learned band is better than a number here.
    """

    id: str
    metric: Metric | MathMetric
    severity: Severity
    runbook: RunbookSpec
    source: str
    width: float = 2.0
    side: Literal["ABOVE", "BELOW", "EITHER"] = "EITHER"
    periods: int = 3
    datapoints: int | None = None
    missing_data: MissingData = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositeSpec:
    """Alarms that mean something together only: the members keep quiet, and somebody is told while all of them are on.

    Attributes:
        all_of: two or more alarms; an id is unique within this composite, and of each member's words only the threshold counts.
        source: why they are looked at together.
    """

    id: str
    all_of: tuple[AlarmSpec, ...]
    severity: Severity
    runbook: RunbookSpec
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSpec:
    """Something worth waking for that has no metric: an EventBridge *pattern* routed to the alert topic."""

    id: str
    pattern: Mapping[str, Any]
    severity: Severity
    runbook: RunbookSpec
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RdsEventSpec:
    """An RDS event subscription: *categories* of events of one database, routed to the alert topic."""

    id: str
    source_type: Literal["db-instance", "db-cluster", "db-parameter-group", "db-security-group"]
    source_ids: tuple[str, ...]
    categories: tuple[str, ...]
    severity: Severity
    runbook: RunbookSpec
    source: str


AnyAlarmSpec = AlarmSpec | AnomalySpec | CompositeSpec | EventSpec | RdsEventSpec


#: What one looks at first: how much comes, how much of it fails, how long it takes, how full it is.
#: Source: https://sre.google/sre-book/monitoring-distributed-systems/ (the four golden signals)
Signal = Literal["traffic", "errors", "latency", "saturation"]


@dataclass(frozen=True, slots=True)
class Goal:
    """A line across a graph: what is aimed at, or allowed."""

    value: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphSpec:
    """One graph of the dashboard.

    Attributes:
        signal: which of the four golden signals it shows; when None, the names of its metrics say.
        goal: drawn across it.
    """

    title: str
    metrics: tuple[Metric | MathMetric, ...]
    unit: str | None = None
    signal: Signal | None = None
    goal: Goal | None = None


class Watchable(Protocol):
    """A construct that can fail in a way somebody must hear of. Found unwatched in the finished app, it fails the synth."""

    @property
    def node(self) -> Any: ...
    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]: ...
    @property
    def graphs(self) -> tuple[GraphSpec, ...]: ...


class Releasable(Watchable, Protocol):
    """A watchable whose new version takes over step by step, and goes back by itself when one of these alarms goes off.

    A metric of a rollback twin names nothing that in turn names the alarm: CloudFormation would have no order to make them in.
    """

    @property
    def rollback_specs(self) -> tuple[AlarmSpec, ...]: ...
    def roll_back_on(self, alarm_names: Sequence[str]) -> None: ...
