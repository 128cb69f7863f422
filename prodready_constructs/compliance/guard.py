"""The last line of an app file: synthesize, judge, and end the process when something is found."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import cdk_nag
from constructs import IConstruct

from prodready_constructs.compliance.built_in import REPORT, construct_notes, validation_findings, was_validated
from prodready_constructs.compliance.claims import CONTROLS
from prodready_constructs.compliance.findings import Finding, GuardError
from prodready_constructs.compliance.hardening import REQUIRED_TAGS, hardening_findings
from prodready_constructs.compliance.packs import NAMESPACES, PRODUCTION_PACKS, STAGING_PACKS, namespace, run_packs
from prodready_constructs.compliance.register import Waiver, judge
from prodready_constructs.compliance.rules import NAMESPACE, RULES, Subject
from prodready_constructs.evidence.approvals import approvals_file
from prodready_constructs.evidence.assembly import REFUSED_MANIFEST, Assembly, read_assembly
from prodready_constructs.evidence.lock import Change, check_lock

#: Written into the assembly: what was judged, what was found, who accepted what. The evidence reads it.
GUARD_REPORT = "guard-report.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the guard found in an app that passes.

    Attributes:
        waivers: the register: every accepted finding.
        warnings: warnings of constructs that are shown and do not fail.
        changes: new stateful resources, and approved changes of old ones.
    """

    assembly: Assembly
    waivers: tuple[Waiver, ...]
    warnings: tuple[Finding, ...]
    changes: tuple[Change, ...]


def guard(
    app: cdk.App,
    *,
    packs: Sequence[type[cdk_nag.NagPack]] = PRODUCTION_PACKS,
    staging: Iterable[IConstruct] = (),
    staging_packs: Sequence[type[cdk_nag.NagPack]] = STAGING_PACKS,
    required_tags: Sequence[str] = REQUIRED_TAGS,
    lock: Path | None = None,
    today: date | None = None,
) -> Verdict:
    """Synthesize *app* and judge it; the last line of an app file, in place of ``app.synth()``.

    Always: cdk-nag's packs, our own rules on the finished templates, the CDK's CloudFormation validation and the constructs' own
    warnings and errors; a finding of any severity ends the process with status 1, under ``cdk synth`` and under plain ``python``,
    and the assembly is left without its manifest, so that nothing can be deployed from it. Only a :func:`waive` accepts a finding.

    Args:
        packs: the rule packs for every stack that is not named in *staging*.
        staging: stacks, or stages with all their stacks, in which availability is a degree: one task is enough there.
        staging_packs: the rule packs for those.
        required_tags: tag keys that every taggable resource, or its stack, carries.
        lock: the committed lock of stateful resources; a change that would replace or delete one fails. None: not checked.
        today: the day on which waivers and approvals are judged; today when None.

    Returns:
        The verdict, when nothing was found.

    Raises:
        GuardError: with every finding.
    """
    today = today or date.today()
    directory = Path(app.outdir)
    for stale in (GUARD_REPORT, REPORT):
        (directory / stale).unlink(missing_ok=True)
    _synthesize(app, directory)
    manifest, refused = directory / "manifest.json", directory / REFUSED_MANIFEST
    if manifest.exists():
        refused.unlink(missing_ok=True)
    assembly = read_assembly(directory)
    scopes = [construct.node.path for construct in staging]
    relaxed = frozenset(stack.path for stack in assembly.stacks if any(_within(stack.path, scope) for scope in scopes))
    chosen = {stack.path: tuple(staging_packs if stack.path in relaxed else packs) for stack in assembly.stacks if not stack.nested}
    notes = list(construct_notes(assembly))
    changes = check_lock(assembly, lock, today=today) if lock else []
    found = [
        *run_packs(app, chosen, nested_in={one.path: _owner(one.path, chosen) for one in assembly.resources}),
        *hardening_findings(Subject(assembly=assembly, staging=relaxed, required_tags=tuple(required_tags))),
        *validation_findings(directory, judged_elsewhere=frozenset((*NAMESPACES, NAMESPACE))),
        *(finding for finding, allowed in notes if not allowed),
        *(_replacement(change, lock) for change in changes if change.blocks and lock),
    ]
    built_in = {"CloudFormation"} if was_validated(directory) else set()
    judged = {path: frozenset({NAMESPACE, "Annotation", *built_in, *map(namespace, one)}) for path, one in chosen.items()}
    judgement = judge(found, assembly, above=_above(app, assembly), judged=judged, today=today)
    verdict = Verdict(
        assembly=assembly,
        waivers=judgement.waivers,
        warnings=tuple(finding for finding, allowed in notes if allowed),
        changes=tuple(change for change in changes if not change.blocks),
    )
    _write_report(directory, chosen, judgement.findings, verdict)
    if judgement.findings:
        if manifest.exists():
            manifest.rename(refused)
        raise GuardError(judgement.findings)
    for line in _remarks(verdict):
        sys.stderr.write(f"guard: {line}\n")
    return verdict


