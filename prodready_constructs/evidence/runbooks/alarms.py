"""The page of an alarm."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.evidence.assembly import Assembly
from prodready_constructs.evidence.runbooks.answers import answers
from prodready_constructs.evidence.runbooks.page import Block, Page, Section, answer, commands, text
from prodready_constructs.evidence.runbooks.places import RECORDED, stack_of
from prodready_constructs.evidence.runbooks.procedure import SEVERITIES
from prodready_constructs.evidence.shell import Shell

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")


def alarm_pages(assembly: Assembly) -> Iterator[Page]:
    """One page for each alarm and event that a ``monitoring.Watch`` made.

    Raises:
        ConfigurationError: a name that is no file name, an unknown severity, or an alarm without a command or an escalation.
    """
    dashboards = {
        watch: (name, stack_of(assembly, path).region)
        for path, data in assembly.recorded(RECORDED)
        if (name := data.get("dashboard"))
        for watch in data.get("watches", ())
    }
    for path, data in assembly.recorded(RECORDED):
        for alarm in data.get("alarms", ()):
            _check(path, alarm)
            stack = stack_of(assembly, path)
            shell = Shell(assembly, stack_of(assembly, alarm["construct"], otherwise=stack), stack)
            yield Page(
                stack=stack.name,
                name=alarm["name"],
                kind=alarm["severity"],
                about=shell.text(alarm["meaning"]),
                title=alarm["name"],
                lead=f"**{alarm['severity'].capitalize()}** alarm of `{alarm['construct']}`.",
                sections=tuple(_sections(alarm, shell, dashboards.get(path))),
                construct=alarm["construct"],
            )


def _check(path: str, alarm: dict[str, Any]) -> None:
    name = alarm["name"]
    if not _FILE_NAME.fullmatch(name):
        raise ConfigurationError(path, given=name, allowed="letters, digits and dashes", mend="rename the construct")
    if alarm["severity"] not in SEVERITIES:
        raise ConfigurationError(
            f"{path}: {name}", given=alarm["severity"], allowed="severity critical or warning", mend="name one of them"
        )
    for part in ("meaning", "commands", "escalation"):
        if not alarm.get(part):
            raise ConfigurationError(
                f"{path}: {name}", given=f"no {part}", allowed="a runbook with all its parts", mend=f"write the {part} of its RunbookSpec"
            )


def _sections(alarm: dict[str, Any], shell: Shell, dashboard: tuple[str, str | None] | None) -> Iterator[Section]:
    first = [shell.text(command) for command in alarm["commands"]]
    history, state = None, None
    if arn := alarm.get("alarm"):  # an event rule has no state
        logical_id = arn["Fn::GetAtt"][0]
        name = shell.word({"Ref": logical_id})
        history = f"aws cloudwatch describe-alarm-history --max-items 5 --alarm-name {name}"
        state = (
            f"aws cloudwatch describe-alarms --alarm-types MetricAlarm CompositeAlarm --alarm-names {name} "
            "--query '[MetricAlarms,CompositeAlarms][].StateValue' --output text"
        )
    yield Section("What it means", (text(shell.text(alarm["meaning"])),))
    threshold, source = shell.text(alarm["threshold"]), shell.text(alarm["source"])
    yield Section("When it fires", (text(f"{threshold}.", f"Source of the threshold: {source}"),))
    yield Section("Likely causes", (Block("numbers", tuple(shell.text(cause) for cause in alarm["causes"])),))
    given = [*([history] if history else []), *first]
    # A sentence may have asked for a name: what fills it stands above the first use.
    escalation = shell.text(alarm["escalation"])
    yield Section("First commands", (commands(*shell.preamble, *given),))
    yield (
        Section("Expected output", (Block("bullets", tuple(answers(given))),))
        if any("aws " in line for line in given)
        else Section("Expected output", (text("What each command prints; an error says what is missing."),))
    )
    if state:
        yield Section("How to see that it is over", (commands(state), answer("OK")))
    else:
        yield Section(
            "How to see that it is over",
            (text("It is an event and has no state: it is over when the first commands show the cause gone and no further notice comes."),),
        )
    yield Section("Escalation", (text(escalation),))
    if dashboard is not None:
        yield Section("Dashboard", (_dashboard(*dashboard),))


def _dashboard(name: str, region: str | None) -> Block:
    if region is None:
        return text(f"Dashboard: `{name}`, in the CloudWatch console of the stack's region.")
    return Block("links", (f"{name} https://console.aws.amazon.com/cloudwatch/home?region={region}#dashboards/dashboard/{name}",))
