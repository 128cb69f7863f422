"""A content security policy that lets foreign or injected scripts run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from prodready_constructs.compliance.rules.recorded import recorded_above
from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, mappings
from prodready_constructs.evidence.assembly import Resource, flat

HEADER = "content-security-policy"
#: What runs code, and what the first of them stands in for.
CODE = ("default-src", "script-src", "script-src-elem", "script-src-attr", "object-src")
#: Everybody's scripts: ``data:`` is whatever an attacker writes into a link.
ANYBODY = ("*", "http:", "https:", "http://*", "https://*", "data:", "'unsafe-eval'")
_HASHES = ("'sha256-", "'sha384-", "'sha512-")


def _policies(policy: Resource) -> Iterator[Any]:
    """What is enforced: the header of its own, and one among the custom headers."""
    yield policy.get("ResponseHeadersPolicyConfig", "SecurityHeadersConfig", "ContentSecurityPolicy", "ContentSecurityPolicy")
    for each in mappings(policy.get("ResponseHeadersPolicyConfig", "CustomHeadersConfig", "Items")):
        if str(each.get("Header")).lower() == HEADER:
            yield each.get("Value")


def _on_trial(policy: Resource) -> bool:
    """Whether browsers report what they would have blocked."""
    items = mappings(policy.get("ResponseHeadersPolicyConfig", "CustomHeadersConfig", "Items"))
    return any(str(each.get("Header")).lower() == f"{HEADER}-report-only" for each in items)


def _directives(text: str) -> dict[str, list[str]]:
    """Directive -> sources; of a directive that stands twice browsers take the first."""
    found: dict[str, list[str]] = {}
    for part in text.split(";"):
        if words := part.split():
            found.setdefault(words[0].lower(), words[1:])
    return found


def _loose(sources: Sequence[str]) -> Iterator[str]:
    lowered = [source.lower() for source in sources]
    hashed = any(source.startswith(_HASHES) for source in lowered)
    for source in lowered:
        # Beside a hash browsers ignore 'unsafe-inline'; a nonce is the same in every answer, and so known to everybody.
        inline = (source == "'unsafe-inline'" and not hashed) or source.startswith("'nonce-")
        # Beside 'strict-dynamic' they ignore hosts and schemes.
        host = source in ANYBODY or source.startswith("http://")
        if inline or (host and ("'strict-dynamic'" not in lowered or source == "'unsafe-eval'")):
            yield source


def _find(subject: Subject) -> Iterator[Hit]:
    for policy in subject.of_type("AWS::CloudFront::ResponseHeadersPolicy"):
        recorded = [str(one) for data in recorded_above(subject, policy) for one in data.get("policy_exceptions") or ()]
        for written in _policies(policy):
            directives = _directives(flat(written))
            for name in CODE:
                for source in _loose(directives.get(name, ())):
                    if not any(one.startswith(f"{name} {source}: ") for one in recorded):
                        yield hit(policy, detail=f"{name} {source}", note=f"Its {name} has {source}.")
            unsaid = isinstance(written, str) and "script-src" not in directives and "default-src" not in directives
            if unsaid and not _on_trial(policy):
                yield hit(policy, detail="script-src", note="It says nothing of scripts, and so admits all.")


RULE = Rule(
    name="LooseContentPolicy",
    controls=("WEB-7",),
    why="A script that somebody smuggles into a page runs with the rights of whoever looks at it.",
    fix="name the origins and hashes that may run; edge.ContentSecurityPolicy is strict, and takes an exception with a reason (allow_inline)",
    find=_find,
)
