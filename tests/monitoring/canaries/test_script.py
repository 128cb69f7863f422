"""The canary's script as code, in Node.js, against real servers on this machine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from prodready_constructs.monitoring import CanarySecret, CanaryStep
from tests.monitoring.canaries.loopback import Answers, Run, make_certificates, run, serving
from tests.support.loopback import nobody_there

pytestmark = pytest.mark.control("OPS-6")
ARN = "arn:aws:secretsmanager:us-east-1:111122223333:secret:probe-AbCdEf"
HEALTH = CanaryStep(path="/health", contains=['"status":"ok"'], max_latency=timedelta(seconds=2))
SECRET: Any = object()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    make_certificates(folder)
    return folder


Ask = Callable[..., Run]


@pytest.fixture
def ask(folder: Path) -> Ask:
    def asked(
        answers: Answers,
        *steps: CanaryStep,
        certificate: str | None = "good",
        host: str = "localhost",
        secrets: dict[str, str] | None = None,
    ) -> Run:
        with serving(answers, folder / f"{certificate}.pem" if certificate else None) as port:
            plan = {"name": "shop", "host": f"{host}:{port}", "steps": [step.plan({id(SECRET): ARN}) for step in steps or (HEALTH,)]}
            return run(plan, trusting=folder / "root.pem", secrets=secrets)

    return asked


def test_a_healthy_service_passes(ask: Ask) -> None:
    answers = Answers()
    found = ask(answers)
    assert (found.passed, found.said) == (True, "1 steps as expected")
    assert found.lines[0]["level"] == "info"
    assert found.lines[0]["status"] == 200
    assert found.lines[0]["duration_ms"] >= 0
    (asked,) = answers.asked
    assert (asked["method"], asked["path"], asked["headers"]["user-agent"]) == ("GET", "/health", "prodready-canary/shop")


def test_a_500_fails(ask: Ask) -> None:
    found = ask(Answers(status={"/health": 500}))
    assert not found.passed
    assert found.said == "step 1, GET /health: status 500, expected 200"
    assert found.lines[0]["level"] == "error"


def test_a_wrong_body_fails(ask: Ask) -> None:
    assert ask(Answers(body={"/health": '{"status":"degraded"}'})).said == (r'step 1, GET /health: the body lacks "\"status\":\"ok\""')


def test_a_missing_header_and_a_wrong_one_fail(ask: Ask) -> None:
    step = CanaryStep(path="/", answers={"Strict-Transport-Security": "max-age", "Content-Type": "json"})
    assert ask(Answers(headers={"/": [("content-type", "text/html")]}), step).said == (
        'step 1, GET /: no header Strict-Transport-Security; header Content-Type lacks "json"'
    )


def test_the_headers_that_are_wanted_pass(ask: Ask) -> None:
    step = CanaryStep(path="/", status=(200, 204), answers={"X-Version": "2"})
    assert ask(Answers(status={"/": 204}, body={"/": ""}, headers={"/": [("x-version", "v2")]}), step).passed


def test_a_slow_answer_fails_in_time(ask: Ask) -> None:
    step = CanaryStep(path="/slow", max_latency=timedelta(milliseconds=300))
    found = ask(Answers(wait={"/slow": 3}), step)
    assert found.said == "step 1, GET /slow: no whole answer within 300 ms"


def test_a_connection_that_is_cut_fails(ask: Ask) -> None:
    assert ask(Answers(hang_up={"/health"})).said == "step 1, GET /health: ECONNRESET: socket hang up"


def test_nobody_there_fails(folder: Path) -> None:
    found = run({"name": "shop", "host": f"localhost:{nobody_there()}", "steps": [HEALTH.plan({})]}, trusting=folder / "root.pem")
    assert not found.passed
    assert "ECONNREFUSED" in found.said


def test_a_name_that_does_not_resolve_fails(folder: Path) -> None:
    found = run({"name": "shop", "host": "shop.invalid", "steps": [HEALTH.plan({})]}, trusting=folder / "root.pem")
    assert not found.passed
    assert any(code in found.said for code in ("ENOTFOUND", "EAI_AGAIN"))


@pytest.mark.parametrize(
    ("certificate", "why"),
    [
        ("expired", "CERT_HAS_EXPIRED: certificate has expired"),
        ("other", "ERR_TLS_CERT_ALTNAME_INVALID"),
        ("stranger", "DEPTH_ZERO_SELF_SIGNED_CERT: self-signed certificate"),
    ],
)
def test_a_certificate_that_a_browser_refuses_fails(ask: Ask, certificate: str, why: str) -> None:
    found = ask(Answers(), certificate=certificate)
    assert not found.passed
    assert why in found.said


def test_plain_http_fails(ask: Ask) -> None:
    found = ask(Answers(), certificate=None)
    assert not found.passed
    assert "EPROTO" in found.said or "ECONNRESET" in found.said


def test_the_first_failure_ends_the_run(ask: Ask) -> None:
    answers = Answers(status={"/one": 503})
    found = ask(answers, CanaryStep(path="/one"), CanaryStep(path="/two"))
    assert [asked["path"] for asked in answers.asked] == ["/one"]
    assert found.said == "step 1, GET /one: status 503, expected 200"


def test_redirects_are_answers(ask: Ask) -> None:
    answers = Answers(status={"/old": 301}, headers={"/old": [("location", "/new")]})
    assert ask(answers, CanaryStep(path="/old", status=301, answers={"Location": "/new"})).passed
    assert len(answers.asked) == 1


def test_it_signs_in_with_a_secret_and_keeps_cookies(ask: Ask) -> None:
    answers = Answers(headers={"/login": [("set-cookie", "session=abc; Secure; HttpOnly"), ("set-cookie", "old=; Max-Age=0")]})
    found = ask(
        answers,
        CanaryStep(path="/login", method="POST", body=CanarySecret(secret=SECRET), headers={"Content-Type": "application/json"}),
        CanaryStep(path="/me", headers={"Authorization": CanarySecret(secret=SECRET, field="token", before="Bearer ")}),
        secrets={ARN: '{"user":"probe","token":"t0p-s3cret"}'},
    )
    assert found.passed
    login, me = answers.asked
    assert login["body"] == '{"user":"probe","token":"t0p-s3cret"}'
    assert me["headers"]["authorization"] == "Bearer t0p-s3cret"
    assert me["headers"]["cookie"] == "session=abc"
    assert found.asked == [ARN], "a secret is asked for once a run"
    assert "t0p-s3cret" not in found.output


@pytest.mark.parametrize(
    ("secrets", "why"),
    [({}, "Error: AccessDenied"), ({ARN: "plain"}, "a secret is no JSON"), ({ARN: '{"other":1}'}, "a secret has no field token")],
)
def test_a_secret_that_is_not_there_fails_without_its_value(ask: Ask, secrets: dict[str, str], why: str) -> None:
    step = CanaryStep(path="/me", headers={"Authorization": CanarySecret(secret=SECRET, field="token")})
    assert ask(Answers(), step, secrets=secrets).said == f"step 1, GET /me: {why}"


def test_a_huge_answer_is_not_kept(ask: Ask) -> None:
    step = CanaryStep(path="/", contains=["the end"])
    assert ask(Answers(body={"/": "x" * 3_000_000 + "the end"}), step).said == 'step 1, GET /: the body lacks "the end"'
