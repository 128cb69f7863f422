"""Clients and paths of a REST API with limits of their own: metered by key, never identified by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import aws_cdk as cdk
import pytest
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cognito as cognito

from prodready_constructs.edge import ProtectedRestApi
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import PRODUCTION, STAGING
from tests.edge.rest_api.test_rest_api import METHOD, STAGE, api, methods
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth

POSTURE = replace(PRODUCTION.edge, throttle_rate=100, throttle_burst=200)
DEPLOYMENT = "AWS::ApiGateway::Deployment"
KEY, PLAN, PLAN_KEY = "AWS::ApiGateway::ApiKey", "AWS::ApiGateway::UsagePlan", "AWS::ApiGateway::UsagePlanKey"


def limited(stack: cdk.Stack) -> ProtectedRestApi:
    """Two clients, a slow login, a cached list with a slow POST."""
    users = apigateway.CognitoUserPoolsAuthorizer(stack, "Users", cognito_user_pools=[cognito.UserPool(stack, "Pool")])
    made = api(stack, posture=POSTURE, authorizer=users, origins=["https://shop.example.com"])
    made.add_client("partner-shop", rate=10, burst=20, daily_quota=5_000)
    made.add_cached_get("/products", life=timedelta(minutes=1))
    made.throttle("/login", "POST", rate=5, burst=6)
    made.throttle("/products", "GET", rate=50, burst=60)
    made.throttle("/products", "POST", rate=1, burst=1)
    made.add_client("mobile", rate=100, burst=200)
    return made


@pytest.fixture(scope="module")
def stack() -> cdk.Stack:
    stack = new_stack()
    limited(stack)
    return stack


@pytest.fixture(scope="module")
def template(stack: cdk.Stack) -> Template:
    return synth(stack)


@pytest.mark.control("WEB-5")
def test_each_client_has_a_key_and_a_plan_of_the_live_stage(template: Template) -> None:
    plan = template.props(PLAN, "partnershop")
    assert plan["Throttle"] == {"RateLimit": 10, "BurstLimit": 20}
    assert plan["Quota"] == {"Limit": 5_000, "Period": "DAY"}
    (served,) = plan["ApiStages"]
    assert served["Stage"] == {"Ref": next(iter(template.of_type(STAGE)))}
    assert "Quota" not in template.props(PLAN, "mobile")
    key_id, plan_id = (next(name for name in template.of_type(kind) if "partnershop" in name) for kind in (KEY, PLAN))
    joined = template.props(PLAN_KEY, "partnershop")
    assert joined == {"KeyId": {"Ref": key_id}, "KeyType": "API_KEY", "UsagePlanId": {"Ref": plan_id}}


@pytest.mark.control("WEB-5", "SEC-2")
def test_no_key_stands_in_the_template(template: Template) -> None:
    assert {frozenset(key["Properties"]) for key in template.of_type(KEY).values()} == {frozenset({"Description", "Enabled"})}


@pytest.mark.control("WEB-5")
def test_a_key_is_asked_for_besides_the_authorizer_and_never_instead(template: Template) -> None:
    made = methods(template)
    asked = {name: method for name, method in made.items() if not name.endswith("OPTIONS")}
    assert {"/ ANY", "/{proxy+} ANY", "/products GET", "/login POST"} <= set(asked)
    assert all(method["ApiKeyRequired"] is True for method in asked.values()), "of before the first client and after it"
    assert {method["AuthorizationType"] for method in asked.values()} == {"COGNITO_USER_POOLS"}
    preflights = [method for name, method in made.items() if name.endswith("OPTIONS")]
    assert preflights
    assert not any(method.get("ApiKeyRequired") for method in preflights), "a browser shows no key before it may"


@pytest.mark.control("WEB-5")
def test_the_first_client_deploys_the_stage_anew() -> None:
    deployments = []
    for clients in ((), ("one",), ("one", "two")):
        stack = new_stack()
        made = api(stack, posture=STAGING.edge)
        for name in clients:
            made.add_client(name, rate=1, burst=1)
        template = synth(stack)
        deployments.append(next(iter(template.of_type(DEPLOYMENT))))
        assert all(method["Properties"].get("ApiKeyRequired", False) is bool(clients) for method in template.of_type(METHOD).values())
    none, one, two = deployments
    assert none != one, "else callers would go on without keys, uncounted"
    assert one == two, "the second changes no method"


@pytest.mark.control("WEB-5")
def test_a_path_may_be_slower_than_the_stage(template: Template) -> None:
    settings = {(made["ResourcePath"], made["HttpMethod"]): made for made in template.props(STAGE)["MethodSettings"]}
    pace = {name: (made["ThrottlingRateLimit"], made["ThrottlingBurstLimit"], made["CachingEnabled"]) for name, made in settings.items()}
    assert pace == {
        ("/*", "*"): (100, 200, True),
        ("/", "ANY"): (100, 200, False),
        ("/~1{proxy+}", "ANY"): (100, 200, False),
        ("/~1login", "ANY"): (100, 200, False),
        ("/~1login", "POST"): (5, 6, False),
        ("/~1products", "ANY"): (100, 200, False),
        ("/~1products", "GET"): (50, 60, True),
        ("/~1products", "POST"): (1, 1, False),
    }
    assert len(template.props(STAGE)["MethodSettings"]) == len(settings), "each once"


@pytest.mark.control("WEB-5")
def test_the_other_methods_of_a_slower_path_are_still_served(template: Template) -> None:
    made = methods(template)
    assert {"/login ANY", "/login POST", "/products ANY", "/products GET", "/products POST"} <= set(made)
    assert made["/login ANY"]["Integration"]["Uri"] == made["/login POST"]["Integration"]["Uri"]
    assert "/login" in str(made["/login ANY"]["Integration"]["Uri"])


def test_without_a_cache_a_path_may_be_slower_too() -> None:
    stack = new_stack()
    made = api(stack, posture=replace(POSTURE, api_cache_gib=None))
    made.add_cached_get("/products", life=timedelta(minutes=1))
    made.throttle("/products", "GET", rate=5, burst=6)
    slower = [setting for setting in synth(stack).props(STAGE)["MethodSettings"] if setting["HttpMethod"] == "GET"]
    assert [(made["ResourcePath"], made["ThrottlingRateLimit"], made["CachingEnabled"]) for made in slower] == [("/~1products", 5, False)]


def test_rule_packs_find_nothing_more(stack: cdk.Stack) -> None:
    found = [finding for finding in findings(stack) if "@ Stack/Api/" in finding]
    assert [finding for finding in found if "LogRole" not in finding] == []


def test_feature_flags_do_not_matter(template: Template) -> None:
    stack = new_stack(new_app(flags={}))
    limited(stack)
    bare = synth(stack)
    for kind in (KEY, PLAN, PLAN_KEY):
        assert bare.of_type(kind) == template.of_type(kind)


@pytest.mark.parametrize(
    ("rate", "burst", "name", "given", "most"), [(101, 1, "rate", 101, 100), (0, 1, "rate", 0, 100), (1, 201, "burst", 201, 200)]
)
@pytest.mark.control("WEB-5", "LIB-2")
def test_it_refuses_a_limit_that_the_stage_would_undercut(rate: int, burst: int, name: str, given: int, most: int) -> None:
    made = api(new_stack(), posture=POSTURE)
    message = (
        rf"{name}: got {given}; allowed: 1 to {most}, the posture's throttle_{name} of the whole stage; ask for less, or raise the posture$"
    )
    with pytest.raises(ConfigurationError, match=rf"^Stack/Api: client shop: {message}"):
        made.add_client("shop", rate=rate, burst=burst)
    with pytest.raises(ConfigurationError, match=rf"^Stack/Api: throttle POST /login: {message}"):
        made.throttle("/login", "POST", rate=rate, burst=burst)


@pytest.mark.control("LIB-2")
def test_it_refuses_a_client_without_a_name_of_its_own() -> None:
    made = api(new_stack(), posture=POSTURE)
    made.add_client("shop", rate=1, burst=1)
    message = (
        r"^Stack/Api: client: got '.*'; allowed: a name in small letters, digits and single hyphens, such as 'partner-shop', once; "
        r"give each client a name of its own$"
    )
    for name in ("shop", "Shop", "a--b", "-a", "", "a b"):
        with pytest.raises(ConfigurationError, match=message):
            made.add_client(name, rate=1, burst=1)
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Api: client none: daily_quota: got 0; allowed: 1 or more requests a day; leave it out for no quota$",
    ):
        made.add_client("none", rate=1, burst=1, daily_quota=0)


@pytest.mark.control("LIB-2")
def test_it_refuses_what_cannot_be_throttled() -> None:
    made = api(new_stack(), posture=POSTURE)
    made.throttle("/prices", "GET", rate=1, burst=1)
    message = r"^Stack/Api: path: got '.*'; allowed: a literal path such as '/catalogue/products', once; begin with '/', .* cache before you throttle$"
    for path in ("prices", "/", "/prices/", "/prices/{id}", "/prices"):
        with pytest.raises(ConfigurationError, match=message):
            made.throttle(path, "GET", rate=1, burst=1)
    with pytest.raises(ConfigurationError, match=message):
        made.add_cached_get("/prices", life=timedelta(minutes=1))
    for method in ("get", "ANY", "OPTIONS"):
        with pytest.raises(
            ConfigurationError,
            match=rf"^Stack/Api: method: got '{method}'; allowed: DELETE, GET, HEAD, PATCH, POST, PUT; name one method a time$",
        ):
            made.throttle("/login", method, rate=1, burst=1)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"throttle_rate": 10_001},
            r"rate: got 10001; allowed: 1 to 10000 \(API Gateway's account limit is 10,000 requests a second\); the nearest is 10000",
        ),
        (
            {"throttle_rate": 0},
            r"rate: got 0; allowed: 1 to 10000 \(API Gateway's account limit is 10,000 requests a second\); the nearest is 1",
        ),
        (
            {"throttle_burst": 5_001},
            r"burst: got 5001; allowed: 1 to 5000 \(API Gateway's account burst is 5,000 requests\); the nearest is 5000",
        ),
    ],
)
@pytest.mark.control("WEB-5", "LIB-2")
def test_the_posture_refuses_more_than_the_account_may(given: dict[str, int], message: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^EdgePosture.throttle_{message}$"):
        replace(PRODUCTION.edge, **given)  # type: ignore[arg-type]
