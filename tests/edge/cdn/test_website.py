"""The website: what is always so, what follows the posture, what it refuses, who may read, what wakes someone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from prodready_constructs.contracts import AlarmSpec, Metric, Severity
from prodready_constructs.edge import (
    ContentSecurityPolicy,
    Domain,
    ProtectedLoadBalancer,
    ProtectedRestApi,
    SiteRouting,
    WebAcl,
    Website,
)
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import PRODUCTION, EdgePosture
from tests.edge.parts import a_domain, a_log_bucket, a_private_vpc, a_zone
from tests.support.packs import findings
from tests.support.synthesis import SECOND_REGION, Template, new_app, new_stack, synth, synth_all

DISTRIBUTION = "AWS::CloudFront::Distribution"
ACL = "arn:aws:wafv2:us-east-1:111122223333:global/webacl/site/0123"


#: A site without a blocked country has one finding more.
FOR_EVERYBODY = replace(PRODUCTION.edge, blocked_countries=())


def content(stack: cdk.Stack, **extra: Any) -> s3.Bucket:
    return s3.Bucket(stack, "Content", encryption_key=kms.Key(stack, "ContentKey", enable_key_rotation=True), **extra)


def logs(stack: cdk.Stack) -> s3.Bucket:
    return s3.Bucket(stack, "SiteLogs", object_ownership=s3.ObjectOwnership.OBJECT_WRITER)


def site(
    stack: cdk.Stack,
    *,
    posture: EdgePosture = FOR_EVERYBODY,
    domain: Domain | None = None,
    csp: ContentSecurityPolicy | None = None,
    routing: SiteRouting | None = None,
) -> Website:
    return Website(
        stack,
        "Site",
        posture=posture,
        content=content(stack),
        access_logs=logs(stack),
        web_acl_arn=ACL,
        domain=domain,
        content_security_policy=csp,
        routing=routing,
    )


def distribution(template: Template) -> dict[str, Any]:
    return template.props(DISTRIBUTION)["DistributionConfig"]


@pytest.fixture(scope="module")
def stack() -> cdk.Stack:
    """A site under a name, with an API and a load balancer behind it."""
    stack = new_stack()
    website = site(stack, posture=replace(PRODUCTION.edge, blocked_countries=("KP",)), domain=a_domain(stack))
    balancer = ProtectedLoadBalancer(
        stack, "Front", vpc=a_private_vpc(stack), posture=PRODUCTION.edge, access_logs=a_log_bucket(stack), domain=website_domain(stack)
    )
    website.add_api("/api/*", ProtectedRestApi(stack, "Api", posture=PRODUCTION.edge, load_balancer=balancer))
    website.add_load_balancer("/app/*", balancer)
    website.add_load_balancer("/shop/*", balancer)
    return stack


def website_domain(stack: cdk.Stack) -> Domain:
    zone = cdk.aws_route53.HostedZone.from_hosted_zone_attributes(stack, "AppZone", hosted_zone_id="Z9", zone_name="example.com")
    return Domain(stack, "AppDomain", name="app.example.com", hosted_zone=zone)


@pytest.fixture(scope="module")
def template(stack: cdk.Stack) -> Template:
    return synth(stack)


@pytest.fixture(scope="module")
def trial() -> cdk.Stack:
    stack = new_stack()
    site(stack)
    return stack


@pytest.fixture(scope="module")
def trial_template(trial: cdk.Stack) -> Template:
    return synth(trial)


@pytest.mark.control("WEB-7")
def test_visitors_are_always_encrypted_by_todays_policy(template: Template) -> None:
    config = distribution(template)
    assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2025"
    assert config["ViewerCertificate"]["SslSupportMethod"] == "sni-only"
    assert config["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "redirect-to-https"
    assert {behavior["ViewerProtocolPolicy"] for behavior in config["CacheBehaviors"]} == {"https-only"}
    assert (config["HttpVersion"], config["IPV6Enabled"], config["Aliases"]) == ("http2and3", True, ["shop.example.com"])


@pytest.mark.control("WEB-7", "STORE-1")
def test_only_this_distribution_reads_the_content(template: Template) -> None:
    (origin,) = [origin for origin in distribution(template)["Origins"] if "S3OriginConfig" in origin]
    assert origin["S3OriginConfig"] == {"OriginAccessIdentity": ""}
    assert "OriginAccessControlId" in origin
    control = template.props("AWS::CloudFront::OriginAccessControl")["OriginAccessControlConfig"]
    assert (control["SigningBehavior"], control["SigningProtocol"]) == ("always", "sigv4")
    (statement,) = template.props("AWS::S3::BucketPolicy", "Content")["PolicyDocument"]["Statement"]
    assert statement["Action"] == "s3:GetObject"
    assert statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert "SiteDistribution" in str(statement["Condition"]["StringEquals"]["aws:SourceArn"])


@pytest.mark.control("WEB-7", "SEC-8")
def test_the_content_key_decrypts_for_distributions_of_this_account_only(template: Template) -> None:
    statements = template.props("AWS::KMS::Key", "ContentKey")["KeyPolicy"]["Statement"]
    (statement,) = [statement for statement in statements if "Service" in statement["Principal"]]
    assert statement["Action"] == "kms:Decrypt"
    source = "".join(
        part if isinstance(part, str) else part["Ref"] for part in statement["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Join"][1]
    )
    assert source == "arn:AWS::Partition:cloudfront::AWS::AccountId:distribution/*"


@pytest.mark.control("WEB-7")
def test_every_answer_carries_the_security_headers(template: Template) -> None:
    config = distribution(template)
    policies = {str(behavior["ResponseHeadersPolicyId"]) for behavior in (config["DefaultCacheBehavior"], *config["CacheBehaviors"])}
    assert len(policies) == 1
    headers = template.props("AWS::CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]
    security = headers["SecurityHeadersConfig"]
    assert security["StrictTransportSecurity"] == {
        "AccessControlMaxAgeSec": 31_536_000,
        "IncludeSubdomains": True,
        "Override": True,
        "Preload": True,
    }
    assert security["ContentSecurityPolicy"]["ContentSecurityPolicy"] == (
        "default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; upgrade-insecure-requests"
    )
    assert security["FrameOptions"] == {"FrameOption": "DENY", "Override": True}
    assert security["ContentTypeOptions"] == {"Override": True}
    assert security["ReferrerPolicy"]["ReferrerPolicy"] == "strict-origin-when-cross-origin"
    custom = {item["Header"]: item["Value"] for item in headers["CustomHeadersConfig"]["Items"]}
    assert "camera=()" in custom["Permissions-Policy"]
    assert {item["Header"] for item in headers["RemoveHeadersConfig"]["Items"]} == {"Server", "X-Powered-By"}


@pytest.mark.control("WEB-7")
def test_accesses_are_logged_without_cookies_behind_a_web_acl(template: Template) -> None:
    config = distribution(template)
    assert config["Logging"]["IncludeCookies"] is False
    assert config["Logging"]["Prefix"] == "cloudfront/Stack/Site/"
    assert config["WebACLId"] == ACL
    subscription = template.props("AWS::CloudFront::MonitoringSubscription")["MonitoringSubscription"]
    assert subscription["RealtimeMetricsSubscriptionConfig"]["RealtimeMetricsSubscriptionStatus"] == "Enabled"


@pytest.mark.control("WEB-7")
def test_what_is_passed_on_is_never_cached_and_keeps_the_origins_host(template: Template) -> None:
    behaviors = {behavior["PathPattern"]: behavior for behavior in distribution(template)["CacheBehaviors"]}
    assert set(behaviors) == {"/api/*", "/app/*", "/shop/*"}
    for behavior in behaviors.values():
        # CloudFront's managed policies CachingDisabled and AllViewerExceptHostHeader.
        assert behavior["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
        assert behavior["OriginRequestPolicyId"] == "b689b0a8-53d0-40ab-baf2-68738e2966ac"
        assert "DELETE" in behavior["AllowedMethods"]


@pytest.mark.control("WEB-7", "WEB-5")
def test_the_api_is_reached_by_https_at_its_stage(template: Template) -> None:
    (origin,) = [origin for origin in distribution(template)["Origins"] if "CustomOriginConfig" in origin]
    assert origin["OriginPath"] == "/live"
    assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    assert origin["CustomOriginConfig"]["OriginSSLProtocols"] == ["TLSv1.2"]


@pytest.mark.control("WEB-7")
def test_an_internal_load_balancer_is_reached_inside_its_vpc_by_one_vpc_origin(template: Template) -> None:
    endpoint = template.props("AWS::CloudFront::VpcOrigin")["VpcOriginEndpointConfig"]
    assert endpoint["OriginProtocolPolicy"] == "https-only"
    assert endpoint["OriginSSLProtocols"] == ["TLSv1.2"]
    names = {origin["DomainName"] for origin in distribution(template)["Origins"] if "VpcOriginConfig" in origin}
    assert names == {"app.example.com"}, "CloudFront compares it with the load balancer's certificate"


@pytest.mark.control("WEB-7")
def test_a_public_load_balancer_is_reached_over_https_by_its_name() -> None:
    from tests.edge.parts import a_vpc

    stack = new_stack()
    website = site(stack)
    website.add_load_balancer(
        "/app/*",
        ProtectedLoadBalancer(
            stack,
            "Front",
            vpc=a_vpc(stack),
            posture=PRODUCTION.edge,
            access_logs=a_log_bucket(stack),
            domain=a_domain(stack),
            internet_facing=True,
        ),
    )
    template = synth(stack)
    (origin,) = [origin for origin in distribution(template)["Origins"] if "CustomOriginConfig" in origin]
    assert origin["DomainName"] == "shop.example.com"
    assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    assert not template.of_type("AWS::CloudFront::VpcOrigin")


@pytest.mark.control("WEB-7")
def test_routes_of_the_application_show_the_page_and_errors_of_an_api_stay_errors(template: Template) -> None:
    config = distribution(template)
    assert config["DefaultRootObject"] == "index.html"
    (association,) = config["DefaultCacheBehavior"]["FunctionAssociations"]
    assert association["EventType"] == "viewer-request"
    assert "'/index.html'" in template.props("AWS::CloudFront::Function")["FunctionCode"]
    assert "CustomErrorResponses" not in config
    assert not [behavior for behavior in config["CacheBehaviors"] if "FunctionAssociations" in behavior]


def test_the_site_says_how_it_is_published(template: Template) -> None:
    (output,) = [value["Value"] for name, value in template.body["Outputs"].items() if name.startswith("SitePublish")]
    parts = [part if isinstance(part, str) else part["Ref"] for part in output["Fn::Join"][1]]
    assert parts[0] == "prodready publish ./dist --bucket "
    assert parts[1].startswith("Content")
    assert (parts[2], parts[3].startswith("SiteDistribution")) == (" --distribution ", True)


@pytest.mark.control("WEB-8")
def test_the_name_leads_to_the_site_by_both_protocols(template: Template) -> None:
    records = {record["Properties"]["Type"] for record in template.of_type("AWS::Route53::RecordSet").values()}
    assert records == {"A", "AAAA"}


@pytest.mark.control("WEB-10")
def test_a_trial_needs_no_domain_and_says_so(trial_template: Template) -> None:
    config = distribution(trial_template)
    assert "ViewerCertificate" not in config
    assert config["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "redirect-to-https"
    warnings = [entry["data"] for entry in trial_template.metadata["Stack/Site"] if entry["type"] == "aws:cdk:warning"]
    assert len(warnings) == 1
    assert "prodready:no-domain" in warnings[0]


def test_the_posture_decides_countries_price_class_and_hsts() -> None:
    posture = replace(PRODUCTION.edge, blocked_countries=("KP", "CU"), price_class="ALL", hsts_max_age=timedelta(days=30))
    stack = new_stack()
    site(stack, posture=posture, routing=SiteRouting(pages="files"))
    template = synth(stack)
    config = distribution(template)
    assert config["Restrictions"]["GeoRestriction"] == {"Locations": ["KP", "CU"], "RestrictionType": "blacklist"}
    assert config["PriceClass"] == "PriceClass_All"
    assert not template.of_type("AWS::CloudFront::Function")
    hsts = template.props("AWS::CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    assert hsts["StrictTransportSecurity"]["AccessControlMaxAgeSec"] == 2_592_000
    assert hsts["StrictTransportSecurity"]["Preload"] is False, "browsers preload from a year on"


def test_named_sources_are_trusted_beside_the_site_and_reasons_are_evidence() -> None:
    stack = new_stack()
    policy = ContentSecurityPolicy().allow("connect-src", "https://api.example.com")
    site(stack, csp=policy.allow_inline("style-src-attr", reason="the chart library sets inline sizes"))
    template = synth(stack)
    (fact,) = template.recorded("Website")
    assert fact["policy_exceptions"] == ["style-src-attr 'unsafe-inline': the chart library sets inline sizes"]
    headers = template.props("AWS::CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    assert "connect-src 'self' https://api.example.com" in headers["ContentSecurityPolicy"]["ContentSecurityPolicy"]


@pytest.mark.control("WEB-7")
def test_a_policy_on_trial_is_reported_and_says_so() -> None:
    stack = new_stack()
    site(stack, csp=ContentSecurityPolicy().report_only("https://reports.example.com/csp"))
    template = synth(stack)
    config = template.props("AWS::CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]
    custom = {item["Header"]: item["Value"] for item in config["CustomHeadersConfig"]["Items"]}
    assert custom["Content-Security-Policy-Report-Only"].startswith("default-src 'self'; ")
    assert custom["Reporting-Endpoints"] == 'csp="https://reports.example.com/csp"'
    assert config["SecurityHeadersConfig"]["ContentSecurityPolicy"]["ContentSecurityPolicy"] == (
        "base-uri 'self'; frame-ancestors 'none'; object-src 'none'; upgrade-insecure-requests"
    )
    (info,) = [entry["data"] for entry in template.metadata["Stack/Site"] if entry["type"] == "aws:cdk:info"]
    assert "on trial: browsers report to https://reports.example.com/csp and block nothing but framing" in info


def test_a_site_that_may_be_framed_says_so_in_both_headers() -> None:
    stack = new_stack()
    site(stack, csp=ContentSecurityPolicy().allow("frame-ancestors", "https://partner.example.com"))
    security = synth(stack).props("AWS::CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    assert "frame-ancestors https://partner.example.com;" in security["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    assert security["FrameOptions"]["FrameOption"] == "SAMEORIGIN"


def test_countries_may_be_allowed_instead() -> None:
    stack = new_stack()
    site(stack, posture=replace(PRODUCTION.edge, blocked_countries=("KP",), allowed_countries=("DE", "AT")))
    assert distribution(synth(stack))["Restrictions"]["GeoRestriction"] == {"Locations": ["DE", "AT"], "RestrictionType": "whitelist"}
    assert [finding for finding in findings(stack) if "CFR1" in finding] == []


def test_a_country_is_not_both_allowed_and_blocked() -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"^EdgePosture.allowed_countries: got 'DE, blocked as well'; allowed: countries that are not among blocked_countries; decide for",
    ):
        replace(PRODUCTION.edge, blocked_countries=("DE",), allowed_countries=("DE", "AT"))


def refused(stack: cdk.Stack, message: str, **changed: Any) -> None:
    arguments: dict[str, Any] = {"posture": PRODUCTION.edge, "web_acl_arn": ACL, **changed}
    if "content" not in arguments:
        arguments["content"] = content(stack)
    if "access_logs" not in arguments:
        arguments["access_logs"] = logs(stack)
    with pytest.raises(ConfigurationError, match=message):
        Website(stack, "Site", **arguments)


def test_it_refuses_content_it_could_not_serve() -> None:
    stack = new_stack()
    refused(
        stack,
        r"^Stack/Site: content: got 'a bucket that is not made in this app'; allowed: a bucket whose policy this app writes; make it in",
        content=s3.Bucket.from_bucket_name(stack, "Elsewhere", "elsewhere"),
    )
    stack = new_stack()
    refused(
        stack,
        r"content: got 'a bucket with website hosting'; allowed: a private bucket; leave website_index_document out",
        content=s3.Bucket(stack, "Hosting", website_index_document="index.html"),
    )
    stack = new_stack()
    archive = s3.LifecycleRule(transitions=[s3.Transition(storage_class=s3.StorageClass.GLACIER, transition_after=cdk.Duration.days(90))])
    refused(
        stack,
        r"content: got 'a bucket that moves objects to GLACIER'; allowed: .* read at once; make it with archive_after=None",
        content=content(stack, lifecycle_rules=[archive]),
    )


def test_it_refuses_a_log_bucket_that_cloudfront_cannot_write() -> None:
    stack = new_stack()
    refused(
        stack,
        r"^Stack/Site: access_logs: got 'a bucket without ACLs .*'; allowed: .* ObjectWriter or .*; make a LogBucket with",
        access_logs=s3.Bucket(stack, "NoAcls"),
    )


def test_it_refuses_a_regional_web_acl() -> None:
    refused(
        new_stack(),
        r"^Stack/Site: web_acl_arn: got 'arn:.*eu-west-1.*'; allowed: a web ACL of scope CLOUDFRONT in us-east-1; make it by",
        web_acl_arn="arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/x/1",
    )


def test_it_refuses_a_certificate_of_another_region() -> None:
    stack = new_stack(region=SECOND_REGION)
    refused(
        stack,
        r"^Stack/Site: domain: got 'a certificate in us-west-2'; allowed: a certificate in us-east-1; make the Domain in a stack",
        domain=a_domain(stack),
    )


@pytest.mark.parametrize("path", ["api/*", "/*", "/app/*"])
def test_it_refuses_a_path_that_is_taken_or_no_path(path: str) -> None:
    stack = new_stack()
    website = site(stack)
    balancer = ProtectedLoadBalancer(stack, "Front", vpc=a_private_vpc(stack), posture=PRODUCTION.edge, access_logs=a_log_bucket(stack))
    website.add_load_balancer("/app/*", balancer)
    with pytest.raises(ConfigurationError, match=r"^Stack/Site: path_pattern: got '.*'; allowed: a path below .*; begin it with '/'"):
        website.add_load_balancer(path, balancer)


@pytest.mark.control("WEB-7", "LIB-6")
def test_web_acl_certificate_and_content_may_stand_in_other_stacks_and_regions() -> None:
    app = new_app()
    edge = new_stack(app, "Edge")
    data = new_stack(app, "Data", region=SECOND_REGION)
    workload = new_stack(app, "Workload", region=SECOND_REGION)
    Website(
        workload,
        "Site",
        posture=PRODUCTION.edge,
        content=content(data),
        access_logs=logs(data),
        web_acl_arn=WebAcl(edge, "WebAcl", posture=PRODUCTION.edge, placement="CLOUDFRONT").arn,
        domain=Domain(edge, "Domain", name="shop.example.com", hosted_zone=a_zone(edge)),
    )
    templates = synth_all(app)
    config = distribution(templates["Workload"])
    assert config["WebACLId"]["Fn::GetStackOutput"]["Region"] == "us-east-1"
    assert config["ViewerCertificate"]["AcmCertificateArn"]["Fn::GetStackOutput"]["Region"] == "us-east-1"
    (statement,) = templates["Data"].props("AWS::S3::BucketPolicy", "Content")["PolicyDocument"]["Statement"]
    assert list(statement["Condition"]) == ["ArnLike"], "the data stack must not wait for the workload"
    assert not [name for name in templates["Workload"].resources.values() if name["Type"].startswith("Custom::")]


def test_every_alarm_looks_where_cloudfronts_metrics_are() -> None:
    website = site(new_stack(region=SECOND_REGION))
    specs = {spec.id: spec for spec in website.alarm_specs if isinstance(spec, AlarmSpec)}
    assert {name: spec.severity for name, spec in specs.items()} == {
        "ServerErrors": Severity.CRITICAL,
        "ClientErrors": Severity.WARNING,
        "OriginLatency": Severity.WARNING,
        "CacheHitRate": Severity.WARNING,
        "FunctionErrors": Severity.CRITICAL,
        "FunctionThrottles": Severity.WARNING,
    }
    assert specs["ServerErrors"].threshold == 5
    used = [spec.metric for spec in specs.values()] + [metric for graph in website.graphs for metric in graph.metrics]
    for metric in (one for each in used for one in ([each] if isinstance(each, Metric) else each.using.values())):
        assert metric.region == "us-east-1"
        assert metric.dimensions["Region"] == "Global"
    for spec in specs.values():
        assert spec.missing_data == "notBreaching"
        assert spec.runbook.first_commands


def test_rule_packs_find_nothing_but_what_is_waived(stack: cdk.Stack, trial: cdk.Stack) -> None:
    assert [finding for finding in findings(stack) if "@ Stack/Site/" in finding] == []
    assert [finding for finding in findings(trial) if "@ Stack/Site/" in finding] == [
        "AwsSolutions-CFR1 @ Stack/Site/Distribution/Resource",
        "AwsSolutions-CFR4 @ Stack/Site/Distribution/Resource",
    ]


def test_waivers_are_written_on_the_distribution(trial_template: Template) -> None:
    waived = [
        entry["data"]["rule"]
        for entry in trial_template.metadata["Stack/Site/Distribution/Resource"]
        if entry["type"] == "prodready:waiver"
    ]
    assert sorted(waived) == ["AwsSolutions-CFR1", "AwsSolutions-CFR4"]


def test_feature_flags_do_not_matter(trial_template: Template) -> None:
    stack = new_stack(new_app(flags={}))
    site(stack)
    bare = distribution(synth(stack))
    assert bare == distribution(trial_template)
