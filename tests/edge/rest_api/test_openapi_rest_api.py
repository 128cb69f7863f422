"""A REST API from an OpenAPI file: the guarantees of one made by hand, on a public-style specification."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_apigateway as apigateway

from prodready_constructs.contracts import AlarmSpec
from prodready_constructs.edge import Callers, OpenApi, OpenApiRestApi, ProtectedRestApi
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import PRODUCTION, STAGING, EdgePosture
from tests.edge.parts import a_domain
from tests.edge.rest_api.test_rest_api import METHOD, REST_API, STAGE, balancer, methods
from tests.edge.rest_api.test_rest_api_methods import DEPLOYMENT, MODEL, REASON, body_of, users
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth

SPECIFICATIONS = Path(__file__).parent / "specifications"
HEALTH = {"GET /health": REASON}


def clean(authorizer: apigateway.IAuthorizer | None) -> OpenApi:
    return OpenApi.from_file(SPECIFICATIONS / "clean.yaml", authorizers={"users": authorizer, "signed": None}, public=HEALTH)


def from_file(stack: cdk.Stack, *, posture: EdgePosture = PRODUCTION.edge, **keywords: Any) -> OpenApiRestApi:
    front = balancer(stack, domain=a_domain(stack))
    return OpenApiRestApi(stack, "Api", posture=posture, load_balancer=front, specification=clean(users(stack)), **keywords)


@pytest.fixture(scope="module")
def stack() -> cdk.Stack:
    stack = new_stack()
    api = from_file(stack, allowed_origins=["https://shop.example.com"])
    api.throttle("/orders/{order}", "PUT", rate=5, burst=6)
    api.cache_get("/orders", life=timedelta(minutes=1), query_strings=["page", "customer"])
    api.add_client("partner", rate=10, burst=20)
    return stack


@pytest.fixture(scope="module")
def template(stack: cdk.Stack) -> Template:
    return synth(stack)


@pytest.mark.control("WEB-5")
def test_the_file_is_all_there_is_and_each_operation_has_its_authorizer(template: Template) -> None:
    made = {name: method["AuthorizationType"] for name, method in methods(template).items() if not name.endswith("OPTIONS")}
    assert made == {
        "/health GET": "NONE",
        "/orders GET": "COGNITO_USER_POOLS",
        "/orders POST": "COGNITO_USER_POOLS",
        "/orders/{order} GET": "COGNITO_USER_POOLS",
        "/orders/{order} PUT": "COGNITO_USER_POOLS",
        "/orders/{order}/lines/{line} DELETE": "AWS_IAM",
    }
    assert methods(template)["/orders POST"]["AuthorizationScopes"] == ["orders/write", "orders/admin"], "one of them, as in the file"
    assert "AuthorizationScopes" not in methods(template)["/orders GET"]
    assert "Body" not in template.props(REST_API), "no rule pack looks into an imported definition"


@pytest.mark.control("WEB-5")
def test_every_operation_goes_by_the_vpc_link(template: Template) -> None:
    for name, method in methods(template).items():
        if name.endswith("OPTIONS"):
            continue
        integration = method["Integration"]
        assert (integration["Type"], integration["ConnectionType"]) == ("HTTP_PROXY", "VPC_LINK")
        path, verb = name.split(" ")
        assert integration["Uri"] == f"https://shop.example.com{path}"
        assert integration["IntegrationHttpMethod"] == verb
        assert "FrontLoadBalancer" in integration["IntegrationTarget"]["Ref"]
        assert "RequestValidatorId" in method
    line = methods(template)["/orders/{order}/lines/{line} DELETE"]["Integration"]["RequestParameters"]
    assert line == {f"integration.request.path.{name}": f"method.request.path.{name}" for name in ("order", "line")}


@pytest.mark.control("WEB-5")
def test_requests_are_checked_by_what_the_file_says(template: Template) -> None:
    listed = methods(template)["/orders GET"]["RequestParameters"]
    assert {name for name, needed in listed.items() if needed} == {"method.request.querystring.customer", "method.request.header.X-Tenant"}
    line = {
        "type": "object",
        "required": ["product", "quantity"],
        "properties": {
            "product": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]+$"},
            "quantity": {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
            "gifts": {"type": "array", "items": {"$ref": "#/definitions/Line"}},
        },
    }
    order = {
        "type": "object",
        # The id is read only: the service makes it, so no request is asked for it.
        "required": ["lines"],
        "properties": {"id": {"type": "string"}, "lines": {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/Line"}}},
    }
    assert body_of(template, "/orders POST") == {"$ref": "#/definitions/Order", "definitions": {"Order": order, "Line": line}}
    change = methods(template)["/orders/{order} PUT"]["RequestModels"]
    assert set(change) == {"application/json"}, "the file allows another type, which no model describes"
    assert template.of_type(MODEL)[change["application/json"]["Ref"]]["Properties"]["Schema"] == {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "note": {"type": ["string", "null"], "maxLength": 200},
            # Words in YAML of today, and no booleans.
            "state": {"anyOf": [{"type": "string", "enum": ["open", "no", "on"]}, {"type": "null"}]},
        },
    }
    assert len(template.of_type(MODEL)) == 2


@pytest.mark.control("WEB-5")
def test_pace_cache_and_keys_are_by_operation(template: Template) -> None:
    settings = {(one["ResourcePath"], one["HttpMethod"]): one for one in template.props(STAGE)["MethodSettings"]}
    assert {name: one["CachingEnabled"] for name, one in settings.items()} == {
        ("/*", "*"): True,
        ("/~1health", "GET"): False,
        ("/~1orders", "GET"): True,
        ("/~1orders~1{order}", "GET"): False,
        ("/~1orders~1{order}", "PUT"): False,
    }
    assert settings["/~1orders", "GET"]["CacheTtlInSeconds"] == 60
    assert settings["/~1orders~1{order}", "PUT"]["ThrottlingRateLimit"] == 5
    made = methods(template)
    assert made["/orders GET"]["Integration"]["CacheKeyParameters"] == [
        "method.request.querystring.page",
        "method.request.querystring.customer",
        "method.request.header.Authorization",
    ]
    assert made["/orders GET"]["RequestParameters"]["method.request.querystring.page"] is False
    assert made["/orders GET"]["RequestParameters"]["method.request.querystring.customer"] is True, "the file's word stands"
    asked = {name: method.get("ApiKeyRequired") for name, method in made.items() if not name.endswith("OPTIONS")}
    assert {name for name, key in asked.items() if not key} == {"/health GET"}


@pytest.mark.control("WEB-5", "WEB-1")
def test_what_stands_around_is_the_same_as_around_one_made_by_hand(template: Template) -> None:
    stack = new_stack()
    hand = ProtectedRestApi(
        stack,
        "Api",
        posture=PRODUCTION.edge,
        load_balancer=balancer(stack, domain=a_domain(stack)),
        authorizer=users(stack),
        allowed_origins=["https://shop.example.com"],
    )
    made = synth(stack)
    of_methods = ("ApiGateway::Method", "ApiGateway::Resource", "ApiGateway::Deployment", "ApiGateway::Model", "ApiKey", "UsagePlan")

    def around(one: Template) -> dict[str, Any]:
        return {
            name: {key: value for key, value in resource["Properties"].items() if key not in ("MethodSettings", "DeploymentId")}
            for name, resource in one.resources.items()
            if name.startswith("Api") and not any(kind in resource["Type"] for kind in of_methods)
        }

    assert around(template) == around(made)
    assert isinstance(hand, ProtectedRestApi)


def test_alarms_and_graphs_are_those_of_every_rest_api() -> None:
    stack = new_stack()
    api = from_file(stack, posture=STAGING.edge)
    ids = {spec.id for spec in api.alarm_specs if isinstance(spec, AlarmSpec)}
    assert {"ServerErrors", "IntegrationErrors", "IntegrationLatency", "Throttled"} <= ids
    assert len(api.graphs) == 4


@pytest.mark.control("WEB-5")
def test_what_is_found_is_what_is_waived(stack: cdk.Stack) -> None:
    found = [finding for finding in findings(stack) if "@ Stack/Api/" in finding and "LogRole" not in finding]
    assert found == [
        "AwsSolutions-APIG4 @ Stack/Api/RestApi/Default/health/GET/Resource",
        "AwsSolutions-COG4 @ Stack/Api/RestApi/Default/health/GET/Resource",
        "AwsSolutions-COG4 @ Stack/Api/RestApi/Default/orders/{order}/lines/{line}/DELETE/Resource",
    ]


@pytest.mark.control("WEB-5")
def test_bent_by_escape_hatch_it_is_found() -> None:
    stack = new_stack()
    api = from_file(stack)
    method = api.rest_api.root.node.find_child("orders").node.find_child("GET").node.default_child
    assert isinstance(method, apigateway.CfnMethod)
    method.authorization_type = "NONE"
    stage = api.rest_api.deployment_stage.node.default_child
    assert isinstance(stage, apigateway.CfnStage)
    stage.tracing_enabled = False
    bent = {finding.partition(" @ ")[0] for finding in findings(stack) if "orders/GET" in finding or "DeploymentStage" in finding}
    assert {"AwsSolutions-APIG4", "AwsSolutions-COG4", "Serverless-APIGWXrayEnabled"} <= bent


@pytest.mark.control("WEB-5")
def test_mixed_callers_get_no_permission_that_is_not_theirs() -> None:
    stack = new_stack()
    api = from_file(stack, posture=STAGING.edge)
    api.admit_only(Callers(addresses=("203.0.113.0/24",), accounts=("444455556666",)))
    allow, account, *denied = synth(stack).props(REST_API)["Policy"]["Statement"]
    assert allow["Resource"] == [
        "execute-api:/live/GET/health",
        "execute-api:/live/GET/orders",
        "execute-api:/live/POST/orders",
        "execute-api:/live/GET/orders/*",
        "execute-api:/live/PUT/orders/*",
    ]
    assert allow["Condition"] == {"Null": {"aws:PrincipalAccount": "true"}}, "DELETE /orders/*/lines/* is for those who sign"
    assert account["Effect"] == "Allow"
    assert [statement["Effect"] for statement in denied] == ["Deny", "Deny"]


@pytest.mark.control("WEB-5")
def test_another_schema_in_the_file_deploys_the_stage_anew(tmp_path: Path) -> None:
    text = (SPECIFICATIONS / "clean.yaml").read_text()
    deployments = []
    for longest in ("200", "300"):
        file = tmp_path / f"{longest}.yaml"
        file.write_text(text.replace("maxLength: 200", f"maxLength: {longest}"))
        stack = new_stack()
        specification = OpenApi.from_file(file, authorizers={"users": users(stack), "signed": None}, public=HEALTH)
        OpenApiRestApi(stack, "Api", posture=STAGING.edge, load_balancer=balancer(stack), specification=specification)
        deployments.append(next(iter(synth(stack).of_type(DEPLOYMENT))))
    assert deployments[0] != deployments[1]


def test_without_a_cache_nothing_is_kept() -> None:
    stack = new_stack()
    api = from_file(stack, posture=STAGING.edge)
    api.cache_get("/orders", life=timedelta(minutes=1))
    (everything,) = synth(stack).props(STAGE)["MethodSettings"]
    assert everything["CachingEnabled"] is False


@pytest.mark.parametrize("flags", [{}, None])
def test_feature_flags_do_not_matter(flags: dict[str, Any] | None) -> None:
    made = []
    for each in (flags, None):
        stack = new_stack(new_app(flags=each))
        from_file(stack, posture=STAGING.edge)
        made.append([one["Properties"] for kind in (METHOD, MODEL) for one in synth(stack).of_type(kind).values()])
    assert made[0] == made[1]


@pytest.mark.control("LIB-2")
def test_it_limits_only_what_the_file_has() -> None:
    api = from_file(new_stack(), posture=STAGING.edge)
    api.throttle("/orders", "GET", rate=1, burst=1)
    mend = r"name it as the file does, with the method in capitals$"
    for path, method in (("/orders", "GET"), ("/orders", "get"), ("/order", "GET"), ("/orders", "DELETE")):
        with pytest.raises(
            ConfigurationError, match=rf"^Stack/Api: .*clean.yaml: got '{method} {path}'; allowed: operations of the file, once; {mend}"
        ):
            api.throttle(path, method, rate=1, burst=1)
    api.cache_get("/orders", life=timedelta(minutes=1))
    for path in ("/orders", "/orders/{order}", "/order"):
        with pytest.raises(
            ConfigurationError, match=rf"^Stack/Api: .*clean.yaml: got 'GET .*'; allowed: paths without variables, once; {mend}"
        ):
            api.cache_get(path, life=timedelta(minutes=1))
    with pytest.raises(
        ConfigurationError, match=r"^Stack/Api: life: got '2:00:00'; allowed: 1 second to 1 hour; API Gateway keeps answers no longer$"
    ):
        api.cache_get("/health", life=timedelta(hours=2))
    with pytest.raises(ConfigurationError, match=r"^Stack/Api: throttle PUT /orders/\{order\}: rate: got 501; allowed: 1 to 500"):
        api.throttle("/orders/{order}", "PUT", rate=501, burst=1)
