"""A load balancer: what is always so, who may reach it, how services stand behind it, what it refuses, what wakes someone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs

from prodready_constructs.contracts import AlarmSpec, MathMetric, Severity
from prodready_constructs.edge import ProtectedLoadBalancer, WebAcl
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import PRODUCTION
from tests.edge.parts import a_domain, a_log_bucket, a_private_vpc, a_service, a_vpc
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth, synth_all

EDGE = PRODUCTION.edge
LOAD_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
GROUP = "AWS::ElasticLoadBalancingV2::TargetGroup"
RULE = "AWS::ElasticLoadBalancingV2::ListenerRule"
INGRESS = "AWS::EC2::SecurityGroupIngress"
MINUTE = timedelta(minutes=1)


def a_door(stack: cdk.Stack, *, public: bool = False, **bent: Any) -> ProtectedLoadBalancer:
    parts = {"vpc": a_vpc if public else a_private_vpc, "access_logs": a_log_bucket, "domain": a_domain}
    given = {name: bent[name] if name in bent else make(stack) for name, make in parts.items()}
    return ProtectedLoadBalancer(stack, "Front", **{"posture": EDGE, "internet_facing": public, **bent, **given})


def attributes(template: Template) -> dict[str, Any]:
    return {pair["Key"]: pair["Value"] for pair in template.props(LOAD_BALANCER)["LoadBalancerAttributes"]}


def of_the_door(found: list[str]) -> list[str]:
    """Without the findings of what the tests stand on."""
    return [finding for finding in found if "/Front/" in finding]


@pytest.fixture(scope="module")
def internal_stack() -> cdk.Stack:
    stack = new_stack()
    door = a_door(stack)
    vpc = a_vpc(stack)
    door.route_to(a_service(stack, vpc=vpc), container_port=8080, health_check_path="/health", drain=MINUTE)
    door.route_to(a_service(stack, "Orders", vpc=vpc), container_port=8080, health_check_path="/up", drain=MINUTE, paths=["/orders/*"])
    door.route_to(a_service(stack, "Users", vpc=vpc), container_port=8080, health_check_path="/up", drain=MINUTE, paths=["/users/*", "/me"])
    return stack


@pytest.fixture(scope="module")
def internal_findings(internal_stack: cdk.Stack) -> list[str]:
    return of_the_door(findings(internal_stack))


@pytest.fixture(scope="module")
def internal(internal_stack: cdk.Stack, internal_findings: list[str]) -> Template:
    return synth(internal_stack)


@pytest.fixture(scope="module")
def public_stack() -> cdk.Stack:
    stack = new_stack()
    a_door(stack, public=True)
    return stack


@pytest.fixture(scope="module")
def public_findings(public_stack: cdk.Stack) -> list[str]:
    return of_the_door(findings(public_stack))


@pytest.fixture(scope="module")
def public(public_stack: cdk.Stack, public_findings: list[str]) -> Template:
    return synth(public_stack)


@pytest.fixture(scope="module")
def trial_stack() -> cdk.Stack:
    stack = new_stack()
    a_door(stack, domain=None)
    return stack


@pytest.fixture(scope="module")
def trial_findings(trial_stack: cdk.Stack) -> list[str]:
    return of_the_door(findings(trial_stack))


@pytest.fixture(scope="module")
def trial(trial_stack: cdk.Stack, trial_findings: list[str]) -> Template:
    return synth(trial_stack)


@pytest.fixture(params=["internal", "public", "trial"])
def door(request: pytest.FixtureRequest) -> Template:
    """Each of the three doors."""
    return request.getfixturevalue(request.param)


@pytest.mark.control("WEB-2")
@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("deletion_protection.enabled", "true"),
        ("routing.http.drop_invalid_header_fields.enabled", "true"),
        ("routing.http.desync_mitigation_mode", "strictest"),
        ("routing.http2.enabled", "true"),
        ("routing.http.preserve_host_header.enabled", "true"),
        ("routing.http.xff_header_processing.mode", "append"),
        ("waf.fail_open.enabled", "false"),
        ("load_balancing.cross_zone.enabled", "true"),
        ("zonal_shift.config.enabled", "true"),
        ("access_logs.s3.enabled", "true"),
        ("connection_logs.s3.enabled", "true"),
        ("health_check_logs.s3.enabled", "true"),
    ],
)
def test_these_attributes_are_always_so(door: Template, attribute: str, value: str) -> None:
    assert attributes(door)[attribute] == value


@pytest.mark.control("WEB-2")
def test_logs_go_to_the_bucket_once_its_policy_is_there(internal: Template) -> None:
    found = attributes(internal)
    (bucket,) = internal.of_type("AWS::S3::Bucket")
    assert {found[f"{kind}_logs.s3.bucket"]["Ref"] for kind in ("access", "connection", "health_check")} == {bucket}
    assert len({found[f"{kind}_logs.s3.prefix"] for kind in ("access", "connection", "health_check")}) == 3
    (policy,) = internal.of_type("AWS::S3::BucketPolicy")
    assert policy in internal.one(LOAD_BALANCER)["DependsOn"]


@pytest.mark.control("WEB-2")
@pytest.mark.parametrize("which", ["internal", "public"])
def test_https_speaks_todays_tls_with_the_domains_certificate(which: str, request: pytest.FixtureRequest) -> None:
    template: Template = request.getfixturevalue(which)
    listener = template.props(LISTENER, "Https")
    assert (listener["Port"], listener["Protocol"]) == (443, "HTTPS")
    assert listener["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
    (certificate,) = template.of_type("AWS::CertificateManager::Certificate")
    assert listener["Certificates"] == [{"CertificateArn": {"Ref": certificate}}]


@pytest.mark.control("WEB-2")
def test_nobody_home_is_a_404_and_says_nothing(door: Template) -> None:
    (listener,) = [props for name, found in door.of_type(LISTENER).items() if "Redirect" not in name for props in [found["Properties"]]]
    (action,) = listener["DefaultActions"]
    assert (action["Type"], action["FixedResponseConfig"]["StatusCode"]) == ("fixed-response", "404")
    headers = {pair["Key"]: pair["Value"] for pair in listener["ListenerAttributes"]}
    assert headers["routing.http.response.server.enabled"] == "false"
    assert headers["routing.http.response.x_content_type_options.header_value"] == "nosniff"


@pytest.mark.control("WEB-2")
def test_browsers_remember_https_as_long_as_the_posture_says(internal: Template) -> None:
    def remembered(template: Template) -> str:
        pairs = template.props(LISTENER, "Https")["ListenerAttributes"]
        return next(pair["Value"] for pair in pairs if "strict_transport_security" in pair["Key"])

    stack = new_stack()
    a_door(stack, posture=replace(EDGE, hsts_max_age=timedelta(days=1)))
    assert remembered(internal) == "max-age=31536000; includeSubDomains"
    assert remembered(synth(stack)) == "max-age=86400; includeSubDomains"


@pytest.mark.control("WEB-1", "WEB-2")
def test_a_web_acl_always_stands_in_front(door: Template) -> None:
    association = door.props("AWS::WAFv2::WebACLAssociation")
    (load_balancer,) = door.of_type(LOAD_BALANCER)
    (acl,) = door.of_type("AWS::WAFv2::WebACL")
    assert association == {"ResourceArn": {"Ref": load_balancer}, "WebACLArn": {"Fn::GetAtt": [acl, "Arn"]}}


@pytest.mark.control("WEB-1")
def test_its_web_acl_tells_visitors_apart_where_they_come_from(internal: Template, public: Template) -> None:
    def key(template: Template) -> str:
        rules = {rule["Name"]: rule for rule in template.props("AWS::WAFv2::WebACL")["Rules"]}
        return rules["RateLimit"]["Statement"]["RateBasedStatement"]["AggregateKeyType"]

    assert (key(internal), key(public)) == ("FORWARDED_IP", "IP")


@pytest.mark.control("NET-6", "WEB-2")
def test_internal_admits_cloudfront_on_443_and_nobody_else(internal: Template) -> None:
    assert internal.props(LOAD_BALANCER)["Scheme"] == "internal"
    assert internal.props(LOAD_BALANCER)["Subnets"] == ["subnet-2222222a", "subnet-2222222b"]
    group = internal.one("AWS::EC2::SecurityGroup", "Front")
    assert "SecurityGroupIngress" not in group["Properties"]
    (name,) = [name for name in internal.of_type("AWS::EC2::SecurityGroup") if "Front" in name]
    admitted = [
        found["Properties"] for found in internal.of_type(INGRESS).values() if found["Properties"]["GroupId"]["Fn::GetAtt"][0] == name
    ]
    assert [(rule["FromPort"], rule["ToPort"], rule["SourcePrefixListId"]) for rule in admitted] == [(443, 443, "pl-3b927c52")]
    assert "0.0.0.0/0" not in str(internal.of_type(INGRESS))


@pytest.mark.control("NET-6")
def test_it_reaches_its_targets_only_and_they_admit_it_by_reference(internal: Template) -> None:
    out = [found["Properties"] for found in internal.of_type("AWS::EC2::SecurityGroupEgress").values()]
    assert {(rule["FromPort"], rule["ToPort"]) for rule in out} == {(8080, 8080)}
    assert all("DestinationSecurityGroupId" in rule for rule in out)
    admitted = [found["Properties"] for found in internal.of_type(INGRESS).values() if found["Properties"]["FromPort"] == 8080]
    assert len(admitted) == 3
    assert all("SourceSecurityGroupId" in rule for rule in admitted)


@pytest.mark.control("NET-6", "WEB-2")
def test_public_admits_443_and_80_and_redirects_80(public: Template) -> None:
    assert public.props(LOAD_BALANCER)["Scheme"] == "internet-facing"
    assert public.props(LOAD_BALANCER)["Subnets"] == ["subnet-1111111a", "subnet-1111111b"]
    rules = public.props("AWS::EC2::SecurityGroup", "Front")["SecurityGroupIngress"]
    assert sorted((rule["FromPort"], rule["ToPort"], rule["CidrIp"]) for rule in rules) == [(80, 80, "0.0.0.0/0"), (443, 443, "0.0.0.0/0")]
    assert not public.of_type(INGRESS)
    redirect = public.props(LISTENER, "Redirect")
    (action,) = redirect["DefaultActions"]
    assert redirect["Port"] == 80
    assert action == {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}


@pytest.mark.control("NET-6")
def test_others_are_admitted_by_reference() -> None:
    stack = new_stack()
    vpc = a_private_vpc(stack)
    door = a_door(stack, vpc=vpc)
    link = ec2.SecurityGroup(stack, "VpcLink", vpc=vpc)
    door.connections.allow_default_port_from(link)
    rules = [found["Properties"] for found in synth(stack).of_type(INGRESS).values()]
    (from_link,) = [rule for rule in rules if "SourceSecurityGroupId" in rule]
    assert from_link["FromPort"] == 443


@pytest.mark.control("WEB-10")
def test_without_a_domain_it_is_an_internal_trial_with_a_warning(trial: Template) -> None:
    listener = trial.props(LISTENER)
    assert (listener["Port"], listener["Protocol"]) == (80, "HTTP")
    assert trial.props(LOAD_BALANCER)["Scheme"] == "internal"
    (rule,) = [found["Properties"] for found in trial.of_type(INGRESS).values()]
    assert (rule["FromPort"], rule["SourcePrefixListId"]) == (80, "pl-3b927c52")
    warnings = [entry["data"] for entries in trial.metadata.values() for entry in entries if entry["type"] == "aws:cdk:warning"]
    assert len(warnings) == 1
    assert "prodready:no-domain" in warnings[0]
    (fact,) = trial.recorded("ProtectedLoadBalancer")
    assert [claim["control"] for claim in fact["controls"]] == ["NET-6", "NET-8", "WEB-10"]


@pytest.mark.control("WEB-2")
def test_a_service_is_asked_every_30_seconds_whether_it_is_well(internal: Template) -> None:
    group = internal.props(GROUP, "ServiceRoute")
    health = {key: value for key, value in group.items() if "health" in key.lower() or key == "Matcher"}
    assert health == {
        "HealthCheckIntervalSeconds": 30,
        "HealthCheckPath": "/health",
        "HealthCheckProtocol": "HTTP",
        "HealthCheckTimeoutSeconds": 5,
        "HealthyThresholdCount": 2,
        "UnhealthyThresholdCount": 3,
        "Matcher": {"HttpCode": "200-299"},
    }
    assert (group["TargetType"], group["Port"], group["Protocol"]) == ("ip", 8080, "HTTP")
    pairs = {pair["Key"]: pair["Value"] for pair in group["TargetGroupAttributes"]}
    assert pairs["deregistration_delay.timeout_seconds"] == "60"
    assert pairs["load_balancing.algorithm.type"] == "least_outstanding_requests"


@pytest.mark.control("WEB-2")
def test_stated_paths_are_judged_before_everything_else(internal: Template) -> None:
    def routed(name: str) -> tuple[int, list[str]]:
        rule = internal.props(RULE, name)
        (condition,) = rule["Conditions"]
        return rule["Priority"], condition["PathPatternConfig"]["Values"]

    assert routed("OrdersRoute") == (10, ["/orders/*"])
    assert routed("UsersRoute") == (20, ["/users/*", "/me"])
    assert routed("ServiceRoute") == (50_000, ["/*"])


def test_a_service_waits_for_its_rule(internal: Template) -> None:
    service = internal.one("AWS::ECS::Service", "Orders")
    assert any("OrdersRouteRule" in name for name in service["DependsOn"])
    assert service["Properties"]["LoadBalancers"][0]["ContainerPort"] == 8080


@pytest.mark.control("LIB-6")
def test_a_service_of_another_stack_takes_its_route_with_it() -> None:
    app = new_app()
    front, work = new_stack(app, "FrontStack"), new_stack(app, "Work")
    door = a_door(front)
    door.route_to(a_service(work), container_port=8080, health_check_path="/health", drain=MINUTE)
    templates = synth_all(app)
    assert not templates["FrontStack"].of_type(GROUP)
    assert len(templates["Work"].of_type(GROUP)) == len(templates["Work"].of_type(RULE)) == 1


@pytest.mark.control("WEB-2", "OPS-2")
def test_someone_wakes_when_it_answers_with_errors(internal_stack: cdk.Stack) -> None:
    door = internal_stack.node.find_child("Front")
    assert isinstance(door, ProtectedLoadBalancer)
    specs = {spec.id: spec for spec in door.alarm_specs if isinstance(spec, AlarmSpec)}
    assert specs.keys() == {"LoadBalancerErrors", "RejectedConnections", "TargetConnectionErrors", "TlsNegotiationErrors"}
    errors = specs["LoadBalancerErrors"]
    assert isinstance(errors.metric, MathMetric)
    assert (errors.threshold, errors.severity, errors.missing_data) == (5, Severity.CRITICAL, "notBreaching")
    assert {metric.name for metric in errors.metric.using.values()} == {"HTTPCode_ELB_5XX_Count", "RequestCount"}
    assert specs["RejectedConnections"].severity is Severity.CRITICAL
    assert specs["TlsNegotiationErrors"].severity is Severity.WARNING
    assert all(spec.runbook.first_commands and spec.runbook.causes for spec in specs.values())
    assert [graph.title for graph in door.graphs] == ["Requests", "Errors", "Latency p95", "Connections"]


def test_the_internal_door_has_no_finding(internal_findings: list[str]) -> None:
    assert internal_findings == []


PUBLIC_FINDINGS = [
    "AwsSolutions-EC23 @ Stack/Front/SecurityGroup/Resource",
    "HIPAA.Security-ELBv2ACMCertificateRequired @ Stack/Front/LoadBalancer/Redirect/Resource",
    "NIST.800.53.R5-ELBv2ACMCertificateRequired @ Stack/Front/LoadBalancer/Redirect/Resource",
    "PCI.DSS.321-ELBv2ACMCertificateRequired @ Stack/Front/LoadBalancer/Redirect/Resource",
]
TRIAL_FINDINGS = [
    "HIPAA.Security-ALBHttpToHttpsRedirection @ Stack/Front/LoadBalancer/Http/Resource",
    "HIPAA.Security-ELBv2ACMCertificateRequired @ Stack/Front/LoadBalancer/Http/Resource",
    "NIST.800.53.R4-ALBHttpToHttpsRedirection @ Stack/Front/LoadBalancer/Http/Resource",
    "NIST.800.53.R5-ALBHttpToHttpsRedirection @ Stack/Front/LoadBalancer/Http/Resource",
    "NIST.800.53.R5-ELBv2ACMCertificateRequired @ Stack/Front/LoadBalancer/Http/Resource",
    "PCI.DSS.321-ALBHttpToHttpsRedirection @ Stack/Front/LoadBalancer/Http/Resource",
    "PCI.DSS.321-ELBv2ACMCertificateRequired @ Stack/Front/LoadBalancer/Http/Resource",
]


@pytest.mark.parametrize(("which", "expected"), [("public", PUBLIC_FINDINGS), ("trial", TRIAL_FINDINGS)])
@pytest.mark.control("GOV-2")
def test_what_remains_is_waived_exactly(which: str, expected: list[str], request: pytest.FixtureRequest) -> None:
    template: Template = request.getfixturevalue(which)
    assert request.getfixturevalue(f"{which}_findings") == expected
    waived = [
        f"{entry['data']['rule']} @ {path}"
        for path, entries in template.metadata.items()
        for entry in entries
        if entry["type"] == "prodready:waiver" and "/Front/" in path
    ]
    assert sorted(waived) == expected


@pytest.mark.control("LIB-6")
def test_it_is_the_same_without_feature_flags(internal: Template) -> None:
    stack = new_stack(new_app(flags={}))
    a_door(stack)
    bare = synth(stack)
    assert attributes(bare).items() >= {key: value for key, value in attributes(internal).items() if "bucket" not in key}.items()
    assert bare.props(LISTENER) == internal.props(LISTENER)


@pytest.mark.control("LIB-6")
def test_where_no_region_is_stated_the_template_looks_it_up() -> None:
    stack = cdk.Stack(new_app(), "Agnostic")
    a_door(stack)
    template = synth(stack)
    (mapping,) = template.body["Mappings"].values()
    assert mapping["eu-central-1"] == {"id": "pl-a3a144ca"}
    source = next(iter(template.of_type(INGRESS).values()))["Properties"]["SourcePrefixListId"]
    assert source["Fn::FindInMap"][1:] == [{"Ref": "AWS::Region"}, "id"]


@pytest.mark.control("LIB-2")
def test_it_refuses_a_region_whose_prefix_list_is_unknown_unless_told() -> None:
    with pytest.raises(ConfigurationError, match=r"Front: cloudfront_prefix_list: got 'a stack of ap-east-1'; allowed: .*; ask 'aws ec2"):
        a_door(new_stack(region="ap-east-1"))
    stack = new_stack(region="ap-east-1")
    a_door(stack, cloudfront_prefix_list="pl-0123")
    assert next(iter(synth(stack).of_type(INGRESS).values()))["Properties"]["SourcePrefixListId"] == "pl-0123"


@pytest.mark.control("LIB-2", "WEB-10")
def test_it_refuses_to_face_the_internet_without_a_certificate() -> None:
    with pytest.raises(ConfigurationError, match=r"Front: internet_facing: got 'True without a domain'; allowed: .*; hand over a Domain"):
        a_door(new_stack(), public=True, domain=None)


@pytest.mark.control("LIB-2", "NET-8")
def test_it_refuses_a_vpc_without_its_subnets() -> None:
    stack = new_stack()
    with pytest.raises(ConfigurationError, match=r"Front: vpc: got 'public subnets in no zone'; allowed: public subnets in 2"):
        a_door(stack, public=True, vpc=a_private_vpc(stack))


@pytest.mark.control("LIB-2", "WEB-8")
def test_it_refuses_a_certificate_of_another_region() -> None:
    app = new_app()
    elsewhere = a_domain(new_stack(app, "Elsewhere", region="us-west-2"))
    with pytest.raises(ConfigurationError, match=r"Front: domain: got 'a certificate in us-west-2'; allowed: a certificate in us-east-1"):
        a_door(new_stack(app), domain=elsewhere)


@pytest.mark.parametrize(
    ("public", "placement", "wanted"),
    [(False, "REGIONAL", "BEHIND_CLOUDFRONT"), (True, "BEHIND_CLOUDFRONT", "REGIONAL"), (True, "CLOUDFRONT", "REGIONAL")],
)
@pytest.mark.control("LIB-2", "WEB-1")
def test_it_refuses_a_web_acl_that_cannot_tell_visitors_apart(public: bool, placement: Any, wanted: str) -> None:
    stack = new_stack()
    acl = WebAcl(stack, "Acl", posture=EDGE, placement=placement)
    message = rf"Front: web_acl: got \"placement='{placement}'\"; allowed: placement='{wanted}': .*; make it with placement='{wanted}'"
    with pytest.raises(ConfigurationError, match=message):
        a_door(stack, public=public, web_acl=acl)


def test_a_web_acl_can_be_shared() -> None:
    stack = new_stack()
    acl = WebAcl(stack, "Acl", posture=EDGE, placement="BEHIND_CLOUDFRONT")
    a_door(stack, web_acl=acl)
    assert len(synth(stack).of_type("AWS::WAFv2::WebACL")) == 1


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"health_check_path": "health"}, r"health_check_path: got 'health'; allowed: a path that begins with '/'; use '/health'"),
        ({"drain": timedelta(hours=2)}, r"got 'drain=2:00:00'; allowed: 0 seconds to 1:00:00; use an hour"),
        ({"paths": ["orders/*"]}, r"paths: got 'orders/\*'; allowed: a path that begins with '/'"),
        ({"paths": [f"/{n}" for n in range(6)]}, r"paths: got '6 patterns'; allowed: 1 to 5"),
        ({"paths": []}, r"paths: got '0 patterns'; allowed: 1 to 5"),
    ],
)
@pytest.mark.control("LIB-2")
def test_it_refuses_a_route_that_cannot_be(bad: dict[str, Any], message: str) -> None:
    stack = new_stack()
    door, service = a_door(stack), a_service(stack)
    with pytest.raises(ConfigurationError, match=rf"Stack/Service: route_to: {message}"):
        door.route_to(service, **{"container_port": 8080, "health_check_path": "/health", "drain": MINUTE, **bad})


@pytest.mark.control("LIB-2")
def test_it_refuses_a_second_service_for_everything_else_and_a_task_without_containers() -> None:
    stack = new_stack()
    door = a_door(stack)
    door.route_to(a_service(stack), container_port=8080, health_check_path="/health", drain=MINUTE)
    other = a_service(stack, "Other")
    with pytest.raises(ConfigurationError, match=r"Stack/Other: route_to: paths: .*; it is Stack/Service; give this one paths="):
        door.route_to(other, container_port=8080, health_check_path="/health", drain=MINUTE)
    empty = ecs.FargateService(
        stack, "Empty", cluster=other.cluster, task_definition=ecs.FargateTaskDefinition(stack, "EmptyTask"), min_healthy_percent=100
    )
    with pytest.raises(ConfigurationError, match=r"Stack/Empty: route_to: got 'a task without containers'; allowed: .*; add the container"):
        door.route_to(empty, container_port=8080, health_check_path="/health", drain=MINUTE, paths=["/x/*"])
