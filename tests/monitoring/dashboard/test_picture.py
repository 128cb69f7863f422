"""The picture in the documentation is the one that the dashboard of today gives."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.support.dashboard_body import faults
from tools.dashboard_picture import TARGET, body, rendered


@pytest.fixture(scope="module")
def drawn() -> dict[str, Any]:
    return body()


def test_its_body_is_what_cloudwatch_documents(drawn: dict[str, Any]) -> None:
    assert faults(drawn) == []


def test_it_is_current(drawn: dict[str, Any]) -> None:
    assert TARGET.read_text(encoding="utf-8") == rendered(drawn), "run: python -m tools.dashboard_picture"


def test_it_draws_every_widget(drawn: dict[str, Any]) -> None:
    picture = ET.fromstring(rendered(drawn))
    groups = picture.findall("{http://www.w3.org/2000/svg}g")
    assert len(groups) == len(drawn["widgets"])
    assert all(len(group) > 1 for group in groups)
