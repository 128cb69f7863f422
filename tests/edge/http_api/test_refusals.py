"""What an HTTP API refuses, each with the complete message."""

from __future__ import annotations

from datetime import timedelta

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3

from prodready_constructs.edge import ProtectedLoadBalancer
from prodready_constructs.edge.http_api.authorizers import Authorizer, IamSignatures, JwtIssuer, LambdaCheck
from prodready_constructs.edge.http_api.front import OwnDistribution, SitePath
from prodready_constructs.edge.http_api.http_api import ProtectedHttpApi
from prodready_constructs.edge.http_api.origin_secret import OriginSecret
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import PRODUCTION
from tests.edge.http_api.parts import (
    ACL,
    ISSUER,
    REASON,
    a_balancer,
    a_certificate,
    a_cloud_map_target,
    a_name,
    an_api,
    own_front,
    some_logs,
)
from tests.edge.http_api.test_way_around import a_site
from tests.edge.parts import a_domain, a_log_bucket, a_private_vpc
from tests.support.synthesis import SECOND_REGION, new_app, new_stack

pytestmark = [pytest.mark.control("LIB-2"), pytest.mark.control("WEB-5")]


@pytest.fixture(scope="module")
def api() -> ProtectedHttpApi:
    made = an_api(new_stack(), origins=["https://shop.example.com"])
    made.add_route("/taken", "GET")
    made.add_route("/search", "POST")
    return made


@pytest.mark.parametrize(
    "url",
    [
        "http://login.example.com",
        "login.example.com",
        "https://",
        "https://login.example.com/?a=b",
        "https://login.example.com/#a",
        "",
        "https://Login.example.com",
    ],
)
def test_an_issuer_that_is_no_https_url(url: str) -> None:
    message = (
        r"^JwtIssuer.url: got '.*'; allowed: an HTTPS URL without query and fragment, such as 'https://login.example.com/'; "
        r"copy 'issuer' from the provider's /.well-known/openid-configuration$"
    )
    with pytest.raises(ConfigurationError, match=message):
        JwtIssuer(url=url, audiences=("a",))


@pytest.mark.parametrize("audiences", [(), ("",), ("a",) * 51])
def test_an_issuer_for_everybody(audiences: tuple[str, ...]) -> None:
    message = (
        r"^JwtIssuer.audiences: got \(.*\); allowed: 1 to 50 audiences, none of them empty; name the API, or the client the tokens are issued "
        r"to: without it every token of the issuer would be accepted$"
    )
    with pytest.raises(ConfigurationError, match=message):
        JwtIssuer(url="https://login.example.com", audiences=audiences)


def test_more_scopes_than_a_route_takes(api: ProtectedHttpApi) -> None:
    message = r"got '11 scopes'; allowed: 10 \(a route's quota\); use a scope that covers several$"
    with pytest.raises(ConfigurationError, match=rf"^JwtIssuer.scopes: {message}"):
        JwtIssuer(url="https://login.example.com", audiences=("a",), scopes=("s",) * 11)
    with pytest.raises(ConfigurationError, match=rf"^Stack/Api: scopes: {message}"):
        api.add_route("/scoped", "GET", scopes=["s"] * 11)


def test_scopes_where_there_is_no_token(api: ProtectedHttpApi) -> None:
    message = (
        r"^Stack/Api: scopes: got 'read'; allowed: scopes on routes that a JwtIssuer guards; leave them out, or hand over "
        r"authorizer=JwtIssuer\(\.\.\.\)$"
    )
    without_tokens: tuple[Authorizer, ...] = (IamSignatures(), LambdaCheck(function=a_function(new_stack())))
    for place, authorizer in enumerate(without_tokens):
        with pytest.raises(ConfigurationError, match=message):
            api.add_route(f"/unscoped{place}", "GET", authorizer=authorizer, scopes=["read"])


def a_function(stack: cdk.Stack) -> lambda_.IFunction:
    return lambda_.Function.from_function_arn(stack, "Who", "arn:aws:lambda:us-east-1:111122223333:function:who")


