"""A web ACL's log that shows the credentials of visitors."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, mappings
from prodready_constructs.evidence.assembly import Resource

CREDENTIALS = ("authorization", "cookie")


def _redacted(log: Resource) -> Iterator[str]:
    for field in mappings(log.get("RedactedFields")):
        header = field.get("SingleHeader")
        yield str(header.get("Name") if isinstance(header, dict) else "").lower()


def _protected(acl: Resource) -> Iterator[str]:
    """What the web ACL takes out of everything that it stores, its log included."""
    for each in mappings(acl.get("DataProtectionConfig", "DataProtections")):
        field = each.get("Field") or {}
        if field.get("FieldType") == "SINGLE_HEADER":
            # Without keys it is every header.
            yield from (str(key).lower() for key in field.get("FieldKeys") or CREDENTIALS)


def _find(subject: Subject) -> Iterator[Hit]:
    for log in subject.of_type("AWS::WAFv2::LoggingConfiguration"):
        hidden = {*_redacted(log), *(name for acl in subject.targets(log, log.get("ResourceArn")) for name in _protected(acl))}
        for name in CREDENTIALS:
            if name not in hidden:
                yield hit(log, detail=name, note=f"It shows the header {name}.")


RULE = Rule(
    name="WafLogShowsCredentials",
    controls=("WEB-1",),
    why="Whoever reads the log of the firewall can act as the visitors in it.",
    fix="RedactedFields with the SingleHeader authorization and cookie, or DataProtectionConfig on the web ACL, as edge.WebAcl has both",
    find=_find,
)
