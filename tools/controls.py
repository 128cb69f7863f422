"""Write ``docs/controls.md``: each row of the requirements ledger, what keeps it, what judges it, and which tests prove it.

Made from the source alone, without importing it: the ``ControlClaim``s that constructs record, the ``controls`` of our rules, and the
``control`` marks of the tests. A test fails while the committed page is out of date.

usage: python -m tools.controls
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.ledger import AREAS, LEDGER

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "prodready_constructs"
TARGET = ROOT / "docs" / "controls.md"
FRAMEWORKS = ("NIST 800-53 r5", "HIPAA", "PCI DSS 3.2.1", "SOC 2", "GDPR")


@dataclass
class Kept:
    """What was found for one row."""

    #: construct (or "guard") -> how it keeps the row.
    by: dict[str, list[str]] = field(default_factory=dict)
    rules: list[str] = field(default_factory=list)
    frameworks: set[str] = field(default_factory=set)
    #: test file -> test names.
    tests: dict[str, list[str]] = field(default_factory=dict)

    @property
    def by_the_house(self) -> bool:
        """Whether tests of the whole keep it: of the architecture, the stacks, the examples, the package."""
        return any(file.split("/")[1] in {"architecture", "stacks", "examples", "packaging"} for file in self.tests)


@functools.cache
def catalogue() -> dict[str, Kept]:
    """Ledger row -> what keeps and proves it. Rows that nothing names are empty."""
    found = {control: Kept() for control in LEDGER}
    for maker, claim in claims():
        kept = found.setdefault(claim["control"], Kept())
        if claim["how"] not in kept.by.setdefault(maker, []):
            kept.by[maker].append(claim["how"])
        kept.frameworks.update(claim.get("frameworks", ()))
    for rule, controls in rules():
        for control in controls:
            found.setdefault(control, Kept()).rules.append(rule)
    for file, test, controls in marks():
        for control in controls:
            found.setdefault(control, Kept()).tests.setdefault(file, []).append(test)
    return found


def claims() -> Iterator[tuple[str, dict[str, Any]]]:
    """Who claims what: the class that records the claims of its module, or the room where a module has claims alone."""
    for file in sorted(PACKAGE.rglob("*.py")):
        tree = _tree(file)
        names = {name for name, _ in _claim_tuples(tree)}
        home = tree
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and node.module and node.module.endswith(".claims"):
                home = _tree(ROOT / f"{node.module.replace('.', '/')}.py")
                names = {name for name, _ in _claim_tuples(home)}
        if not names or file.name == "claims.py":
            continue
        for maker in _recorders(tree, names) or ([file.stem] if home is not tree else []):
            yield from ((maker, claim) for _, written in _claim_tuples(home) for claim in written)


def rules() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Our rules: id and ledger rows."""
    for file in sorted((PACKAGE / "compliance" / "rules").glob("*.py")):
        for node in ast.walk(_tree(file)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Rule":
                written = {keyword.arg: keyword.value for keyword in node.keywords}
                yield f"Prodready-{ast.literal_eval(written['name'])}", ast.literal_eval(written["controls"])


def marks() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Tests and the ledger rows they prove: file, name, rows."""
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        tree = _tree(file)
        everywhere = [node.value for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"]
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                controls = tuple(_control_ids([*everywhere, *node.decorator_list]))
                if controls:
                    yield str(file.relative_to(ROOT)), node.name, controls


def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def _claim_tuples(tree: ast.Module) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Module constants that hold ``ControlClaim``s: name and claims."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple):
            calls = [item for item in node.value.elts if isinstance(item, ast.Call) and ast.unparse(item.func).endswith("ControlClaim")]
            if calls:
                yield (
                    ast.unparse(node.targets[0]),
                    [{str(word.arg): ast.literal_eval(word.value) for word in call.keywords} for call in calls],
                )


def _recorders(tree: ast.Module, names: set[str]) -> list[str]:
    """The classes that hand one of *names* to ``contracts.record``."""
    return [
        node.name
        for node in tree.body
        if isinstance(node, ast.ClassDef)
        and any(
            isinstance(call, ast.Call)
            and ast.unparse(call.func).endswith("record")
            and any(isinstance(word, ast.Name) and word.id in names for keyword in call.keywords for word in ast.walk(keyword.value))
            for call in ast.walk(node)
        )
    ]


def _control_ids(nodes: list[ast.expr]) -> Iterator[str]:
    for node in nodes:
        for call in ast.walk(node):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.control":
                yield from (ast.literal_eval(argument) for argument in call.args)


def rendered() -> str:
    """The page as it is committed."""
    found = catalogue()
    lines = [
        "<!-- Generated by tools/controls.py; `./dev lock` writes it. -->",
        "# Control catalogue",
        "",
        "Each requirement, what keeps it, what judges it at synth, and which tests prove it. *Our rules* and the cdk-nag rules judge the",
        "finished app whatever it is made of; the framework ids are those our constructs claim to support, and no certificate.",
        "",
    ]
    for area, title in AREAS.items():
        lines += [f"## {title}", ""]
        for control in (one for one in LEDGER if one.split("-")[0] == area):
            lines += _section(control, found[control])
    lines += ["## By framework", ""]
    for framework in FRAMEWORKS:
        lines += [f"### {framework}", "", "| id | requirements |", "|---|---|"]
        ids: dict[str, list[str]] = {}
        for control, kept in found.items():
            for one in kept.frameworks:
                if one.startswith(framework):
                    ids.setdefault(one.removeprefix(framework).strip(), []).append(control)
        lines += [f"| {one} | {', '.join(_link(control) for control in ids[one])} |" for one in sorted(ids)]
        lines.append("")
    return "\n".join(lines)


def _section(control: str, kept: Kept) -> Iterator[str]:
    row = LEDGER[control]
    yield from (f"### {control}", "", row.what + ("." if row.whole else ". *In part so far.*"), "")
    for maker, hows in sorted(kept.by.items()):
        yield f"- **{maker}**: {'. '.join(hows)}."
    if not kept.by and not kept.rules:
        yield "- Kept in many places: the tests say where."
    if kept.rules:
        yield f"- Our rules: {', '.join(f'`{rule}`' for rule in kept.rules)}"
    if row.nag:
        yield f"- cdk-nag: {', '.join(f'`{rule}`' for rule in row.nag)}"
    if kept.frameworks:
        yield f"- Frameworks: {', '.join(sorted(kept.frameworks))}"
    for file, tests in kept.tests.items():
        yield f"- `{file}`: {', '.join(_words(test) for test in tests)}"
    yield ""


def _words(test: str) -> str:
    return test.removeprefix("test_").replace("_", " ")


def _link(control: str) -> str:
    return f"[{control}](#{control.lower()})"


def main() -> None:
    """Write the page."""
    TARGET.write_text(rendered(), encoding="utf-8")


if __name__ == "__main__":
    main()
