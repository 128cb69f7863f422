"""A web ACL: what it always blocks, what follows the posture, what it refuses, what it logs, what wakes someone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_wafv2 as wafv2

from prodready_constructs.contracts import AlarmSpec, MathMetric, Metric
from prodready_constructs.edge import Countries, Exclusion, WebAcl
from prodready_constructs.edge.waf.logs import CREDENTIAL_HEADERS
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import DataKey
from prodready_constructs.posture import PRODUCTION
from tests.compliance.templates import found as found_by
from tests.compliance.templates import stack_of
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth

#: Without countries, which a test adds where it is about them.
EDGE = replace(PRODUCTION.edge, blocked_countries=())
MANAGED = {
    "IpReputation": "AWSManagedRulesAmazonIpReputationList",
    "AnonymousIp": "AWSManagedRulesAnonymousIpList",
    "KnownBadInputs": "AWSManagedRulesKnownBadInputsRuleSet",
    "Common": "AWSManagedRulesCommonRuleSet",
    "SqlInjection": "AWSManagedRulesSQLiRuleSet",
}


def _let_in(acl: WebAcl) -> None:
    """Whoever comes from one country, in the place of the first rule."""
    home = wafv2.CfnWebACL.StatementProperty(geo_match_statement=wafv2.CfnWebACL.GeoMatchStatementProperty(country_codes=["AT"]))
    lets_in = wafv2.CfnWebACL.RuleProperty(
        name="Home",
        priority=0,
        statement=home,
        action=wafv2.CfnWebACL.RuleActionProperty(allow=wafv2.CfnWebACL.AllowActionProperty()),
        visibility_config=acl.acl.visibility_config,
    )
    assert isinstance(acl.acl.rules, list)
    acl.acl.rules = [lets_in, *acl.acl.rules[1:]]


def _show_cookies(acl: WebAcl) -> None:
    """Either would hide them alone."""
    acl.acl.add_property_deletion_override("DataProtectionConfig")
    log = acl.node.find_child("Logging")
    assert isinstance(log, wafv2.CfnLoggingConfiguration)
    log.redacted_fields = [wafv2.CfnLoggingConfiguration.FieldToMatchProperty(single_header={"Name": "authorization"})]


@pytest.fixture(scope="module")
def stack() -> cdk.Stack:
    """One stack with the plain web ACL and two bent ones."""
    stack = new_stack()
    WebAcl(stack, "Plain", posture=EDGE)
    WebAcl(
        stack,
        "Bent",
        posture=replace(EDGE, rate_limit=500, rate_window=timedelta(minutes=1), blocked_countries=("KP",), bot_control=True),
        placement="CLOUDFRONT",
        path_limits={"/Login": 20},
        count_only=["Common", "RateLimit"],
        exclusions=[
            Exclusion(group="SqlInjection", paths=("/upload/", "/import/"), because="files look like SQL"),
            Exclusion(group="Common", rule="SizeRestrictions_BODY", because="uploads are larger than 8 KB"),
        ],
        rules=[Countries(blocked=("SY",), allowed=("DE", "AT"))],
    )
    WebAcl(
        stack, "Behind", posture=replace(EDGE, blocked_countries=("KP",)), placement="BEHIND_CLOUDFRONT", rules=[Countries(allowed=("DE",))]
    )
    return stack


@pytest.fixture(scope="module")
def found(stack: cdk.Stack) -> list[str]:
    return findings(stack)


@pytest.fixture(scope="module")
def template(stack: cdk.Stack, found: list[str]) -> Template:
    return synth(stack)


def too_many(seconds: int) -> dict[str, Any]:
    header = {"Name": "Retry-After", "Value": str(seconds)}
    return {"ResponseCode": 429, "ResponseHeaders": [header], "CustomResponseBodyKey": "TooManyRequests"}


def rules(template: Template, which: str) -> dict[str, dict[str, Any]]:
    acl = template.props("AWS::WAFv2::WebACL", which)
    return {rule["Name"]: rule for rule in acl["Rules"]}


@pytest.mark.control("WEB-1")
def test_the_managed_groups_are_always_there_and_block(template: Template) -> None:
    plain = rules(template, "Plain")
    for name, group in MANAGED.items():
        assert plain[name]["Statement"]["ManagedRuleGroupStatement"] == {"VendorName": "AWS", "Name": group}
        assert plain[name]["OverrideAction"] == {"None": {}}


@pytest.mark.control("WEB-1")
def test_cheap_rules_are_judged_before_dear_ones(template: Template) -> None:
    order = ["IpReputation", "AnonymousIp", "RateLimit", "PathLimit-api", "KnownBadInputs", "Common", "SqlInjection"]
    assert [(rule["Name"], rule["Priority"]) for rule in rules(template, "Plain").values()] == list(zip(order, range(7), strict=True))


@pytest.mark.control("WEB-1")
def test_one_address_is_limited_as_the_posture_says(template: Template) -> None:
    plain, bent = (rules(template, which)["RateLimit"] for which in ("Plain", "Bent"))
    assert plain["Statement"]["RateBasedStatement"] == {"Limit": 10_000, "EvaluationWindowSec": 300, "AggregateKeyType": "IP"}
    assert plain["Action"] == {"Block": {"CustomResponse": too_many(300)}}
    assert bent["Statement"]["RateBasedStatement"] == {"Limit": 500, "EvaluationWindowSec": 60, "AggregateKeyType": "IP"}


@pytest.mark.control("WEB-1")
def test_the_api_path_is_limited_to_100_in_15_minutes_scaled_to_10(template: Template) -> None:
    rate = rules(template, "Plain")["PathLimit-api"]["Statement"]["RateBasedStatement"]
    assert (rate["Limit"], rate["EvaluationWindowSec"]) == (67, 600)
    match = rate["ScopeDownStatement"]["ByteMatchStatement"]
    assert (match["SearchString"], match["PositionalConstraint"], match["FieldToMatch"]) == ("/api/", "STARTS_WITH", {"UriPath": {}})
    # however the path is written
    assert [step["Type"] for step in match["TextTransformations"]] == ["URL_DECODE", "NORMALIZE_PATH", "LOWERCASE"]


def test_a_path_limit_holds_in_any_letter_case(template: Template) -> None:
    match = rules(template, "Bent")["PathLimit-login"]["Statement"]["RateBasedStatement"]["ScopeDownStatement"]["ByteMatchStatement"]
    assert match["SearchString"] == "/login"


@pytest.mark.control("WEB-1")
def test_countries_of_posture_and_caller_are_turned_away_and_only_allowed_ones_come_in(template: Template) -> None:
    bent = rules(template, "Bent")
    assert bent["BlockedCountries"]["Statement"] == {"GeoMatchStatement": {"CountryCodes": ["KP", "SY"]}}
    outside = bent["OutsideAllowedCountries"]["Statement"]["NotStatement"]["Statement"]
    assert outside == {"GeoMatchStatement": {"CountryCodes": ["AT", "DE"]}}
    assert bent["BlockedCountries"]["Action"] == bent["OutsideAllowedCountries"]["Action"] == {"Block": {}}


@pytest.mark.control("WEB-1")
def test_rules_on_trial_count_and_the_others_block(template: Template) -> None:
    bent = rules(template, "Bent")
    assert bent["Common"]["OverrideAction"] == {"Count": {}}
    assert bent["RateLimit"]["Action"] == {"Count": {}}
    assert bent["SqlInjection"]["OverrideAction"] == {"None": {}}
    assert bent["PathLimit-login"]["Action"] == {"Block": {"CustomResponse": too_many(600)}}
    (fact,) = [fact for fact in template.recorded("WebAcl") if fact["on_trial"]]
    assert fact["on_trial"] == ["Common", "RateLimit"]
    assert [(exclusion["group"], exclusion["because"]) for exclusion in fact["exclusions"]] == [
        ("SqlInjection", "files look like SQL"),
        ("Common", "uploads are larger than 8 KB"),
    ]


def test_all_rules_can_be_on_trial() -> None:
    stack = new_stack()
    WebAcl(stack, "Acl", posture=EDGE, count_only=True)
    actions = [rule.get("Action", rule.get("OverrideAction")) for rule in rules(synth(stack), "Acl").values()]
    assert actions == [{"Count": {}}] * 7


@pytest.mark.control("WEB-1")
def test_a_group_leaves_excluded_paths_alone_however_they_are_written(template: Template) -> None:
    group = rules(template, "Bent")["SqlInjection"]["Statement"]["ManagedRuleGroupStatement"]
    matches = group["ScopeDownStatement"]["NotStatement"]["Statement"]["OrStatement"]["Statements"]
    assert [match["ByteMatchStatement"]["SearchString"] for match in matches] == ["/upload/", "/import/"]
    for match in matches:
        assert [step["Type"] for step in match["ByteMatchStatement"]["TextTransformations"]] == ["URL_DECODE", "NORMALIZE_PATH"]


@pytest.mark.control("WEB-1")
def test_one_rule_of_a_group_can_count_alone(template: Template) -> None:
    group = rules(template, "Bent")["Common"]["Statement"]["ManagedRuleGroupStatement"]
    assert group["RuleActionOverrides"] == [{"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}]
    assert "ScopeDownStatement" not in group


@pytest.mark.control("WEB-1")
def test_bot_control_is_the_postures_choice(template: Template) -> None:
    group = rules(template, "Bent")["BotControl"]["Statement"]["ManagedRuleGroupStatement"]
    assert group["ManagedRuleGroupConfigs"] == [{"AWSManagedRulesBotControlRuleSet": {"InspectionLevel": "COMMON"}}]
    assert "BotControl" not in rules(template, "Plain")


@pytest.mark.control("WEB-1")
def test_behind_cloudfront_visitors_are_told_apart_by_the_forwarded_address(template: Template) -> None:
    behind = rules(template, "Behind")
    for name in ("RateLimit", "PathLimit-api"):
        rate = behind[name]["Statement"]["RateBasedStatement"]
        assert rate["AggregateKeyType"] == "FORWARDED_IP"
        assert rate["ForwardedIPConfig"] == {"HeaderName": "X-Forwarded-For", "FallbackBehavior": "MATCH"}
    geo = behind["BlockedCountries"]["Statement"]["GeoMatchStatement"]
    assert geo["ForwardedIPConfig"]["FallbackBehavior"] == "MATCH"
    outside = behind["OutsideAllowedCountries"]["Statement"]["NotStatement"]["Statement"]["GeoMatchStatement"]
    assert outside["ForwardedIPConfig"]["FallbackBehavior"] == "NO_MATCH"
    # lists of addresses would look at CloudFront's own
    assert not {"IpReputation", "AnonymousIp"} & set(behind)


@pytest.mark.control("WEB-1")
def test_scope_follows_the_placement(template: Template) -> None:
    scopes = {which: template.props("AWS::WAFv2::WebACL", which)["Scope"] for which in ("Plain", "Bent", "Behind")}
    assert scopes == {"Plain": "REGIONAL", "Bent": "CLOUDFRONT", "Behind": "REGIONAL"}


@pytest.mark.control("WEB-1", "OPS-5")
def test_logs_are_always_kept_encrypted_and_without_credentials(template: Template) -> None:
    logging = template.props("AWS::WAFv2::LoggingConfiguration", "Plain")
    assert [field["SingleHeader"]["Name"] for field in logging["RedactedFields"]] == list(CREDENTIAL_HEADERS)
    (destination,) = logging["LogDestinationConfigs"]
    arn, names = destination["Fn::Sub"]
    assert arn == "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${Name}"
    assert template.of_type("AWS::Logs::LogGroup").keys() >= {names["Name"]["Ref"]}
    group = template.props("AWS::Logs::LogGroup", "Plain")
    assert group["LogGroupName"]["Fn::Join"][1][0].startswith("aws-waf-logs-Stack-Plain-")
    assert group["RetentionInDays"] == 90
    assert "KmsKeyId" in group


@pytest.mark.control("WEB-1")
def test_sampled_requests_hide_credentials_too(template: Template) -> None:
    protections = template.props("AWS::WAFv2::WebACL", "Plain")["DataProtectionConfig"]["DataProtections"]
    headers = ["authorization", "cookie", "x-api-key", "sec-websocket-protocol", "x-origin-verify"]
    assert protections == [
        {"Action": "SUBSTITUTION", "Field": {"FieldType": "SINGLE_HEADER", "FieldKeys": headers}},
        {"Action": "SUBSTITUTION", "Field": {"FieldType": "SINGLE_QUERY_ARGUMENT", "FieldKeys": ["header"]}},
    ]


def test_every_rule_has_metrics_and_samples(template: Template) -> None:
    acl = template.props("AWS::WAFv2::WebACL", "Bent")
    for seen in (acl, *acl["Rules"]):
        assert seen["VisibilityConfig"]["CloudWatchMetricsEnabled"] is True
        assert seen["VisibilityConfig"]["SampledRequestsEnabled"] is True


def test_log_retention_follows_the_posture_and_a_key_can_be_handed_over() -> None:
    stack = new_stack()
    key = DataKey(stack, "Key", description="test", encrypts_logs=True)
    WebAcl(stack, "Acl", posture=replace(EDGE, security_log_retention=timedelta(days=365)), encryption_key=key.key)
    template = synth(stack)
    assert template.props("AWS::Logs::LogGroup")["RetentionInDays"] == 365
    assert len(template.of_type("AWS::KMS::Key")) == 1


def test_no_finding_remains(found: list[str]) -> None:
    assert found == []


@pytest.mark.parametrize(
    ("rule", "bend"),
    [
        ("WafWithoutLogging", lambda acl: acl.node.try_remove_child("Logging")),
        ("WafWithoutRateLimit", lambda acl: acl.acl.add_property_override("Rules", [])),
        ("WafBypass", _let_in),
        ("WafLogShowsCredentials", _show_cookies),
    ],
)
def test_bent_by_escape_hatch_it_is_found(rule: str, bend: Callable[[WebAcl], object]) -> None:
    stack = new_stack()
    WebAcl(stack, "Acl", posture=EDGE)
    assert found_by(rule, stack_of(synth(stack).resources)) == []
    bent = new_stack()
    bend(WebAcl(bent, "Acl", posture=EDGE))
    assert len(found_by(rule, stack_of(synth(bent).resources))) == 1


def test_it_is_the_same_without_feature_flags(template: Template) -> None:
    stack = new_stack(new_app(flags={}))
    WebAcl(stack, "Plain", posture=EDGE)
    bare = synth(stack)
    for kind in ("AWS::WAFv2::WebACL", "AWS::WAFv2::LoggingConfiguration"):
        assert bare.props(kind, "Plain") == template.props(kind, "Plain")


def test_capacity_is_what_aws_waf_computes() -> None:
    stack = new_stack()
    # 25 + 50 + 2 + (2 + 2 + 30) + 200 + 700 + 200
    assert WebAcl(stack, "Acl", posture=EDGE).capacity == 1_211
    # without the lists of addresses and the path limit, with two excluded paths
    behind = WebAcl(
        stack,
        "Behind",
        posture=EDGE,
        placement="BEHIND_CLOUDFRONT",
        path_limits={},
        exclusions=[Exclusion(group="Common", paths=("/a", "/b"), because="x")],
    )
    assert behind.capacity == 2 + 200 + 700 + 200 + 2 * 22


@pytest.mark.control("WEB-1")
def test_a_rule_of_the_callers_own_is_judged_last_and_counted() -> None:
    stack = new_stack()
    acl = WebAcl(stack, "Acl", posture=EDGE)
    statement = wafv2.CfnWebACL.StatementProperty(geo_match_statement=wafv2.CfnWebACL.GeoMatchStatementProperty(country_codes=["AQ"]))
    acl.add_rule(name="NoPenguins", statement=statement, units=1)
    assert acl.capacity == 1_212
    with pytest.raises(ConfigurationError, match=r"Stack/Acl: add_rule: got 'NoPenguins'; allowed: a name other than .*NoPenguins; choose"):
        acl.add_rule(name="NoPenguins", statement=statement, units=1)
    with pytest.raises(ConfigurationError, match=r"Stack/Acl: capacity: got '1511 web ACL capacity units'; allowed: 1500 .EdgePosture"):
        acl.add_rule(name="Dear", statement=statement, units=299)
    last = list(rules(synth(stack), "Acl").values())[-1]
    assert (last["Name"], last["Priority"], last["Action"]) == ("NoPenguins", 7, {"Block": {}})


@pytest.mark.control("WEB-1")
def test_the_association_is_made_where_the_protected_resource_is() -> None:
    app = new_app()
    acl = WebAcl(new_stack(app, "Walls"), "Acl", posture=EDGE)
    home = new_stack(app, "Home")
    acl.protect(home, "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/a/1")
    acl.protect(home, "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/b/2", construct_id="Second")
    associations = synth(home).of_type("AWS::WAFv2::WebACLAssociation")
    assert sorted(one["Properties"]["ResourceArn"].rpartition("app/")[2] for one in associations.values()) == ["a/1", "b/2"]


@pytest.mark.control("WEB-1", "OPS-2")
def test_surges_of_blocked_and_of_rate_limited_requests_are_told() -> None:
    stack = new_stack()
    acl = WebAcl(stack, "Acl", posture=EDGE)
    blocked, limited = acl.alarm_specs
    assert isinstance(blocked, AlarmSpec)
    assert isinstance(blocked.metric, Metric)
    assert blocked.metric.dimensions == {"WebACL": acl.metric_name, "Rule": "ALL", "Region": cdk.Aws.REGION}
    assert blocked.threshold == 1_000
    assert isinstance(limited, AlarmSpec)
    assert isinstance(limited.metric, MathMetric)
    assert {metric.dimensions["Rule"] for metric in limited.metric.using.values()} == {"RateLimit", "PathLimit-api"}
    assert limited.metric.expression == "FILL(m0, 0) + FILL(m1, 0)"
    assert blocked.missing_data == limited.missing_data == "notBreaching"
    assert "logs tail" in blocked.runbook.first_commands[0]


@pytest.mark.control("WEB-1")
def test_cloudfront_metrics_are_in_us_east_1_without_a_region_dimension() -> None:
    acl = WebAcl(new_stack(), "Acl", posture=EDGE, placement="CLOUDFRONT")
    blocked = acl.alarm_specs[0]
    assert isinstance(blocked, AlarmSpec)
    assert isinstance(blocked.metric, Metric)
    assert blocked.metric.dimensions == {"WebACL": acl.metric_name, "Rule": "ALL"}
    assert blocked.metric.region == "us-east-1"
    requests, by_rule = acl.graphs
    assert [metric.name for metric in requests.metrics if isinstance(metric, Metric)] == ["AllowedRequests", "BlockedRequests"]
    assert len(by_rule.metrics) == 7


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (
            {"path_limits": {"/api/": 9}},
            r"path_limits\['/api/'\]: got 9; allowed: 10 to 2000000000 requests per 10 minutes .*; the nearest is 10",
        ),
        ({"path_limits": {"/api/": 2_000_000_001}}, r"path_limits\['/api/'\]: got 2000000001; .*; the nearest is 2000000000"),
        ({"path_limits": {"api/": 100}}, r"path_limits: got 'api/'; allowed: a path that begins with '/'; use '/api/'"),
        ({"path_limits": {"/a-b/": 100, "/A/b": 100}}, r"path_limits: got \"'/a-b/' and '/A/b'\"; allowed: paths that differ in more"),
        (
            {"rules": [Countries(allowed=("DE",)), Countries(blocked=("DE",))]},
            r"rules: got 'DE allowed and blocked'; allowed: countries that are one or the other; take them out of one of the lists",
        ),
        ({"count_only": ["Comon"]}, r"count_only: got 'Comon'; allowed: rules of this web ACL: IpReputation, .*; use their names"),
        (
            {"exclusions": [Exclusion(group="BotControl", rule="x", because="x")]},
            r"exclusions: got 'BotControl'; allowed: a managed group of this",
        ),
        (
            {"exclusions": [Exclusion(group="Common", rule="x", because=" ")]},
            r"exclusions: got 'no reason'; allowed: a reason in words; say why",
        ),
        ({"exclusions": [Exclusion(group="Common", because="x")]}, r"exclusions: got .*; allowed: either paths or a rule"),
        (
            {"exclusions": [Exclusion(group="Common", rule="x", paths=("/a",), because="x")]},
            r"exclusions: got .*/a.*; allowed: either paths or a rule",
        ),
        (
            {"exclusions": [Exclusion(group="Common", paths=("a",), because="x")]},
            r"exclusions: got 'a'; allowed: a path that begins with '/'",
        ),
        (
            {"path_limits": {f"/p{n}": 100 for n in range(10)}},
            r"capacity: got '1517 web ACL capacity units'; allowed: 1500 \(EdgePosture\.waf_capacity; .*\); the largest are Common \(700\), "
            r"KnownBadInputs \(200\), SqlInjection \(200\); give fewer paths, .* or raise EdgePosture\.waf_capacity \(up to 5000, at a surcharge\)",
        ),
    ],
)
@pytest.mark.control("LIB-2")
def test_it_refuses_what_aws_waf_would(bad: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^Stack/Acl: {message}"):
        WebAcl(new_stack(), "Acl", posture=EDGE, **bad)


@pytest.mark.control("LIB-2")
def test_it_refuses_cloudfront_outside_us_east_1() -> None:
    message = r"Stack/Acl: placement: got 'CLOUDFRONT in a stack of eu-west-1'; allowed: a stack of us-east-1.*; make it in an edge stack"
    with pytest.raises(ConfigurationError, match=message):
        WebAcl(new_stack(region="eu-west-1"), "Acl", posture=EDGE, placement="CLOUDFRONT")
    assert WebAcl(cdk.Stack(new_app(), "Agnostic"), "Acl", posture=EDGE, placement="CLOUDFRONT").placement == "CLOUDFRONT"


@pytest.mark.control("LIB-2")
def test_a_web_acl_for_cloudfront_protects_nothing_regional() -> None:
    stack = new_stack()
    acl = WebAcl(stack, "Acl", posture=EDGE, placement="CLOUDFRONT")
    with pytest.raises(ConfigurationError, match=r"Stack: web_acl: got 'a web ACL for CloudFront'; allowed: a regional web ACL; make one"):
        acl.protect(stack, "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/a/1")


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"rate_limit": 9}, r"EdgePosture\.rate_limit: got 9; allowed: 10 to 2000000000"),
        ({"rate_window": timedelta(minutes=3)}, r"EdgePosture\.rate_window: got .*; allowed: one of"),
        ({"blocked_countries": ("XX",)}, r"EdgePosture\.blocked_countries: got 'XX'; allowed: ISO 3166-1 alpha-2 codes in capitals"),
    ],
)
@pytest.mark.control("LIB-2")
def test_the_posture_refuses_what_aws_waf_would(bad: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        replace(EDGE, **bad)
