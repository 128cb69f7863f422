"""A database proxy that takes passwords or plain connections, or writes statements down."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, is_off, is_true, mappings


def _find(subject: Subject) -> Iterator[Hit]:
    for proxy in subject.of_type("AWS::RDS::DBProxy"):
        if is_off(proxy.get("RequireTLS")):
            yield hit(proxy, detail="Tls", note="Clients may speak to it in the clear.")
        if any(one.get("IAMAuth") in (None, "DISABLED", "ENABLED") for one in mappings(proxy.get("Auth"))):
            yield hit(proxy, detail="Iam", note="Clients sign in with the database's password, which they would have to hold.")
        if is_true(proxy.get("DebugLogging")):
            yield hit(proxy, detail="Statements", note="Its log holds statements with their values.")


RULE = Rule(
    name="ProxyUnguarded",
    controls=("DB-9",),
    why="The proxy is the database's door for everybody who uses it.",
    fix="RequireTLS true, IAMAuth REQUIRED in every entry of Auth (or DefaultAuthScheme IAM_AUTH), DebugLogging false, as "
    "database.DatabaseProxy has",
    find=_find,
)
