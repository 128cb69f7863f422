"""A DynamoDB table, of either type and in any of its regions, without history, key or protection from deletion."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, is_true, mappings, number
from prodready_constructs.evidence.assembly import Resource, flat

#: Ledger DB-5 for databases, and the floor of the posture for tables: a Monday must be able to undo a Friday.
FEWEST_DAYS = 7
#: What DynamoDB keeps where the template does not say.
DEFAULT_DAYS = 35


def _replicas(table: Resource) -> Iterator[tuple[str, dict[str, object]]]:
    """Where, and what is said of it there. A table of the older type is in one place and says all of it itself."""
    if table.type == "AWS::DynamoDB::Table":
        yield "", dict(table.properties)
        return
    for replica in mappings(table.get("Replicas")):
        yield f" {flat(replica.get('Region')) or 'here'}", replica


def _find(subject: Subject) -> Iterator[Hit]:
    for table in subject.of_type("AWS::DynamoDB::GlobalTable", "AWS::DynamoDB::Table"):
        for place, said in _replicas(table):
            history = said.get("PointInTimeRecoverySpecification")
            history = history if isinstance(history, dict) else {}
            if not is_true(history.get("PointInTimeRecoveryEnabled")):
                yield hit(table, detail=f"Recovery{place}", note="What is overwritten by mistake is gone.")
            elif number(history.get("RecoveryPeriodInDays"), DEFAULT_DAYS) < FEWEST_DAYS:
                yield hit(table, detail=f"Recovery{place}", note=f"It can be restored for less than {FEWEST_DAYS} days.")
            encryption = said.get("SSESpecification")
            if not (isinstance(encryption, dict) and encryption.get("KMSMasterKeyId")) or _off(table):
                yield hit(table, detail=f"Key{place}", note="It is encrypted with a key that is not yours to rotate, watch or withdraw.")
            if not is_true(said.get("DeletionProtectionEnabled")):
                yield hit(table, detail=f"Deletion{place}", note="One call deletes it, with all that is in it.")


def _off(table: Resource) -> bool:
    """Whether the table as a whole says that it is not encrypted with KMS, whatever key a replica names."""
    return not is_true(table.get("SSESpecification", "SSEEnabled"))


RULE = Rule(
    name="TableUnguarded",
    controls=("STORE-2",),
    why="The rule packs look at tables of the older type only, and not at each region.",
    fix="tables.ProtectedTable has it all; otherwise, in every replica: point-in-time recovery, a KMS key of yours, deletion protection",
    find=_find,
)
