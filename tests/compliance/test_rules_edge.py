"""The rules on what faces the internet: each catches the bent template and passes the good one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compliance.templates import Resources, found, resource, stack_of

BALANCER = "ElasticLoadBalancingV2::LoadBalancer"
ACL = resource("WAFv2::WebACL", {"Rules": [{"Name": "rate", "Statement": {"RateBasedStatement": {"Limit": 10_000}}}]})
HEADERS = {
    "ContentSecurityPolicy": {},
    "ContentTypeOptions": {},
    "FrameOptions": {},
    "ReferrerPolicy": {},
    "StrictTransportSecurity": {},
}


def associated(arn: Any) -> dict[str, Any]:
    return resource("WAFv2::WebACLAssociation", {"ResourceArn": arn, "WebACLArn": {"Fn::GetAtt": ["Acl", "Arn"]}})


def joined(*parts: Any) -> dict[str, Any]:
    return {"Fn::Join": ["", list(parts)]}


API: Resources = {
    "Api": resource("ApiGateway::RestApi"),
    "Stage": resource("ApiGateway::Stage", {"RestApiId": {"Ref": "Api"}, "StageName": "v1"}),
}
POOL: Resources = {"Pool": resource("Cognito::UserPool"), "Domain": resource("Cognito::UserPoolDomain", {"UserPoolId": {"Ref": "Pool"}})}


@pytest.mark.control("WEB-1", "GOV-3")
@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ({"Alb": resource(BALANCER)}, ["Stack/Alb"]),
        ({"Alb": resource(BALANCER, {"Scheme": "internet-facing", "Type": "application"})}, ["Stack/Alb"]),
        (API, ["Stack/Stage"]),
        (API | {"Link": associated(joined("arn::/restapis/", {"Ref": "Api"}, "/stages/other"))}, ["Stack/Stage"]),
        ({"Graph": resource("AppSync::GraphQLApi")}, ["Stack/Graph"]),
        ({"Events": resource("AppSync::Api")}, ["Stack/Events"]),
        ({"Pool": POOL["Pool"]}, ["Stack/Pool"]),
        (POOL, ["Stack/Pool"]),
        ({"Site": resource("CloudFront::Distribution", {"DistributionConfig": {}})}, ["Stack/Site"]),
    ],
)
def test_an_open_entry_without_a_firewall_is_found(resources: Resources, expected: list[str]) -> None:
    assert found("WebEntryWithoutWaf", stack_of(resources)) == expected


@pytest.mark.parametrize(
    "resources",
    [
        {"Alb": resource(BALANCER, {"Scheme": "internal"})},
        {"Nlb": resource(BALANCER, {"Type": "network"})},
        {"Alb": resource(BALANCER), "Link": associated({"Ref": "Alb"})},
        API | {"Link": associated(joined("arn::/restapis/", {"Ref": "Api"}, "/stages/", {"Ref": "Stage"}))},
        API | {"Link": associated(joined("arn::/restapis/", {"Ref": "Api"}, "/stages/v1"))},
        API | {"Link": associated({"Fn::Sub": "arn:aws:apigateway:us-east-1::/restapis/${Api}/stages/${Stage}"})},
        API | {"Api": resource("ApiGateway::RestApi", {"EndpointConfiguration": {"Types": ["PRIVATE"]}})},
        {"Graph": resource("AppSync::GraphQLApi", {"Visibility": "PRIVATE"})},
        {"Graph": resource("AppSync::GraphQLApi"), "Link": associated({"Fn::GetAtt": ["Graph", "Arn"]})},
        {"Events": resource("AppSync::Api"), "Link": associated({"Fn::GetAtt": ["Events", "ApiArn"]})},
        POOL | {"Link": associated({"Fn::GetAtt": "Pool.Arn"})},
        {"Site": resource("CloudFront::Distribution", {"DistributionConfig": {"WebACLId": "arn:aws:wafv2:..."}})},
    ],
)
def test_a_protected_or_private_entry_passes(resources: Resources) -> None:
    assert found("WebEntryWithoutWaf", stack_of(resources)) == []


@pytest.mark.parametrize(
    ("reference", "output"),
    [
        ({"Fn::ImportValue": "front"}, {"Value": {"Ref": "Alb"}, "Export": {"Name": "front"}}),
        ({"Fn::GetStackOutput": {"StackName": "Front", "OutputName": "Arn"}}, {"Value": {"Ref": "Alb"}}),
    ],
)
def test_an_association_in_another_stack_counts(reference: dict[str, Any], output: dict[str, Any]) -> None:
    front = stack_of({"Alb": resource(BALANCER)}, "Front", outputs={"Arn": output})
    assert found("WebEntryWithoutWaf", front, stack_of({"Link": associated(reference)}, "Waf")) == []
    assert found("WebEntryWithoutWaf", front, stack_of({"Link": associated("arn:other")}, "Waf")) == ["Front/Alb"]


@pytest.mark.control("WEB-1", "GOV-3")
def test_a_firewall_limits_the_rate_and_keeps_a_log() -> None:
    logging = resource("WAFv2::LoggingConfiguration", {"ResourceArn": {"Fn::GetAtt": ["Acl", "Arn"]}})
    managed = resource("WAFv2::WebACL", {"Rules": [{"Statement": {"ManagedRuleGroupStatement": {}}}]})
    assert found("WafWithoutRateLimit", stack_of({"Acl": managed})) == ["Stack/Acl"]
    assert found("WafWithoutRateLimit", stack_of({"Acl": resource("WAFv2::WebACL")})) == ["Stack/Acl"]
    assert found("WafWithoutRateLimit", stack_of({"Acl": ACL})) == []
    group = {"Statement": {"RuleGroupReferenceStatement": {"Arn": {"Fn::GetAtt": ["Group", "Arn"]}}}}
    by_group = {"Acl": resource("WAFv2::WebACL", {"Rules": [group]}), "Group": resource("WAFv2::RuleGroup", ACL["Properties"])}
    assert found("WafWithoutRateLimit", stack_of(by_group)) == []
    assert found("WafWithoutLogging", stack_of({"Acl": ACL})) == ["Stack/Acl"]
    assert found("WafWithoutLogging", stack_of({"Acl": ACL, "Log": logging})) == []


def site(default: dict[str, Any], *others: dict[str, Any]) -> dict[str, Any]:
    return resource("CloudFront::Distribution", {"DistributionConfig": {"DefaultCacheBehavior": default, "CacheBehaviors": list(others)}})


@pytest.mark.control("WEB-7", "GOV-3")
@pytest.mark.parametrize(
    ("default", "others", "expected"),
    [
        ({}, [], ["[*] @ Stack/Site"]),
        ({"ResponseHeadersPolicyId": "60669652-455b-4ae9-85a4-c4c02393f86c"}, [], ["[*] @ Stack/Site"]),
        ({"ResponseHeadersPolicyId": {"Ref": "Weak"}}, [], ["[*] @ Stack/Site"]),
        ({"ResponseHeadersPolicyId": {"Ref": "Good"}}, [{"PathPattern": "/api/*"}], ["[/api/*] @ Stack/Site"]),
        ({"ResponseHeadersPolicyId": {"Ref": "Good"}}, [{"PathPattern": "/api/*", "ResponseHeadersPolicyId": {"Ref": "Good"}}], []),
        ({"ResponseHeadersPolicyId": "67f7725c-6f97-4210-82d7-5512b31e9d03"}, [], []),
    ],
)
def test_a_site_sends_security_headers(default: dict[str, Any], others: list[dict[str, Any]], expected: list[str]) -> None:
    def policy(headers: dict[str, Any]) -> dict[str, Any]:
        return resource("CloudFront::ResponseHeadersPolicy", {"ResponseHeadersPolicyConfig": {"SecurityHeadersConfig": headers}})

    resources = {"Site": site(default, *others), "Weak": policy({"FrameOptions": {}}), "Good": policy(HEADERS)}
    assert found("SiteWithoutSecurityHeaders", stack_of(resources)) == expected


def test_the_missing_headers_are_named() -> None:
    from prodready_constructs.compliance.hardening import hardening_findings
    from prodready_constructs.compliance.rules import Subject
    from tests.compliance.templates import assembly_of

    weak = resource("CloudFront::ResponseHeadersPolicy", {"ResponseHeadersPolicyConfig": {"SecurityHeadersConfig": {"FrameOptions": {}}}})
    stack = stack_of({"Site": site({"ResponseHeadersPolicyId": {"Ref": "Weak"}}), "Weak": weak})
    (finding,) = [one for one in hardening_findings(Subject(assembly=assembly_of(stack))) if "Headers" in one.rule]
    assert "no ContentSecurityPolicy, ContentTypeOptions, ReferrerPolicy, StrictTransportSecurity" in finding.why


@pytest.mark.control("WEB-3", "GOV-3")
@pytest.mark.parametrize(
    ("service", "minimum", "policy", "expected"),
    [
        ({}, None, False, ["[Scaling] @ Stack/Service", "[Tasks] @ Stack/Service"]),
        ({"DesiredCount": 2}, None, False, ["[Scaling] @ Stack/Service"]),
        ({"DesiredCount": 2}, 1, True, ["[Tasks] @ Stack/Service"]),
        ({"DesiredCount": 2}, 2, False, ["[Scaling] @ Stack/Service"]),
        ({}, 2, True, []),
        ({"DesiredCount": {"Ref": "Count"}}, 2, True, []),
        ({"SchedulingStrategy": "DAEMON"}, None, False, []),
    ],
)
def test_a_service_has_a_spare_task_and_scales(service: dict[str, Any], minimum: int | None, policy: bool, expected: list[str]) -> None:
    resources = {"Service": resource("ECS::Service", service)}
    if minimum is not None:
        name = joined("service/cluster/", {"Fn::GetAtt": ["Service", "Name"]})
        resources["Target"] = resource("ApplicationAutoScaling::ScalableTarget", {"MinCapacity": minimum, "ResourceId": name})
    if policy:
        resources["Policy"] = resource("ApplicationAutoScaling::ScalingPolicy", {"ScalingTargetId": {"Ref": "Target"}})
    assert found("ServiceWithoutSpare", stack_of(resources)) == expected
    assert found("ServiceWithoutSpare", stack_of(resources), staging=frozenset({"Stack"})) == []


@pytest.mark.control("WEB-2", "GOV-3")
@pytest.mark.parametrize(
    ("group", "bent"),
    [
        ({}, True),
        ({"Protocol": "HTTP", "HealthCheckPath": "/"}, True),
        ({"Protocol": "HTTP", "HealthCheckPath": "/health", "HealthCheckIntervalSeconds": 60}, True),
        ({"Protocol": "HTTP", "HealthCheckPath": "/health", "HealthCheckEnabled": False}, True),
        ({"Protocol": "HTTPS", "HealthCheckPath": "/health"}, False),
        ({"Protocol": "HTTP", "HealthCheckPath": {"Ref": "Path"}, "HealthCheckIntervalSeconds": {"Ref": "Seconds"}}, False),
        ({"Protocol": "TCP"}, False),
        ({"TargetType": "lambda"}, False),
    ],
)
def test_a_target_group_asks_whether_its_targets_are_well(group: dict[str, Any], bent: bool) -> None:
    resources = {"Group": resource("ElasticLoadBalancingV2::TargetGroup", group)}
    assert found("TargetGroupWithoutHealthCheck", stack_of(resources)) == (["Stack/Group"] if bent else [])


@pytest.mark.control("NET-6", "GOV-3")
@pytest.mark.parametrize(
    ("rule", "detail"),
    [
        ({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}, "tcp 22"),
        ({"IpProtocol": "tcp", "FromPort": 80, "ToPort": 443, "CidrIp": "0.0.0.0/0"}, "tcp 80-443"),
        ({"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "CidrIpv6": "::/0"}, "tcp 5432"),
        ({"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}, "all ports"),
        ({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0"}, None),
        ({"IpProtocol": "tcp", "FromPort": "80", "ToPort": "80", "CidrIpv6": "::/0"}, None),
        ({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "10.0.0.0/8"}, None),
        ({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "SourceSecurityGroupId": {"Ref": "Other"}}, None),
    ],
)
def test_only_the_webs_ports_face_the_world(rule: dict[str, Any], detail: str | None) -> None:
    inline = {"Group": resource("EC2::SecurityGroup", {"SecurityGroupIngress": [rule]})}
    apart = {"Rule": resource("EC2::SecurityGroupIngress", rule)}
    assert found("OpenSecurityGroup", stack_of(inline)) == ([f"[{detail}] @ Stack/Group"] if detail else [])
    assert found("OpenSecurityGroup", stack_of(apart)) == ([f"[{detail}] @ Stack/Rule"] if detail else [])
