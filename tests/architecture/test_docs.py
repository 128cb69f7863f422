"""The pages say what the code says: names, signatures, alarms, the posture's numbers; and every link leads somewhere."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import prodready_constructs
from tests.architecture.source import PACKAGE, ROOT, python_files, tree_of
from tools.posture import TARGET, rendered

DOCS = ROOT / "docs"
PAGES = sorted(
    [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "CHANGELOG.md",
        *DOCS.glob("*.md"),
        *DOCS.glob("decisions/*.md"),
        *DOCS.glob("rooms/**/*.md"),
    ]
)
ROOMS = sorted(DOCS.glob("rooms/**/*.md"))
ALARMS = {"AlarmSpec", "EventSpec", "RdsEventSpec"}
_BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def blocks(page: Path) -> Iterator[ast.Module]:
    """The Python blocks of *page*; ``, ...)`` means that something is left out."""
    for code in _BLOCK.findall(page.read_text(encoding="utf-8")):
        yield ast.parse(code.replace(", ...)", ")").replace("(...)", "()"), str(page))


def signatures() -> dict[str, set[str]]:
    """Public class, function or method -> the keywords it takes; of methods of one name, all together."""
    found: dict[str, set[str]] = {}
    for file in python_files():
        for node in ast.walk(tree_of(file)):
            if isinstance(node, ast.ClassDef):
                fields = {item.target.id for item in node.body if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)}
                found.setdefault(node.name, set()).update(fields)
                for item in node.body:
                    if isinstance(item, ast.FunctionDef):
                        name = node.name if item.name == "__init__" else item.name
                        found.setdefault(name, set()).update(one.arg for one in (*item.args.args, *item.args.kwonlyargs))
            elif isinstance(node, ast.FunctionDef):
                found.setdefault(node.name, set()).update(one.arg for one in (*node.args.args, *node.args.kwonlyargs))
    return found


SIGNATURES = signatures()


def of_the_library(call: ast.Call) -> str | None:
    """The name that *call* calls, where it is ours."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id if isinstance(call.func, ast.Name) else ""
    public = isinstance(call.func, ast.Name) and name in {*prodready_constructs.__all__, "write_runbooks"}
    method = isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name) and call.func.value.id.islower()
    return name if name in SIGNATURES and (public or (method and call.func.value.id not in {"s3", "ecs", "cdk"})) else None  # type: ignore[attr-defined]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_code_on_the_pages_uses_what_there_is(page: Path) -> None:
    for tree in blocks(page):
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("prodready_constructs"):
                names = set(prodready_constructs.__all__)
                if node.module != "prodready_constructs":
                    init = PACKAGE.joinpath(*(node.module or "").split(".")[1:], "__init__.py")
                    names = {
                        alias.asname or alias.name for one in tree_of(init).body if isinstance(one, ast.ImportFrom) for alias in one.names
                    }
                assert {alias.name for alias in node.names} <= names
            if isinstance(node, ast.Call) and (name := of_the_library(node)):
                unknown = {keyword.arg for keyword in node.keywords if keyword.arg} - SIGNATURES[name]
                assert unknown == set(), f"{name} takes no {', '.join(sorted(unknown))}"
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "replace":
                value = ast.unparse(node.args[0])
                slice_of = getattr(prodready_constructs.PRODUCTION, value.split(".")[-1], prodready_constructs.PRODUCTION)
                for keyword in node.keywords:
                    assert hasattr(slice_of, str(keyword.arg)), f"{value} has no {keyword.arg}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in _LINK.findall(page.read_text(encoding="utf-8")):
        target = link.partition("#")[0]
        if target and "://" not in target:
            assert (page.parent / target).exists(), f"{page.name}: {link}"


