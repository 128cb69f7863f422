"""CloudFront in front of a load balancer that only CloudFront can reach."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_cognito as cognito

from prodready_constructs.contracts import AlarmSpec
from prodready_constructs.edge import (
    Domain,
    OpenApi,
    OpenApiRestApi,
    ProtectedDistribution,
    ProtectedLoadBalancer,
    ProtectedRestApi,
    SiteRouting,
)
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import PRODUCTION
from tests.compliance.templates import found, stack_of
from tests.edge.cdn.node import event, run
from tests.edge.cdn.parts import ACL, a_balancer, behavior, distribution, logs
from tests.edge.parts import a_zone
from tests.support.packs import findings
from tests.support.synthesis import ROOT, Template, new_app, new_stack, synth


def a_door(stack: cdk.Stack, origin: Any, **more: Any) -> ProtectedDistribution:
    given = {"posture": PRODUCTION.edge, "web_acl_arn": ACL, **more}
    return ProtectedDistribution(stack, "Door", origin=origin, access_logs=logs(stack), **given)


@pytest.fixture(scope="module")
def stack() -> cdk.Stack:
    stack = new_stack()
    domain = Domain(stack, "Domain", name="example.com", hosted_zone=a_zone(stack), also=["www.example.com"])
    front = a_balancer(stack, domain=domain)
    door = a_door(stack, front, domain=domain, routing=SiteRouting(canonical="example.com"))
    door.add_assets("/static/*", life=timedelta(days=30))
    door.add_load_balancer("/live/*", front)
    return stack


@pytest.fixture(scope="module")
def template(stack: cdk.Stack) -> Template:
    return synth(stack)


@pytest.mark.control("WEB-7")
def test_the_load_balancer_is_reached_inside_its_vpc_and_by_nobody_else(template: Template) -> None:
    balancer = template.props("AWS::ElasticLoadBalancingV2::LoadBalancer")
    assert balancer["Scheme"] == "internal"
    endpoint = template.props("AWS::CloudFront::VpcOrigin")["VpcOriginEndpointConfig"]
    assert (endpoint["OriginProtocolPolicy"], endpoint["OriginSSLProtocols"]) == ("https-only", ["TLSv1.2"])
    config = distribution(template)
    assert all("VpcOriginConfig" in origin for origin in config["Origins"])
    group = template.props("AWS::EC2::SecurityGroup", "Front")
    assert "SecurityGroupIngress" not in group or all("CidrIp" not in rule for rule in group["SecurityGroupIngress"])
    sources = [rule["Properties"] for rule in template.of_type("AWS::EC2::SecurityGroupIngress").values()]
    assert not [rule for rule in sources if "CidrIp" in rule]


@pytest.mark.control("WEB-7")
def test_everything_is_passed_on_and_only_what_is_named_is_kept(template: Template) -> None:
    default = distribution(template)["DefaultCacheBehavior"]
    assert default["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    assert default["OriginRequestPolicyId"] == "b689b0a8-53d0-40ab-baf2-68738e2966ac"
    assert "DELETE" in default["AllowedMethods"]
    assert default["ViewerProtocolPolicy"] == "redirect-to-https"
    assert "DefaultRootObject" not in distribution(template)
    assert behavior(template, "/static/*")["TargetOriginId"] == default["TargetOriginId"]
    assert behavior(template, "/static/*")["AllowedMethods"] == ["GET", "HEAD"]


@pytest.mark.control("WEB-7", "WEB-10")
def test_it_is_as_hard_as_a_website(template: Template) -> None:
    config = distribution(template)
    assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2025"
    assert (config["WebACLId"], config["HttpVersion"], config["IPV6Enabled"]) == (ACL, "http2and3", True)
    assert (config["Logging"]["IncludeCookies"], config["Logging"]["Prefix"]) == (False, "cloudfront/Stack/Door/")
    assert config["Restrictions"]["GeoRestriction"] == {"Locations": ["KP"], "RestrictionType": "blacklist"}
    headers = template.props("AWS::CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    assert headers["ContentSecurityPolicy"]["ContentSecurityPolicy"].startswith("default-src 'self'; ")
    behaviors = (config["DefaultCacheBehavior"], *config["CacheBehaviors"])
    assert len({str(each["ResponseHeadersPolicyId"]) for each in behaviors}) == 1


@pytest.mark.control("WEB-7")
def test_its_function_redirects_and_leaves_pages_to_the_application(template: Template) -> None:
    code = template.props("AWS::CloudFront::Function")["FunctionCode"]
    page, post = run(code, event("/orders/7", host="example.com"), event("/orders", method="POST", host="www.example.com"))
    assert page["uri"] == "/orders/7"
    assert (post["statusCode"], post["headers"]["location"]["value"]) == (308, "https://example.com/orders")


def test_an_api_or_another_origin_may_stand_behind() -> None:
    stack = new_stack()
    front = a_balancer(stack)
    a_door(stack, ProtectedRestApi(stack, "Api", posture=PRODUCTION.edge, load_balancer=front, web_acl=front.web_acl))
    template = synth(stack)
    (origin,) = distribution(template)["Origins"]
    assert (origin["OriginPath"], origin["CustomOriginConfig"]["OriginProtocolPolicy"]) == ("/live", "https-only")
    assert not template.of_type("AWS::CloudFront::Function")
    stack = new_stack()
    a_door(stack, origins.HttpOrigin("app.example.com"))
    (origin,) = distribution(synth(stack))["Origins"]
    assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"


def test_an_origin_over_plain_http_is_found() -> None:
    stack = new_stack()
    a_door(stack, origins.HttpOrigin("app.example.com", protocol_policy=cloudfront.OriginProtocolPolicy.HTTP_ONLY))
    assert "AwsSolutions-CFR5 @ Stack/Door/Distribution/Resource" in findings(stack)


def test_it_wakes_for_errors_and_slowness_and_expects_nothing_of_the_cache() -> None:
    stack = new_stack()
    front = a_balancer(stack)
    specs = [spec for spec in a_door(stack, front).alarm_specs if isinstance(spec, AlarmSpec)]
    assert [spec.id for spec in specs] == ["ServerErrors", "ClientErrors", "OriginLatency"]
    assert not [command for spec in specs for command in spec.runbook.first_commands if "s3api" in command]


def test_rule_packs_find_nothing(stack: cdk.Stack) -> None:
    assert [finding for finding in findings(stack) if "@ Stack/Door/" in finding] == []


def test_a_trial_is_waived_like_a_websites() -> None:
    stack = new_stack()
    a_door(stack, a_balancer(stack), posture=replace(PRODUCTION.edge, blocked_countries=()))
    assert [finding for finding in findings(stack) if "@ Stack/Door/" in finding] == [
        "AwsSolutions-CFR1 @ Stack/Door/Distribution/Resource",
        "AwsSolutions-CFR4 @ Stack/Door/Distribution/Resource",
    ]
    template = synth(stack)
    assert [entry["data"] for entry in template.metadata["Stack/Door"] if entry["type"] == "aws:cdk:warning"]


@pytest.mark.control("GOV-3")
@pytest.mark.parametrize(("bent", "rule"), [("WebACLId", "WebEntryWithoutWaf"), ("headers", "SiteWithoutSecurityHeaders")])
def test_bent_it_is_found_by_our_rules(template: Template, bent: str, rule: str) -> None:
    resources = copy.deepcopy(template.resources)
    assert found(rule, stack_of(resources)) == []
    (site,) = [resource for resource in resources.values() if resource["Type"] == "AWS::CloudFront::Distribution"]
    config = site["Properties"]["DistributionConfig"]
    if bent == "headers":
        del config["CacheBehaviors"][0]["ResponseHeadersPolicyId"]
    else:
        del config[bent]
    assert len(found(rule, stack_of(resources))) == 1


@pytest.mark.control("WEB-7", "GOV-3")
@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("ViewerProtocolPolicy", "allow-all", "PlainViewer"),
        # CachingOptimized: the visitor's cookies still reach the load balancer.
        ("CachePolicyId", "658327ea-f89d-4fab-a63d-7e88639e58f6", "VisitorsMixed"),
    ],
)
def test_bent_open_or_kept_its_paths_are_found(template: Template, name: str, value: str, rule: str) -> None:
    resources = copy.deepcopy(template.resources)
    assert found(rule, stack_of(resources)) == []
    (site,) = [resource for resource in resources.values() if resource["Type"] == "AWS::CloudFront::Distribution"]
    config = site["Properties"]["DistributionConfig"]
    config["DefaultCacheBehavior"][name] = value
    (live,) = [one for one in config["CacheBehaviors"] if one["PathPattern"] == "/live/*"]
    live[name] = value
    assert [finding.partition(" @ ")[0] for finding in found(rule, stack_of(resources))] == ["[*]", "[/live/*]"]


@pytest.mark.control("WEB-7", "GOV-3")
def test_a_bent_content_security_policy_is_found(template: Template) -> None:
    resources = copy.deepcopy(template.resources)
    assert found("LooseContentPolicy", stack_of(resources)) == []
    (headers,) = [resource for resource in resources.values() if resource["Type"] == "AWS::CloudFront::ResponseHeadersPolicy"]
    policy = headers["Properties"]["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]["ContentSecurityPolicy"]
    policy["ContentSecurityPolicy"] += "; script-src 'self' 'unsafe-inline'"
    (finding,) = found("LooseContentPolicy", stack_of(resources))
    assert finding.startswith("[script-src 'unsafe-inline'] @ ")


def test_it_refuses_pages_that_it_does_not_make() -> None:
    stack = new_stack()
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Door: routing.pages: got 'single'; allowed: 'files' or None: the application behind makes its own pages; leave it out, or",
    ):
        a_door(stack, a_balancer(stack), routing=SiteRouting(pages="single"))


def test_it_refuses_a_regional_web_acl() -> None:
    stack = new_stack()
    with pytest.raises(ConfigurationError, match=r"^Stack/Door: web_acl_arn: got 'arn:.*'; allowed: a web ACL of scope CLOUDFRONT"):
        a_door(stack, a_balancer(stack), web_acl_arn="arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/x/1")


def test_feature_flags_do_not_matter(template: Template) -> None:
    stack = new_stack(new_app(flags={}))
    domain = Domain(stack, "Domain", name="example.com", hosted_zone=a_zone(stack), also=["www.example.com"])
    front: ProtectedLoadBalancer = a_balancer(stack, domain=domain)
    door = a_door(stack, front, domain=domain, routing=SiteRouting(canonical="example.com"))
    door.add_assets("/static/*", life=timedelta(days=30))
    door.add_load_balancer("/live/*", front)
    assert distribution(synth(stack)) == distribution(template)


def test_an_edge_optimised_api_is_no_origin() -> None:
    stack = new_stack()
    api = ProtectedRestApi(stack, "Api", posture=PRODUCTION.edge, load_balancer=a_balancer(stack), endpoint="EDGE")
    with pytest.raises(ConfigurationError) as refused:
        a_door(stack, api)
    assert str(refused.value) == (
        'Stack/Door: Stack/Api: got "an EDGE API, which has a CloudFront of API Gateway\'s in front already and speaks TLS 1.3 alone"; '
        'allowed: a REGIONAL API: CloudFront calls its origins by TLS 1.2; make the API with endpoint="REGIONAL"'
    )


@pytest.mark.control("WEB-5", "WEB-7")
def test_an_api_of_an_openapi_file_is_an_origin_like_one_made_by_hand() -> None:
    stack = new_stack()
    front = a_balancer(stack)
    specification = OpenApi.from_file(
        ROOT / "stacks" / "interfaces" / "partners.yaml", authorizers={"partners": a_pool(stack)}, public=OPEN
    )
    api = OpenApiRestApi(stack, "Api", posture=PRODUCTION.edge, load_balancer=front, specification=specification)
    door = a_door(stack, front)
    door.add_api("/api/*", api)
    door.add_cached_get("/catalogue/*", api, life=timedelta(minutes=5))
    origins = distribution(synth(stack))["Origins"]
    assert [origin.get("OriginPath") for origin in origins if "CustomOriginConfig" in origin] == ["/live", "/live"]


OPEN = {"GET /health": "partners' monitoring asks it without a token, and it answers a status alone"}


def a_pool(stack: cdk.Stack) -> apigateway.CognitoUserPoolsAuthorizer:
    return apigateway.CognitoUserPoolsAuthorizer(stack, "Tokens", cognito_user_pools=[cognito.UserPool(stack, "Pool")])
