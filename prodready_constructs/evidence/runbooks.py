"""Runbook pages from a cloud assembly: one for every alarm, one for every way a store comes back, and an index.

What a page says was written by the constructs into the assembly's metadata (``monitoring.Watch``, ``recovery.BackupPlan`` and the
stores); nothing here knows a construct or calls AWS. Names that only the deployment knows are looked up by the page's first commands.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.evidence.assembly import Assembly, StackTemplate, read_assembly
from prodready_constructs.evidence.shell import Shell

RECORDED = "prodready:construct"
#: The first line of the index: the sign that a directory is ours to replace.
MARK = "<!-- Runbooks, generated from a cloud assembly. Edit the constructs, not these pages. -->"
INDEX = "index.md"
_SLUG = re.compile(r"[^a-z0-9]+")
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")


class _Page(NamedTuple):
    """One page: where it goes and what the index says of it."""

    stack: str
    name: str
    kind: str
    about: str
    body: str


def write_runbooks(assembly: Path, out: Path, *, stacks: str = "*") -> list[Path]:
    """Write the pages of the cloud assembly *assembly* to *out*, all of them or none, and return their paths, sorted.

    *out* is replaced as a whole, so pages of alarms that are gone go too. *stacks* chooses by stack name: ``Prod*``.

    Raises:
        ConfigurationError: no assembly, no alarm in it, *out* holds something that is not ours, or two pages of one name.
    """
    found = read_assembly(assembly)
    pages = sorted(page for page in (*_alarm_pages(found), *_restore_pages(found)) if fnmatchcase(page.stack, stacks))
    if not any(page.kind != "restore" for page in pages):
        raise ConfigurationError(
            str(assembly),
            given="no alarm" if stacks == "*" else f"no alarm in a stack like {stacks}",
            allowed="an assembly with a monitoring.Watch",
            mend="watch something, synthesize",
        )
    files = {f"{page.stack}/{page.name}.md": page.body for page in pages}
    if len(files) < len(pages):
        names = [f"{page.stack}/{page.name}" for page in pages]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ConfigurationError(str(assembly), given=twice, allowed="one page of each name", mend="rename one construct or alarm")
    return _swap(out, {INDEX: _index(pages), **files})


def _swap(out: Path, files: dict[str, str]) -> list[Path]:
    """Write *files* beside *out* and put them in its place: a reader sees the old pages or the new ones, never half of them."""
    if out.exists():
        index = out / INDEX
        ours = out.is_dir() and (not any(out.iterdir()) or (index.is_file() and index.read_text().startswith(MARK)))
        if not ours:
            raise ConfigurationError(
                str(out),
                given="a directory with other files",
                allowed="a directory of generated runbooks, or none",
                mend="choose another one",
            )
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        fresh = beside / "fresh"
        for name, body in files.items():
            target = fresh / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(body, encoding="utf-8")
        if out.exists():
            out.rename(beside / "old")
        try:
            fresh.rename(out)
        except OSError:
            if (beside / "old").exists():
                (beside / "old").rename(out)
            raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return sorted(out / name for name in files)


def _alarm_pages(assembly: Assembly) -> Iterator[_Page]:
    dashboards = {
        watch: (name, _stack_of(assembly, path).region)
        for path, data in assembly.recorded(RECORDED)
        if (name := data.get("dashboard"))
        for watch in data.get("watches", ())
    }
    for path, data in assembly.recorded(RECORDED):
        for alarm in data.get("alarms", ()):
            stack = _stack_of(assembly, path)
            shell = Shell(assembly, _stack_of(assembly, alarm["construct"], otherwise=stack), stack)
            name = alarm["name"]
            if not _FILE_NAME.fullmatch(name):
                raise ConfigurationError(path, given=name, allowed="letters, digits and dashes", mend="rename the construct")
            yield _Page(stack.name, name, alarm["severity"], shell.text(alarm["meaning"]), _alarm_page(alarm, shell, dashboards.get(path)))


def _alarm_page(alarm: dict[str, Any], shell: Shell, dashboard: tuple[str, str | None] | None) -> str:
    commands = [shell.text(command) for command in alarm["commands"]]
    state = None
    if arn := alarm.get("alarm"):  # an event rule has no state
        logical_id = {"Ref": arn["Fn::GetAtt"][0]}
        state = shell.text({"Fn::Join": ["", ["aws cloudwatch describe-alarm-history --max-items 5 --alarm-name ", logical_id]]})
    texts = {key: shell.text(alarm[key]) for key in ("meaning", "threshold", "source", "escalation")}
    causes = [shell.text(cause) for cause in alarm["causes"]]
    lines = [
        f"# {alarm['name']}",
        "",
        f"**{alarm['severity'].capitalize()}** alarm of `{alarm['construct']}`.",
        "",
        "## What it means",
        "",
        texts["meaning"],
        "",
        "## When it fires",
        "",
        f"{texts['threshold']}.",
        "",
        f"Source of the threshold: {texts['source']}",
        "",
        "## Likely causes",
        "",
        *(f"{number}. {cause}" for number, cause in enumerate(causes, 1)),
        "",
        "## First commands",
        "",
        *_code([*shell.preamble, *([state] if state else []), *commands]),
        "",
        "## Escalation",
        "",
        texts["escalation"],
        "",
        *_dashboard(dashboard),
    ]
    return "\n".join(lines)


def _restore_pages(assembly: Assembly) -> Iterator[_Page]:
    facts: dict[tuple[str, str], dict[str, Any]] = {}
    for path, data in assembly.recorded(RECORDED):
        for fact in (*data.get("recovery", ()), *data.get("protected", ())):
            if fact.get("restore_commands"):
                # A store tells its own facts, and so does the plan that protects it: one page.
                facts.setdefault((fact.get("construct", path), str(fact["store"])), fact)
    slugs = [(_stack_of(assembly, path).name, _slug(store)) for path, store in facts]
    for (path, store), fact in facts.items():
        stack = _stack_of(assembly, path)
        shell = Shell(assembly, stack, stack)
        name = f"restore-{_slug(store)}"
        if slugs.count((stack.name, _slug(store))) > 1:
            name = f"{name}-{_slug(path)}"
        yield _Page(stack.name, name, "restore", f"{store}: {shell.text(fact['how'])}", _restore_page(path, fact, shell))


def _restore_page(path: str, fact: dict[str, Any], shell: Shell) -> str:
    commands = [shell.text(command) for command in fact["restore_commands"]]
    how = shell.text(fact["how"])
    time_is = shell.text(fact.get("recovery_time_is", ""))
    lines = [
        f"# Restore {fact['store']}",
        "",
        f"`{path}`: {how}.",
        "",
        f"- Data lost at most: {_span(fact['recovery_point'])}",
        f"- Time to be back: {_span(fact['recovery_time'])}{f' ({time_is})' if time_is else ''}",
        "",
        "## Commands",
        "",
        *_code([*shell.preamble, *commands]),
        "",
    ]
    return "\n".join(lines)


def _index(pages: list[_Page]) -> str:
    lines = [MARK, "", "# Runbooks", ""]
    for stack in sorted({page.stack for page in pages}):
        lines += [f"## {stack}", "", "| Page | Severity | About |", "|---|---|---|"]
        lines += [
            f"| [{page.name}]({page.stack}/{page.name}.md) | {page.kind} | {page.about.replace('|', '/')} |"
            for page in sorted(pages, key=lambda page: (("critical", "warning", "restore").index(page.kind), page.name))
            if page.stack == stack
        ]
        lines.append("")
    return "\n".join(lines)


def _dashboard(dashboard: tuple[str, str | None] | None) -> list[str]:
    if dashboard is None:
        return []
    name, region = dashboard
    if region is None:
        return [f"Dashboard: `{name}`, in the CloudWatch console of the stack's region.", ""]
    return [f"Dashboard: [{name}](https://console.aws.amazon.com/cloudwatch/home?region={region}#dashboards/dashboard/{name})", ""]


def _stack_of(assembly: Assembly, path: str, *, otherwise: StackTemplate | None = None) -> StackTemplate:
    """The stack that holds the construct *path*: the one with the longest matching path."""
    holding = [stack for stack in assembly.stacks if path == stack.path or path.startswith(f"{stack.path}/")]
    if not holding and otherwise is not None:
        return otherwise
    if not holding:
        raise ConfigurationError(path, given="no stack", allowed="a construct in a stack of the assembly", mend="synthesize the app again")
    return max(holding, key=lambda stack: len(stack.path))


def _code(commands: list[str]) -> list[str]:
    return ["```bash", *commands, "```"]


def _slug(text: str) -> str:
    return _SLUG.sub("-", text.lower()).strip("-")


def _span(seconds: float) -> str:
    return "none" if seconds == 0 else str(timedelta(seconds=seconds)).removesuffix(", 0:00:00")
