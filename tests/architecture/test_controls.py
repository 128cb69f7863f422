"""The control catalogue: fresh, whole, and every id in it real."""

from __future__ import annotations

import tarfile
from importlib import resources

import pytest

from tools.controls import TARGET, Kept, catalogue, rendered
from tools.ledger import LEDGER


def test_the_page_is_fresh() -> None:
    assert TARGET.read_text(encoding="utf-8") == rendered(), "run: python -m tools.controls"


@pytest.mark.parametrize("control", [control for control, row in LEDGER.items() if row.whole])
def test_every_row_is_kept_and_proven(control: str) -> None:
    kept = catalogue()[control]
    assert kept.by or kept.rules or kept.by_the_house, (
        f"nothing keeps {control}: claim it in a construct, judge it in a rule, or test the whole"
    )
    assert kept.tests, f'no test proves {control}: mark one with @pytest.mark.control("{control}")'


def test_no_claim_rule_or_mark_names_a_row_that_is_none() -> None:
    assert {control: kept for control, kept in catalogue().items() if control not in LEDGER} == {}


def test_a_row_that_nothing_keeps_would_be_seen() -> None:
    nothing = Kept()
    assert not any((nothing.by, nothing.rules, nothing.tests, nothing.by_the_house))
    assert not Kept(tests={"tests/edge/test_web_acl.py": ["test_it"]}).by_the_house
    assert Kept(tests={"tests/stacks/test_platform.py": ["test_it"]}).by_the_house


def test_the_rules_of_cdk_nag_exist() -> None:
    package = next(file for file in (resources.files("cdk_nag") / "_jsii").iterdir() if file.name.endswith(".tgz"))
    with resources.as_file(package) as path, tarfile.open(path) as archive:
        names = {name.rsplit("/", 1)[-1].removesuffix(".js") for name in archive.getnames() if "/lib/rules/" in name}
    assert {rule for row in LEDGER.values() for rule in row.nag} - names == set()
