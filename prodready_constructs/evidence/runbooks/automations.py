"""Pages that name the Automation runbook which does some of it (``recovery.Procedures``)."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.evidence.assembly import Assembly
from prodready_constructs.evidence.runbooks.page import Block, Section, answer, commands, text
from prodready_constructs.evidence.runbooks.places import RECORDED, stack_of
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
        document = shell.word(one["document"])
        given = " ".join(f"{name}='<{said}>'" for name, said in one["inputs"].items())
        start = f"aws ssm start-automation-execution --document-name {document}{f' --parameters {given}' if given else ''}"
        approved = " Somebody else has to approve it within the hour." if one["approved"] else ""
        # The names of the page are filled already; that of the document is filled here.
        blocks += [text(f"{shell.text(one['does'])}{approved}"), commands(*shell.preamble[fresh:], start), answer(_STARTED)]
    if blocks:
        followed = (text("How far it is."), commands(_FOLLOW), answer('["Success", null, {}]'))
        yield Section("What one command does", (*blocks, *followed))


def _same(assembly: Assembly, about: str, construct: str) -> bool:
    """Whether one is part of the other; a page about a whole stack is about none of its parts."""
    whole = construct == stack_of(assembly, about).path
    return not whole and (f"{about}/".startswith(f"{construct}/") or f"{construct}/".startswith(f"{about}/"))
