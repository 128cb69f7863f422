"""Real clients at the HTTP API that the template describes: with and without a token, through CloudFront and around it.

The embedded emulator checks tokens, answers preflights, finds the route and rewrites headers as the template's own properties say; a server on
loopback stands for the load balancer and judges each request that arrives by the rules of the template's web ACL.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from prodready_constructs.local.session import Session, emulator
from prodready_constructs.local.tools import find_tools
from tests.edge.http_api.parts import ORIGINS, a_whole_api
from tests.edge.waf.judge import Request, judge
from tests.support.loopback import Handler, listening
from tests.support.synthesis import ACCOUNT, REGION, ROOT, Template, new_stack, synth

pytestmark = [pytest.mark.deployment, pytest.mark.xdist_group("emulator"), pytest.mark.control("WEB-5")]

PASSWORD = "Correct-Horse-7-Battery"
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass
class Answer:
    """What a client saw."""

    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass
class Door:
    """The API, and what clients need to know."""

    address: str
    host: str
    token: str
    proof: Mapping[str, str]
    arrived: list[dict[str, str]] = field(default_factory=list)

    def call(self, method: str, path: str, *, token: str | None = None, **headers: str) -> Answer:
        """Around CloudFront: at API Gateway itself."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(self.address + path, method=method, headers={"Host": self.host, **sent})
        try:
            with _direct.open(request, timeout=30) as response:
                return Answer(response.status, dict(response.headers), _read(response.read()))
        except urllib.error.HTTPError as error:
            return Answer(error.code, dict(error.headers), _read(error.read()))

    def through_cloudfront(self, method: str, path: str, *, token: str | None = None, **headers: str) -> Answer:
        """Through CloudFront, which puts its own header in the place of what the visitor sent."""
        visitors = {name: value for name, value in headers.items() if name.replace("_", "-").lower() not in self.proof}
        return self.call(method, path, token=token, **visitors, **self.proof)


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode()