@pytest.mark.parametrize("page", ROOMS, ids=lambda page: page.stem)
def test_the_alarms_of_a_room_are_those_on_its_page(page: Path) -> None:
    room, text = PACKAGE / page.relative_to(DOCS / "rooms").with_suffix(""), page.read_text(encoding="utf-8")
    # A room whose alcoves have pages of their own answers for what is in none of them.
    files = python_files(room) if not page.with_suffix("").is_dir() else sorted(room.glob("*.py"))
    made = {
        keyword.value.value
        for file in files
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ALARMS
        for keyword in node.keywords
        if keyword.arg == "id" and isinstance(keyword.value, ast.Constant)
    }
    assert {name for name in made if name not in text} == set(), "not on the page"
    texts = {node.value for file in files for node in ast.walk(tree_of(file)) if isinstance(node, ast.Constant)}
    written = {text for text in texts if isinstance(text, str) and len(text) >= 4}
    tables = re.findall(r"^\| alarm \|.*\n\|[-|]+\n((?:\|.*\n)+)", text, re.MULTILINE)
    named = {
        name
        for table in tables
        for row in table.splitlines()
        for name in re.findall(r"\b[A-Z][a-z]+[A-Z]\w+|\bAttention|\bFailover", row.split("|")[1])
    }
    # An id may be put together: f"{direction}LatencyHigh".
    unknown = {name for name in named - written if not any(name.startswith(text) or name.endswith(text) for text in written)}
    assert unknown == set(), "not in the room"


def test_what_the_page_of_the_night_says_wakes_somebody_does() -> None:
    (table,) = re.findall(r"^\| what wakes \|.*\n\|[-|]+\n((?:\|.*\n)+)", (DOCS / "operate.md").read_text(encoding="utf-8"), re.MULTILINE)
    named = {name for row in table.splitlines() for name in re.findall(r"`([A-Z]\w+)`", row.split("|")[1])}
    rows = [row for page in ROOMS for row in page.read_text(encoding="utf-8").splitlines() if row.startswith("|") and "critical" in row]
    wakes = {name for row in rows for name in re.findall(r"\b[A-Z]\w+", row.split("|")[1])}
    assert len(named) > 20
    assert named - wakes == set()


def test_every_room_and_decision_has_its_place() -> None:
    rooms = {init.parent.name for init in PACKAGE.glob("*/__init__.py")} - {
        "cli",
        "contracts",
        "evidence",
        "foundation",
        "local",
        "posture",
    }
    alcoves = {init.parent.relative_to(PACKAGE) for init in PACKAGE.glob("edge/*/__init__.py")}
    pages = {page.relative_to(DOCS / "rooms").with_suffix("") for page in ROOMS}
    assert {Path(room) for room in rooms} | alcoves <= pages
    site = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert [page.name for page in ROOMS if str(page.relative_to(DOCS)) not in site] == [], "add it to mkdocs.yml"
    index = (DOCS / "decisions" / "index.md").read_text(encoding="utf-8")
    assert [page.name for page in DOCS.glob("decisions/0*.md") if f"]({page.name})" not in index] == [], "add it to docs/decisions/index.md"


def test_every_public_name_is_on_the_page_of_the_api() -> None:
    page = (DOCS / "api.md").read_text(encoding="utf-8")
    directives = set(re.findall(r"^::: (\S+)$", page, re.MULTILINE))
    for home, names in prodready_constructs._HOMES.items():
        assert f"prodready_constructs.{home}" in directives
        for name in names.split():
            if not (inspect.isclass(it := getattr(prodready_constructs, name)) or inspect.isfunction(it)):
                assert f"`{name}`" in page, "a value has no entry of its own"
            elif (PACKAGE / home / f"{name}.py").exists():
                assert f"prodready_constructs.{home}.{name}.{name}" in directives, "its file has the same name, and hides it"


def test_the_posture_page_is_fresh() -> None:
    assert TARGET.read_text(encoding="utf-8") == rendered(), "run: python -m tools.posture"


@pytest.mark.parametrize("page", ROOMS, ids=lambda page: page.stem)
def test_no_page_repeats_the_posture_in_a_table(page: Path) -> None:
    header = [line for line in page.read_text(encoding="utf-8").splitlines() if re.match(r"\|.*\bproduction\b.*\|.*\bstaging\b.*\|", line)]
    assert header == [], "link to posture.md instead: numbers rot"
