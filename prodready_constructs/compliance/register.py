"""The waiver register: which findings are accepted, by whom and why, and which waivers are not worth their line."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from prodready_constructs.compliance.findings import Finding
from prodready_constructs.compliance.packs import NAMESPACES
from prodready_constructs.compliance.rules import NAMESPACE
from prodready_constructs.evidence.assembly import Assembly
from prodready_constructs.waivers import METADATA_KEY, acknowledgement_id

#: The first parts of the rule ids that only ``waive`` may accept; the last is the CDK's own validation as acknowledgements write it.
KNOWN_NAMESPACES = frozenset((*NAMESPACES, NAMESPACE, "CloudFormation-Validate"))
ACKNOWLEDGED_KEY = "aws:cdk:acknowledged-rules"
#: Acknowledged by the CDK itself on every stack whose zones somebody reads: nobody wrote it, so nobody can be asked for a reason.
_BY_THE_CDK = frozenset({"CloudFormation-Validate::W3010"})
#: Where a construct keeps the resource it stands for: the ids that the CDK gives a default child.
_DEFAULT_CHILDREN = ("Resource", "Default")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """One line of the register."""

    rule: str
    path: str
    because: str
    owner: str
    #: ISO 8601, or None.
    expires: str | None
    used: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """Findings that remain (those about waivers included), and the register."""

    findings: tuple[Finding, ...]
    waivers: tuple[Waiver, ...]


def judge(
    found: Iterable[Finding],
    assembly: Assembly,
    *,
    above: Mapping[str, Sequence[Mapping[str, Any]]],
    judged: Mapping[str, frozenset[str]],
    today: date,
) -> Judgement:
    """Take the accepted ones out of *found*, and add what is wrong with the waivers themselves.

    Args:
        above: metadata of the app and its stages, which no assembly carries.
        judged: construct path of a stack -> the first parts of the rule ids that were judged there. A waiver of a rule that was not
            judged is kept and not called unused: a construct waives for all packs, and staging runs two.
    """
    findings = {(one.rule, one.path): one for one in found}
    scopes = {"", *above, *(stack.path for stack in assembly.stacks)}
    resources = [resource.path for resource in assembly.resources]
    metadata = {**assembly.metadata, **above}
    waivers: list[Waiver] = []
    faults: list[Finding] = []
    accepted: set[tuple[str, str]] = set()
    open_ = [key for key, finding in findings.items() if finding.waivable]
    not_judged = {stack: {*KNOWN_NAMESPACES, "CloudFormation"} - namespaces for stack, namespaces in judged.items()} | {"": set()}
    each = ((path, {**entry, "rule": rule}) for path, entry in _entries(metadata, METADATA_KEY) for rule in entry["rules"])
    for path, written in each:
        data = {**written, "rule": as_nag_writes(written["rule"])}
        covered = _covered(path, resources)
        matches = [key for key in open_ if key[0] == data["rule"] and key[1] in covered]
        fault = _fault(data, path, matches, open_, scopes=scopes, today=today)
        if fault and fault[0] == "Unused" and namespace_of(data["rule"]) in not_judged[_owner(path, judged)]:
            fault = None
        if fault:
            faults.append(_about(path, data["rule"], *fault))
        else:
            accepted.update(matches)
            open_ = [key for key in open_ if key not in accepted]
        # The CDK leaves out what is None.
        end = data.get("expires")
        waivers.append(
            Waiver(
                rule=data["rule"], path=path, because=data["because"], owner=data["owner"], expires=end, used=bool(matches) and not fault
            )
        )
    faults += _unregistered(metadata, {(one.path, acknowledgement_id(one.rule)) for one in waivers})
    left = [finding for key, finding in findings.items() if key not in accepted]
    return Judgement(
        findings=tuple(sorted([*left, *faults], key=lambda one: (one.path, one.rule))),
        waivers=tuple(sorted(waivers, key=lambda one: (one.path, one.rule))),
    )


def namespace_of(rule: str) -> str:
    """The first part of a rule id: the pack it belongs to."""
    return rule.split("[", 1)[0].split("-", 1)[0]


def as_nag_writes(value: Any) -> str:
    """*value* in the flat form in which cdk-nag names a finding: ``<Bucket.Arn>/*``."""
    if isinstance(value, str):
        return value
    function, argument = next(iter(value.items()))
    if function == "Fn::Join":
        return str(argument[0]).join(map(as_nag_writes, argument[1]))
    if function == "Fn::GetAtt":
        return f"<{'.'.join(argument)}>"
    return f"<{argument}>" if function == "Ref" else json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _owner(path: str, stacks: Iterable[str]) -> str:
    return max((stack for stack in stacks if path == stack or path.startswith(f"{stack}/")), key=len, default="")


def _entries(metadata: Mapping[str, Sequence[Mapping[str, Any]]], key: str) -> list[tuple[str, dict[str, Any]]]:
    return [(path, entry["data"]) for path, entries in metadata.items() for entry in entries if entry.get("type") == key]


def _covered(path: str, resources: Sequence[str]) -> set[str]:
    """What a waiver on *path* covers: that construct, and the one resource it stands for."""
    below = [resource for resource in resources if resource.startswith(f"{path}/")]
    return {path, *(f"{path}/{child}" for child in _DEFAULT_CHILDREN), *(below if len(below) == 1 else ())}


def _fault(
    waiver: Mapping[str, Any],
    path: str,
    matches: Sequence[tuple[str, str]],
    findings: Collection[tuple[str, str]],
    *,
    scopes: set[str],
    today: date,
) -> tuple[str, str, str] | None:
    """What is wrong with one waiver: kind, reason, fix."""
    rule = waiver["rule"]
    below = sorted(found for name, found in findings if name == rule and (path == "" or found.startswith(f"{path}/")))
    bare = sorted({name for name, found in findings if name.startswith(f"{rule}[") and (found == path or found.startswith(f"{path}/"))})
    if path in scopes or len(matches) > 1 or (below and not matches):
        where = ", ".join(below) or "the resource itself"
        return "TooWide", "It covers more than one resource.", f"waive each on its own resource: {where}"
    if bare:
        return "BareId", "The rule has its finding in brackets, and the waiver does not say which it accepts.", f"write {', '.join(bare)}"
    expires = waiver.get("expires")
    if expires and date.fromisoformat(expires) < today:
        return "Expired", f"It ended on {expires}.", "mend the finding, or renew the waiver with a new reason"
    if not matches:
        return "Unused", "No finding needs it.", "remove it"
    return None


def _about(path: str, rule: str, kind: str, why: str, fix: str) -> Finding:
    return Finding(rule=f"{NAMESPACE}-Waiver[{kind}]", path=path, why=f"The waiver of {rule}: {why}", fix=fix, accept=None)


def _unregistered(metadata: Mapping[str, Sequence[Mapping[str, Any]]], registered: set[tuple[str, str]]) -> Iterator[Finding]:
    """Rules acknowledged through the CDK, past the register: without an owner, and by a bare id without a trace."""
    for path, data in _entries(metadata, ACKNOWLEDGED_KEY):
        for qualified in data if isinstance(data, dict) else ():
            namespace, _, rule = qualified.rpartition("::") if "[" not in qualified else _split(qualified)
            ours = {namespace, namespace_of(rule)}.intersection(KNOWN_NAMESPACES)
            # What the CDK's own constructs warn of may be acknowledged in the CDK's own way.
            if (path, qualified) in registered or qualified in _BY_THE_CDK or not ours:
                continue
            kind = "BareId" if namespace.lower() == "annotation" else "Unregistered"
            why = {
                "BareId": "It was acknowledged by its bare id, which leaves no trace in any report.",
                "Unregistered": "It was acknowledged past the waiver register, without an owner.",
            }[kind]
            yield _about(path, rule, kind, why, "write waive(construct, rule=..., because=..., owner=...) on the resource instead")


def _split(qualified: str) -> tuple[str, str, str]:
    head, bracket, rest = qualified.partition("[")
    namespace, separator, rule = head.rpartition("::")
    return namespace, separator, f"{rule}{bracket}{rest}"
