"""What RDS and Secrets Manager report of a cluster that no metric shows. No AWS module."""

from __future__ import annotations

from typing import Literal

from prodready_constructs.contracts import EventSpec, RdsEventSpec, RunbookSpec, Severity
from prodready_constructs.database.aurora.watched import WatchedCluster, describe, recent_events
from prodready_constructs.database.events import master_rotation_failed

_EVENTS = "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_Events.Messages.html; ledger DB-10"
#: Failover of a global database: begun, not accepting writes, lagging, done, cancelled, failed.
_GLOBAL = tuple(f"RDS-EVENT-0{number}" for number in range(181, 188))


def event_specs(db: WatchedCluster) -> tuple[RdsEventSpec | EventSpec, ...]:
    """Event subscriptions of the cluster and of its instances, by category; EventBridge rules where a category says too much."""
    commands = (recent_events(db), describe(db))

    def events(
        event_id: str,
        source: Literal["db-cluster", "db-instance"],
        severity: Severity,
        categories: tuple[str, ...],
        *,
        meaning: str,
        causes: tuple[str, ...],
    ) -> RdsEventSpec:
        return RdsEventSpec(
            id=event_id,
            source_type=source,
            source_ids=(db.source,) if source == "db-cluster" else db.members,
            categories=categories,
            severity=severity,
            source=_EVENTS,
            runbook=RunbookSpec(meaning=meaning, causes=causes, first_commands=commands),
        )

    specs: list[RdsEventSpec | EventSpec] = [
        events(
            "Failover",
            "db-cluster",
            Severity.CRITICAL,
            ("failover",),
            meaning="Aurora moves the writing to another instance: connections were cut, and clients must reconnect.",
            causes=("loss of the writer or its zone", "maintenance or a change of class", "somebody asked for a failover"),
        ),
        events(
            "Failure",
            "db-cluster",
            Severity.CRITICAL,
            ("failure", "deletion"),
            meaning="The cluster failed, or is being deleted.",
            causes=("incompatible parameters or network", "the key is disabled", "a deletion after protection was lifted"),
        ),
        events(
            "InstanceFailure",
            "db-instance",
            Severity.CRITICAL,
            ("failure", "low storage", "deletion"),
            meaning="An instance of the cluster failed, ran out of storage, or is being deleted.",
            causes=("incompatible parameters or network", "the storage quota of the account", "somebody deleted a reader"),
        ),
        events(
            "Attention",
            "db-cluster",
            Severity.WARNING,
            ("maintenance", "notification"),
            meaning="The cluster has maintenance ahead, was stopped or patched, or Aurora has something to say about it.",
            causes=("the weekly maintenance window", "somebody stopped the cluster", "a minor version that is due"),
        ),
        events(
            "InstanceAttention",
            "db-instance",
            Severity.WARNING,
            ("availability", "maintenance", "notification", "recovery"),
            meaning="An instance of the cluster restarted, recovers, or has maintenance ahead.",
            causes=("the weekly maintenance window", "a restart after a change of parameters", "a reader that fell too far behind"),
        ),
    ]
    if db.global_name:
        specs.append(
            EventSpec(
                id="GlobalFailover",
                pattern={
                    "source": ["aws.rds"],
                    "detail-type": ["RDS DB Cluster Event"],
                    "detail": {"SourceIdentifier": [db.identifier], "EventID": list(_GLOBAL)},
                },
                severity=Severity.CRITICAL,
                source=_EVENTS,
                runbook=RunbookSpec(
                    meaning="The global database moves its primary to another region, or tried to: writers must follow it.",
                    causes=("somebody switched over or failed over", "a drill", "an operation that was cancelled or failed"),
                    first_commands=(f"aws rds describe-global-clusters --global-cluster-identifier {db.global_name}", *commands),
                ),
            )
        )
    if db.secret_arn:
        specs.append(master_rotation_failed(db.secret_arn, commands))
    return tuple(specs)
