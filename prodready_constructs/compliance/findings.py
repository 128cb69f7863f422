"""A finding, the error that carries all of them, and how both read on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One place where one rule does not hold.

    Attributes:
        rule: the exact id that a waiver names, such as ``AwsSolutions-IAM5[Resource::*]``.
        path: the construct path.
        why: what is wrong; fix: how to mend it.
        accept: what to write to accept the finding all the same; None where nothing accepts it.
    """

    rule: str
    path: str
    why: str
    fix: str
    accept: str | None

    @property
    def waivable(self) -> bool:
        """Whether a waiver accepts it: a stateful change needs an approval, a construct's error and a bad waiver must be mended."""
        return self.accept is not None and self.accept.startswith("waive(")

    def __str__(self) -> str:
        lines = [self.path or "(the app)", f"  rule    {self.rule}", f"  reason  {self.why}", f"  fix     {self.fix}"]
        return "\n".join([*lines, *([f"  accept  {self.accept}"] if self.accept else [])])


def waivable_finding(*, rule: str, path: str, why: str, fix: str) -> Finding:
    """A finding that a waiver on its construct accepts; carries the line to write."""
    quoted = f'"{rule}"' if '"' not in rule else f"'{rule}'"
    line = f'waive(<{path}>, rule={quoted}, because="<why it is acceptable here>", owner="<who answers for it>")'
    return Finding(rule=rule, path=path, why=why, fix=fix, accept=line)


class GuardError(SystemExit):
    """The app does not pass. Uncaught, it ends the process with status 1 and prints every finding, without a traceback.

    Attributes:
        findings: all of them, sorted by path and rule.
    """

    def __init__(self, findings: Sequence[Finding]) -> None:
        count = f"{len(findings)} finding{'s' if len(findings) != 1 else ''}"
        report = "\n\n".join(map(str, findings))
        super().__init__(f"\n{report}\n\nguard: {count}; the assembly is refused and nothing can be deployed from it")
        self.findings = tuple(findings)
