"""The arrows of the house, the shape of a construct, and the front door, kept by tests."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import prodready_constructs
from tests.architecture.source import PACKAGE, ROOT, constructs, imports_of, python_files, tree_of

OWN = "prodready_constructs"
GROUND = {"contracts", "errors", "foundation", "posture", "waivers"}
#: Part of the package -> what it may import of the package (itself always) and of AWS.
ARROWS: dict[str, tuple[set[str], bool]] = {
    "errors": (set(), False),
    "posture": ({"errors"}, False),
    "contracts": ({"errors"}, False),
    "waivers": ({"errors"}, True),
    "foundation": (GROUND, True),
    "evidence": ({"errors"}, False),
    "local": ({"errors", "evidence"}, False),
    "cli": ({"errors", "evidence", "local"}, False),
    "compliance": (GROUND | {"evidence"}, True),
}
ROOM: tuple[set[str], bool] = (GROUND, True)


#: Exported by the foundation for the rooms, which build on it.
INTERNAL = {"Part"}


def all_of(init: Path) -> list[str]:
    """The names in ``__all__`` of a package."""
    (written,) = [
        node.value for node in tree_of(init).body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ] or [ast.List(elts=[])]
    return list(ast.literal_eval(written))


def runs_in_lambda(file: Path) -> bool:
    """Whether a file is the code of a function of ours: in a folder of its own, below ``handlers`` or ``functions``."""
    folders = file.relative_to(PACKAGE).parent.parts
    return "handlers" in folders or ("functions" in folders and folders[-2:] != ("compute", "functions"))


def part_of(file: Path) -> str:
    relative = file.relative_to(PACKAGE)
    return relative.parts[0].removesuffix(".py")


@pytest.mark.parametrize("file", python_files(), ids=lambda file: str(file.relative_to(PACKAGE)))
def test_arrows_point_one_way(file: Path) -> None:
    part = part_of(file)
    if part == "__init__":
        return
    allowed, aws = ARROWS.get(part, ROOM)
    for name in imports_of(file):
        if name.startswith(f"{OWN}."):
            target = name.split(".")[1]
            assert target in allowed | {part}, f"{part} may not import {target}: {name}"
        elif name.startswith("cdk_nag"):
            assert part == "compliance", "only the compliance room knows cdk_nag"
        elif name.startswith(("aws_cdk", "constructs", "jsii")):
            assert aws, f"{part} imports no AWS module: {name}"


@pytest.mark.parametrize("file", [*python_files(ROOT / "stacks"), *python_files(ROOT / "examples")], ids=lambda file: file.name)
def test_stacks_and_examples_use_public_names_only(file: Path) -> None:
    for name in imports_of(file):
        if name.startswith(f"{OWN}."):
            public = name.count(".") == 1 or name.split(".")[1] in {"errors", "posture", "contracts"}
            assert public, f"{name} is not a public name: import it from {OWN}"


@pytest.mark.parametrize(("file", "construct"), list(constructs()), ids=lambda value: getattr(value, "name", ""))
def test_constructs_have_the_shape_cdk_users_expect(file: Path, construct: ast.ClassDef) -> None:
    (init,) = [node for node in construct.body if isinstance(node, ast.FunctionDef) and node.name == "__init__"]
    assert [argument.arg for argument in init.args.args] == ["self", "scope", "construct_id"]
    assert init.args.kwarg is None, "no **kwargs"
    assert init.args.vararg is None
    keywords = [argument.arg for argument in init.args.kwonlyargs]
    assert len(keywords) <= 8, f"{len(keywords)} keywords: {keywords}"
    assert not [name for name in keywords if name.endswith("_props") or name.startswith("enable_")]
    doc = ast.get_docstring(construct) or ""
    assert doc, "a construct says what it is"
    assert not keywords or "Args:" in doc, "and what its arguments are"


def test_front_door_is_sorted_and_every_name_opens() -> None:
    names = list(prodready_constructs.__all__)
    assert names == sorted(names)
    for name in names:
        assert getattr(prodready_constructs, name) is not None
    assert set(names) <= set(dir(prodready_constructs))
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = prodready_constructs.Nothing


def test_type_checkers_see_the_same_front_door() -> None:
    seen: dict[str, set[str]] = {}
    for node in ast.parse((PACKAGE / "__init__.pyi").read_text(encoding="utf-8")).body:
        assert isinstance(node, ast.ImportFrom)
        home = str(node.module).removeprefix(f"{OWN}.")
        whole = [alias.name for alias in node.names] == ["*"]
        seen.setdefault(home, set()).update(all_of(PACKAGE / home / "__init__.py") if whole else {alias.name for alias in node.names})
    assert seen == {home: set(names.split()) for home, names in prodready_constructs._HOMES.items()}


def test_every_construct_of_a_room_is_at_the_front_door() -> None:
    """What a room does not export is its own affair: a base class, or a part that it makes itself."""
    exported = {(part_of(file), name) for file in PACKAGE.glob("*/__init__.py") for name in all_of(file)}
    public = {construct.name for file, construct in constructs() if (part_of(file), construct.name) in exported}
    assert "MultiAzDatabase" in public
    assert public - set(prodready_constructs.__all__) - INTERNAL == set()


@pytest.mark.control("LIB-2")
def test_refusals_are_complete_everywhere() -> None:
    """A construct refuses by ``ConfigurationError``, whose message cannot lack a part; nothing else is raised at a user."""
    rooms = [file for file in python_files() if ARROWS.get(part_of(file), ROOM)[1] and part_of(file) not in {"__init__", "compliance"}]
    # What runs in Lambda raises at Secrets Manager, not at a user of the library; a lazy door raises what Python's import wants.
    for file in (file for file in rooms if not runs_in_lambda(file) and file.name != "__init__.py"):
        tree = list(ast.walk(tree_of(file)))
        # Where a parser is shared, it tells what is wrong and whoever asked it says where; a file may make its own errors in one place.
        made = {
            node.name
            for node in tree
            if isinstance(node, ast.FunctionDef) and node.returns and "ConfigurationError" in ast.unparse(node.returns)
        }
        expected = {"ConfigurationError", *made, *(["CronError"] if file.name == "cron.py" else [])}
        raised = [
            ast.unparse(node.exc).split("(")[0].split(".")[-1] for node in tree if isinstance(node, ast.Raise) and node.exc is not None
        ]
        assert set(raised) <= expected, file


@pytest.mark.control("LIB-1")
def test_importing_the_package_or_the_settings_loads_no_aws_module() -> None:
    program = (
        "import sys, json; import prodready_constructs, stacks.settings, prodready_constructs.cli; "
        "from prodready_constructs import PRODUCTION, STAGING, ConfigurationError; "
        "print(json.dumps([m for m in sys.modules if m.split('.')[0] in ('aws_cdk', 'jsii', 'constructs', 'cdk_nag', 'boto3')]))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert json.loads(loaded) == []


def test_every_posture_value_has_a_reader() -> None:
    read = {
        node.attr
        for file in python_files()
        if part_of(file) != "posture"
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.Attribute)
        and ast.unparse(node.value).split(".")[-1].lstrip("_") in {"posture", "data_class", "release", "hours"}
    }
    declared = {
        f"{node.name}.{statement.target.id}"
        for file in python_files(PACKAGE / "posture")
        for node in tree_of(file).body
        # The classes of data are handed to constructs one by one, by stacks.
        if isinstance(node, ast.ClassDef) and node.name not in {"Posture", "DataPosture"}
        for statement in node.body
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    }
    assert {name for name in declared if name.split(".")[1] not in read} == set()


def test_no_file_is_two_rooms() -> None:
    lengths = {str(file.relative_to(ROOT)): len(file.read_text().splitlines()) for file in python_files()}
    assert {name: length for name, length in lengths.items() if length > 270} == {}


def test_constructs_know_no_clock_no_environment_and_no_network() -> None:
    forbidden = {"os", "socket", "subprocess", "time", "urllib", "requests", "boto3", "random"}
    rooms = [file for file in python_files() if part_of(file) not in {"evidence", "local", "cli", "__init__"}]
    lambdas = {file for file in rooms if runs_in_lambda(file)}
    for file in set(rooms) - lambdas:
        assert not {name.split(".")[0] for name in imports_of(file)} & forbidden, file


@pytest.mark.parametrize(
    "lock",
    ["package-lock.json", "requirements/dev.txt", "requirements/emulator.txt", "requirements/checkov.txt", "bench/package-lock.json"],
)
def test_lock_files_name_packages_and_no_hosts(lock: str) -> None:
    assert not re.findall(r"https?://(?!github\.com|opencollective\.com|www\.patreon|feross|paulmillr)[^\"\s]+", (ROOT / lock).read_text())
