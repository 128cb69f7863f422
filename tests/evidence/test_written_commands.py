"""Every AWS CLI command in the source of the constructs, whether a stack of ours uses it or not."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, tree_of
from tests.support.aws_cli import faults

PACKAGE = ROOT / "prodready_constructs"
_COMMAND = re.compile(r"(?:^|[\s(;&|])aws [a-z0-9-]+ [a-z0-9-]+\s")


@functools.cache
def written(file: Path) -> tuple[tuple[int, str], ...]:
    """Line and text of each string with a command; what is put in at run time becomes BLANK."""
    return tuple(_written(tree_of(file)))


def _written(tree: ast.Module) -> Iterator[tuple[int, str]]:
    inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    prose = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if id(node) in inner | prose:
            continue
        if isinstance(node, ast.JoinedStr):
            parts = (str(part.value) if isinstance(part, ast.Constant) else "BLANK" for part in node.values)
            text = "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        if _COMMAND.search(text):
            yield node.lineno, text


#: A string that another one completes says nothing of what is missing.
_OPEN_END = re.compile(r": lacks |aws \S+ --\S+: no such command|No closing quotation|No escaped character")


@pytest.mark.control("OPS-3", "DR-6")
@pytest.mark.parametrize("room", sorted(path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"))
def test_every_command_that_a_construct_writes_exists(room: str) -> None:
    wrong = {
        f"{file.relative_to(ROOT)}:{line}: {fault}"
        for file in sorted((PACKAGE / room).rglob("*.py"))
        for line, text in written(file)
        for fault in faults(text)
        if not _OPEN_END.search(fault)
    }
    assert wrong == set()


def test_the_reader_finds_them(tmp_path: Path) -> None:
    file = tmp_path / "made.py"
    file.write_text('"""aws rdz docs x"""\nX = f"aws rds describe-db-instance --name {1} "\nY = ("aws rds wait", "none aws")\n')
    assert written(file) == ((2, "aws rds describe-db-instance --name BLANK "),)
    assert len([text for room in PACKAGE.iterdir() if room.is_dir() for file in room.rglob("*.py") for text in written(file)]) > 250
