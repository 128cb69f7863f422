"""The pages of what is done by hand: procedures that constructs recorded, and those that follow from what the templates hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.evidence.assembly import Assembly, Resource, StackTemplate
from prodready_constructs.evidence.runbooks.automations import by_itself, without_a_page
from prodready_constructs.evidence.runbooks.catalogue.drills import drill_procedure
from prodready_constructs.evidence.runbooks.catalogue.edge import certificate_procedure, web_acl_procedures
from prodready_constructs.evidence.runbooks.catalogue.money import cost_procedure
from prodready_constructs.evidence.runbooks.catalogue.regions import region_procedure
from prodready_constructs.evidence.runbooks.catalogue.releases import alias_procedures, service_procedures, stack_procedure
from prodready_constructs.evidence.runbooks.catalogue.secrets import key_procedure, secret_procedures
from prodready_constructs.evidence.runbooks.catalogue.stores import store_procedures
from prodready_constructs.evidence.runbooks.catalogue.takeovers import standby_procedure, switch_procedure
from prodready_constructs.evidence.runbooks.page import Block, Page, Section, answer, commands, text
from prodready_constructs.evidence.runbooks.places import RECORDED, slug, stack_of
from prodready_constructs.evidence.runbooks.procedure import Procedure, Step, recorded_procedure
from prodready_constructs.evidence.shell import Shell

#: Each gives the procedures of one resource, if it is of its kind.
_OF_A_RESOURCE: tuple[Callable[[Assembly, Resource, Shell], Iterator[Procedure]], ...] = (
    service_procedures,
    alias_procedures,
    secret_procedures,
    web_acl_procedures,
    store_procedures,
)
_MONEY = ("AWS::Budgets::Budget", "AWS::CE::AnomalyMonitor", "AWS::CE::AnomalySubscription")


def procedure_pages(assembly: Assembly, restores: Sequence[Page] = ()) -> Iterator[Page]:
    """Every procedure of *assembly*, each with its own look-up of names; and automations that neither these nor *restores* name.

    Raises:
        ConfigurationError: a recorded procedure lacks a part, or two of one construct have one id.
    """
    named = [(page.name, page.construct) for page in restores]
    for stack, procedure, shell in (*_recorded(assembly), *_followed(assembly)):
        named.append((procedure.name, procedure.construct))
        yield _page(assembly, stack, procedure, shell)
    for stack, procedure, shell in without_a_page(assembly, named):
        yield _page(assembly, stack, procedure, shell)


def _recorded(assembly: Assembly) -> Iterator[tuple[StackTemplate, Procedure, Shell]]:
    for path, data in assembly.recorded(RECORDED):
        if not data.keys() & {"procedures", "drill", "standby", "switch"}:
            continue
        facts = data.get("procedures", ())
        ids = [str(fact.get("id", "")) for fact in facts]
        if twice := sorted({name for name in ids if ids.count(name) > 1 or not slug(name)}):
            raise ConfigurationError(path, given=twice, allowed="procedures of different ids", mend="rename one of them")
        stack = stack_of(assembly, path)
        below = path.removeprefix(f"{stack.path}/")
        for name, fact in zip(ids, facts, strict=True):
            shell = Shell(assembly, stack, stack)
            yield stack, recorded_procedure(path, fact, shell, name=slug(f"{below}-{name}")), shell
        shell = Shell(assembly, stack, stack)
        if drill := data.get("drill"):
            yield stack, drill_procedure(assembly, path, drill, shell, name=slug(f"drill-{below}")), shell
        if standby := data.get("standby"):
            yield stack, standby_procedure(path, standby, shell), shell
        if switch := data.get("switch"):
            yield stack, switch_procedure(path, switch, shell, name=slug(f"switch-region-{below}")), shell


def _followed(assembly: Assembly) -> Iterator[tuple[StackTemplate, Procedure, Shell]]:
    with_money = next((stack for stack in assembly.stacks if stack.of_type(*_MONEY)), None)
    if with_money is None:
        # None is told of by a monitor: the page stands where the alarms are.
        watching = (stack_of(assembly, path) for path, data in assembly.recorded(RECORDED) if data.get("alarms"))
        with_money = next(watching, None)
    plans = [(stack_of(assembly, path), data["standby"]) for path, data in assembly.recorded(RECORDED) if data.get("standby")]
    for stack in assembly.stacks:
        for resource in stack.resources.values():
            for made in _OF_A_RESOURCE:
                shell = Shell(assembly, stack, stack)
                for procedure in made(assembly, resource, shell):
                    yield stack, procedure, shell
        shell = Shell(assembly, stack, stack)
        if certificates := stack.of_type("AWS::CertificateManager::Certificate"):
            yield stack, certificate_procedure(stack, shell, certificates), shell
        shell = Shell(assembly, stack, stack)
        if keys := stack.of_type("AWS::KMS::Key"):
            yield stack, key_procedure(stack, shell, keys), shell
        shell = Shell(assembly, stack, stack)
        planned = [one.name for one, plan in plans if stack is one or stack.region == plan["home"]]
        # The plan's own page is written from the plan.
        if stack.name not in planned and (moved := region_procedure(stack, shell, planned_in=planned)):
            yield stack, moved, shell
        if not stack.nested and stack.resources:
            yield stack, stack_procedure(stack), Shell(assembly, stack, stack)
        if stack is with_money:
            shell = Shell(assembly, stack, stack)
            yield stack, cost_procedure(stack, shell, stack.of_type(*_MONEY)), shell


def _page(assembly: Assembly, stack: StackTemplate, procedure: Procedure, shell: Shell) -> Page:
    steps = tuple(block for number, step in enumerate(procedure.steps, 1) for block in _step(f"{number}. ", step))
    checks = tuple(block for step in procedure.verify for block in _step("", step))
    names = tuple(shell.preamble)
    automated = tuple(by_itself(assembly, procedure.name, procedure.construct, shell))
    loss = (text(f"Mind: {procedure.destroys}"),) if procedure.destroys else ()
    return Page(
        stack=stack.name,
        name=procedure.name,
        kind="recover",
        about=procedure.title,
        title=procedure.title,
        lead=f"**{procedure.severity.capitalize()}** procedure for `{procedure.construct}`.",
        sections=(
            Section("When", (text(procedure.when), *loss)),
            Section("Names", (commands(*names),)),
            *automated,
            Section("Steps", steps),
            Section("How to see that it worked", checks),
            Section("Escalation", (text(procedure.escalation),)),
        ),
        construct=procedure.construct,
    )


def _step(number: str, step: Step) -> Iterator[Block]:
    yield text(f"{number}{step.do}")
    yield commands(step.command)
    yield answer(step.expected)
