"""The nouns that rooms share: what can be watched, recovered, connected to and claimed. Data only, no AWS module.

Rooms never import each other. A construct of one room describes itself with these values, and a construct of another
room (``monitoring.Watch``, ``recovery.BackupPlan``, ``compute.WebService``) reads them.
"""

from __future__ import annotations

from prodready_constructs.contracts.evidence import METADATA_KEY, ControlClaim, Tier, record, tier_of
from prodready_constructs.contracts.objectives import GoodAndBad, GoodMinutes, Measurable, ServiceLevelIndicator
from prodready_constructs.contracts.procedures import ProcedureSpec, ProcedureStep
from prodready_constructs.contracts.recovery import Recoverable, RecoveryFact
from prodready_constructs.contracts.watching import (
    AlarmSpec,
    AnomalySpec,
    AnyAlarmSpec,
    Comparison,
    CompositeSpec,
    EventSpec,
    Goal,
    GraphSpec,
    MathMetric,
    Metric,
    MissingData,
    RdsEventSpec,
    Releasable,
    RunbookSpec,
    Severity,
    Signal,
    Watchable,
)
from prodready_constructs.contracts.wiring import (
    Attachable,
    Attachment,
    FrontDoor,
    Grantee,
    NamedDomain,
    Route,
    SecretField,
    ShiftingDoor,
    SideDoor,
    WorkQueue,
)

__all__ = [
    "METADATA_KEY",
    "AlarmSpec",
    "AnomalySpec",
    "AnyAlarmSpec",
    "Attachable",
    "Attachment",
    "Comparison",
    "CompositeSpec",
    "ControlClaim",
    "EventSpec",
    "FrontDoor",
    "Goal",
    "GoodAndBad",
    "GoodMinutes",
    "Grantee",
    "GraphSpec",
    "MathMetric",
    "Measurable",
    "Metric",
    "MissingData",
    "NamedDomain",
    "ProcedureSpec",
    "ProcedureStep",
    "RdsEventSpec",
    "Recoverable",
    "RecoveryFact",
    "Releasable",
    "Route",
    "RunbookSpec",
    "SecretField",
    "ServiceLevelIndicator",
    "Severity",
    "ShiftingDoor",
    "SideDoor",
    "Signal",
    "Tier",
    "Watchable",
    "WorkQueue",
    "record",
    "tier_of",
]
