"""A backup vault from which an administrator, or whoever has an administrator's key, can take the backups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, document, hit, listed, mappings, number
from prodready_constructs.evidence.assembly import Resource

#: What ends a recovery point before its time. A vault's policy takes no wildcards in its actions.
#: Source: https://docs.aws.amazon.com/aws-backup/latest/devguide/create-a-vault-access-policy.html
ENDS = frozenset({"backup:deleterecoverypoint", "backup:updaterecoverypointlifecycle"})
#: Conditions that exempt somebody from a Deny, as in AWS's own example; any other may never hold.
_EXEMPTS = frozenset({"aws:userid", "aws:principalarn"})


def _denied_to_all(statement: dict[str, Any]) -> set[str]:
    """What nobody may do, but for those that a condition exempts by name."""
    principal = statement.get("Principal")
    everybody = "*" in listed(principal.get("AWS") if isinstance(principal, dict) else principal)
    condition = statement.get("Condition") or {}
    keys = {str(key).lower() for said in condition.values() if isinstance(said, dict) for key in said}
    exempting = all("Not" in operator for operator in condition) and keys <= _EXEMPTS
    if statement.get("Effect") != "Deny" or not everybody or not exempting:
        return set()
    return {str(action).lower() for action in listed(statement.get("Action"))}


def _bounds(vault: Resource, settings: Any) -> Iterator[Hit]:
    settings = settings if isinstance(settings, dict) else {}
    least, most = number(settings.get("MinRetentionDays"), 0), number(settings.get("MaxRetentionDays"), float("inf"))
    if most < least < float("inf"):
        note = f"It lets nothing in: at least {least:g} and at most {most:g} days."
        yield hit(vault, detail="Bounds", note=note)


def _find(subject: Subject) -> Iterator[Hit]:
    for vault in subject.of_type("AWS::Backup::BackupVault"):
        lock = vault.get("LockConfiguration")
        if not vault.get("EncryptionKeyArn"):
            yield hit(vault, detail="Key", note="Its key is AWS's own, whose use nobody here can narrow or end.")
        policy = document(vault.get("AccessPolicy"))
        # A policy without statements is decided at deployment.
        statements = mappings(listed(policy.get("Statement")))
        denied = {action for one in statements for action in _denied_to_all(one)}
        if not denied >= ENDS and ("Statement" in policy or not policy):
            yield hit(
                vault, detail="Deletion", note="Its policy does not deny everybody to delete a recovery point or to shorten its life."
            )
        if not lock and vault.stack.path not in subject.staging:
            yield hit(vault, detail="Lock", note="Without a lock the policy is all that keeps it.")
        yield from _bounds(vault, lock)
    for vault in subject.of_type("AWS::Backup::LogicallyAirGappedBackupVault"):
        yield from _bounds(vault, vault.properties)


RULE = Rule(
    name="VaultUnguarded",
    controls=("DR-1",),
    why="Who takes over an administrator's key deletes the backups first (AWS Backup, vault lock and vault access policies).",
    fix="a customer-managed key, a Deny of backup:DeleteRecoveryPoint and backup:UpdateRecoveryPointLifecycle for every principal, a lock in "
    "production; recovery.BackupVault has them",
    find=_find,
)
