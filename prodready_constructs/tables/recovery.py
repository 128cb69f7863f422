"""How a table comes back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from prodready_constructs.contracts import RecoveryFact
from prodready_constructs.tables.alarms import REPLICA_LAG

#: The latest second a table can be restored to is five minutes ago.
#: Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html
LATEST_RESTORABLE = timedelta(minutes=5)
#: A restore of ordinary size, and the switch of an application to another region: to be replaced by a drill's measurement.
RESTORE, SWITCH = timedelta(hours=1), timedelta(minutes=15)


def recovery_facts(
    store: str, *, table: str, key_arn: str, ttl_attribute: str | None, window: timedelta, replica_regions: Sequence[str]
) -> tuple[RecoveryFact, ...]:
    """The ways back, for a mistake and for the loss of a region."""
    restored = f"{table}-restored"
    commands = [
        f"aws dynamodb describe-continuous-backups --table-name {table}",
        f"aws dynamodb restore-table-to-point-in-time --source-table-name {table} --target-table-name {restored} "
        f"--restore-date-time <second before the mistake> --sse-specification-override Enabled=true,SSEType=KMS,KMSMasterKeyId={key_arn}",
        f"aws dynamodb wait table-exists --table-name {restored}",
        "# a restored table has neither of these: point-in-time recovery, deletion protection, tags, streams, policy, alarms",
        f"aws dynamodb update-continuous-backups --table-name {restored} --point-in-time-recovery-specification "
        f"PointInTimeRecoveryEnabled=true,RecoveryPeriodInDays={window.days}",
        f"aws dynamodb update-table --table-name {restored} --deletion-protection-enabled",
    ]
    if ttl_attribute is not None:
        commands.append(
            f"aws dynamodb update-time-to-live --table-name {restored} --time-to-live-specification "
            f"Enabled=true,AttributeName={ttl_attribute}  # last: expired items go at once"
        )
    facts = [
        RecoveryFact(
            store=f"DynamoDB table {store}",
            recovery_point=LATEST_RESTORABLE,
            recovery_time=RESTORE,
            recovery_time_is="an assumption: it depends on size and partitions, not on traffic; measure it in a drill",
            how=f"point-in-time recovery into a new table, to any second of the last {window.days} days; the service is then given its name",
            restore_commands=tuple(commands),
        )
    ]
    if replica_regions:
        facts.append(
            RecoveryFact(
                store=f"DynamoDB table {store}, its region lost",
                region_loss=True,
                recovery_point=REPLICA_LAG,
                recovery_time=SWITCH,
                recovery_time_is="an assumption: the replica serves at once, the application has to be switched",
                how=f"replicas in {', '.join(replica_regions)}, which follow within seconds; a mistake is replicated just as fast",
                restore_commands=tuple(
                    f"aws dynamodb describe-table --table-name {table} --region {region} --query 'Table.[TableStatus,ItemCount]'"
                    for region in replica_regions
                ),
            )
        )
    return tuple(facts)
