"""Nobody goes around CloudFront: what CloudFront shows, who demands it, and what cannot be closed is refused."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_s3 as s3

from prodready_constructs.contracts import AlarmSpec, Severity
from prodready_constructs.edge import Website
from prodready_constructs.edge.cdn.protected_distribution import ProtectedDistribution
from prodready_constructs.edge.http_api.front import SitePath
from prodready_constructs.edge.http_api.origin_secret import OriginSecret
from prodready_constructs.posture import PRODUCTION
from tests.edge.http_api.parts import ACL, CERTIFICATE, a_balancer, a_certificate, a_name, a_whole_api, an_api, own_findings, own_front
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth, synth_all

DISTRIBUTION = "AWS::CloudFront::Distribution"
SECRET = "AWS::SecretsManager::Secret"
WEB_ACL = "AWS::WAFv2::WebACL"


@pytest.fixture(scope="module")
def stack() -> cdk.Stack:
    stack = new_stack()
    a_whole_api(stack)
    return stack


@pytest.fixture(scope="module")
def template(stack: cdk.Stack) -> Template:
    return synth(stack)


@pytest.fixture(scope="module")
def mutual() -> Template:
    """With CloudFront's client certificate in place of the secret."""
    stack = new_stack()
    an_api(stack, domain=a_name(stack, "OriginDomain", "origin-api.example.com"), proof=a_certificate(stack))
    return synth(stack)


def a_site(stack: cdk.Stack) -> Website:
    content = s3.Bucket(stack, "Content")
    logs = s3.Bucket(stack, "SiteLogs", object_ownership=s3.ObjectOwnership.OBJECT_WRITER)
    return Website(stack, "Site", posture=PRODUCTION.edge, content=content, access_logs=logs, web_acl_arn=ACL)


def reference(secret: str) -> dict[str, Any]:
    return {"Fn::Join": ["", ["{{resolve:secretsmanager:", {"Ref": secret}, ":SecretString:::}}"]]}


def secrets(template: Template) -> list[str]:
    return [name for name in template.of_type(SECRET) if "OriginSecret" in name]


def the_rule(template: Template) -> dict[str, Any]:
    (rule,) = [
        rule
        for acl in template.of_type(WEB_ACL).values()
        for rule in acl["Properties"]["Rules"]
        if rule["Name"].startswith("AroundCloudFront")
    ]
    assert isinstance(rule, dict)
    return rule


