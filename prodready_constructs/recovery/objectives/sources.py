"""Where the most that is lost comes from: what AWS documents of each way back, told apart by its command. No AWS module."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.contracts import RecoveryFact
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.recovery.objectives.arithmetic import LATEST_RESTORABLE

_DOCS = "https://docs.aws.amazon.com"


@dataclass(frozen=True, slots=True)
class Documented:
    """A way back: the least that AWS says is lost by it, and where it says so."""

    least: timedelta
    says: str
    source: str


#: What a restore command is known by -> what AWS documents of it.
DOCUMENTED: Mapping[str, Documented] = {
    "aws rds restore-db-instance-to-point-in-time": Documented(
        LATEST_RESTORABLE, "RDS uploads transaction logs every five minutes", f"{_DOCS}/AmazonRDS/latest/UserGuide/USER_PIT.html"
    ),
    "aws rds restore-db-cluster-to-point-in-time": Documented(
        LATEST_RESTORABLE,
        "Aurora's latest restorable time is typically within the last five minutes",
        f"{_DOCS}/AmazonRDS/latest/AuroraUserGuide/Aurora.Managing.Backups.html",
    ),
    "aws dynamodb restore-table-to-point-in-time": Documented(
        LATEST_RESTORABLE,
        "DynamoDB's latest restorable time is typically five minutes ago",
        f"{_DOCS}/amazondynamodb/latest/APIReference/API_PointInTimeRecoveryDescription.html",
    ),
    "aws rds failover-global-cluster": Documented(
        timedelta(seconds=1),
        "Aurora replicates to another region typically within a second",
        f"{_DOCS}/AmazonRDS/latest/AuroraUserGuide/aurora-global-database.html",
    ),
    "aws rds reboot-db-instance": Documented(
        timedelta(0),
        "RDS acknowledges a write when the standby has it",
        f"{_DOCS}/AmazonRDS/latest/UserGuide/Concepts.MultiAZSingleStandby.html",
    ),
    "aws rds failover-db-cluster": Documented(
        timedelta(0),
        "writer and readers of Aurora share one volume",
        f"{_DOCS}/AmazonRDS/latest/AuroraUserGuide/Concepts.AuroraHighAvailability.html",
    ),
}


def documented(fact: RecoveryFact) -> Documented | None:
    """What AWS documents of the way back *fact*; None where it gives no number."""
    for words, found in DOCUMENTED.items():
        if any(command.startswith(words) for command in fact.restore_commands):
            return found
    return None


def point_source(fact: RecoveryFact) -> str:
    """Where its recovery point comes from; the construct's own words, beyond what AWS documents."""
    found = documented(fact)
    if found is None:
        return f"stated: {fact.how}"
    if fact.recovery_point == found.least:
        return f"{found.says}: {found.source}"
    return f"stated, with a margin: {found.says}: {found.source}"


def check_points(path: str, facts: Sequence[RecoveryFact]) -> None:
    """Refuse a store that claims to lose less than AWS documents of its way back: a promise on paper."""
    for fact in facts:
        found = documented(fact)
        if found is not None and fact.recovery_point < found.least:
            raise ConfigurationError(
                f"{path}: recovery point of {fact.store}",
                given=str(fact.recovery_point),
                allowed=f"{found.least} at least: {found.says} ({found.source})",
                mend=f"state {found.least}, or measure it",
            )