def _deployed(value: Any) -> Any:
    """*value* as CloudFormation deploys it: what stands for a secret's value is that value."""
    if isinstance(value, list):
        return [_deployed(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "Fn::Join" in value and str(value["Fn::Join"][1][0]).startswith("{{resolve:secretsmanager:"):
        return f"the value of {value['Fn::Join'][1][1]['Ref']}"
    return {key: _deployed(item) for key, item in value.items()}


class _LoadBalancer(Handler):
    """A load balancer with the web ACL of the template."""

    resources: Mapping[str, Any]
    acl: Mapping[str, Any]
    arrived: list[dict[str, str]]

    def _answer(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        allowed = judge(self.resources, self.acl, Request(path=self.path, headers=headers)).allowed
        if allowed:
            self.arrived.append(headers)
        body = json.dumps({"answered by": "the service" if allowed else "the web ACL"}).encode()
        self.reply(200 if allowed else 403, body, [("Content-Type", "application/json")])

    do_GET = do_POST = do_DELETE = do_OPTIONS = _answer  # noqa: N815 - the names that http.server looks for


def _a_token(session: Session) -> tuple[str, str, str]:
    """Issuer, audience and an access token of a user who has signed in."""
    cognito = session.client("cognito-idp", ACCOUNT, REGION)
    pool = cognito.create_user_pool(PoolName="users")["UserPool"]["Id"]
    client = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="app", ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    )["UserPoolClient"]["ClientId"]
    cognito.admin_create_user(UserPoolId=pool, Username="ada", MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=pool, Username="ada", Password=PASSWORD, Permanent=True)
    signed_in = cognito.admin_initiate_auth(
        UserPoolId=pool, ClientId=client, AuthFlow="ADMIN_USER_PASSWORD_AUTH", AuthParameters={"USERNAME": "ada", "PASSWORD": PASSWORD}
    )
    return f"https://cognito-idp.{REGION}.amazonaws.com/{pool}", client, signed_in["AuthenticationResult"]["AccessToken"]


def _made(session: Session, template: Template, *, issuer: str, audience: str, behind: str) -> str:
    """The API of the template in the emulator; what is behind it stands at *behind*, because the emulator has no VPC."""
    api = session.client("apigatewayv2", ACCOUNT, REGION)
    wanted = template.props("AWS::ApiGatewayV2::Api")
    api_id: str = api.create_api(Name=wanted["Name"], ProtocolType=wanted["ProtocolType"], CorsConfiguration=wanted["CorsConfiguration"])[
        "ApiId"
    ]
    guard = template.props("AWS::ApiGatewayV2::Authorizer")
    authorizer = api.create_authorizer(
        ApiId=api_id,
        Name=guard["Name"],
        AuthorizerType=guard["AuthorizerType"],
        IdentitySource=guard["IdentitySource"],
        JwtConfiguration={"Issuer": issuer, "Audience": [audience]},
    )["AuthorizerId"]
    way = template.props("AWS::ApiGatewayV2::Integration")
    integration = api.create_integration(
        ApiId=api_id,
        IntegrationType=way["IntegrationType"],
        IntegrationMethod=way["IntegrationMethod"],
        IntegrationUri=behind,
        PayloadFormatVersion=way["PayloadFormatVersion"],
        RequestParameters=way["RequestParameters"],
    )["IntegrationId"]
    for route in template.of_type("AWS::ApiGatewayV2::Route").values():
        given = route["Properties"]
        guarded = {"AuthorizerId": authorizer} if "AuthorizerId" in given else {}
        scopes = {"AuthorizationScopes": given["AuthorizationScopes"]} if "AuthorizationScopes" in given else {}
        api.create_route(
            ApiId=api_id,
            RouteKey=given["RouteKey"],
            AuthorizationType=given["AuthorizationType"],
            Target=f"integrations/{integration}",
            **guarded,
            **scopes,
        )
    api.create_stage(ApiId=api_id, StageName=template.props("AWS::ApiGatewayV2::Stage")["StageName"], AutoDeploy=True)
    return api_id


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    stack = new_stack()
    a_whole_api(stack)
    template = synth(stack)
    arrived: list[dict[str, str]] = []
    (acl,) = [made["Properties"] for name, made in template.of_type("AWS::WAFv2::WebACL").items() if name.startswith("Front")]
    handler = type("_Judging", (_LoadBalancer,), {"resources": template.resources, "acl": _deployed(acl), "arrived": arrived})
    (origin,) = template.props("AWS::CloudFront::Distribution")["DistributionConfig"]["Origins"]
    proof = {header["HeaderName"]: _deployed(header["HeaderValue"]) for header in origin["OriginCustomHeaders"]}
    log: Path = tmp_path_factory.mktemp("client") / "emulator.log"
    with listening(handler) as port, emulator(find_tools(ROOT), account=ACCOUNT, region=REGION, log=log) as session:
        issuer, audience, token = _a_token(session)
        api_id = _made(session, template, issuer=issuer, audience=audience, behind=f"http://127.0.0.1:{port}")
        yield Door(session.endpoint, f"{api_id}.execute-api.localhost", token, proof, arrived)


def test_a_caller_with_a_token_reaches_the_service_through_cloudfront(door: Door) -> None:
    answer = door.through_cloudfront("GET", "/anything/below", token=door.token)
    assert (answer.status, answer.body) == (200, {"answered by": "the service"})


@pytest.mark.parametrize("how", ["without a token", "with a token that nobody signed", "with the token of another issuer"])
def test_nobody_else_does(door: Door, how: str) -> None:
    head, claims, signature = door.token.split(".")
    tokens = {
        "without a token": None,
        "with a token that nobody signed": f"{head}.{claims}.{signature[::-1]}",
        "with the token of another issuer": "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2V2aWwuZXhhbXBsZS5jb20ifQ.",
    }
    before = len(door.arrived)
    answer = door.through_cloudfront("GET", "/orders", token=tokens[how])
    assert (answer.status, answer.body) == (401, {"message": "Unauthorized"}), "no detail of why"
    assert len(door.arrived) == before


def test_a_token_without_the_scope_is_not_enough(door: Door) -> None:
    assert door.through_cloudfront("GET", "/orders/7", token=door.token).status == 403
    assert door.through_cloudfront("POST", "/orders/7", token=door.token).status == 200, "the scope is asked of that one route"


def test_only_the_open_route_is_open(door: Door) -> None:
    assert door.through_cloudfront("GET", "/status").status == 200
    assert door.through_cloudfront("POST", "/status").status == 401


def test_around_cloudfront_nothing_of_the_service_is_reached(door: Door) -> None:
    before = len(door.arrived)
    for path, token in (("/anything", door.token), ("/status", None)):
        answer = door.call("GET", path, token=token)
        assert (answer.status, answer.body) == (403, {"answered by": "the web ACL"})
    assert len(door.arrived) == before


def test_a_header_of_ones_own_does_not_help(door: Door) -> None:
    before = len(door.arrived)
    for headers in ({"x_origin_verify": "guess"}, {"x_http_api_door": "another"}, {"x_http_api_door": "", "x_origin_verify": ""}):
        assert door.call("GET", "/status", **headers).status == 403, headers
    assert len(door.arrived) == before
    assert door.through_cloudfront("GET", "/status", x_origin_verify="guess").status == 200, "CloudFront's own header stands in its place"


def test_what_a_visitor_says_of_the_door_is_replaced(door: Door) -> None:
    door.through_cloudfront("GET", "/status", x_http_api_door="another")
    assert door.arrived[-1]["x-http-api-door"].startswith("Stack-Api-OriginSecret")


@pytest.mark.parametrize("origin", ORIGINS)
def test_a_browser_may_ask_before_it_has_a_token(door: Door, origin: str) -> None:
    before = len(door.arrived)
    answer = door.through_cloudfront("OPTIONS", "/orders", Origin=origin, Access_Control_Request_Method="DELETE")
    shown = {name.lower(): value for name, value in answer.headers.items()}
    assert answer.status in (200, 204)
    assert shown["access-control-allow-origin"] == origin
    assert shown["access-control-allow-credentials"] == "true"
    assert "DELETE" in shown["access-control-allow-methods"]
    assert len(door.arrived) == before, "API Gateway answers by itself"


def test_the_pages_of_strangers_may_not(door: Door) -> None:
    answer = door.through_cloudfront("OPTIONS", "/orders", Origin="https://evil.example.com", Access_Control_Request_Method="DELETE")
    assert "access-control-allow-origin" not in {name.lower() for name in answer.headers}
    answer = door.through_cloudfront("GET", "/anything", token=door.token, Origin="https://evil.example.com")
    assert "access-control-allow-origin" not in {name.lower() for name in answer.headers}
