"""The nouns that rooms share: what can be watched, recovered, connected to and claimed. Data only, no AWS module.

Rooms never import each other. A construct of one room describes itself with these values, and a construct of another
room (``monitoring.Watch``, ``recovery.BackupPlan``, ``compute.WebService``) reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from aws_cdk import aws_certificatemanager as acm
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_ecs as ecs
    from aws_cdk import aws_elasticloadbalancingv2 as elbv2
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_route53 as route53
    from aws_cdk import aws_secretsmanager as secretsmanager
    from constructs import Construct, IConstruct

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
        source: where the threshold comes from (an AWS document, a ledger row, our reason).
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


AnyAlarmSpec = AlarmSpec | EventSpec | RdsEventSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphSpec:
    """One graph of the dashboard."""

    title: str
    metrics: tuple[Metric | MathMetric, ...]
    unit: str | None = None


class Watchable(Protocol):
    """A construct that can fail in a way somebody must hear of. Found unwatched in the finished app, it fails the synth."""

    @property
    def node(self) -> Any: ...
    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]: ...
    @property
    def graphs(self) -> tuple[GraphSpec, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryFact:
    """How one store comes back.

    Attributes:
        store: what it is, in words ("PostgreSQL orders").
        recovery_point: the most data that can be lost (RPO); recovery_time: how long a restore takes (RTO).
        recovery_time_is: where that time comes from: an assumption says so.
        how: the mechanism; restore_commands: AWS CLI commands to paste.
    """

    store: str
    recovery_point: timedelta
    recovery_time: timedelta
    recovery_time_is: str
    how: str
    restore_commands: tuple[str, ...]


class Recoverable(Protocol):
    """A construct that holds state: what AWS Backup selects, and how it is restored."""

    @property
    def node(self) -> Any: ...
    @property
    def backup_arns(self) -> tuple[str, ...]: ...
    @property
    def recovery_facts(self) -> tuple[RecoveryFact, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretField:
    """One field of a JSON secret, handed to a container as an ECS secret and never as a plain value."""

    secret: secretsmanager.ISecret
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """What a workload needs to use a store: where it is, what it signs in with, and what must be open.

    Attributes:
        environment: plain values (host, port, name); secrets: environment variable -> secret field.
    """

    connections: ec2.Connections
    port: int
    environment: Mapping[str, str]
    secrets: Mapping[str, SecretField]


class Attachable(Protocol):
    """A store a workload can be connected to: ``service.connect_to(database)``."""

    @property
    def attachment(self) -> Attachment: ...


class FrontDoor(Protocol):
    """A load balancer that a service can stand behind: ``WebService(load_balancer=...)``."""

    @property
    def load_balancer(self) -> elbv2.IApplicationLoadBalancer: ...
    def route_to(
        self, service: ecs.FargateService, *, container_port: int, health_check_path: str, drain: timedelta
    ) -> elbv2.ApplicationTargetGroup: ...


class NamedDomain(Protocol):
    """A name with its certificate and records: ``edge.Domain``, for what CloudFront serves elsewhere (``UserDirectory.add_sign_in_page``)."""

    name: str

    def require_us_east_1(self, *, wanted_by: Construct) -> acm.ICertificate: ...
    def alias(self, target: route53.IAliasRecordTarget, *, scope: Construct | None = None) -> tuple[route53.RecordSet, ...]: ...


class Grantee(Protocol):
    """Anything with a principal."""

    @property
    def grant_principal(self) -> iam.IPrincipal: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlClaim:
    """A promise that can be checked: this construct meets *control* of the requirements ledger, and how.

    Attributes:
        control: a ledger id ("DB-2").
        how: one sentence an auditor can check in the template.
        frameworks: ids in the frameworks, e.g. "NIST 800-53 r5 SC-28", "HIPAA 164.312(a)(2)(iv)", "PCI DSS 3.2.1 3.4",
            "SOC 2 CC6.1", "GDPR Art. 32".
    """

    control: str
    how: str
    frameworks: tuple[str, ...] = ()


METADATA_KEY = "prodready:construct"


def record(
    construct: IConstruct,
    *,
    controls: tuple[ControlClaim, ...],
    tier: Literal["edge", "compute", "data", "network", "recovery", "monitoring", "security", "audit"],
    **facts: Any,
) -> None:
    """Write what the evidence needs into the construct's own node; it appears in the assembly under its path.

    *facts* are JSON values (``watchable=True``, ``recovery=[...]``); tokens in them are resolved at synth. One jsii message.
    """
    construct.node.add_metadata(
        METADATA_KEY,
        {
            "kind": type(construct).__name__,
            "tier": tier,
            "controls": [{"control": c.control, "how": c.how, "frameworks": list(c.frameworks)} for c in controls],
            **facts,
        },
    )
