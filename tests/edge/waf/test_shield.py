"""Shield Advanced: what it protects, what it says, whom it tells, what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from bench.messages import counted, total
from prodready_constructs import GuardError, guard
from prodready_constructs.contracts import AlarmSpec, Severity
from prodready_constructs.edge import ShieldAdvanced, ShieldContact, ShieldProtection, ShieldResponseTeam, WebAcl
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part
from prodready_constructs.posture import PRODUCTION
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth

pytestmark = pytest.mark.control("SEC-9")

EDGE = replace(PRODUCTION.edge, blocked_countries=())
SITE_ARN = "arn:aws:cloudfront::111122223333:distribution/E123"
ZONE_ARN = "arn:aws:route53:::hostedzone/Z123"
BALANCER_ARN = "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/front/1"
SITE = ShieldProtection(name="Site", resource_arn=SITE_ARN)
CONTACT = ShieldContact(email="security@example.com", phone="+49301234567")


@pytest.fixture(scope="module")
def stack() -> cdk.Stack:
    stack = new_stack()
    acl = WebAcl(stack, "Acl", posture=EDGE, placement="CLOUDFRONT")
    ShieldAdvanced(
        stack,
        "Shield",
        protecting=[
            replace(SITE, health_check_id="11111111-2222-3333-4444-555555555555", web_acl=acl, mitigate="block"),
            ShieldProtection(name="Zone", resource_arn=ZONE_ARN),
        ],
        group="MAX",
        contacts=[replace(CONTACT, notes="Call first, then mail."), ShieldContact(email="it@example.com")],
        response_team=ShieldResponseTeam(log_buckets=("access-logs",)),
    )
    ShieldAdvanced(stack, "Small", protecting=[replace(SITE, resource_arn=SITE_ARN.replace("E1", "E2"))])
    return stack


@pytest.fixture(scope="module")
def found(stack: cdk.Stack) -> list[str]:
    return findings(stack)


@pytest.fixture(scope="module")
def template(stack: cdk.Stack, found: list[str]) -> Template:
    return synth(stack)


def test_each_resource_is_protected_and_looked_at_through_its_health_check(template: Template) -> None:
    site = template.props("AWS::Shield::Protection", "ShieldSite")
    assert (site["Name"], site["ResourceArn"]) == ("Site", SITE_ARN)
    (check,) = site["HealthCheckArns"]
    assert check["Fn::Join"][1] == ["arn:", {"Ref": "AWS::Partition"}, ":route53:::healthcheck/11111111-2222-3333-4444-555555555555"]
    assert site["ApplicationLayerAutomaticResponseConfiguration"] == {"Status": "ENABLED", "Action": {"Block": {}}}
    zone = template.props("AWS::Shield::Protection", "ShieldZone")
    assert zone == {"Name": "Zone", "ResourceArn": ZONE_ARN}


def test_shields_own_rules_have_room_in_the_web_acl() -> None:
    stack = new_stack()
    acl = WebAcl(stack, "Acl", posture=EDGE, path_limits={f"/p{number}": 100 for number in range(7)})
    assert acl.capacity == 1_415
    full = ShieldProtection(name="Front", resource_arn=BALANCER_ARN, web_acl=acl, mitigate="count")
    with pytest.raises(ConfigurationError, match=r"^Stack/Acl: capacity: got '1565 web ACL capacity units'; allowed: 1500 "):
        ShieldAdvanced(stack, "Shield", protecting=[full])
    roomy = WebAcl(stack, "Roomy", posture=EDGE)
    ShieldAdvanced(stack, "Fits", protecting=[replace(full, web_acl=roomy)])
    assert roomy.capacity == 1_211 + 150
    protection = synth(stack).props("AWS::Shield::Protection", "FitsFront")
    assert protection["ApplicationLayerAutomaticResponseConfiguration"]["Action"] == {"Count": {}}


def test_a_group_judges_all_of_them_together(template: Template) -> None:
    group = template.one("AWS::Shield::ProtectionGroup")
    assert (group["Properties"]["Aggregation"], group["Properties"]["Pattern"]) == ("MAX", "ARBITRARY")
    assert group["Properties"]["Members"] == [SITE_ARN, ZONE_ARN]
    assert 1 <= len(group["Properties"]["ProtectionGroupId"]) <= 36
    assert sorted(group["DependsOn"]) == sorted(name for name in template.of_type("AWS::Shield::Protection") if name.startswith("Shield"))


def test_aws_calls_and_may_help_only_when_asked(template: Template) -> None:
    engagement = template.one("AWS::Shield::ProactiveEngagement")
    assert engagement["Properties"] == {
        "ProactiveEngagementStatus": "ENABLED",
        "EmergencyContactList": [
            {"EmailAddress": "security@example.com", "PhoneNumber": "+49301234567", "ContactNotes": "Call first, then mail."},
            {"EmailAddress": "it@example.com"},
        ],
    }
    access = template.one("AWS::Shield::DRTAccess")
    assert access["Properties"]["LogBucketList"] == ["access-logs"]
    assert engagement["DependsOn"] == list(template.of_type("AWS::Shield::DRTAccess"))
    role = template.props("AWS::IAM::Role")
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "drt.shield.amazonaws.com"}
    (policy,) = role["ManagedPolicyArns"]
    assert policy["Fn::Join"][1][-1] == ":iam::aws:policy/service-role/AWSShieldDRTAccessPolicy"
    assert len(template.of_type("AWS::IAM::ManagedPolicy")) == 0


def test_the_price_and_what_is_done_by_hand_are_said_at_synth(template: Template) -> None:
    for path in ("Stack/Shield", "Stack/Small"):
        (text,) = [entry["data"] for entry in template.metadata[path] if entry["type"] == "aws:cdk:info"]
        assert "3,000 USD a month" in text
        assert "at least one year" in text
        assert "aws shield create-subscription" in text
    assert not [
        entry for entries in template.metadata.values() for entry in entries if entry["type"] in {"aws:cdk:warning", "aws:cdk:error"}
    ]


IAM4 = "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSShieldDRTAccessPolicy]"


def test_only_the_policy_that_aws_demands_is_waived(found: list[str]) -> None:
    assert found == [f"{IAM4} @ Stack/Shield/ResponseTeam/Resource"]


def test_the_guard_honours_the_waiver() -> None:
    app = new_app()
    ShieldAdvanced(new_stack(app), "Shield", protecting=[SITE], response_team=ShieldResponseTeam())
    with pytest.raises(GuardError) as refused:
        guard(app, required_tags=())
    # nobody watches it here; the policy is accepted
    assert [finding.rule for finding in refused.value.findings] == ["Prodready-WatchableWithoutAlarms"]


def test_it_is_the_same_without_feature_flags(template: Template) -> None:
    stack = new_stack(new_app(flags={}))
    ShieldAdvanced(stack, "Small", protecting=[replace(SITE, resource_arn=SITE_ARN.replace("E1", "E2"))])
    assert synth(stack).props("AWS::Shield::Protection") == template.props("AWS::Shield::Protection", "Small")


@pytest.mark.control("OPS-2")
def test_an_attack_wakes_someone_for_each_resource() -> None:
    shield = ShieldAdvanced(new_stack(), "Shield", protecting=[SITE, ShieldProtection(name="Front", resource_arn=BALANCER_ARN)])
    site, front = shield.alarm_specs
    assert isinstance(site, AlarmSpec)
    assert isinstance(front, AlarmSpec)
    assert (site.id, front.id) == ("SiteUnderAttack", "FrontUnderAttack")
    assert (site.metric.namespace, site.metric.name, site.metric.dimensions) == (
        "AWS/DDoSProtection",
        "DDoSDetected",
        {"ResourceArn": SITE_ARN},
    )  # type: ignore[union-attr]
    assert (site.metric.region, front.metric.region) == ("us-east-1", None)  # type: ignore[union-attr]
    assert (site.threshold, site.comparison, site.periods, site.severity) == (0, "GreaterThanThreshold", 1, Severity.CRITICAL)
    assert site.missing_data == "notBreaching"
    assert SITE_ARN in site.runbook.first_commands[0]
    (graph,) = shield.graphs
    assert len(graph.metrics) == 2


def test_it_records_what_it_protects(template: Template) -> None:
    (fact,) = [fact for fact in template.recorded("ShieldAdvanced") if fact["engaged"]]
    assert fact["protecting"] == [
        {"name": "Site", "kind": "distribution", "mitigate": "block"},
        {"name": "Zone", "kind": "hosted_zone"},
    ]
    assert [claim["control"] for claim in fact["controls"]] == ["SEC-9"]


def test_the_kind_follows_from_the_arn_or_is_said() -> None:
    arns = {
        SITE_ARN: "distribution",
        ZONE_ARN: "hosted_zone",
        BALANCER_ARN: "load_balancer",
        "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/old": "classic_load_balancer",
        "arn:aws:ec2:us-east-1:111122223333:eip-allocation/eipalloc-1": "elastic_ip",
        "arn:aws:globalaccelerator::111122223333:accelerator/1": "accelerator",
    }
    assert {arn: ShieldProtection(name="x", resource_arn=arn).kind for arn in arns} == arns
    distribution = f"arn:{cdk.Aws.PARTITION}:cloudfront::{cdk.Aws.ACCOUNT_ID}:distribution/{cdk.Fn.ref('Site')}"
    assert ShieldProtection(name="x", resource_arn=distribution).kind == "distribution"
    balancer = elbv2.CfnLoadBalancer(new_stack(), "Front").attr_load_balancer_arn
    assert ShieldProtection(name="x", resource_arn=balancer, kind="load_balancer").kind == "load_balancer"


def test_what_it_costs_in_messages() -> None:
    stack = new_stack()
    first = Part(stack, "First")
    assert (first.path, first.stated_region) == ("Stack/First", "us-east-1")
    with counted() as counts:
        shield = ShieldAdvanced(stack, "Shield", protecting=[SITE, ShieldProtection(name="Zone", resource_arn=ZONE_ARN)])
    assert total(counts) <= 8, counts
    with counted() as asked:
        assert shield.alarm_specs
        assert shield.graphs
    assert total(asked) == 0, asked


TOKEN = cdk.Fn.ref("Unknown")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: replace(SITE, name="my site"),
            r"ShieldProtection\.name: got 'my site'; allowed: 1 to 128 letters and digits; write it in one word",
        ),
        (
            lambda: ShieldProtection(name="x", resource_arn="arn:aws:apigateway:us-east-1::/restapis/a/stages/v1"),
            r"ShieldProtection\.resource_arn: got 'arn:aws:apigateway:.*'; allowed: distributions, hosted zones, .*; put a distribution in front of the API",
        ),
        (
            lambda: ShieldProtection(name="x", resource_arn=f"arn:aws:apigateway:us-east-1::/restapis/{TOKEN}/stages/v1"),
            r"ShieldProtection\.resource_arn: got .*; put a distribution in front of the API",
        ),
        (
            lambda: ShieldProtection(name="x", resource_arn="arn:aws:appsync:us-east-1:111122223333:apis/a"),
            r"ShieldProtection\.resource_arn: got .*; put a distribution in front of the API",
        ),
        (
            lambda: ShieldProtection(name="x", resource_arn=BALANCER_ARN.replace("/app/", "/net/")),
            r"ShieldProtection\.resource_arn: got .*; protect the Elastic IP addresses of the network load balancer",
        ),
        (
            lambda: ShieldProtection(name="x", resource_arn="arn:aws:cognito-idp:us-east-1:111122223333:userpool/x"),
            r"ShieldProtection\.resource_arn: got .*; a user pool is under Shield Standard: give it a web ACL with a rate limit",
        ),
        (
            lambda: ShieldProtection(name="x", resource_arn="arn:aws:lambda:us-east-1:111122223333:function:x"),
            r"ShieldProtection\.resource_arn: got .*; protect the distribution or load balancer in front of it",
        ),
        (
            lambda: ShieldProtection(name="x", resource_arn=TOKEN),
            r"ShieldProtection\.kind: got 'an ARN that is known at deployment only'; allowed: distribution, .*; say which it is: kind='load_balancer'",
        ),
        (
            lambda: ShieldProtection(name="x", resource_arn=TOKEN, kind="api"),  # type: ignore[arg-type]
            r"ShieldProtection\.kind: got 'api'; allowed: distribution, hosted_zone",
        ),
        (
            lambda: replace(SITE, kind="hosted_zone"),
            r"ShieldProtection\.kind: got 'hosted_zone for arn:.*'; allowed: the kind its ARN says; leave kind out",
        ),
        (
            lambda: replace(SITE, mitigate="yes"),
            r"ShieldProtection\.mitigate: got 'yes'; allowed: count, block or None; begin with 'count'",
        ),  # type: ignore[arg-type]
        (
            lambda: ShieldProtection(name="x", resource_arn=ZONE_ARN, mitigate="count"),
            r"ShieldProtection\.mitigate: got 'mitigate for a hosted zone'; allowed: distributions and application load balancers: .*; leave it out",
        ),
        (
            lambda: replace(SITE, mitigate="count"),
            r"ShieldProtection\.web_acl: got 'mitigate without a web ACL'; allowed: the WebAcl in front of the resource, .*; hand over the WebAcl",
        ),
        (lambda: ShieldContact(email="nobody"), r"ShieldContact\.email: got 'nobody'; allowed: an e-mail address; security@example\.com"),
        (
            lambda: replace(CONTACT, phone="030 1234"),
            r"ShieldContact\.phone: got '030 1234'; allowed: '\+', country code and number, .*; \+49301234567",
        ),
        (
            lambda: replace(CONTACT, notes="<b>"),
            r"ShieldContact\.notes: got '<b>'; allowed: 1 to 1024 letters, digits, .*; say it in plain words",
        ),
        (
            lambda: ShieldResponseTeam(log_buckets=tuple(map(str, range(11)))),
            r"ShieldResponseTeam\.log_buckets: got '11 buckets'; allowed: at most 10; name the access logs",
        ),
    ],
)
@pytest.mark.control("LIB-2")
def test_a_value_refuses_what_shield_would(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{message}"):
        make()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"protecting": []}, r"protecting: got 'no resource'; allowed: at least one: a subscription protects nothing by itself; name one"),
        (
            {"protecting": [SITE, replace(SITE, resource_arn=SITE_ARN + "X")]},
            r"protecting: got 'Site twice'; allowed: each name and resource once; leave one out",
        ),
        ({"protecting": [SITE, replace(SITE, name="Again")]}, r"protecting: got 'arn:.*E123 twice'; allowed: each name and resource once"),
        ({"group": "ALL"}, r"group: got 'ALL'; allowed: SUM, MEAN or MAX; SUM fits most"),
        (
            {"contacts": [ShieldContact(email="a@example.com")]},
            r"contacts: got '1 contacts, 0 with a phone'; allowed: 1 to 10 contacts, one of them with a phone; add the number",
        ),
        (
            {"contacts": [CONTACT]},
            r"contacts: got 'contacts, and no resource with a health check'; allowed: a health check on at least one resource: .*; give a ShieldProtection",
        ),
    ],
)
@pytest.mark.control("LIB-2")
def test_it_refuses_what_would_protect_nobody(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^Stack/Shield: {message}"):
        ShieldAdvanced(new_stack(), "Shield", **{"protecting": [SITE], **asked})


@pytest.mark.control("LIB-2")
def test_it_stands_where_shield_reports() -> None:
    message = (
        r"^Stack/Shield: protecting: got 'Site from a stack of eu-west-1'; allowed: a stack of us-east-1, where Shield reports on a distribution "
        r"and an alarm can see it; make a ShieldAdvanced in a stack of us-east-1 for it"
    )
    with pytest.raises(ConfigurationError, match=message):
        ShieldAdvanced(new_stack(region="eu-west-1"), "Shield", protecting=[SITE])
    assert ShieldAdvanced(cdk.Stack(new_app(), "Agnostic"), "Shield", protecting=[SITE]).alarm_specs
    balancer = ShieldProtection(name="Front", resource_arn=BALANCER_ARN.replace("us-east-1", "eu-west-1"))
    assert ShieldAdvanced(new_stack(region="eu-west-1"), "Shield", protecting=[balancer]).alarm_specs