def _synthesize(app: cdk.App, directory: Path) -> None:
    try:
        app.synth()
    except RuntimeError as error:
        # The CDK's own validation failed, after it had written assembly and report: its findings are ours to print.
        if "ValidationFailed" not in str(error) or not (directory / REPORT).is_file():
            raise


def _within(path: str, scope: str) -> bool:
    return path == scope or path.startswith(f"{scope}/") or scope == ""


def _owner(path: str, stacks: Mapping[str, Any]) -> str:
    return max((stack for stack in stacks if _within(path, stack)), key=len, default="")


def _above(app: cdk.App, assembly: Assembly) -> dict[str, list[dict[str, Any]]]:
    """The metadata of the app and its stages: a waiver there would cover everything, and no assembly shows it."""
    stages = {"/".join(parts[:depth]) for stack in assembly.stacks for parts in [stack.path.split("/")] for depth in range(1, len(parts))}
    scopes: dict[str, IConstruct] = {"": app}
    for path in sorted(stages, key=len):
        parent, _, name = path.rpartition("/")
        if path not in assembly.metadata and parent in scopes and (child := scopes[parent].node.try_find_child(name)) is not None:
            scopes[path] = child
    return {
        path: [{"type": entry.type, "data": entry.data} for entry in scope.node.metadata if isinstance(entry.data, dict)]
        for path, scope in scopes.items()
    }


def _replacement(change: Change, lock: Path) -> Finding:
    entry = {"resource": change.name, "change": change.kind, "because": "<what becomes of the data>", "owner": "<who>", "expires": None}
    accept = None if change.kind == "stale approval" else f"in {approvals_file(lock)}: {json.dumps(entry)}"
    fix = "take the change back; if the data may go, or has been moved, approve it by name"
    kind = change.kind.replace(" ", "-")
    return Finding(rule=f"{NAMESPACE}-StatefulChange[{kind}]", path=change.path or change.name, why=f"{change}.", fix=fix, accept=accept)


def _write_report(directory: Path, packs: Mapping[str, Sequence[type]], findings: Sequence[Finding], verdict: Verdict) -> None:
    report = {
        "stacks": {
            path: {"packs": [pack.__name__ for pack in chosen], "rules": [rule.id for rule in RULES]} for path, chosen in packs.items()
        },
        "findings": [asdict(finding) for finding in findings],
        "waivers": [asdict(waiver) for waiver in verdict.waivers],
        "warnings": [asdict(warning) for warning in verdict.warnings],
        "changes": [str(change) for change in verdict.changes],
        "controls": [asdict(claim) for claim in CONTROLS],
    }
    (directory / GUARD_REPORT).write_text(json.dumps(report, indent=2) + "\n")


def _remarks(verdict: Verdict) -> Iterator[str]:
    yield from (f"warning: {warning.path}: {warning.why}" for warning in verdict.warnings)
    yield from (str(change) for change in verdict.changes)
    yield f"no findings, {len(verdict.waivers)} waivers"
