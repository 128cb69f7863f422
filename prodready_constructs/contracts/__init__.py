"""The nouns that rooms share: what can be watched, recovered, connected to and claimed. Data only, no AWS module.

Rooms never import each other. A construct of one room describes itself with these values, and a construct of another
room (``monitoring.Watch``, ``recovery.BackupPlan``, ``compute.WebService``) reads them.
"""

from __future__ import annotations

from prodready_constructs.contracts.evidence import METADATA_KEY, ControlClaim, record
from prodready_constructs.contracts.recovery import Recoverable, RecoveryFact
from prodready_constructs.contracts.watching import (
    AlarmSpec,
    AnyAlarmSpec,
    Comparison,
    EventSpec,
    GraphSpec,
    MathMetric,
    Metric,
    MissingData,
    RdsEventSpec,
    Releasable,
    RunbookSpec,
    Severity,
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
    "AnyAlarmSpec",
    "Attachable",
    "Attachment",
    "Comparison",
    "ControlClaim",
    "EventSpec",
    "FrontDoor",
    "Grantee",
    "GraphSpec",
    "MathMetric",
    "Metric",
    "MissingData",
    "NamedDomain",
    "RdsEventSpec",
    "Recoverable",
    "RecoveryFact",
    "Releasable",
    "Route",
    "RunbookSpec",
    "SecretField",
    "Severity",
    "ShiftingDoor",
    "SideDoor",
    "Watchable",
    "WorkQueue",
    "record",
]
