"""What a real client hears from a REST API that was deployed: status, headers and bodies of the gateway's own answers.

The template is deployed by the CDK CLI to the embedded emulator, which carries out routing, user pool authorizers, request validation, preflights
and gateway responses; the client is Python's own ``http.client``. So the answers are the emulator's reading of our template, not AWS's word: it
shows that what we ask for fits together and arrives in an HTTP answer. It has no way into a VPC, so no answer of a service is seen here.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cognito as cognito

from prodready_constructs.edge import ApiLogs, OpenApi, OpenApiRestApi, ProtectedLoadBalancer, ProtectedRestApi
from prodready_constructs.local import deploy
from prodready_constructs.local.assembly import load
from prodready_constructs.local.session import emulator
from prodready_constructs.local.tools import find_tools
from prodready_constructs.network import PrivateNetwork
from prodready_constructs.posture import STAGING
from tests.edge.parts import a_log_bucket
from tests.edge.rest_api.test_openapi_rest_api import HEALTH, SPECIFICATIONS
from tests.support.synthesis import ACCOUNT, REGION, ROOT, ZonedStack, new_app

pytestmark = [pytest.mark.deployment, pytest.mark.xdist_group("emulator"), pytest.mark.control("WEB-5")]
ORIGIN = "https://shop.example.com"
MESSAGE = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string", "maxLength": 5}},
    "additionalProperties": False,
}
#: Of every answer that the gateway makes itself.
HEADERS = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "access-control-allow-origin": ORIGIN,
}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: str


@dataclass(frozen=True)
class Client:
    """Asks the deployed API."""

    port: int
    api_id: str

    def ask(self, method: str, path: str, *, body: str | None = None, headers: dict[str, str] | None = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, f"/_aws/execute-api/{self.api_id}/live{path}", body=body, headers=headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode())
        finally:
            connection.close()


def _build(folder: Path) -> None:
    app = new_app(outdir=str(folder))
    stack = ZonedStack(app, "Doors", env=cdk.Environment(account=ACCOUNT, region=REGION))
    network = PrivateNetwork(stack, "Network", posture=STAGING.network)
    front = ProtectedLoadBalancer(stack, "Front", vpc=network.vpc, posture=STAGING.edge, access_logs=a_log_bucket(stack))
    pool = [cognito.UserPool(stack, "Pool")]
    users = apigateway.CognitoUserPoolsAuthorizer(stack, "Users", cognito_user_pools=pool)
    clean = OpenApi.from_file(
        SPECIFICATIONS / "clean.yaml",
        authorizers={"users": users, "signed": None},
        public={**HEALTH},
    )
    OpenApiRestApi(
        stack, "Api", posture=STAGING.edge, load_balancer=front, specification=clean, allowed_origins=[ORIGIN], web_acl=front.web_acl
    )
    hand = ProtectedRestApi(
        stack,
        "Hand",
        posture=STAGING.edge,
        load_balancer=front,
        authorizer=apigateway.CognitoUserPoolsAuthorizer(stack, "HandUsers", cognito_user_pools=pool),
        allowed_origins=[ORIGIN],
        web_acl=front.web_acl,
        logs=ApiLogs(role="existing"),
    )
    hand.public("/contact", "POST", reason="Whoever has no account yet writes to us; the form is limited and its body is checked")
    hand.require_body("/contact", "POST", schema=MESSAGE)
    hand.throttle("/contact", "POST", rate=1, burst=1)
    app.synth()


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Client]]:
    folder = tmp_path_factory.mktemp("answers")
    _build(folder / "cdk.out")
    assembly, log = load(folder / "cdk.out"), folder / "cdk.log"
    with emulator(find_tools(ROOT), account=ACCOUNT, region=REGION, log=folder / "emulator.log") as session:
        deploy.bootstrap(session, assembly, log=log)
        deploy.deploy(session, assembly, log=log)
        made = session.client("apigateway", ACCOUNT, REGION).get_rest_apis()["items"]
        yield {api["name"].split("-")[1]: Client(session.port, api["id"]) for api in made}


@pytest.fixture(scope="module")
def client(clients: dict[str, Client]) -> Client:
    """Of the API from a file."""
    return clients["Api"]


@pytest.fixture(scope="module")
def hand(clients: dict[str, Client]) -> Client:
    """Of the API made by hand."""
    return clients["Hand"]


def assert_safe(answer: Answer, status: int, kind: str) -> None:
    """The kind of error and the id of the request, with every header, and nothing else."""
    assert answer.status == status, answer
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    told: dict[str, Any] = json.loads(answer.body)
    assert set(told) == {"error", "requestId"}
    assert told["error"] == kind
    assert told["requestId"]


def test_who_shows_no_token_is_told_so_and_no_more(client: Client) -> None:
    for method, path in (("GET", "/orders?customer=1"), ("GET", "/orders/7"), ("POST", "/orders")):
        assert_safe(client.ask(method, path, headers={"X-Tenant": "a"}), 401, "UNAUTHORIZED")
    answer = client.ask("GET", "/orders/7", headers={"Authorization": "Bearer not.a.token"})
    assert_safe(answer, 401, "UNAUTHORIZED")


def test_what_is_not_in_the_file_is_not_there(client: Client) -> None:
    for method, path in (("GET", "/admin"), ("GET", "/orders/1/lines"), ("DELETE", "/orders"), ("GET", "/")):
        answer = client.ask(method, path)
        assert_safe(answer, 403, "MISSING_AUTHENTICATION_TOKEN")
        assert "arn:" not in answer.body


def test_a_preflight_is_answered_for_the_one_origin(client: Client) -> None:
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    answer = client.ask("OPTIONS", "/orders", headers=asked)
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert "Authorization" in answer.headers["access-control-allow-headers"]


@pytest.mark.parametrize("body", ["", "no json", "[]", "{}", '{"text": 1}', '{"text": "too long"}', '{"text": "hi", "more": 1}'])
@pytest.mark.parametrize("kind", ["application/json", "text/plain", None])
def test_a_body_that_is_not_what_was_asked_for_goes_no_further(hand: Client, body: str, kind: str | None) -> None:
    answer = hand.ask("POST", "/contact", body=body, headers={"Content-Type": kind} if kind else {})
    assert_safe(answer, 400, "BAD_REQUEST_BODY")


def test_everything_by_hand_but_what_was_opened_is_closed(hand: Client) -> None:
    for method, path in (("GET", "/"), ("GET", "/anything/at/all"), ("GET", "/contact"), ("DELETE", "/contact")):
        assert_safe(hand.ask(method, path), 401, "UNAUTHORIZED")


def test_open_methods_pass_the_gateway_and_leak_nothing_where_nobody_answers(client: Client, hand: Client) -> None:
    asked = (client.ask("GET", "/health"), hand.ask("POST", "/contact", body='{"text": "hi"}'))
    for answer in asked:
        assert answer.status >= 500, answer
        assert "elb" not in answer.body.lower()
