"""Pages that name the Automation runbook which does some of it (``recovery.Procedures``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prodready_constructs.evidence.assembly import Assembly, StackTemplate
from prodready_constructs.evidence.runbooks.page import Block, Section, answer, commands, text
from prodready_constructs.evidence.runbooks.places import RECORDED, slug, stack_of
from prodready_constructs.evidence.runbooks.procedure import Procedure, Step
from prodready_constructs.evidence.shell import Shell

_STARTED = '{"AutomationExecutionId": "4105a4fc-f944-11e6-9d32-0a1b2c3d495h"}'
_FOLLOW = (
    "aws ssm get-automation-execution --automation-execution-id '<the id>' "
    "--query 'AutomationExecution.[AutomationExecutionStatus,FailureMessage,Outputs]'"
)


def by_itself(assembly: Assembly, page: str, construct: str, shell: Shell) -> Iterator[Section]:
    """What Systems Manager does of the page *page* about *construct*; nothing where nobody made an automation for it."""
    blocks: list[Block] = []
    for _, data in assembly.recorded(RECORDED):
        one = data.get("automation")
        if not one or not page.startswith(tuple(one["kinds"])) or not _same(assembly, str(one["about"]), construct):
            continue
        fresh = len(shell.preamble)
        start = _start(one, shell)
        # The names of the page are filled already; that of the document is filled here.
        blocks += [text(_does(one, shell)), commands(*shell.preamble[fresh:], start), answer(_STARTED)]
    if blocks:
        followed = (text("How far it is."), commands(_FOLLOW), answer('["Success", null, {}]'))
        yield Section("What one command does", (*blocks, *followed))


def without_a_page(assembly: Assembly, pages: Sequence[tuple[str, str]]) -> Iterator[tuple[StackTemplate, Procedure, Shell]]:
    """A page of its own for each automation that none of *pages* (name and construct) has: what it is about is in no template of this app."""
    for path, data in assembly.recorded(RECORDED):
        one = data.get("automation")
        if not one:
            continue
        about = str(one["about"])
        if any(page.startswith(tuple(one["kinds"])) and _same(assembly, about, construct) for page, construct in pages):
            continue
        stack = stack_of(assembly, path)
        shell = Shell(assembly, stack, stack)
        procedure = Procedure(
            name=slug(f"automation-{path.removeprefix(f'{stack.path}/')}"),
            title=path.rpartition("/")[2],
            construct=about,
            when=_does(one, shell),
            steps=(Step("Start it.", _start(one, shell), _STARTED),),
            verify=(Step("How far it is.", _FOLLOW, '["Success", null, {}]'),),
        )
        yield stack, procedure, shell


def _does(one: Mapping[str, Any], shell: Shell) -> str:
    approved = " Somebody else has to approve it within the hour." if one["approved"] else ""
    return f"{shell.text(one['does'])}{approved}"


def _start(one: Mapping[str, Any], shell: Shell) -> str:
    given = " ".join(f"{name}='<{said}>'" for name, said in one["inputs"].items())
    document = shell.word(one["document"])
    return f"aws ssm start-automation-execution --document-name {document}{f' --parameters {given}' if given else ''}"


def _same(assembly: Assembly, about: str, construct: str) -> bool:
    """Whether one is part of the other; a page about a whole stack is about none of its parts."""
    whole = construct == stack_of(assembly, about).path
    return not whole and (f"{about}/".startswith(f"{construct}/") or f"{construct}/".startswith(f"{about}/"))