def test_a_check_of_nothing_or_for_ever() -> None:
    function = a_function(new_stack())
    with pytest.raises(
        ConfigurationError, match=r"^LambdaCheck.headers: got \(\); allowed: one header or more; name the one that says who calls$"
    ):
        LambdaCheck(function=function, headers=())
    with pytest.raises(
        ConfigurationError,
        match=r"^LambdaCheck.remembers: got '2:00:00'; allowed: 0 seconds to 1:00:00; a shorter time also shuts out sooner who may no longer call$",
    ):
        LambdaCheck(function=function, remembers=timedelta(hours=2))


def test_two_authorizers_of_one_name(api: ProtectedHttpApi) -> None:
    other = JwtIssuer(url="https://login.example.com/", audiences=("api://other",))
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Api: authorizer: got \"a second one named 'Tokens'\"; allowed: a name for each authorizer of an API; give it another name=$",
    ):
        api.add_route("/other", "GET", authorizer=other)


def test_a_second_default_route() -> None:
    made = an_api(new_stack())
    made.pass_everything()
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Api: pass_everything: got 'a second default route'; allowed: one default route; call it once; add_route\(\.\.\.\) takes "
        r"paths apart that differ$",
    ):
        made.pass_everything()


@pytest.mark.parametrize("path", ["orders", "/orders/", "", "$default", "/a b", "/{rest+}/more", "//", "/?a=b"])
def test_a_path_that_no_route_can_have(api: ProtectedHttpApi, path: str) -> None:
    message = (
        r"^Stack/Api: path: got '.*'; allowed: a path such as '/orders', '/orders/\{id\}' or, for all below, '/orders/\{rest\+\}'; begin with '/', "
        r"end without it; for everything else there is pass_everything\(\)$"
    )
    with pytest.raises(ConfigurationError, match=message):
        api.add_route(path, "GET")


@pytest.mark.parametrize("method", ["get", "OPTIONS", "TRACE", ""])
def test_a_method_that_no_route_takes(api: ProtectedHttpApi, method: str) -> None:
    message = (
        rf"^Stack/Api: method: got '{method}'; allowed: DELETE, GET, HEAD, PATCH, POST, PUT or ANY; write it in capitals; preflights \(OPTIONS\) "
        r"are answered for allowed_origins$"
    )
    with pytest.raises(ConfigurationError, match=message):
        api.add_route("/a", method)


def test_a_route_twice(api: ProtectedHttpApi) -> None:
    message = r"^Stack/Api: route: got 'GET /taken, a second time'; allowed: each route once; keep one of them$"
    with pytest.raises(ConfigurationError, match=message):
        api.add_route("/taken", "GET")
    with pytest.raises(ConfigurationError, match=message):
        api.public("/taken", "GET", reason=REASON)


def test_more_routes_than_an_api_takes() -> None:
    made = an_api(new_stack(), authorizer=IamSignatures())
    for number in range(300):
        made.add_route(f"/r{number}", "GET")
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Api: route: got 'GET /one-more, after 300 routes'; allowed: 300 routes \(API Gateway's quota for an HTTP API\); "
        r"take paths together: '/orders/\{rest\+\}'$",
    ):
        made.add_route("/one-more", "GET")


@pytest.mark.parametrize(("path", "method"), [("/open", "ANY"), ("/open/{rest+}", "GET"), ("/open", "OPTIONS")])
def test_more_than_one_open_route_at_a_time(api: ProtectedHttpApi, path: str, method: str) -> None:
    message = (
        r"^Stack/Api: public: got '.*'; allowed: one method \(DELETE, GET, HEAD, PATCH, POST, PUT\) of one path, without a variable that takes the "
        r"rest; name each open route by itself$"
    )
    with pytest.raises(ConfigurationError, match=message):
        api.public(path, method, reason=REASON)


def test_an_open_route_without_a_reason(api: ProtectedHttpApi) -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Api/Routes/Public GET --why/Resource: got 'because'; allowed: a reason of at least 40 characters; say why the risk is met another way$",
    ):
        api.public("/why", "GET", reason="because")