@pytest.mark.control("WEB-5", "WEB-1")
def test_cloudfront_with_a_web_acl_stands_in_front(template: Template) -> None:
    configuration = template.props(DISTRIBUTION)["DistributionConfig"]
    behavior = configuration["DefaultCacheBehavior"]
    assert configuration["WebACLId"] == ACL
    assert behavior["ViewerProtocolPolicy"] == "https-only", "a redirected caller has sent the token in plain by then"
    assert behavior["CachePolicyId"] == cloudfront.CachePolicy.CACHING_DISABLED.cache_policy_id
    forwarded = cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER.origin_request_policy_id
    assert behavior["OriginRequestPolicyId"] == forwarded, "with Authorization, and the API's own name as Host"
    assert {"POST", "DELETE", "OPTIONS"} <= set(behavior["AllowedMethods"])
    assert configuration["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2025"
    assert (configuration["HttpVersion"], configuration["IPV6Enabled"]) == ("http2and3", True)
    assert "Logging" in configuration
    (origin,) = configuration["Origins"]
    assert origin["DomainName"] == "origin-api.example.com"
    assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    assert origin["CustomOriginConfig"]["OriginSSLProtocols"] == ["TLSv1.2"]
    headers = template.props("AWS::CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]
    assert headers["SecurityHeadersConfig"]["StrictTransportSecurity"]["IncludeSubdomains"] is True


@pytest.mark.control("WEB-5")
def test_the_web_acl_behind_demands_what_cloudfront_adds(template: Template) -> None:
    (secret,) = secrets(template)
    (origin,) = template.props(DISTRIBUTION)["DistributionConfig"]["Origins"]
    assert origin["OriginCustomHeaders"] == [{"HeaderName": "x-origin-verify", "HeaderValue": reference(secret)}]
    rule = the_rule(template)
    assert rule["Action"] == {"Block": {}}
    by_this_door, unproven = rule["Statement"]["AndStatement"]["Statements"]
    assert by_this_door["ByteMatchStatement"]["FieldToMatch"] == {"SingleHeader": {"Name": "x-http-api-door"}}
    proof = unproven["NotStatement"]["Statement"]["ByteMatchStatement"]
    assert proof["FieldToMatch"] == {"SingleHeader": {"Name": "x-origin-verify"}}
    assert (proof["PositionalConstraint"], proof["SearchString"]) == ("EXACTLY", reference(secret))
    # API Gateway replaces what a caller sends under that name, so that no caller can say to have come by another door.
    door = by_this_door["ByteMatchStatement"]["SearchString"]
    assert template.props("AWS::ApiGatewayV2::Integration")["RequestParameters"] == {"overwrite:header.x-http-api-door": door}


@pytest.mark.control("WEB-5", "SEC-2")
def test_the_value_is_generated_and_stands_in_no_template(template: Template) -> None:
    secret = template.props(SECRET, "OriginSecret")
    assert secret["GenerateSecretString"] == {"PasswordLength": 64, "ExcludePunctuation": True}
    assert "SecretString" not in secret
    assert "KmsKeyId" in secret
    (logging,) = template.of_type("AWS::WAFv2::LoggingConfiguration").values()
    hidden = [field["SingleHeader"]["Name"] for field in logging["Properties"]["RedactedFields"]]
    assert "x-origin-verify" in hidden, "whoever reads the logs would know it"
    acl = next(name for name in template.of_type(WEB_ACL) if name.startswith("Front"))
    assert acl in template.one(DISTRIBUTION)["DependsOn"], "else CloudFront could send a new value before it is taken"


@pytest.mark.control("WEB-5", "SEC-2")
def test_two_values_hold_while_one_takes_over_from_the_other() -> None:
    def deployed(generation: int) -> Template:
        stack = new_stack()
        balancer = a_balancer(stack)
        secret = OriginSecret(stack, "OriginSecret", load_balancer=balancer, generation=generation)
        an_api(stack, target=balancer, proof=secret)
        return synth(stack)

    before, after = deployed(2), deployed(3)
    first, second = secrets(before)
    assert secrets(after)[0] == second, "the former one keeps its value"
    third = secrets(after)[1]
    assert third not in (first, second)
    sent = [
        template.props(DISTRIBUTION)["DistributionConfig"]["Origins"][0]["OriginCustomHeaders"][0]["HeaderValue"]
        for template in (before, after)
    ]
    assert sent == [reference(second), reference(third)]
    taken = [
        proof["ByteMatchStatement"]["SearchString"]
        for proof in the_rule(after)["Statement"]["AndStatement"]["Statements"][1]["NotStatement"]["Statement"]["OrStatement"]["Statements"]
    ]
    assert taken == [reference(second), reference(third)]
    assert all(after.one(SECRET, name)["DeletionPolicy"] == "Delete" for name in secrets(after))


@pytest.mark.control("WEB-5")
def test_the_load_balancer_may_be_in_a_stack_of_its_own() -> None:
    app = new_app()
    doors = new_stack(app, "Doors")
    balancer = a_balancer(doors)
    proof = OriginSecret(doors, "OriginSecret", load_balancer=balancer)
    stack = new_stack(app)
    an_api(stack, target=balancer, proof=proof)
    templates = synth_all(app)
    assert the_rule(templates["Doors"])["Action"] == {"Block": {}}
    (origin,) = templates["Stack"].props(DISTRIBUTION)["DistributionConfig"]["Origins"]
    assert "{{resolve:secretsmanager:" in json.dumps(origin["OriginCustomHeaders"])
    rules = [made["Properties"] for made in templates["Stack"].of_type("AWS::EC2::SecurityGroupIngress").values()]
    assert [(rule["FromPort"], "LinkSecurityGroup" in str(rule["SourceSecurityGroupId"])) for rule in rules] == [(80, True)]


@pytest.mark.control("WEB-5")
def test_mutual_tls_turns_everybody_else_away_at_api_gateway(mutual: Template) -> None:
    name = mutual.props("AWS::ApiGatewayV2::DomainName")
    assert name["MutualTlsAuthentication"] == {"TruststoreUri": "s3://trust/cloudfront.pem", "TruststoreVersion": "v1"}
    assert mutual.props("AWS::ApiGatewayV2::Api")["DisableExecuteApiEndpoint"] is True
    (origin,) = mutual.props(DISTRIBUTION)["DistributionConfig"]["Origins"]
    assert origin["CustomOriginConfig"]["OriginMtlsConfig"] == {"ClientCertificateArn": CERTIFICATE}
    assert "OriginCustomHeaders" not in origin
    assert not secrets(mutual)
    assert "RequestParameters" not in mutual.props("AWS::ApiGatewayV2::Integration")
    (recorded,) = mutual.recorded("ProtectedHttpApi")
    assert recorded["closed_by"] == "mutual TLS"


@pytest.mark.control("WEB-5", "WEB-7")
@pytest.mark.parametrize("mutual_tls", [False, True])
def test_a_website_may_serve_it_by_path(mutual_tls: bool) -> None:
    stack = new_stack()
    site, balancer = a_site(stack), a_balancer(stack)
    site.add_load_balancer("/app/*", balancer)
    name = a_name(stack, "OriginDomain", "origin-api.example.com")
    proof = a_certificate(stack) if mutual_tls else None
    api = an_api(stack, target=balancer, domain=name, proof=proof, front=SitePath(site=site, path_pattern="/api/*"))
    assert api.front is site
    template = synth(stack)
    configuration = template.props(DISTRIBUTION)["DistributionConfig"]
    assert [behavior["PathPattern"] for behavior in configuration["CacheBehaviors"]] == ["/app/*", "/api/*"]
    behavior = configuration["CacheBehaviors"][1]
    (origin,) = [origin for origin in configuration["Origins"] if origin["Id"] == behavior["TargetOriginId"]]
    assert origin["DomainName"] == "origin-api.example.com"
    assert ("OriginMtlsConfig" in origin["CustomOriginConfig"]) is mutual_tls
    assert ("OriginCustomHeaders" in origin) is not mutual_tls
    others = [other for other in configuration["Origins"] if other is not origin]
    assert not [other for other in others if "OriginMtlsConfig" in json.dumps(other) or "OriginCustomHeaders" in other]
    assert (behavior["ViewerProtocolPolicy"], "ResponseHeadersPolicyId" in behavior) == ("https-only", True)


def test_cloudfront_is_watched_in_its_own_region() -> None:
    made = an_api(new_stack())
    assert isinstance(made.front, ProtectedDistribution)
    specs = [spec for spec in made.front.alarm_specs if isinstance(spec, AlarmSpec)]
    assert {getattr(spec.metric, "region", None) for spec in specs} == {"us-east-1"}
    assert {"ServerErrors", "ClientErrors", "OriginLatency"} <= {spec.id for spec in specs}
    assert "CacheHitRate" not in {spec.id for spec in specs}, "nothing is cached"


def test_the_client_certificate_is_watched_because_nobody_renews_it() -> None:
    proof = a_certificate(new_stack())
    (spec,) = proof.alarm_specs
    assert isinstance(spec, AlarmSpec)
    assert (spec.id, spec.severity, spec.threshold, spec.missing_data) == ("ClientCertificateExpiry", Severity.CRITICAL, 30, "ignore")
    assert (spec.metric.region, spec.metric.dimensions) == ("us-east-1", {"CertificateArn": CERTIFICATE})  # type: ignore[union-attr]
    assert spec.metric.period == timedelta(days=1)
    assert len(proof.graphs) == 1


@pytest.mark.control("WEB-5")
def test_with_mutual_tls_the_packs_find_nothing_of_the_api() -> None:
    stack = new_stack()
    front = own_front(stack, domain=a_name(stack, "ApiDomain", "api.example.com"))
    an_api(stack, front=front, domain=a_name(stack, "OriginDomain", "origin-api.example.com"), proof=a_certificate(stack))
    assert [finding for finding in findings(stack) if "@ Stack/Api/" in finding or "@ Stack/OriginCertificate" in finding] == []


@pytest.mark.control("WEB-5")
def test_our_own_rules_find_nothing_but_what_is_waived(stack: cdk.Stack) -> None:
    assert [finding for finding in own_findings(stack) if "WatchableWithoutAlarms" not in finding] == [
        "Prodready-OpenMethod @ Stack/Api/Routes/Public GET --status/Resource",
        "Prodready-SecretWithoutRotation @ Stack/Api/OriginSecret/Generation1",
    ]


@pytest.mark.control("WEB-5", "WEB-1")
def test_an_api_bent_open_is_found() -> None:
    stack = new_stack()
    made = an_api(
        stack,
        front=own_front(stack, domain=a_name(stack, "ApiDomain", "api.example.com")),
        domain=a_name(stack, "OriginDomain", "origin-api.example.com"),
    )
    bent = made.front.distribution.node.default_child
    assert isinstance(bent, cloudfront.CfnDistribution)
    bent.add_property_deletion_override("DistributionConfig.WebACLId")
    open_again = made.http_api.node.default_child
    assert isinstance(open_again, apigatewayv2.CfnApi)
    open_again.disable_execute_api_endpoint = False
    bent.add_property_deletion_override("DistributionConfig.Origins.0.OriginCustomHeaders")
    assert {
        "Prodready-WebEntryWithoutWaf @ Stack/Api/Front/Distribution/Resource",
        "Prodready-WebEntryWithoutWaf @ Stack/Api/HttpApi/Resource",
        "Prodready-DefaultEndpointOpen @ Stack/Api/HttpApi/Resource",
    } <= (found := set(own_findings(stack)))
    assert [one.partition("[")[0] for one in found if "Unproven" in one] == ["Prodready-OriginUnproven"]
