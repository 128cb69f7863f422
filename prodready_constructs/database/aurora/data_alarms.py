"""What wakes somebody about the data of a cluster: its volume, its transactions, and how far its copies are behind. No AWS module."""

from __future__ import annotations

from prodready_constructs.contracts import AlarmSpec, Severity
from prodready_constructs.database.aurora.watched import WatchedCluster, cluster_alarm
from prodready_constructs.database.classes import GIB

#: The cluster volume of the versions offered here grows to 128 TiB at least.
#: Source: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/CHAP_Limits.html
_VOLUME = 128 * 1024 * GIB
#: Aurora PostgreSQL turns read-only at 2^31 - 1,000,000 (Aurora user guide, MaximumUsedTransactionIDs); autovacuum forces a freeze at 200 million.
_TRANSACTION_IDS = 1_000_000_000


def data_alarms(db: WatchedCluster) -> tuple[AlarmSpec, ...]:
    """A volume near its end, deadlocks, transactions too old, a way back too short."""
    mysql = db.engine.name == "aurora-mysql"
    # AWS advises the bytes left where they are published: they count what the bill does not.
    name, threshold, comparison = (
        ("AuroraVolumeBytesLeftTotal", 0.2 * _VOLUME, "LessThanThreshold")
        if mysql
        else ("VolumeBytesUsed", 0.8 * _VOLUME, "GreaterThanThreshold")
    )
    specs = [
        cluster_alarm(
            db,
            "VolumeLarge",
            name,
            threshold,
            comparison=comparison,  # type: ignore[arg-type]
            statistic="Average",
            periods=60,  # published every five minutes at best
            datapoints=1,
            meaning="The cluster volume is at four fifths of what Aurora grows to: at its end nothing can be written.",
            causes=("tables that are never archived", "a bloated table or an abandoned replication slot", "rows written in a loop"),
            source="four fifths of 128 TiB, which the versions offered here reach at least",
        ),
        cluster_alarm(
            db,
            "Deadlocks",
            "Deadlocks",
            0.1,
            periods=5,
            missing_data="notBreaching",
            meaning="Transactions kill each other faster than one in ten seconds: users see errors or retries.",
            causes=("two code paths that lock rows in another order", "a long transaction that holds many locks", "a migration under load"),
            source="our figure: one in ten seconds for five minutes is a pattern, not an accident",
        ),
    ]
    if not mysql:
        specs.append(
            cluster_alarm(
                db,
                "TransactionIdsOld",
                "MaximumUsedTransactionIDs",
                _TRANSACTION_IDS,
                missing_data="notBreaching",
                meaning="The oldest transaction was not vacuumed for a billion others: at two billion Aurora turns read-only.",
                causes=(
                    "a transaction or prepared transaction left open",
                    "a replication slot nobody reads",
                    "autovacuum too slow for a table",
                ),
                source="half of the 2,146,483,648 at which writing stops; ten days and more at a thousand transactions a second",
            )
        )
    if db.backtracks:
        specs.append(
            cluster_alarm(
                db,
                "BacktrackShort",
                "BacktrackWindowAlert",
                0,
                statistic="Sum",
                periods=1,
                missing_data="notBreaching",
                meaning="The cluster cannot be turned back as far as the posture says: more was changed than the records hold.",
                causes=("a bulk load or migration", "a window too long for the write load: shorten posture.backtrack_window"),
                source="https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraMySQL.Managing.Backtrack.html",
            )
        )
    return tuple(specs)


def copy_alarms(db: WatchedCluster) -> tuple[AlarmSpec, ...]:
    """Readers behind the writer, or this region behind the primary."""
    if db.secondary:
        return (
            cluster_alarm(
                db,
                "GlobalLagHigh",
                "AuroraGlobalDBRPOLag",
                60_000,
                periods=5,
                severity=Severity.CRITICAL,
                meaning="This region is more than a minute behind the primary: as much would be lost if the primary's region failed now.",
                causes=("a burst of writes in the primary", "trouble between the regions", "a secondary too small to apply the changes"),
                source="a minute is the recovery point that recovery_facts states; a second is usual",
            ),
        )
    if len(db.members) == 1:
        return ()
    return (
        cluster_alarm(
            db,
            "ReplicaLagHigh",
            "AuroraReplicaLagMaximum",
            1_000,
            periods=5,
            missing_data="notBreaching",
            meaning="A reader is more than a second behind the writer: what was just written is not there yet.",
            causes=("a burst of writes", "a reader busy with long queries", "a reader too small"),
            source="ledger DB-10; usually well under 100 ms (Aurora user guide, replication): a second is ten times that",
        ),
    )