@pytest.mark.parametrize(
    ("rate", "burst", "message"),
    [
        (501, 1, "rate: got 501; allowed: 1 to 500, the posture's throttle_rate"),
        (0, 1, "rate: got 0; allowed: 1 to 500, the posture's throttle_rate"),
        (1, 1_001, "burst: got 1001; allowed: 1 to 1000, the posture's throttle_burst"),
    ],
)
def test_a_limit_above_the_stages(api: ProtectedHttpApi, rate: int, burst: int, message: str) -> None:
    with pytest.raises(
        ConfigurationError,
        match=rf"^Stack/Api: throttle POST /search: {message} of the whole stage; ask for less, or raise the posture$",
    ):
        api.throttle("/search", "POST", rate=rate, burst=burst)


@pytest.mark.parametrize("method", ["GET", "ANY"])
def test_a_limit_of_a_route_that_is_not_there(api: ProtectedHttpApi, method: str) -> None:
    with pytest.raises(
        ConfigurationError,
        match=rf"^Stack/Api: throttle: got '{method} /search'; allowed: a route that was added before; add_route\(\.\.\.\) first; what the default "
        r"route takes has the limit of the stage$",
    ):
        api.throttle("/search", method, rate=1, burst=1)


@pytest.mark.parametrize("origin", ["*", "http://shop.example.com", "https://*.example.com", "https://shop.example.com/"])
def test_a_wildcard_origin_beside_credentials(origin: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^Stack/Api: allowed_origins: got '.*'; allowed: exact origins such as"):
        an_api(new_stack(), origins=[origin])


def test_a_grant_where_nobody_asks_for_a_signature(api: ProtectedHttpApi) -> None:
    role = iam.Role(api.stack, "Caller", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Api: grant_invoke: got 'an API without routes that ask for a signature'; allowed: authorizer=IamSignatures\(\), of the API or "
        r"of a route added before; callers of the other routes are let in by the issuer of their tokens$",
    ):
        api.grant_invoke(role)


def test_a_cloud_map_service_behind_a_secret_that_nobody_demands() -> None:
    stack = new_stack()
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Api: proof: got 'an origin secret'; allowed: OriginCertificate\(\.\.\.\) for a Cloud Map service, because there is no web ACL "
        r"behind API Gateway to demand the secret; hand over proof=OriginCertificate\(\.\.\.\), or put a ProtectedLoadBalancer before the service$",
    ):
        an_api(stack, target=a_cloud_map_target(stack))


def test_a_port_that_is_none() -> None:
    with pytest.raises(
        ConfigurationError, match=r"^CloudMapTarget.port: got 0; allowed: 1 to 65535; use the port that the instances listen on$"
    ):
        a_cloud_map_target(new_stack(), port=0)


def test_the_secret_of_another_load_balancer() -> None:

    stack = new_stack()
    other = ProtectedLoadBalancer(stack, "Other", vpc=a_private_vpc(stack), posture=PRODUCTION.edge, access_logs=a_log_bucket(stack))
    proof = OriginSecret(stack, "OriginSecret", load_balancer=other)
    target = ProtectedLoadBalancer(stack, "Front", vpc=other.vpc, posture=PRODUCTION.edge, access_logs=s3.Bucket(stack, "More"))
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Api: proof: got 'a secret that Stack/Other demands'; allowed: the secret of the load balancer behind this API; make "
        r"OriginSecret\(load_balancer=\.\.\.\) for this target$",
    ):
        an_api(stack, target=target, proof=proof)


def test_a_secret_of_a_load_balancer_of_another_stack() -> None:
    app = new_app()
    balancer = a_balancer(new_stack(app, "Doors"))
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Api/OriginSecret: load_balancer: got 'a load balancer whose web ACL Doors/Front/WebAcl is in another stack'; allowed: one in the "
        r"stack of this secret: its web ACL needs the value, and the API needs the load balancer; make OriginSecret\(\.\.\.\) in the load "
        r"balancer's stack, and hand it to the API as proof=$",
    ):
        an_api(new_stack(app), target=balancer)


