"""The library's smoke test of a release asks the reference service, before visitors do."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

from tests.examples.reference_service.running import running
from tests.support.synthesis import ROOT

SMOKE_TEST = ROOT / "prodready_constructs" / "compute" / "service" / "handlers" / "smoke_test" / "index.py"
PROGRAM = """
import sys
from core import Application
import app

def database():
    if sys.argv[1] == "down":
        raise ConnectionError("refused")

sys.exit(app.main(app=lambda log: Application(log, version="7", checks={"database": database})))
"""


def verdict(port: int, path: str, monkeypatch: pytest.MonkeyPatch, **event: Any) -> dict[str, Any]:
    test = {"path": path, "status": 200, "body": '"version": "7"', "timeout": 4, "attempts": 2}
    door = {"address": "127.0.0.1", "port": port, "server_name": "", "headers": {}, "interfaces": "", "delay": 30}
    monkeypatch.setenv("SMOKE_TEST", json.dumps({**door, "tests": [test]}))
    return dict(runpy.run_path(str(SMOKE_TEST))["handler"]({"lifecycleStage": "POST_TEST_TRAFFIC_SHIFT", **event}, None))


@pytest.mark.control("WEB-4")
def test_a_version_that_reaches_its_database_gets_visitors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(tmp_path / "log", "-c", PROGRAM, "up") as service:
        assert verdict(service.port, "/health/deep", monkeypatch)["hookStatus"] == "SUCCEEDED"


@pytest.mark.control("WEB-4")
def test_one_that_does_not_is_rolled_back_although_it_lives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(tmp_path / "log", "-c", PROGRAM, "down") as service:
        port = service.port
        first = verdict(port, "/health/deep", monkeypatch)
        assert first["hookStatus"] == "IN_PROGRESS"
        assert verdict(port, "/health/deep", monkeypatch, hookDetails=first["hookDetails"])["hookStatus"] == "FAILED"
        # The load balancer's question is another one: the task stays.
        assert verdict(port, "/health", monkeypatch)["hookStatus"] == "SUCCEEDED"
