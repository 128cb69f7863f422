"""The twins stay twins: whoever changes a template changes all three, or compares apples with pears."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from bench import ROOT
from bench.apps import new_app
from bench.messages import counted, total
from bench.twins import ours, plain
from bench.twins.alarms import TABLE, table_of
from bench.twins.shop import Shop
from bench.twins.templates import construct_ids, differences, template


@pytest.fixture(scope="module")
def syntheses(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, int]]:
    """Variant -> its assembly and the jsii messages it took."""
    found = {}
    for name, variant in (("ours", ours), ("plain", plain)):
        outdir = tmp_path_factory.mktemp(name)
        with counted() as messages:
            app = new_app(outdir)
            variant.build(Shop(app))
            app.synth()
        found[name] = (outdir, total(messages))
    return found


def test_plain_python_gives_the_very_template_of_our_constructs(syntheses: dict[str, tuple[Path, int]]) -> None:
    one, other = (template(outdir) for outdir, _ in syntheses.values())
    assert differences(one, other) == []
    assert len(one["Resources"]) > 100


def test_the_table_of_alarms_is_the_one_of_our_template(syntheses: dict[str, tuple[Path, int]]) -> None:
    outdir, _ = syntheses["ours"]
    table = table_of(template(outdir)["Resources"], construct_ids(outdir))
    assert json.loads(TABLE.read_text()) == table, "run python -m bench.twins.alarms"


def test_both_are_counted(syntheses: dict[str, tuple[Path, int]]) -> None:
    assert all(messages > 100 for _, messages in syntheses.values())


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"a": [1, {"b": 2}]}, []),
        ({"a": [1, {"b": 3}]}, ["/a/1/b: 2 != 3"]),
        ({"a": [1]}, ['/a: [1, {"b": 2}] != [1]']),
        ({"a": [1, {"b": 2}], "c": 0}, ["/c: null != 0"]),
    ],
)
def test_differences_are_named_by_place(other: Any, expected: list[str]) -> None:
    assert differences({"a": [1, {"b": 2}]}, other) == expected


def test_the_javascript_twin_runs_on_the_same_releases_as_python() -> None:
    pinned = json.loads((ROOT / "bench" / "package.json").read_text())["devDependencies"]
    assert pinned == {name: version(name) for name in ("aws-cdk-lib", "cdk-nag", "constructs")}


def test_its_lock_file_names_packages_and_no_hosts() -> None:
    packages = json.loads((ROOT / "bench" / "package-lock.json").read_text())["packages"]
    assert [name for name, package in packages.items() if "resolved" in package] == []
