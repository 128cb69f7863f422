"""What RDS and Secrets Manager report of a database that no metric shows. No AWS module."""

from __future__ import annotations

from prodready_constructs.contracts import EventSpec, RdsEventSpec, RunbookSpec, Severity
from prodready_constructs.database.watched import WatchedInstance, describe, recent_events
from prodready_constructs.foundation.rotation_alarms import rotation_failed

_RDS_EVENTS = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html; ledger DB-10"


def event_specs(db: WatchedInstance) -> tuple[RdsEventSpec | EventSpec, ...]:
    """Event subscriptions by category, and two EventBridge rules where a category says too much or nothing."""
    commands = (recent_events(db), describe(db))

    def events(event_id: str, severity: Severity, categories: tuple[str, ...], meaning: str, causes: tuple[str, ...]) -> RdsEventSpec:
        return RdsEventSpec(
            id=event_id,
            source_type="db-instance",
            source_ids=(db.source,),
            categories=categories,
            severity=severity,
            source=_RDS_EVENTS,
            runbook=RunbookSpec(meaning=meaning, causes=causes, first_commands=commands),
        )

    always: tuple[RdsEventSpec | EventSpec, ...] = (
        events(
            "Failover",
            Severity.CRITICAL,
            ("failover",),
            "RDS moved the database to its standby: connections were cut, and clients must reconnect.",
            ("loss of a host, its storage or its zone", "maintenance or a change of class", "somebody rebooted with failover"),
        ),
        events(
            "Failure",
            Severity.CRITICAL,
            ("failure", "low storage", "deletion"),
            "The database failed, ran out of storage, or is being deleted.",
            (
                "storage full and the ceiling of autoscaling reached",
                "incompatible parameters or network",
                "a deletion after protection was lifted",
            ),
        ),
        events(
            "Attention",
            Severity.WARNING,
            ("availability", "maintenance", "notification", "recovery", "security"),
            "The database restarted, recovers, has maintenance ahead, or RDS has something to say about it.",
            ("the weekly maintenance window", "a restart after a change of parameters", "an expiring certificate or key"),
        ),
        ceiling_near(db.identifier, commands),
    )
    if db.replica_lag is not None:
        # A replica has no backups and no master password of its own.
        return (
            *always,
            events(
                "Replication",
                Severity.CRITICAL,
                ("read replica",),
                "RDS reports something about the replication: it stopped, broke off, or runs again.",
                (
                    "a setting that differs from the source's",
                    "the replica's disk is full",
                    "replication stopped for 30 days, and RDS ended it",
                ),
            ),
        )
    backup = backup_trouble(db, commands)
    return (*always, backup) if db.secret_arn is None else (*always, backup, master_rotation_failed(db.secret_arn, commands))


def ceiling_near(identifier: str, commands: tuple[str, ...]) -> EventSpec:
    """Storage autoscaling comes near its ceiling. No metric says how much storage is allocated; RDS tells by event."""
    return EventSpec(
        id="StorageCeilingNear",
        pattern={
            "source": ["aws.rds"],
            "detail-type": ["RDS DB Instance Event"],
            "detail": {"SourceIdentifier": [identifier], "EventID": ["RDS-EVENT-0223", "RDS-EVENT-0224", "RDS-EVENT-0225"]},
        },
        severity=Severity.WARNING,
        source=_RDS_EVENTS + "; 0225: near the ceiling, 0224: the next growth reaches it, 0223: cannot grow",
        runbook=RunbookSpec(
            meaning="The disk has nearly grown to the posture's max_storage_gib: once there it fills up, and full means read-only, then down.",
            causes=(
                "data grew",
                "old transaction logs kept by a replication slot",
                "a ceiling less than a quarter above what is allocated",
            ),
            first_commands=(f"{commands[-1]} --query 'DBInstances[0].[AllocatedStorage,MaxAllocatedStorage]'", *commands),
        ),
    )


def backup_trouble(db: WatchedInstance, commands: tuple[str, ...]) -> EventSpec:
    """A backup did something else than begin and end."""
    return EventSpec(
        id="BackupTrouble",
        # An event subscription takes the whole backup category, start and end of each backup with it: every day two
        # messages that all is well. EventBridge can leave those two out.
        pattern={
            "source": ["aws.rds"],
            "detail-type": ["RDS DB Instance Event"],
            "detail": {
                "EventCategories": ["backup"],
                "SourceIdentifier": [db.identifier],
                "EventID": [{"anything-but": ["RDS-EVENT-0001", "RDS-EVENT-0002"]}],
            },
        },
        severity=Severity.CRITICAL,
        source=_RDS_EVENTS + "; 0001 and 0002 are the beginning and the end of a backup",
        runbook=RunbookSpec(
            meaning="RDS reports something about a backup other than its beginning and end: the latest restorable time may stand still.",
            causes=("the key is disabled or scheduled for deletion", "the instance was stopped, or its storage is full"),
            first_commands=(f"{describe(db)} --query 'DBInstances[0].LatestRestorableTime'", *commands),
        ),
    )


def master_rotation_failed(secret_arn: str, commands: tuple[str, ...]) -> EventSpec:
    """Secrets Manager could not rotate the master password; *commands* show the database."""
    return rotation_failed(
        "SecretRotationFailed",
        secret_arn=secret_arn,
        named=secret_arn,
        source="https://docs.aws.amazon.com/secretsmanager/latest/userguide/monitoring-eventbridge.html; ledger DB-4",
        meaning="The master password was not rotated: it still works, and gets older than the policy allows.",
        causes=("the key is disabled or its policy changed", "the instance was stopped or being modified"),
        then=commands,
    )
