"""What is done by hand when something is lost, leaked or wrong: a procedure, as data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from prodready_constructs.contracts.watching import Severity
from prodready_constructs.errors import ConfigurationError

_ID = re.compile(r"[A-Z][A-Za-z0-9]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureStep:
    """One command, why it is given, and what it answers.

    Attributes:
        do: what the command is for, one sentence. command: a line of shell; tokens of the stack are resolved at synth.
        expected: the lines that show that it went well, as short as they can be.

    Raises:
        ConfigurationError: one of the three is empty.
    """

    do: str
    command: str
    expected: str

    def __post_init__(self) -> None:
        for name, value in (("do", self.do), ("command", self.command), ("expected", self.expected)):
            if not value.strip():
                raise ConfigurationError(
                    f"ProcedureStep {self.do!r}: {name}",
                    given=value,
                    allowed="a purpose, a command and what it answers",
                    mend="write what the person at three in the morning will need",
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureSpec:
    """A page of the runbooks: when to begin, what to do, how to see that it worked, and whom to call when it did not.

    Attributes:
        id: PascalCase, unique within its construct; part of the page's name.
        when: how one knows that this is the page to follow. steps: in order. verify: what shows that all is well again.
        escalation: whom to call, and after how long.
        severity: whether somebody is woken for it. destroys: what cannot be taken back, in words; None where nothing is lost.

    Raises:
        ConfigurationError: an id, title, reason, step, verification or escalation is missing, or the severity is none.
    """

    id: str
    title: str
    when: str
    steps: tuple[ProcedureStep, ...]
    verify: tuple[ProcedureStep, ...]
    escalation: str
    severity: Severity = Severity.CRITICAL
    destroys: str | None = None

    def __post_init__(self) -> None:
        where = f"ProcedureSpec {self.id}"
        if not _ID.fullmatch(self.id):
            raise ConfigurationError(f"{where}: id", given=self.id, allowed="PascalCase letters and digits", mend="such as RestoreOrders")
        if not isinstance(self.severity, Severity):
            raise ConfigurationError(
                f"{where}: severity", given=self.severity, allowed="Severity.CRITICAL or Severity.WARNING", mend="name one of them"
            )
        for name, text in (("title", self.title), ("when", self.when), ("escalation", self.escalation)):
            if not text.strip():
                raise ConfigurationError(
                    f"{where}: {name}", given=text, allowed="a sentence", mend="say it for who has never seen the system"
                )
        for name, steps in (("steps", self.steps), ("verify", self.verify)):
            if not steps:
                raise ConfigurationError(
                    f"{where}: {name}",
                    given=steps,
                    allowed="at least one ProcedureStep",
                    mend="a procedure does something, and says how one sees that it worked",
                )

    def as_fact(self) -> dict[str, Any]:
        """The procedure as ``record(procedures=[...])`` takes it: plain JSON."""
        return {
            "id": self.id,
            "title": self.title,
            "when": self.when,
            "steps": [_step(step) for step in self.steps],
            "verify": [_step(step) for step in self.verify],
            "escalation": self.escalation,
            "severity": self.severity.value,
            "destroys": self.destroys,
        }


def _step(step: ProcedureStep) -> dict[str, str]:
    return {"do": step.do, "command": step.command, "expected": step.expected}
