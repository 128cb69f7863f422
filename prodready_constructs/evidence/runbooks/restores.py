"""The page of a store: how it comes back, what shows that it did."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.evidence.assembly import Assembly
from prodready_constructs.evidence.runbooks.answers import answers
from prodready_constructs.evidence.runbooks.automations import by_itself
from prodready_constructs.evidence.runbooks.catalogue.stores import checks_of
from prodready_constructs.evidence.runbooks.page import Block, Page, Section, answer, commands, text
from prodready_constructs.evidence.runbooks.places import RECORDED, slug, stack_of
from prodready_constructs.evidence.runbooks.procedure import ESCALATION
from prodready_constructs.evidence.shell import Shell


def restore_pages(assembly: Assembly) -> Iterator[Page]:
    """One page for each way a store comes back (``contracts.RecoveryFact``).

    Raises:
        ConfigurationError: an empty command.
    """
    facts: dict[tuple[str, str], dict[str, Any]] = {}
    for path, data in assembly.recorded(RECORDED):
        for fact in (*data.get("recovery", ()), *data.get("protected", ())):
            if fact.get("restore_commands"):
                # A store tells its own facts, and so does the plan that protects it: one page.
                facts.setdefault((fact.get("construct", path), str(fact["store"])), fact)
    slugs = [(stack_of(assembly, path).name, slug(store)) for path, store in facts]
    for (path, store), fact in facts.items():
        if not all(fact["restore_commands"]):
            raise ConfigurationError(
                f"{path}: {store}", given="an empty command", allowed="AWS CLI commands", mend="write it, or leave it out"
            )
        stack = stack_of(assembly, path)
        shell = Shell(assembly, stack, stack)
        name = f"restore-{slug(store)}"
        if slugs.count((stack.name, slug(store))) > 1:
            name = f"{name}-{slug(path)}"
        how = shell.text(fact["how"])
        yield Page(
            stack=stack.name,
            name=name,
            kind="restore",
            about=f"{store}: {how}",
            title=f"Restore {store}",
            lead=f"`{path}`: {how}.",
            sections=tuple(_sections(assembly, path, fact, shell, name)),
            construct=path,
        )


def _sections(assembly: Assembly, path: str, fact: dict[str, Any], shell: Shell, page: str) -> Iterator[Section]:
    given = [shell.text(command) for command in fact["restore_commands"]]
    checks = [(shell.text(command), shell.text(said)) for command, said in fact.get("verify", ())]
    checks = checks or checks_of(assembly, path, shell, given)
    time_is = shell.text(fact.get("recovery_time_is", ""))
    promised = (
        f"Data lost at most: {_span(fact['recovery_point'])}",
        f"Time to be back: {_span(fact['recovery_time'])}{f' ({time_is})' if time_is else ''}",
    )
    yield Section("What to expect", (Block("bullets", promised),))
    yield Section("Commands", (commands(*shell.preamble, *given),))
    if said := answers(given):
        yield Section("Expected output", (Block("bullets", tuple(said)),))
    checked = [block for command, expected in checks for block in (commands(command), answer(expected))]
    yield Section(
        "How to see that it worked",
        (*checked, text("Then ask the application itself: read one record that was lost, and write one that can be deleted.")),
    )
    yield from by_itself(assembly, page, path, shell)
    yield Section("Escalation", (text(shell.text(fact.get("escalation", ESCALATION))),))


def _span(seconds: float) -> str:
    return "none" if seconds == 0 else str(timedelta(seconds=seconds)).removesuffix(", 0:00:00")
