"""The code of the reference platform's own function, run as Lambda would."""

from __future__ import annotations

import logging
from types import ModuleType
from typing import Any

import pytest

from tests.support.code import code_at
from tests.support.synthesis import ROOT


@pytest.fixture(scope="module")
def carts() -> ModuleType:
    return code_at(ROOT / "stacks" / "functions" / "carts" / "index.py")


def change(number: int, **more: Any) -> dict[str, Any]:
    return {"eventName": "REMOVE", "dynamodb": {"SequenceNumber": str(number), "Keys": {"id": {"S": f"cart-{number}"}}}, **more}


EXPIRED = {"userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"}}


@pytest.mark.control("FN-5")
def test_only_carts_whose_time_has_passed_are_noted(carts: ModuleType, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    event = {
        "Records": [change(1, **EXPIRED), change(2), change(3, eventName="MODIFY", **EXPIRED), change(4, userIdentity={"principalId": "x"})]
    }
    assert carts.handler(event, None) == {"batchItemFailures": []}
    assert [record.cart for record in caplog.records] == ["cart-1"]  # type: ignore[attr-defined]


@pytest.mark.control("FN-5")
def test_from_a_change_that_cannot_be_read_everything_comes_again(carts: ModuleType, caplog: pytest.LogCaptureFixture) -> None:
    bad = {"eventName": "REMOVE", "dynamodb": {"SequenceNumber": "2"}, **EXPIRED}
    assert carts.handler({"Records": [change(1), bad, change(3, **EXPIRED)]}, None) == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_it_answers_its_smoke_check(carts: ModuleType) -> None:
    assert carts.handler({"Records": []}, None) == {"batchItemFailures": []}