def test_a_generation_before_the_first() -> None:
    stack = new_stack()
    with pytest.raises(ConfigurationError, match=r"^Stack/S: generation: got 0; allowed: 1 or more; count up by 1 for a new value$"):
        OriginSecret(stack, "S", load_balancer=a_balancer(stack), generation=0)


def test_a_certificate_without_a_name_to_ask_for_it() -> None:
    stack = new_stack()
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Api: domain: got 'None beside an OriginCertificate'; allowed: a domain: API Gateway asks for certificates at a name of the "
        r"API's own only; hand over domain=Domain\(\.\.\.\)$",
    ):
        an_api(stack, proof=a_certificate(stack))


@pytest.mark.parametrize("arn", ["arn:aws:acm:eu-west-1:111122223333:certificate/0", "arn:aws:iam::111122223333:server-certificate/0", ""])
def test_a_client_certificate_where_cloudfront_does_not_look(arn: str) -> None:
    with pytest.raises(
        ConfigurationError,
        match=rf"^Stack/OriginCertificate: client_certificate_arn: got '{arn}'; allowed: a certificate of ACM in us-east-1, where CloudFront looks for "
        r"it; aws acm import-certificate --region us-east-1$",
    ):
        a_certificate(new_stack(), arn=arn)


@pytest.mark.parametrize(("key", "version", "name"), [("", "v1", "truststore_key"), ("a.pem", "", "truststore_version")])
def test_a_truststore_that_could_be_any_file(key: str, version: str, name: str) -> None:
    with pytest.raises(
        ConfigurationError,
        match=rf"^Stack/OriginCertificate: {name}: got ''; allowed: the name and the version of one file in a versioned bucket; "
        r"aws s3api list-object-versions says both$",
    ):
        a_certificate(new_stack(), key=key, version=version)


def test_one_name_for_the_distribution_and_what_is_behind_it() -> None:
    stack = new_stack()
    name = a_name(stack, "ApiDomain", "api.example.com")
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Api: domain: got 'api.example.com, which is the name of its distribution'; allowed: a name of its own, which only CloudFront "
        r"calls, such as 'origin-api.example.com'; keep the public name in front= and give the API another one$",
    ):
        an_api(stack, front=own_front(stack, domain=name), domain=name)


def test_a_certificate_of_another_region() -> None:
    app = new_app()
    domain = a_domain(new_stack(app, "Elsewhere", region=SECOND_REGION))
    with pytest.raises(
        ConfigurationError, match=r"^Stack/Api: domain: got 'a certificate in us-west-2'; allowed: a certificate in us-east-1"
    ):
        an_api(new_stack(app), domain=domain)


def test_a_regional_web_acl_at_cloudfront() -> None:
    stack = new_stack()
    with pytest.raises(
        ConfigurationError, match=r"^Stack/Api/Front: web_acl_arn: got '.*eu-west-1.*'; allowed: a web ACL of scope CLOUDFRONT in us-east-1"
    ):
        an_api(stack, front=OwnDistribution(web_acl_arn=ACL.replace("us-east-1", "eu-west-1"), access_logs=some_logs(stack)))


@pytest.mark.parametrize("pattern", ["api/*", "/*", "/", "/taken/*"])
def test_a_path_that_is_the_sites_own(pattern: str) -> None:
    stack = new_stack()
    site = a_site(stack)
    site.add_assets("/taken/*")
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Site: path_pattern: got '.*'; allowed: a path below the site's root that no other call has taken, such as '/api/\*'; begin it "
        r"with '/', leave '/\*' to the content, and use each pattern once$",
    ):
        an_api(stack, front=SitePath(site=site, path_pattern=pattern))


def test_the_issuer_of_a_pool_is_known_at_deployment_only() -> None:
    stack = new_stack()
    pool = cognito.UserPool(stack, "Pool")
    assert JwtIssuer.for_user_pool(pool, pool.add_client("App"), name="Users").name == "Users"
    assert ISSUER.name == "Tokens"
