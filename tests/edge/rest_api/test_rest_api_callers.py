"""Where a REST API is met, and by whom at all: regional or edge, with a resource policy."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_route53 as route53

from prodready_constructs.edge import ApiLogs, Callers, Domain, ProtectedRestApi, WebAcl
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import PRODUCTION, STAGING
from tests.edge.parts import a_domain
from tests.edge.rest_api.test_rest_api import REST_API, STAGE, api, balancer
from tests.edge.rest_api.test_rest_api_methods import DEPLOYMENT, REASON, users
from tests.support.packs import findings
from tests.support.synthesis import REGION, SECOND_REGION, Template, new_app, new_stack, synth

OFFICE = ("203.0.113.0/24", "2001:db8:77::/48")


def edge_api(stack: cdk.Stack, **keywords: Any) -> ProtectedRestApi:
    return ProtectedRestApi(stack, "Api", posture=PRODUCTION.edge, load_balancer=balancer(stack), endpoint="EDGE", **keywords)


@pytest.fixture(scope="module")
def edge_stack() -> cdk.Stack:
    """In Oregon, with a certificate of Virginia."""
    app = new_app()
    home = new_stack(app, "Home", region=REGION)
    zone = route53.HostedZone.from_hosted_zone_attributes(home, "Zone", hosted_zone_id="Z8", zone_name="example.com")
    domain = Domain(home, "Domain", name="api.example.com", hosted_zone=zone)
    stack = new_stack(app, "Stack", region=SECOND_REGION)
    edge_api(stack, domain=domain, authorizer=users(stack))
    return stack


@pytest.fixture(scope="module")
def edge(edge_stack: cdk.Stack) -> Template:
    return synth(edge_stack)


@pytest.mark.control("WEB-5", "WEB-8")
def test_an_edge_api_has_its_own_certificate_and_todays_tls_alone(edge: Template) -> None:
    name = edge.props("AWS::ApiGateway::DomainName")
    assert name["EndpointConfiguration"] == {"Types": ["EDGE"]}
    assert name["SecurityPolicy"] == "SecurityPolicy_TLS13_2025_EDGE"
    assert name["EndpointAccessMode"] == "STRICT"
    assert "CertificateArn" in name
    assert "RegionalCertificateArn" not in name
    assert edge.props(REST_API)["EndpointConfiguration"] == {"Types": ["EDGE"]}
    assert edge.props(REST_API)["DisableExecuteApiEndpoint"] is True


@pytest.mark.control("WEB-8")
def test_the_records_lead_to_the_edge(edge: Template) -> None:
    records = [record["Properties"] for record in edge.of_type("AWS::Route53::RecordSet").values()]
    assert {record["Type"] for record in records} == {"A", "AAAA"}
    targets = {str(record["AliasTarget"]["DNSName"]) for record in records}
    assert len(targets) == 1
    assert "DistributionDomainName" in targets.pop()


@pytest.mark.control("WEB-5", "WEB-1")
def test_an_edge_api_keeps_everything_else(edge: Template, edge_stack: cdk.Stack) -> None:
    assert edge.recorded("ProtectedRestApi")[0]["endpoint"] == "EDGE"
    assert edge.props(STAGE)["TracingEnabled"] is True
    assert len(edge.of_type("AWS::WAFv2::WebACLAssociation")) >= 1
    assert [finding for finding in findings(edge_stack) if "@ Stack/Api/" in finding and "LogRole" not in finding] == []


@pytest.mark.control("WEB-10")
def test_an_edge_api_without_a_name_has_the_same_tls() -> None:
    stack = new_stack()
    edge_api(stack)
    resource = synth(stack).props(REST_API)
    assert (resource["SecurityPolicy"], resource["EndpointAccessMode"]) == ("SecurityPolicy_TLS13_2025_EDGE", "STRICT")


@pytest.mark.control("WEB-5", "LIB-2")
def test_it_refuses_a_certificate_that_the_edge_cannot_read() -> None:
    stack = new_stack(region=SECOND_REGION)
    message = r"^Stack/Api: domain: got 'a certificate in us-west-2'; allowed: a certificate in us-east-1; make the Domain in a stack of us-east-1$"
    with pytest.raises(ConfigurationError, match=message):
        edge_api(stack, domain=a_domain(stack))


@pytest.mark.control("LIB-2")
def test_it_refuses_other_endpoints_and_one_cloudfront_behind_another() -> None:
    stack = new_stack()
    front = balancer(stack)
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Private: endpoint: got 'PRIVATE'; allowed: 'REGIONAL' or 'EDGE'; take REGIONAL unless callers are all over the world$",
    ):
        ProtectedRestApi(stack, "Private", posture=STAGING.edge, load_balancer=front, endpoint="PRIVATE")  # type: ignore[arg-type]
    acl = WebAcl(stack, "Acl", posture=STAGING.edge, placement="BEHIND_CLOUDFRONT")
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Twice: endpoint: got 'EDGE with a web ACL that stands BEHIND_CLOUDFRONT'; allowed: REGIONAL behind a Website, EDGE where "
        r"callers come themselves; an edge-optimised API has a CloudFront of its own in front: take endpoint='REGIONAL', or a web ACL that is 'REGIONAL'$",
    ):
        ProtectedRestApi(stack, "Twice", posture=STAGING.edge, load_balancer=front, endpoint="EDGE", web_acl=acl)
    with pytest.raises(
        ConfigurationError,
        match=r"^ApiLogs.role: got 'none'; allowed: 'create' or 'existing'; choose 'existing' where the account has a log role$",
    ):
        ApiLogs(role="none")  # type: ignore[arg-type]


def policy(template: Template) -> list[dict[str, Any]]:
    return list(template.props(REST_API)["Policy"]["Statement"])


def deny(key: str, values: tuple[str, ...], operator: str = "NotIpAddress") -> dict[str, Any]:
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "execute-api:Invoke",
        "Resource": ["execute-api:/*"],
        "Condition": {operator: {key: list(values)}},
    }


@pytest.mark.control("WEB-5")
def test_without_callers_there_is_no_policy() -> None:
    stack = new_stack()
    api(stack, posture=STAGING.edge)
    assert "Policy" not in synth(stack).props(REST_API)


@pytest.mark.control("WEB-5")
def test_users_are_admitted_from_addresses_alone() -> None:
    stack = new_stack()
    api(stack, authorizer=users(stack)).admit_only(Callers(addresses=OFFICE))
    allow, denied = policy(synth(stack))
    assert denied == deny("aws:SourceIp", OFFICE)
    assert (allow["Effect"], allow["Resource"]) == ("Allow", ["execute-api:/live/*"]), "a user pool wants an explicit permission"
    assert allow["Condition"] == {"Null": {"aws:PrincipalAccount": "true"}}, "which is no permission for whoever signs"


@pytest.mark.control("WEB-5", "SEC-1")
def test_signed_callers_get_no_permission_from_an_address() -> None:
    stack = new_stack()
    made = api(stack, origins=["https://shop.example.com"])
    made.public("/old/{id}", "GET", reason=REASON)
    made.admit_only(Callers(addresses=OFFICE))
    made.public("/health", "GET", reason=REASON)
    allow, denied = policy(synth(stack))
    assert denied == deny("aws:SourceIp", OFFICE)
    assert allow["Resource"] == ["execute-api:/live/OPTIONS/*", "execute-api:/live/GET/health", "execute-api:/live/GET/old/*"]
    assert allow["Condition"] == {"Null": {"aws:PrincipalAccount": "true"}}


@pytest.mark.control("WEB-5", "SEC-1")
def test_a_lambda_that_is_silent_is_not_answered_for() -> None:
    stack = new_stack()
    handler = lambda_.Function.from_function_arn(stack, "Judge", "arn:aws:lambda:us-east-1:111122223333:function:judge")
    api(stack, authorizer=apigateway.TokenAuthorizer(stack, "Token", handler=handler)).admit_only(Callers(addresses=OFFICE))
    assert policy(synth(stack)) == [deny("aws:SourceIp", OFFICE)], "a permission here would stand for the authorizer's"


@pytest.mark.control("WEB-5", "SEC-1")
def test_accounts_and_organizations_are_let_in_by_their_own_policies() -> None:
    stack = new_stack()
    api(stack).admit_only(Callers(accounts=("444455556666",), organizations=("o-a1b2c3d4e5",)))
    account, organization, denied = policy(synth(stack))
    assert account["Principal"] == {"AWS": [{"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::444455556666:root"]]}]}
    assert organization["Condition"] == {
        "StringEquals": {"aws:PrincipalOrgID": ["o-a1b2c3d4e5"]},
        "StringNotEquals": {"aws:PrincipalAccount": {"Ref": "AWS::AccountId"}},
    }
    assert denied["Condition"] == {
        "Null": {"aws:PrincipalAccount": "false"},
        "StringNotEquals": {"aws:PrincipalAccount": ["444455556666"], "aws:PrincipalOrgID": ["o-a1b2c3d4e5"]},
    }


@pytest.mark.control("WEB-5")
def test_another_policy_deploys_the_stage_anew() -> None:
    deployments = []
    for callers in (None, Callers(addresses=OFFICE), Callers(addresses=OFFICE[:1])):
        stack = new_stack()
        made = api(stack, posture=STAGING.edge)
        if callers:
            made.admit_only(callers)
        deployments.append(next(iter(synth(stack).of_type(DEPLOYMENT))))
    assert len(set(deployments)) == 3, "a policy holds from the next deployment on"


RANGE = r"address ranges such as '203.0.113.0/24'; correct it: .*$"
INSIDE = (
    r"addresses of the internet: API Gateway never sees those inside a network; name the addresses of the NAT gateway or proxy by which these "
    r"callers reach the internet$"
)


@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        *((block, RANGE) for block in ("203.0.113.1/24", "203.0.113.0/33", "office", "203.0.113", "")),
        *(
            (block, r"ranges that are not the whole internet; leave addresses out where everybody may call$")
            for block in ("0.0.0.0/0", "::/0")
        ),
        *((block, INSIDE) for block in ("10.1.0.0/16", "192.168.0.0/24", "127.0.0.1/32", "100.64.0.0/16", "fd00::/8", "8.0.0.0/5")),
    ],
)
@pytest.mark.control("LIB-2")
def test_it_refuses_addresses_that_api_gateway_never_sees(given: str, allowed: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^Callers.addresses: got '{given}'; allowed: {allowed}"):
        Callers(addresses=(given,))


@pytest.mark.control("LIB-2")
def test_it_refuses_ids_that_are_none_and_no_callers_at_all() -> None:
    for given in ("1111", "arn:aws:iam::111122223333:root", "*"):
        with pytest.raises(
            ConfigurationError, match=r"^Callers.accounts: got '.*'; allowed: ids such as '111122223333'; copy it from AWS Organizations$"
        ):
            Callers(accounts=(given,))
    for given in ("o-short", "O-A1B2C3D4E5", "r-a1b2c3d4e5", "*"):
        with pytest.raises(
            ConfigurationError,
            match=r"^Callers.organizations: got '.*'; allowed: ids such as 'o-a1b2c3d4e5'; copy it from AWS Organizations$",
        ):
            Callers(organizations=(given,))
    with pytest.raises(
        ConfigurationError,
        match=r"^Callers: got 'nothing'; allowed: addresses, accounts or organizations; say who may call, or leave it out$",
    ):
        Callers()


@pytest.mark.control("LIB-2")
def test_it_refuses_callers_that_api_gateway_cannot_tell() -> None:
    allowed = r"allowed: once, what API Gateway can tell of these callers"
    stack = new_stack()
    made = api(stack, authorizer=users(stack))
    with pytest.raises(
        ConfigurationError,
        match=rf"^Stack/Api: admit_only: got 'accounts or organizations without a signed method'; {allowed}; leave out the authorizer: callers then sign with IAM$",
    ):
        made.admit_only(Callers(accounts=("111122223333",)))
    made.admit_only(Callers(addresses=OFFICE))
    with pytest.raises(
        ConfigurationError,
        match=rf"^Stack/Api: admit_only: got 'callers a second time'; {allowed}; name all of them in one value$",
    ):
        made.admit_only(Callers(addresses=OFFICE))
    acl = WebAcl(stack, "Acl", posture=STAGING.edge, placement="BEHIND_CLOUDFRONT")
    behind = ProtectedRestApi(
        stack, "Behind", posture=STAGING.edge, load_balancer=made_front(stack), web_acl=acl, logs=ApiLogs(role="existing")
    )
    with pytest.raises(
        ConfigurationError,
        match=rf"^Stack/Behind: admit_only: got 'addresses behind CloudFront'; {allowed}; limit addresses in the web ACL of the website: API Gateway sees "
        r"CloudFront's here$",
    ):
        behind.admit_only(Callers(addresses=OFFICE))


def made_front(stack: cdk.Stack) -> Any:
    """The load balancer that the stack has."""
    return stack.node.find_child("Front")
