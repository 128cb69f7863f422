"""The runbook pages of production, as they are committed."""

from __future__ import annotations

from pathlib import Path

import pytest

from prodready_constructs.evidence.runbooks import write_runbooks
from tests.stacks.conftest import Platform
from tests.support.synthesis import ROOT

pytestmark = pytest.mark.xdist_group("platform")


@pytest.mark.control("OPS-3", "DR-6")
def test_the_committed_pages_are_those_of_the_platform(platform: Platform, tmp_path: Path) -> None:
    fresh, committed = tmp_path / "runbooks", ROOT / "docs" / "runbooks"
    write_runbooks(platform.directory, fresh, stacks="Prod*")
    pages = {root: {str(page.relative_to(root)): page.read_text() for page in root.rglob("*.md")} for root in (fresh, committed)}
    assert sorted(pages[fresh]) == sorted(pages[committed]), "run: ./dev lock"
    assert [name for name, text in pages[fresh].items() if pages[committed][name] != text] == [], "run: ./dev lock"


@pytest.mark.control("OPS-3")
def test_every_alarm_links_a_page_that_is_there(platform: Platform) -> None:
    links = {
        word.rstrip(".")
        for name, template in platform.templates.items()
        if name.startswith("Prod")
        for alarm in template.of_type("AWS::CloudWatch::Alarm").values()
        for word in str(alarm["Properties"]["AlarmDescription"]).split()
        if word.startswith("https://runbooks.example.com/shop/")
    }
    assert len(links) > 40
    for link in links:
        page = link.removeprefix("https://runbooks.example.com/shop/")
        assert (ROOT / "docs" / "runbooks" / f"{page}.md").is_file(), link
