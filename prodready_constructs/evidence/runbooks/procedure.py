"""Procedures: what is done by hand, in the words of the page. Names are resolved already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.evidence.shell import Shell

SEVERITIES = ("critical", "warning")
#: Whom to call where the construct does not say it better.
ESCALATION = "Not back in 30 minutes, or an answer that is not the expected one: page the owner named in the stack's tags and open an AWS Support case."


@dataclass(frozen=True, slots=True)
class Step:
    """Why, the command, and what it answers."""

    do: str
    command: str
    expected: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """One page: when to follow it, what to do, what shows that it worked, whom to call.

    Raises:
        ConfigurationError: a part is missing, or the severity is unknown.
    """

    #: The name of the page, in small letters and dashes.
    name: str
    title: str
    #: The construct path of what it brings back.
    construct: str
    when: str
    steps: tuple[Step, ...]
    verify: tuple[Step, ...]
    escalation: str = ESCALATION
    severity: str = "critical"
    destroys: str | None = None

    def __post_init__(self) -> None:
        where = f"{self.construct}: procedure {self.name}"
        if self.severity not in SEVERITIES:
            raise ConfigurationError(where, given=self.severity, allowed="severity critical or warning", mend="name one of them")
        for part in ("title", "when", "steps", "verify", "escalation"):
            if not getattr(self, part):
                raise ConfigurationError(where, given=f"no {part}", allowed="a procedure with all its parts", mend=f"write its {part}")
        for step in (*self.steps, *self.verify):
            if not (step.do.strip() and step.command.strip() and step.expected.strip()):
                raise ConfigurationError(
                    where,
                    given=step.command or step.do,
                    allowed="a purpose, a command and what it answers",
                    mend="write what the person at three in the morning will need",
                )


def recorded_procedure(path: str, fact: Mapping[str, Any], shell: Shell, *, name: str) -> Procedure:
    """A procedure that a construct recorded (``contracts.ProcedureSpec.as_fact``)."""

    def steps(part: str) -> tuple[Step, ...]:
        return tuple(Step(*(shell.text(one.get(key, "")) for key in ("do", "command", "expected"))) for one in fact.get(part, ()))

    return Procedure(
        name=name,
        title=shell.text(fact.get("title", "")),
        construct=path,
        when=shell.text(fact.get("when", "")),
        steps=steps("steps"),
        verify=steps("verify"),
        escalation=shell.text(fact.get("escalation", "")),
        severity=str(fact.get("severity")),
        destroys=shell.text(fact["destroys"]) if fact.get("destroys") else None,
    )
