"""A log group that keeps everything for ever, or anybody's key."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit


def _find(subject: Subject) -> Iterator[Hit]:
    for group in subject.of_type("AWS::Logs::LogGroup"):
        # The retention of a DELIVERY log group is fixed by AWS and cannot be set.
        if group.get("RetentionInDays") is None and group.get("LogGroupClass") != "DELIVERY":
            yield hit(group, detail="Retention", note="It has no retention: nothing is ever deleted.")
        if not group.get("KmsKeyId"):
            yield hit(group, detail="Key", note="It has no customer-managed key.")


RULE = Rule(
    name="LogGroupUnkept",
    controls=("OPS-5",),
    why="Logs hold personal data: they need an end and a key of your own.",
    fix="use foundation.EncryptedLogGroup, or set retention and encryption_key",
    find=_find,
)
