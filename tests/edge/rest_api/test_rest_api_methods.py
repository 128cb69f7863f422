"""Single methods of a REST API: open by name and with a reason, asked for a body, and everything else for callers it knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_lambda as lambda_

from prodready_constructs.compliance import guard
from prodready_constructs.compliance.guard import GuardError
from prodready_constructs.edge import ApiLogs, ProtectedRestApi
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import PRODUCTION, STAGING
from tests.edge.rest_api.test_rest_api import METHOD, STAGE, api, methods
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth

DEPLOYMENT, MODEL = "AWS::ApiGateway::Deployment", "AWS::ApiGateway::Model"
REASON = "The load balancer of a partner looks whether we are alive; the answer holds no data"
ORDER = {
    "type": "object",
    "required": ["product"],
    "properties": {"product": {"$ref": "#/definitions/product"}, "note": {"type": ["string", "null"], "maxLength": 200}},
    "additionalProperties": False,
    "definitions": {"product": {"type": "string", "pattern": "^[A-Z]{3}$"}},
}


def users(stack: cdk.Stack) -> apigateway.CognitoUserPoolsAuthorizer:
    return apigateway.CognitoUserPoolsAuthorizer(stack, "Users", cognito_user_pools=[cognito.UserPool(stack, "Pool")])


def differing(stack: cdk.Stack) -> ProtectedRestApi:
    """A health check, an invitation by link, orders with a body, a client."""
    made = api(stack, authorizer=users(stack), origins=["https://shop.example.com"])
    made.add_client("early", rate=1, burst=1)
    made.public("/health", "GET", reason=REASON)
    made.public(
        "/invitations/{code}", "POST", reason="Whoever has a link of an invitation answers it; the code is the secret, and is used once"
    )
    made.require_body("/invitations/{code}", "POST", schema={"type": "object", "required": ["name"]})
    made.require_body("/orders/{id}", "PUT", schema=ORDER)
    made.throttle("/invitations/{code}", "POST", rate=2, burst=3)
    return made


@pytest.fixture(scope="module")
def stack() -> cdk.Stack:
    stack = new_stack()
    differing(stack)
    return stack


@pytest.fixture(scope="module")
def template(stack: cdk.Stack) -> Template:
    return synth(stack)


def body_of(template: Template, method: str) -> dict[str, Any]:
    """The schema of the model that *method* asks for."""
    named = methods(template)[method]["RequestModels"]
    assert set(named) == {"application/json", "$default"}, "a content type without a model would pass unseen"
    (model,) = {each["Ref"] for each in named.values()}
    return dict(template.of_type(MODEL)[model]["Properties"]["Schema"])


@pytest.mark.control("WEB-5")
def test_two_methods_are_open_and_all_others_are_not(template: Template) -> None:
    made = {name: method["AuthorizationType"] for name, method in methods(template).items() if not name.endswith("OPTIONS")}
    assert {name for name, kind in made.items() if kind == "NONE"} == {"/health GET", "/invitations/{code} POST"}
    assert {kind for name, kind in made.items() if kind != "NONE"} == {"COGNITO_USER_POOLS"}
    assert {"/health ANY", "/invitations/{code} ANY", "/orders/{id} ANY", "/{proxy+} ANY"} <= set(made), "the other methods keep theirs"


@pytest.mark.control("WEB-5")
def test_each_open_method_stands_in_the_evidence_and_in_a_waiver_of_its_own(template: Template) -> None:
    recorded = {fact["public"]: fact["reason"] for fact in template.recorded("PublicMethod")}
    assert set(recorded) == {"GET /health", "POST /invitations/{code}"}
    assert recorded["GET /health"] == REASON
    waived = {
        path: {entry["data"]["rule"] for entry in entries if entry["type"] == "prodready:waiver"}
        for path, entries in template.metadata.items()
        if "/RestApi/" in path
    }
    rules = {"AwsSolutions-APIG4", "AwsSolutions-COG4", "Prodready-OpenMethod"}
    assert {path for path, found in waived.items() if found == rules} == {
        "Stack/Api/RestApi/Default/health/GET/Resource",
        "Stack/Api/RestApi/Default/invitations/{code}/POST/Resource",
    }
    assert not [path for path, found in waived.items() if found and found != rules]


@pytest.mark.control("WEB-5")
def test_what_is_found_is_what_is_waived(stack: cdk.Stack) -> None:
    found = [finding for finding in findings(stack) if "@ Stack/Api/" in finding and "LogRole" not in finding]
    assert found == [
        f"AwsSolutions-{rule} @ Stack/Api/RestApi/Default/{path}/Resource"
        for rule in ("APIG4", "COG4")
        for path in ("health/GET", "invitations/{code}/POST")
    ]


@pytest.mark.control("WEB-5")
def test_a_method_opened_behind_the_librarys_back_is_found() -> None:
    app = new_app()
    stack = new_stack(app)
    made = api(stack, posture=STAGING.edge)
    made.public("/health", "GET", reason=REASON)
    made.rest_api.root.add_resource("back").add_method("GET", apigateway.MockIntegration())
    with pytest.raises(GuardError) as refused:
        guard(app)
    found = re.findall(r"(\S+)\n +rule +Prodready-OpenMethod", str(refused.value))
    assert found == ["Stack/Api/RestApi/Default/back/GET/Resource"], "and the one that was opened by name is waived"


@pytest.mark.control("WEB-5")
def test_an_open_method_goes_the_same_way_and_asks_for_no_key(template: Template) -> None:
    made = methods(template)
    health, others = made["/health GET"], made["/health ANY"]
    assert health["Integration"]["ConnectionType"] == "VPC_LINK"
    assert health["Integration"]["Uri"] == made["/health ANY"]["Integration"]["Uri"]
    assert "RequestValidatorId" in health
    assert "ApiKeyRequired" not in health
    assert others["ApiKeyRequired"] is True
    code = made["/invitations/{code} POST"]
    assert code["Integration"]["RequestParameters"] == {"integration.request.path.code": "method.request.path.code"}
    settings = {(one["ResourcePath"], one["HttpMethod"]): one for one in template.props(STAGE)["MethodSettings"]}
    assert settings["/~1health", "GET"]["CachingEnabled"] is False, "the cache of the stage is on for GET"
    assert settings["/~1invitations~1{code}", "POST"]["ThrottlingRateLimit"] == 2


@pytest.mark.control("WEB-5")
def test_bodies_are_checked_whatever_their_type_says(template: Template) -> None:
    assert body_of(template, "/orders/{id} PUT") == ORDER
    assert body_of(template, "/invitations/{code} POST") == {"type": "object", "required": ["name"]}
    model = next(iter(template.of_type(MODEL).values()))["Properties"]
    assert model["ContentType"] == "application/json"
    assert "Name" not in model, "a named model cannot be replaced"


@pytest.mark.control("WEB-5")
def test_another_schema_deploys_the_stage_anew() -> None:
    deployments = []
    for longest in (10, 20, 20):
        stack = new_stack()
        schema = {"type": "object", "properties": {"note": {"type": "string", "maxLength": longest}}}
        api(stack, posture=STAGING.edge).require_body("/notes", "POST", schema=schema)
        deployments.append(next(iter(synth(stack).of_type(DEPLOYMENT))))
    assert deployments[0] != deployments[1], "else the old schema would stay in force"
    assert deployments[1] == deployments[2]


@pytest.mark.parametrize("kind", ["token", "request"])
@pytest.mark.control("WEB-5")
def test_a_lambda_may_decide_who_calls(kind: str) -> None:
    stack = new_stack()
    handler = lambda_.Function.from_function_arn(stack, "Judge", "arn:aws:lambda:us-east-1:111122223333:function:judge")
    authorizer: apigateway.IAuthorizer = (
        apigateway.TokenAuthorizer(stack, "Token", handler=handler)
        if kind == "token"
        else apigateway.RequestAuthorizer(stack, "Request", handler=handler, identity_sources=["method.request.header.X-Ticket"])
    )
    made = api(stack, posture=STAGING.edge, authorizer=authorizer)
    made.require_body("/orders", "POST", schema={"type": "object"})
    template = synth(stack)
    assert {(one["AuthorizationType"], "AuthorizerId" in one) for one in methods(template).values()} == {("CUSTOM", True)}
    assert template.props("AWS::ApiGateway::Authorizer")["Type"] == kind.upper()


@pytest.mark.control("LIB-2")
def test_it_refuses_an_authorizer_of_another_api() -> None:
    stack = new_stack()
    authorizer = users(stack)
    first = api(stack, posture=STAGING.edge, authorizer=authorizer)
    front = stack.node.find_child("Front")
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Second: authorizer: got 'an authorizer that another API has'; allowed: an authorizer of this API alone; make a second one of the same "
        r"user pool or function$",
    ):
        ProtectedRestApi(
            stack,
            "Second",
            posture=STAGING.edge,
            load_balancer=front,  # type: ignore[arg-type]
            authorizer=authorizer,
            web_acl=first.web_acl,
            logs=ApiLogs(role="existing"),
        )


@pytest.mark.parametrize("flags", [{}, None])
def test_feature_flags_do_not_matter(template: Template, flags: dict[str, Any] | None) -> None:
    stack = new_stack(new_app(flags=flags))
    differing(stack)
    bare = synth(stack)
    for kind in (METHOD, MODEL):
        assert [one["Properties"] for one in bare.of_type(kind).values()] == [one["Properties"] for one in template.of_type(kind).values()]


PATHS = (
    r"a path such as '/health' or '/orders/\{id\}', once, with one name for the variable at each place; name every part \(a wildcard would take in "
    r"what is not written yet\), open a method before it is cached, slowed or given a body, and leave /ping and /sping to API Gateway$"
)


@pytest.mark.parametrize(
    "path",
    ["/{proxy+}", "/files/*", "/files/{name}.txt", "health", "/health/", "/a b", "//", "", "/ping", "/sping", "/health", "/old/{number}"],
)
@pytest.mark.control("WEB-5", "LIB-2")
def test_it_opens_no_wildcard_and_nothing_twice(path: str) -> None:
    made = api(new_stack(), posture=STAGING.edge)
    made.public("/health", "GET", reason=REASON)
    made.public("/old/{id}", "GET", reason=REASON)
    with pytest.raises(ConfigurationError, match=rf"^Stack/Api: path: got '.*'; allowed: {PATHS}"):
        made.public(path, "GET", reason=REASON)


@pytest.mark.control("WEB-5", "LIB-2")
def test_it_opens_nothing_that_was_made_for_known_callers() -> None:
    made = api(new_stack(), posture=STAGING.edge)
    made.add_cached_get("/prices", life=timedelta(minutes=1))
    made.throttle("/login", "POST", rate=1, burst=1)
    made.require_body("/orders", "POST", schema={"type": "object"})
    for path, method in (("/prices", "GET"), ("/login", "POST"), ("/orders", "POST")):
        with pytest.raises(ConfigurationError, match=rf"^Stack/Api: path: got '{path}'; allowed: {PATHS}"):
            made.public(path, method, reason=REASON)


@pytest.mark.control("LIB-2")
def test_it_opens_one_method_a_time_and_for_a_reason() -> None:
    made = api(new_stack(), posture=STAGING.edge)
    with pytest.raises(
        ConfigurationError, match=r"^Stack/Api: method: got 'ANY'; allowed: DELETE, GET, HEAD, PATCH, POST, PUT; name one method a time$"
    ):
        made.public("/health", "ANY", reason=REASON)
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Api: public GET /health: reason: got 'health check'; allowed: a reason of at least 40 characters; "
        r"say who calls it, and why it is harmless that anybody can$",
    ):
        made.public("/health", "GET", reason="health check")


def a(**keywords: Any) -> dict[str, Any]:
    return {"type": "object", **keywords}


DRAFT = (
    r"the keywords of JSON Schema draft 4, which is what API Gateway's models speak; correct its spelling, or say it as draft 4 does "
    r"\(const as an enum of one, \$defs as definitions at the top\)$"
)


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        *(
            (
                schema,
                r": got .*; allowed: a JSON object with a type, such as .*; say what the body is: a schema without a type accepts everything$",
            )
            for schema in ([], {}, {"properties": {}}, "object", None)
        ),
        (a(requierd=["x"]), rf": #: got 'requierd'; allowed: {DRAFT}"),
        (a(properties={"x": {"const": 1}}), rf": #/properties/x: got 'const'; allowed: {DRAFT}"),
        (a(properties={"x": {"definitions": {}}}), rf": #/properties/x: got 'definitions'; allowed: {DRAFT}"),
        (a(**{"$id": "https://example.com/x"}), rf": #: got '\$id'; allowed: {DRAFT}"),
        (
            a(**{"$schema": "https://json-schema.org/draft/2020-12/schema"}),
            r": #/\$schema: got '.*'; allowed: http://json-schema.org/draft-04/schema#; correct it$",
        ),
        (a(required=[]), r": #/required: got \[\]; allowed: a list of property names, each once, that is not empty; correct it$"),
        (a(required=True), r": #/required: got True; allowed: a list of property names, each once, that is not empty; correct it$"),
        (
            {"type": "objekt"},
            r": #/type: got 'objekt'; allowed: one or several of array, boolean, integer, null, number, object, string; correct it$",
        ),
        (
            {"type": "integer", "exclusiveMinimum": 0},
            r": #/exclusiveMinimum: got 0; allowed: true or false, beside maximum or minimum; correct it$",
        ),
        ({"type": "string", "maxLength": -1}, r": #/maxLength: got -1; allowed: a whole number from 0; correct it$"),
        ({"type": "string", "pattern": 1}, r": #/pattern: got 1; allowed: a regular expression; correct it$"),
        (
            {"type": "string", "format": "uuid"},
            r": #/format: got 'uuid'; allowed: date-time, email, hostname, ipv4, ipv6, uri; correct it$",
        ),
        ({"type": "number", "multipleOf": 0}, r": #/multipleOf: got 0; allowed: a number above 0; correct it$"),
        ({"type": "number", "minimum": "1"}, r": #/minimum: got '1'; allowed: a number; correct it$"),
        ({"type": "array", "uniqueItems": 1}, r": #/uniqueItems: got 1; allowed: true or false; correct it$"),
        (
            {"type": "array", "items": [{}, True]},
            r": #/items: got True; allowed: a schema: a JSON object; write \{\} where everything is accepted$",
        ),
        *(
            ({"enum": given}, r": #/enum: got .*; allowed: a list that is not empty; null as anyOf with type null; correct it$")
            for given in ([], ["a", None], "a")
        ),
        ({"type": "string", "default": None}, r": #/default: got None; allowed: a value that is not null; correct it$"),
        ({"anyOf": []}, r": #/anyOf: got \[\]; allowed: a list of schemas that is not empty; correct it$"),
        (a(properties=["x"]), r": #/properties: got \['x'\]; allowed: schemas by name; correct it$"),
        (a(dependencies={"x": "y"}), r": #/dependencies: got .*; allowed: lists of property names by property name; correct it$"),
        *(
            (
                a(properties={"x": {"$ref": reference}}, definitions={"x": {}}),
                r": #/properties/x/\$ref: got .*; allowed: #/definitions/ and a name of this schema's own definitions; put what it refers to into "
                r"definitions: API Gateway fetches nothing$",
            )
            for reference in ("https://example.com/order.json", "order.json#/x", "#/definitions/y", "#/properties/x", "x", 1)
        ),
        (a(description="x" * 500_000), r": got '\d+ characters'; allowed: 409600 characters in a model; say the same with definitions$"),
    ],
)
@pytest.mark.control("WEB-5", "LIB-2")
def test_it_refuses_a_schema_that_api_gateway_could_not_take(schema: Any, message: str) -> None:
    made = api(new_stack(), posture=STAGING.edge)
    with pytest.raises(ConfigurationError, match=rf"^Stack/Api: require_body POST /orders: schema{message}"):
        made.require_body("/orders", "POST", schema=schema)


@pytest.mark.parametrize(
    "schema",
    [
        {"anyOf": [{"enum": ["a", 1]}, {"type": "null"}]},
        {"type": "array", "items": [{"type": "string"}], "additionalItems": {"type": "integer"}},
        a(patternProperties={"^x": {}}, additionalProperties={"type": "string"}, dependencies={"x": ["y"]}, minProperties=1),
        {
            "oneOf": [a(required=["x"]), {"$ref": "#/definitions/y"}],
            "not": {},
            "definitions": {"y": {"items": {"$ref": "#/definitions/y"}}},
        },
        {
            "$schema": "http://json-schema.org/draft-04/schema#",
            "type": "number",
            "minimum": 0.5,
            "exclusiveMinimum": True,
            "title": "x",
            "default": 1,
        },
    ],
)
def test_it_takes_all_of_draft_4(schema: Mapping[str, Any]) -> None:
    stack = new_stack()
    api(stack, posture=STAGING.edge).require_body("/orders", "POST", schema=schema)
    assert synth(stack).props(MODEL)["Schema"] == schema


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda api: api.require_body("/orders", "POST", schema=a()), rf"path: got '/orders'; allowed: {PATHS}"),
        (lambda api: api.require_body("/{proxy+}", "POST", schema=a()), rf"path: got '/\{{proxy\+\}}'; allowed: {PATHS}"),
        (
            lambda api: api.require_body("/orders", "GET", schema=a()),
            r"method: got 'GET'; allowed: DELETE, PATCH, POST, PUT; name one method a time$",
        ),
    ],
)
@pytest.mark.control("LIB-2")
def test_it_asks_each_method_for_one_body(call: Callable[[ProtectedRestApi], None], message: str) -> None:
    made = api(new_stack(), posture=STAGING.edge)
    made.require_body("/orders", "POST", schema=a())
    with pytest.raises(ConfigurationError, match=rf"^Stack/Api: {message}"):
        call(made)


def test_a_body_may_come_after_the_pace_and_the_opening() -> None:
    stack = new_stack()
    made = api(stack, posture=PRODUCTION.edge)
    made.throttle("/login", "POST", rate=1, burst=1)
    made.require_body("/login", "POST", schema=a())
    template = synth(stack)
    assert "RequestModels" in methods(template)["/login POST"]
    assert len(template.of_type(METHOD)) == 4
