"""The function's own code, as Lambda runs it, with boto3 pointed at a loopback port."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from prodready_constructs.recovery.testing.handlers import index
from tests.recovery.testing.fake_aws import PLAN_ARN, PLAN_NAME, SOURCE, FakeAws, serving

SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:reader-AbCdEf"
ENOUGH = {"query": "SELECT count(*) FROM orders", "at_least": 2}
FRESH = {"query": "SELECT max(created_at) FROM orders", "newest_within": 36 * 3600}
Invoke = Callable[..., dict[str, Any]]


def database_check(*expect: dict[str, Any], engine: str = "postgresql", database: str = "orders_db") -> dict[str, Any]:
    return {"kind": "database", "engine": engine, "database": database, "secret": SECRET, "expect": list(expect or (ENOUGH, FRESH))}


@pytest.fixture
def aws() -> Iterator[FakeAws]:
    with serving(FakeAws()) as fake:
        yield fake


@pytest.fixture
def look(aws: FakeAws, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Invoke:
    """Invoke the function with an event of a restore job (of a day that passed, when there is none); its outcome, which is also its log."""
    quickly = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})

    def client(service: str) -> Any:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, endpoint_url=aws.url, region_name="us-east-1", config=quickly, **keys)

    monkeypatch.setattr(index, "client", client)
    monkeypatch.setattr(index, "PAUSE", 0.2)

    def invoke(job: str | None, checks: dict[str, Any] | None = None, *, patience: float = 0) -> dict[str, Any]:
        known = {
            "PLAN_ARN": PLAN_ARN,
            "PLAN_NAME": PLAN_NAME,
            "LOOK_BACK_DAYS": "70",
            "PATIENCE_SECONDS": str(patience),
            "CHECKS": json.dumps(checks or {SOURCE: database_check()}),
        }
        for name, value in known.items():
            monkeypatch.setenv(name, value)
        ended = {"source": "aws.backup", "detail-type": "Restore Job State Change", "detail": {"restoreJobId": job, "status": "COMPLETED"}}
        outcome = index.handler(ended if job else {"source": "aws.events", "detail-type": "Scheduled Event"}, None)
        (line,) = capsys.readouterr().out.splitlines()
        assert json.loads(line) == outcome
        return outcome

    return invoke
