"""A data protection policy that tells of secrets in logs and shows them all the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, document, hit, mappings
from prodready_constructs.evidence.assembly import flat


def _lower(value: Any) -> Any:
    """*value* with lower-case keys, functions aside: the CDK's own class writes them so, AWS's documents do not."""
    if isinstance(value, dict):
        return {key if key.startswith("Fn::") or key == "Ref" else key.lower(): _lower(one) for key, one in value.items()}
    return [_lower(one) for one in value] if isinstance(value, list) else value


def _statements(value: Any) -> list[dict[str, Any]]:
    """The statements of a policy, also of one that is the JSON text which an account's policy is."""
    joined = not isinstance(value, dict) or any(key.startswith("Fn::") for key in value)
    return list(mappings(_lower(document(flat(value) if joined else value)).get("statement")))


def _identifiers(statements: list[dict[str, Any]], operation: str) -> set[str]:
    """What the statements with *operation* are about."""
    ours = (one for one in statements if operation in (one.get("operation") or {}))
    return {flat(each).rpartition("/")[2] for one in ours for each in one.get("dataidentifier") or ()}


def _find(subject: Subject) -> Iterator[Hit]:
    policies = [(group, group.get("DataProtectionPolicy")) for group in subject.of_type("AWS::Logs::LogGroup")]
    accounts = [one for one in subject.of_type("AWS::Logs::AccountPolicy") if one.get("PolicyType") == "DATA_PROTECTION_POLICY"]
    for resource, value in (*policies, *((one, one.get("PolicyDocument")) for one in accounts)):
        statements = _statements(value) if value else []
        audited, masked = _identifiers(statements, "audit"), _identifiers(statements, "deidentify")
        if audited and not masked:
            yield hit(resource, detail="Mask", note="It finds them, and masks none.")
        elif audited - masked:
            yield hit(resource, detail="Mask", note=f"It does not mask {', '.join(sorted(audited - masked))}.")
        elif masked - audited:
            yield hit(resource, detail="Audit", note=f"It tells nobody of {', '.join(sorted(masked - audited))}.")


RULE = Rule(
    name="LogsUnmasked",
    controls=("OPS-5",),
    why="A secret in a log is read by everybody who may read the log; both statements of a policy must name the same identifiers "
    "(https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch-logs-data-protection-policies.html).",
    fix="an Audit and a Deidentify statement with the same data identifiers; monitoring.LogMasking writes both",
    find=_find,
)
