"""Rules as values: what they become, what they cost, what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aws_cdk import aws_wafv2 as wafv2

from bench.messages import counted, total
from prodready_constructs.contracts import AlarmSpec, MathMetric
from prodready_constructs.edge import (
    AccountCreation,
    AccountTakeover,
    AddressList,
    BotControl,
    Countries,
    CustomRule,
    Exclusion,
    LabelException,
    ManagedGroup,
    RateLimit,
    WebAcl,
)
from prodready_constructs.edge.waf.capacity import units_of
from prodready_constructs.edge.waf.managed import GROUPS
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part
from prodready_constructs.posture import PRODUCTION
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth

EDGE = replace(PRODUCTION.edge, blocked_countries=())
ROOMY = replace(EDGE, waf_capacity=5_000)
Acl = wafv2.CfnWebACL
Statement = Acl.StatementProperty
GEO = Acl.StatementProperty(geo_match_statement=Acl.GeoMatchStatementProperty(country_codes=["AQ"]))
TAKEOVER = AccountTakeover(login_path="/login", username_field="/user", password_field="/password")
CREATION = AccountCreation(registration_page_path="/join", creation_path="/api/accounts", email_field="/email")


def rules(template: Template, which: str = "Acl") -> dict[str, dict[str, Any]]:
    return {rule["Name"]: rule for rule in template.props("AWS::WAFv2::WebACL", which)["Rules"]}


def said(template: Template, level: str) -> list[tuple[str, str]]:
    """What constructs said at synth: path and text."""
    return [
        (path, str(entry["data"]))
        for path, entries in template.metadata.items()
        for entry in entries
        if entry["type"] == f"aws:cdk:{level}"
    ]


@pytest.fixture(scope="module")
def template() -> Template:
    stack = new_stack()
    WebAcl(
        stack,
        "Acl",
        posture=ROOMY,
        placement="CLOUDFRONT",
        rules=[
            RateLimit(name="Keys", limit=500, window=timedelta(minutes=1), by=("header:x-api-key",)),
            RateLimit(name="Everybody", limit=9_000, window=timedelta(minutes=2), by=(), path="/search"),
            RateLimit(name="Mixed", limit=10, by=("address", "method", "path", "cookie:session", "argument:page")),
            RateLimit(name="Puzzle", limit=2_000_000_000, window=timedelta(minutes=10), by=("query",), action="captcha"),
            AddressList(name="Bad", addresses=("203.0.113.7", "2001:db8::/32", "198.51.100.0/24", "203.0.113.7/32")),
            ManagedGroup(group="Common", version="Version_1.10"),
            ManagedGroup(group="Linux"),
            ManagedGroup(group="Fortified", vendor="Fortinet", vendor_group="all_rules", units=1_000),
            BotControl(),
            replace(TAKEOVER, success_codes=(200,), failure_codes=(401, 403)),
            replace(CREATION, payload="FORM_ENCODED", email_field="email", username_field="name", password_field="pass"),
            CustomRule(name="NoPenguins", statement=GEO),
            CustomRule(name="SomePenguins", statement=GEO, action="challenge"),
        ],
    )
    return synth(stack)


@pytest.fixture(scope="module")
def found() -> list[str]:
    stack = new_stack()
    WebAcl(
        stack,
        "Acl",
        posture=ROOMY,
        rules=[
            AddressList(name="Staff", addresses=("203.0.113.0/24",), verdict="only"),
            RateLimit(name="Keys", limit=500, by=("header:x-api-key",)),
            ManagedGroup(group="Linux"),
            TAKEOVER,
        ],
    )
    return findings(stack)


@pytest.mark.control("WEB-1")
def test_a_rate_counts_by_what_requests_have_in_common(template: Template) -> None:
    rates = {
        name: rule["Statement"]["RateBasedStatement"] for name, rule in rules(template).items() if "RateBasedStatement" in rule["Statement"]
    }
    unchanged = [{"Priority": 0, "Type": "NONE"}]
    assert rates["Keys"] == {
        "Limit": 500,
        "EvaluationWindowSec": 60,
        "AggregateKeyType": "CUSTOM_KEYS",
        "CustomKeys": [{"Header": {"Name": "x-api-key", "TextTransformations": unchanged}}],
    }
    assert (rates["Everybody"]["AggregateKeyType"], rates["Everybody"]["EvaluationWindowSec"]) == ("CONSTANT", 120)
    assert rates["Everybody"]["ScopeDownStatement"]["ByteMatchStatement"]["SearchString"] == "/search"
    view = [{"Priority": place, "Type": kind} for place, kind in enumerate(("URL_DECODE", "NORMALIZE_PATH", "LOWERCASE"))]
    assert rates["Mixed"]["CustomKeys"] == [
        {"IP": {}},
        {"HTTPMethod": {}},
        {"UriPath": {"TextTransformations": view}},
        {"Cookie": {"Name": "session", "TextTransformations": unchanged}},
        {"QueryArgument": {"Name": "page", "TextTransformations": unchanged}},
    ]
    assert rates["Puzzle"]["CustomKeys"] == [{"QueryString": {"TextTransformations": unchanged}}]
    assert rules(template)["Puzzle"]["Action"] == {"Captcha": {}}


@pytest.mark.control("WEB-1")
def test_behind_cloudfront_a_key_is_the_forwarded_address() -> None:
    stack = new_stack()
    WebAcl(stack, "Acl", posture=EDGE, placement="BEHIND_CLOUDFRONT", rules=[RateLimit(name="Both", limit=10, by=("address", "method"))])
    rate = rules(synth(stack))["Both"]["Statement"]["RateBasedStatement"]
    assert rate["CustomKeys"] == [{"ForwardedIP": {}}, {"HTTPMethod": {}}]
    assert rate["ForwardedIPConfig"] == {"HeaderName": "X-Forwarded-For", "FallbackBehavior": "MATCH"}


@pytest.mark.control("WEB-1")
def test_addresses_of_both_versions_stand_in_sets_of_their_own(template: Template) -> None:
    four, six = template.props("AWS::WAFv2::IPSet", "BadV4"), template.props("AWS::WAFv2::IPSet", "BadV6")
    assert four == {"Scope": "CLOUDFRONT", "IPAddressVersion": "IPV4", "Addresses": ["198.51.100.0/24", "203.0.113.7/32"]}
    assert six == {"Scope": "CLOUDFRONT", "IPAddressVersion": "IPV6", "Addresses": ["2001:db8::/32"]}


@pytest.mark.control("WEB-1")
def test_groups_are_pinned_and_more_of_them_added(template: Template) -> None:
    groups = {name: rule["Statement"]["ManagedRuleGroupStatement"] for name, rule in rules(template).items() if "OverrideAction" in rule}
    assert groups["Common"] == {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet", "Version": "Version_1.10"}
    assert groups["Linux"] == {"VendorName": "AWS", "Name": "AWSManagedRulesLinuxRuleSet"}
    assert groups["Fortified"] == {"VendorName": "Fortinet", "Name": "all_rules"}


@pytest.mark.control("WEB-1")
def test_fraud_control_knows_the_paths_and_fields_of_the_application(template: Template) -> None:
    (takeover,) = rules(template)["AccountTakeover"]["Statement"]["ManagedRuleGroupStatement"]["ManagedRuleGroupConfigs"]
    assert takeover["AWSManagedRulesATPRuleSet"] == {
        "LoginPath": "/login",
        "EnableRegexInPath": False,
        "RequestInspection": {
            "PayloadType": "JSON",
            "UsernameField": {"Identifier": "/user"},
            "PasswordField": {"Identifier": "/password"},
        },
        "ResponseInspection": {"StatusCode": {"SuccessCodes": [200], "FailureCodes": [401, 403]}},
    }
    (creation,) = rules(template)["AccountCreation"]["Statement"]["ManagedRuleGroupStatement"]["ManagedRuleGroupConfigs"]
    assert creation["AWSManagedRulesACFPRuleSet"] == {
        "RegistrationPagePath": "/join",
        "CreationPath": "/api/accounts",
        "EnableRegexInPath": False,
        "RequestInspection": {
            "PayloadType": "FORM_ENCODED",
            "EmailField": {"Identifier": "email"},
            "UsernameField": {"Identifier": "name"},
            "PasswordField": {"Identifier": "pass"},
        },
    }


@pytest.mark.control("WEB-1")
def test_the_order_is_cheap_before_dear_and_your_own_last(template: Template) -> None:
    names = [rule["Name"] for rule in sorted(rules(template).values(), key=lambda rule: rule["Priority"])]
    assert names == [
        "Bad", "IpReputation", "AnonymousIp", "RateLimit", "PathLimit-api", "Keys", "Everybody", "Mixed", "Puzzle", "KnownBadInputs",
        "Common", "SqlInjection", "Linux", "Fortified", "BotControl", "AccountTakeover", "AccountCreation", "NoPenguins", "SomePenguins",
    ]  # fmt: skip


@pytest.mark.control("WEB-1")
def test_what_costs_more_is_said_at_synth_and_a_plain_web_acl_says_nothing() -> None:
    stack = new_stack()
    acl = WebAcl(
        stack,
        "Dear",
        posture=ROOMY,
        rules=[BotControl(level="TARGETED"), TAKEOVER, CREATION, CustomRule(name="Quiz", statement=GEO, action="captcha")],
    )
    assert acl.capacity == 1_211 + 3 * 50 + 1
    acl.add_rule(name="Heavy", statement=GEO, units=500)
    WebAcl(stack, "Plain", posture=ROOMY)
    found = synth(stack)
    assert {path for path, _ in said(found, "info")} == {"Stack/Dear"}
    texts = [text for _, text in said(found, "info")]
    for part in (
        "Bot Control (targeted) costs about 10 USD a month and 10 USD for each million",
        "Account takeover prevention costs about 10 USD a month",
        "Account creation fraud prevention costs about 10 USD a month",
        "CAPTCHA costs about 0.40 USD",
        "more than 1,500 web ACL capacity units: AWS charges about 0.20 USD",
    ):
        assert sum(part in text for text in texts) == 1, part
    assert said(found, "warning") == []


@pytest.mark.control("WEB-1")
def test_the_postures_bot_control_says_its_price_and_stays_with_the_distribution() -> None:
    stack = new_stack()
    posture = replace(EDGE, bot_control=True)
    WebAcl(stack, "Front", posture=posture)
    WebAcl(stack, "Behind", posture=posture, placement="BEHIND_CLOUDFRONT")
    found = synth(stack)
    ((path, text),) = said(found, "info")
    assert (path, "1 USD for each million" in text) == ("Stack/Front", True)
    assert "BotControl" not in rules(found, "Behind")


def test_no_finding_remains(found: list[str]) -> None:
    assert found == []


def test_it_is_the_same_without_feature_flags(template: Template) -> None:
    stack = new_stack(new_app(flags={}))
    WebAcl(stack, "Acl", posture=ROOMY, placement="CLOUDFRONT", rules=[AddressList(name="Bad", addresses=("203.0.113.7",)), BotControl()])
    bare = synth(stack)
    assert rules(bare)["BotControl"]["Statement"] == rules(template)["BotControl"]["Statement"]
    assert bare.props("AWS::WAFv2::IPSet", "BadV4")["Addresses"] == ["203.0.113.7/32"]


def test_rules_cost_no_message_but_their_ip_sets_do() -> None:
    stack = new_stack()
    first = Part(stack, "First")
    assert (first.path, first.stated_region) == ("Stack/First", "us-east-1")
    with counted() as plain:
        WebAcl(stack, "Plain", posture=ROOMY)
    lists = [AddressList(name="Staff", addresses=("203.0.113.0/24", "2001:db8::/32"), verdict="only")]
    with counted() as judged:
        WebAcl(
            stack,
            "Judged",
            posture=ROOMY,
            rules=[*lists, RateLimit(name="Keys", limit=500, by=("header:x-key",)), ManagedGroup(group="Linux")],
        )
    # two IP sets, each made and asked for its ARN
    assert total(judged) - total(plain) <= 4


@pytest.mark.control("WEB-1")
def test_limits_that_block_and_rules_on_trial_are_watched() -> None:
    acl = WebAcl(
        new_stack(),
        "Acl",
        posture=EDGE,
        count_only=["Common"],
        rules=[RateLimit(name="Keys", limit=10, by=("header:k",)), RateLimit(name="Quiz", limit=10, action="captcha")],
    )
    acl.add_rule(name="Tried", statement=GEO, count_only=True)
    _, limited, trial = acl.alarm_specs
    assert isinstance(limited, AlarmSpec)
    assert isinstance(limited.metric, MathMetric)
    assert [metric.dimensions["Rule"] for metric in limited.metric.using.values()] == ["RateLimit", "PathLimit-api", "Keys"]
    assert isinstance(trial, AlarmSpec)
    assert isinstance(trial.metric, MathMetric)
    assert trial.id == "TrialMatches"
    assert {(metric.name, metric.dimensions["Rule"]) for metric in trial.metric.using.values()} == {
        ("CountedRequests", "Common"),
        ("CountedRequests", "Tried"),
    }
    assert (trial.periods, trial.missing_data) == (12, "notBreaching")


def test_an_alarm_adds_no_more_metrics_than_cloudwatch_can() -> None:
    limits = [RateLimit(name=f"Limit{number}", limit=10) for number in range(20)]
    _, limited = WebAcl(new_stack(), "Acl", posture=EDGE, rules=limits).alarm_specs
    assert isinstance(limited, AlarmSpec)
    assert isinstance(limited.metric, MathMetric)
    assert len(limited.metric.using) == 10


NONE, LOWER = [Acl.TextTransformationProperty(priority=0, type="NONE")], [Acl.TextTransformationProperty(priority=0, type="LOWERCASE")]
PATH = Acl.FieldToMatchProperty(uri_path={})
ARGUMENTS = Acl.FieldToMatchProperty(all_query_arguments={})
JSON = Acl.FieldToMatchProperty(
    json_body=Acl.JsonBodyProperty(match_pattern=Acl.JsonMatchPatternProperty(all={}), match_scope="ALL", oversize_handling="CONTINUE")
)


def matched(kind: str, field: Any = PATH, steps: Any = NONE) -> Statement:
    return Acl.StatementProperty(
        byte_match_statement=Acl.ByteMatchStatementProperty(
            field_to_match=field, positional_constraint=kind, search_string="x", text_transformations=steps
        )
    )


def from_set(position: str | None = None) -> Statement:
    config = position and Acl.IPSetForwardedIPConfigurationProperty(header_name="X", fallback_behavior="MATCH", position=position)
    return Acl.StatementProperty(
        ip_set_reference_statement=Acl.IPSetReferenceStatementProperty(arn="arn:x", ip_set_forwarded_ip_config=config or None)
    )


SQL = Acl.StatementProperty(sqli_match_statement=Acl.SqliMatchStatementProperty(field_to_match=ARGUMENTS, text_transformations=LOWER))
XSS = Acl.StatementProperty(xss_match_statement=Acl.XssMatchStatementProperty(field_to_match=JSON, text_transformations=NONE))
SIZE = Acl.StatementProperty(
    size_constraint_statement=Acl.SizeConstraintStatementProperty(
        comparison_operator="GT", field_to_match=PATH, size=9, text_transformations=NONE
    )
)
REGEX = Acl.StatementProperty(
    regex_match_statement=Acl.RegexMatchStatementProperty(field_to_match=PATH, regex_string="x", text_transformations=LOWER * 2)
)
PATTERNS = Acl.StatementProperty(
    regex_pattern_set_reference_statement=Acl.RegexPatternSetReferenceStatementProperty(
        arn="arn:x", field_to_match=PATH, text_transformations=NONE
    )
)
LABEL = Acl.StatementProperty(label_match_statement=Acl.LabelMatchStatementProperty(scope="LABEL", key="x"))
ASN = Acl.StatementProperty(asn_match_statement=Acl.AsnMatchStatementProperty(asn_list=[64496]))


def both(*statements: Statement) -> Statement:
    return Acl.StatementProperty(and_statement=Acl.AndStatementProperty(statements=list(statements)))


def rate(keys: int, narrowed: Statement | None = None) -> Statement:
    custom = [Acl.RateBasedStatementCustomKeyProperty(http_method={})] * keys
    return Acl.StatementProperty(
        rate_based_statement=Acl.RateBasedStatementProperty(
            limit=10, aggregate_key_type="CUSTOM_KEYS" if keys else "IP", custom_keys=custom or None, scope_down_statement=narrowed
        )
    )


def group(name: str, narrowed: Statement | None = None) -> Statement:
    return Acl.StatementProperty(
        managed_rule_group_statement=Acl.ManagedRuleGroupStatementProperty(vendor_name="AWS", name=name, scope_down_statement=narrowed)
    )


@pytest.mark.parametrize(
    ("statement", "units"),
    [
        (GEO, 1),
        (ASN, 1),
        (LABEL, 1),
        (from_set(), 1),
        (from_set("LAST"), 1),
        (from_set("ANY"), 5),
        (SIZE, 1),
        (matched("EXACTLY"), 2),
        (matched("STARTS_WITH"), 2),
        (matched("ENDS_WITH"), 2),
        (matched("CONTAINS"), 10),
        (matched("CONTAINS_WORD"), 10),
        (matched("CONTAINS", ARGUMENTS), 20),
        (matched("CONTAINS", JSON, LOWER), 30),
        (REGEX, 23),
        (PATTERNS, 25),
        (SQL, 40),
        (XSS, 80),
        (both(GEO, both(LABEL, matched("EXACTLY", steps=LOWER))), 14),
        (Acl.StatementProperty(or_statement=Acl.OrStatementProperty(statements=[GEO, SIZE])), 2),
        (Acl.StatementProperty(not_statement=Acl.NotStatementProperty(statement=both(GEO, SQL))), 41),
        (rate(0), 2),
        (rate(0, matched("STARTS_WITH", steps=LOWER)), 14),
        (rate(3), 92),
        (group("AWSManagedRulesLinuxRuleSet"), 200),
        (group("AWSManagedRulesCommonRuleSet", GEO), 701),
    ],
)
def test_capacity_is_what_the_guide_says_of_each_statement(statement: Statement, units: int) -> None:
    assert units_of("x", statement) == units
    assert units_of("x", statement, labels=6) == units + 2


def test_the_capacity_of_the_groups_is_as_aws_lists_it() -> None:
    assert {name: group.units for name, group in GROUPS.items()} == {
        "IpReputation": 25, "AnonymousIp": 50, "KnownBadInputs": 200, "Common": 700, "SqlInjection": 200, "AdminProtection": 100, "Linux": 200,
        "Posix": 100, "Windows": 200, "Php": 100, "WordPress": 100, "BotControl": 50, "AccountTakeover": 50, "AccountCreation": 50,
    }  # fmt: skip


@pytest.mark.control("WEB-1")
def test_only_aws_knows_what_another_rule_group_costs() -> None:
    acl = WebAcl(new_stack(), "Acl", posture=EDGE)
    own = Acl.StatementProperty(rule_group_reference_statement=Acl.RuleGroupReferenceStatementProperty(arn="arn:x"))
    for name, statement in (("Own", own), ("Unknown", group("AWSManagedRulesNewRuleSet"))):
        message = (
            rf"^Stack/Acl: {name}: units: got 'a rule group of unknown capacity'; allowed: its capacity units, as a number; ask: aws wafv2"
        )
        with pytest.raises(ConfigurationError, match=message):
            acl.add_rule(name=name, statement=statement)
    with pytest.raises(ConfigurationError, match=r"^Stack/Acl: units: got '0 for Own'; allowed: at least 1 capacity unit; leave it out"):
        acl.add_rule(name="Own", statement=own, units=0)
    acl.add_rule(name="Own", statement=own, units=7)
    assert acl.capacity == 1_218
    added = rules(synth(acl.stack))["Own"]
    assert (added["OverrideAction"], "Action" in added) == ({"None": {}}, False)


def test_add_rule_computes_what_a_statement_costs() -> None:
    acl = WebAcl(new_stack(), "Acl", posture=EDGE)
    acl.add_rule(name="NoSql", statement=SQL)
    assert acl.capacity == 1_251
    acl.reserve_capacity("Shield", 150)
    assert acl.capacity == 1_401
    message = (
        r"^Stack/Acl: capacity: got '1501 web ACL capacity units'; allowed: 1500 .*; the largest are Common \(700\), KnownBadInputs \(200\), "
        r"SqlInjection \(200\); give fewer paths"
    )
    with pytest.raises(ConfigurationError, match=message):
        acl.reserve_capacity("More", 100)


@pytest.mark.control("LIB-2")
def test_more_than_aws_waf_takes_is_refused_without_a_way_up() -> None:
    message = r"capacity: got '5\d+ web ACL capacity units'; allowed: 5000 .*; the largest are Huge \(4000\), Common \(700\), .* exclude by rule, which costs none$"
    with pytest.raises(ConfigurationError, match=message):
        WebAcl(new_stack(), "Acl", posture=ROOMY, rules=[CustomRule(name="Huge", statement=GEO, units=4_000)])
    with pytest.raises(ConfigurationError, match=r"EdgePosture\.waf_capacity: got 5001; allowed: 1500 to 5000"):
        replace(EDGE, waf_capacity=5_001)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: RateLimit(name="x y", limit=10),
            r"RateLimit\.name: got 'x y'; allowed: 1 to 128 letters, digits, '-' and '_', .*; choose another name",
        ),
        (lambda: RateLimit(name="Default_Action", limit=10), r"RateLimit\.name: got 'Default_Action'; .*; choose another name"),
        (
            lambda: RateLimit(name="x", limit=9),
            r"RateLimit\.limit: got 9; allowed: 10 to 2000000000 requests per 5 minutes .*; the nearest is 10",
        ),
        (lambda: RateLimit(name="x", limit=2_000_000_001), r"RateLimit\.limit: got 2000000001; .*; the nearest is 2000000000"),
        (
            lambda: RateLimit(name="x", limit=10, window=timedelta(minutes=3)),
            r"RateLimit\.window: got '0:03:00'; allowed: 1, 2, 5 or 10 minutes \(60, 120, 300 or 600 seconds\), .*; the nearest is 0:02:00",
        ),
        (
            lambda: RateLimit(name="x", limit=10, path="api"),
            r"RateLimit\.path: got 'api'; allowed: a path that begins with '/'; use '/api'",
        ),
        (
            lambda: RateLimit(name="x", limit=10, action="count"),
            r"RateLimit\.action: got 'count'; allowed: block, challenge or captcha; to try a limit",
        ),  # type: ignore[arg-type]
        (
            lambda: RateLimit(name="x", limit=10, by=()),
            r"RateLimit\.by: got 'no key and no path'; allowed: a key, or a path .*; by=\('address',\)",
        ),
        (
            lambda: RateLimit(name="x", limit=10, by=("ip",)),
            r"RateLimit\.by: got 'ip'; allowed: address, method, path, query, or header:NAME, .*; a header",
        ),
        (lambda: RateLimit(name="x", limit=10, by=("header",)), r"RateLimit\.by: got 'header'; allowed: address"),
        (lambda: RateLimit(name="x", limit=10, by=("header:",)), r"RateLimit\.by: got 'header:'; allowed: address"),
        (lambda: RateLimit(name="x", limit=10, by=("path:x",)), r"RateLimit\.by: got 'path:x'; allowed: address"),
        (
            lambda: RateLimit(name="x", limit=10, by=("path", "path")),
            r"RateLimit\.by: got 'path, path'; allowed: at most 5 keys, each once; keep",
        ),
        (
            lambda: RateLimit(name="x", limit=10, by=tuple(f"header:h{n}" for n in range(6))),
            r"RateLimit\.by: got 'header:h0, .*'; allowed: at most 5 keys",
        ),
        (
            lambda: AddressList(name="a-b", addresses=("192.0.2.1",)),
            r"AddressList\.name: got 'a-b'; allowed: letters and digits; write it in one word",
        ),
        (
            lambda: AddressList(name="x", addresses=()),
            r"AddressList\.addresses: got 'no address'; allowed: at least one; leave the list out",
        ),
        (
            lambda: AddressList(name="x", addresses=("192.0.2",)),
            r"AddressList\.addresses: got '192\.0\.2'; allowed: IPv4 or IPv6 addresses and CIDR blocks; write",
        ),
        (
            lambda: AddressList(name="x", addresses=("192.0.2.0/33",)),
            r"AddressList\.addresses: got '192\.0\.2\.0/33'; allowed: IPv4 or IPv6",
        ),
        (
            lambda: AddressList(name="x", addresses=("192.0.2.1/24",)),
            r"AddressList\.addresses: got '192\.0\.2\.1/24'; allowed: blocks that begin at their first address; for the whole block write 192\.0\.2\.0/24",
        ),
        (
            lambda: AddressList(name="x", addresses=("0.0.0.0/0",)),
            r"AddressList\.addresses: got '0\.0\.0\.0/0'; allowed: blocks smaller than everybody",
        ),
        (
            lambda: AddressList(name="x", addresses=tuple(f"10.{n // 250}.{n % 250}.1" for n in range(10_001))),
            r"AddressList\.addresses: got '10001 IPv4 addresses'; allowed: 10000 of a version in one list; join them",
        ),
        (
            lambda: AddressList(name="x", addresses=("192.0.2.1",), verdict="pass"),
            r"AddressList\.verdict: got 'pass'; allowed: block, only, trust or allow",
        ),  # type: ignore[arg-type]
        (
            lambda: AddressList(name="x", addresses=("192.0.2.1",), verdict="allow", because=" "),
            r"AddressList\.because: got 'no reason'; allowed: a reason in words; say why",
        ),
        (
            lambda: Countries(blocked=("UK",)),
            r"Countries\.blocked: got 'UK'; allowed: ISO 3166-1 alpha-2 codes in capitals .*; look the country up",
        ),
        (lambda: Countries(allowed=("de",)), r"Countries\.allowed: got 'de'; allowed: ISO 3166-1"),
        (Countries, r"Countries: got 'no country'; allowed: countries to block or to allow; name one"),
        (
            lambda: ManagedGroup(group="Comon"),
            r"ManagedGroup\.group: got 'Comon'; allowed: IpReputation, .*WordPress; Bot Control and fraud control are",
        ),
        (
            lambda: ManagedGroup(group="BotControl"),
            r"ManagedGroup\.group: got 'BotControl'; .*; Bot Control and fraud control are values of their own",
        ),
        (
            lambda: ManagedGroup(group="AnonymousIp", version="Version_1.0"),
            r"ManagedGroup\.version: got 'Version_1\.0 of AnonymousIp'; allowed: no version: AWS publishes none of it; leave it out",
        ),
        (
            lambda: ManagedGroup(group="Common", version="1 0"),
            r"ManagedGroup\.version: got '1 0'; allowed: a version such as 'Version_1\.10'; copy it",
        ),
        (
            lambda: ManagedGroup(group="Mine", vendor="Fortinet"),
            r"ManagedGroup\.vendor: got 'Fortinet without vendor_group or units'; allowed: the group's name at the vendor and its capacity units; ask: aws",
        ),
        (
            lambda: LabelException(group="Common", rule="x", because="x"),
            r"LabelException\.paths: got 'neither paths nor addresses'; allowed: a place where the rule does not block; name paths or an address list",
        ),
        (
            lambda: LabelException(group="Common", rule="x", because="", paths=("/a",)),
            r"LabelException\.because: got 'no reason'; allowed: a reason",
        ),
        (
            lambda: LabelException(group="Common", rule="x", because="x", paths=("a",)),
            r"LabelException\.paths: got 'a'; allowed: a path that begins",
        ),
        (lambda: CustomRule(name="ALL", statement=GEO), r"CustomRule\.name: got 'ALL'; .*neither 'ALL' nor 'Default_Action'"),
        (
            lambda: CustomRule(name="x", statement=GEO, action="allow"),  # type: ignore[arg-type]
            r"CustomRule\.action: got 'allow'; allowed: block, count, challenge or captcha; to let addresses past the other rules, use AddressList",
        ),
        (lambda: BotControl(level="HIGH"), r"BotControl\.level: got 'HIGH'; allowed: COMMON or TARGETED; begin with COMMON"),  # type: ignore[arg-type]
        (lambda: BotControl(paths=("x",)), r"BotControl\.paths: got 'x'; allowed: a path that begins with '/'"),
        (lambda: replace(TAKEOVER, login_path="login"), r"AccountTakeover\.login_path: got 'login'; allowed: a path that begins with '/'"),
        (
            lambda: replace(TAKEOVER, username_field="user"),
            r"AccountTakeover\.username_field: got 'user'; allowed: a JSON pointer such as '/user/name'; the payload is JSON",
        ),
        (
            lambda: replace(TAKEOVER, payload="FORM_ENCODED"),
            r"AccountTakeover\.username_field: got '/user'; allowed: a field of the form such as 'username'; the payload is FORM_ENCODED",
        ),
        (
            lambda: replace(TAKEOVER, payload="XML"),
            r"AccountTakeover\.payload: got 'XML'; allowed: JSON or FORM_ENCODED; say what the form sends",
        ),
        (
            lambda: replace(TAKEOVER, success_codes=(200,)),
            r"AccountTakeover\.success_codes: got '\[200\] beside failure_codes \[\]'; allowed: HTTP statuses \(100 to 599\) in both or neither, .*; success_codes",
        ),
        (lambda: replace(TAKEOVER, success_codes=(200,), failure_codes=(200,)), r"AccountTakeover\.success_codes: got '\[200\] beside"),
        (lambda: replace(TAKEOVER, success_codes=(99,), failure_codes=(401,)), r"AccountTakeover\.success_codes: got '\[99\] beside"),
        (
            lambda: replace(CREATION, email_field=None),
            r"AccountCreation: got 'no field'; allowed: email_field, username_field, password_field; say where",
        ),
        (lambda: replace(CREATION, creation_path="x"), r"AccountCreation\.creation_path: got 'x'; allowed: a path that begins"),
        (
            lambda: replace(CREATION, registration_page_path="x"),
            r"AccountCreation\.registration_page_path: got 'x'; allowed: a path that begins",
        ),
    ],
)
@pytest.mark.control("LIB-2", "WEB-1")
def test_a_value_refuses_what_aws_waf_would(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{message}"):
        make()


LIST = AddressList(name="Staff", addresses=("192.0.2.1",), verdict="only")
EXCEPTION = LabelException(group="Common", rule="x_BODY", because="x", paths=("/a",))


@pytest.mark.parametrize(
    ("asked", "placement", "message"),
    [
        (
            [LIST, replace(LIST, name="More")],
            "REGIONAL",
            r"rules: got 'Staff, More'; allowed: one list with verdict='only': two .*; put the addresses",
        ),
        ([RateLimit(name="Common", limit=10)], "REGIONAL", r"rules: got 'Common'; allowed: names that no other rule has; rename one"),
        (
            [BotControl(), BotControl()],
            "REGIONAL",
            r"rules: got 'BotControl twice'; allowed: each group once; say all about it in one value",
        ),
        ([ManagedGroup(group="Linux")] * 2, "REGIONAL", r"rules: got 'Linux twice'; allowed: each group once"),
        (
            [BotControl()],
            "BEHIND_CLOUDFRONT",
            r"rules: got 'BotControl behind CloudFront'; allowed: a web ACL that visitors meet first: .*; give it to the distribution's web ACL",
        ),
        ([TAKEOVER], "BEHIND_CLOUDFRONT", r"rules: got 'AccountTakeover behind CloudFront'; allowed"),
        (
            [ManagedGroup(group="IpReputation")],
            "BEHIND_CLOUDFRONT",
            r"rules: got 'IpReputation behind CloudFront'; allowed: groups that judge contents: .*; give it to the distribution's web ACL",
        ),
        (
            [replace(TAKEOVER, success_codes=(200,), failure_codes=(401,))],
            "REGIONAL",
            r"rules: got 'AccountTakeover with success_codes in a REGIONAL web ACL'; allowed: a distribution's web ACL: .*; leave success_codes",
        ),
        (
            [replace(EXCEPTION, group="Linux")],
            "REGIONAL",
            r"rules: got 'LabelException of Linux'; allowed: a managed group of this web ACL: .*; copy",
        ),
        (
            [replace(EXCEPTION, addresses="Staf"), LIST],
            "REGIONAL",
            r"rules: got \"LabelException for addresses 'Staf'\"; allowed: an AddressList of this web ACL: Staff; add the list to rules",
        ),
        (
            [replace(EXCEPTION, addresses="Staff")],
            "REGIONAL",
            r"rules: got .*'Staff'.*; allowed: an AddressList of this web ACL: there is none; add",
        ),
        (
            [replace(EXCEPTION, group="BotControl"), BotControl()],
            "REGIONAL",
            r"rules: got 'LabelException of BotControl without a label'; allowed: the label that the rule sets; copy it from the log",
        ),
    ],
)
@pytest.mark.control("LIB-2", "WEB-1")
def test_rules_that_do_not_fit_together_or_here_are_refused(asked: list[Any], placement: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^Stack/Acl: {message}"):
        WebAcl(new_stack(), "Acl", posture=EDGE, placement=placement, rules=asked)


@pytest.mark.control("LIB-2")
def test_an_exception_and_an_exclusion_of_one_rule_contradict_each_other() -> None:
    message = r"^Stack/Acl: rules: got 'LabelException and Exclusion of x_BODY'; allowed: one of them: .*; keep the exception"
    exclusion = Exclusion(group="Common", rule="x_BODY", because="x")
    with pytest.raises(ConfigurationError, match=message):
        WebAcl(new_stack(), "Acl", posture=EDGE, rules=[EXCEPTION], exclusions=[exclusion])
    twice = r"^Stack/Acl: rules: got 'Common-x_BODY'; allowed: names that no other rule has; rename one, or leave one out"
    with pytest.raises(ConfigurationError, match=twice):
        WebAcl(new_stack(), "Acl", posture=EDGE, rules=[EXCEPTION, replace(EXCEPTION, paths=("/b",))])


@pytest.mark.control("LIB-2")
def test_add_rule_refuses_a_name_that_aws_waf_does() -> None:
    acl = WebAcl(new_stack(), "Acl", posture=EDGE)
    with pytest.raises(ConfigurationError, match=r"^Stack/Acl: add_rule: got 'no name'; allowed: 1 to 128 letters, digits, '-' and '_'"):
        acl.add_rule(name="no name", statement=GEO)


@pytest.mark.control("LIB-2")
def test_fraud_control_stands_in_front_of_no_user_pool() -> None:
    stack = new_stack()
    acl = WebAcl(stack, "Acl", posture=EDGE, rules=[TAKEOVER])
    message = r"^Stack: web_acl: got 'a web ACL with AccountTakeover in front of a user pool'; allowed: a web ACL without fraud control: .*; give the pool"
    with pytest.raises(ConfigurationError, match=message):
        acl.protect(stack, "arn:aws:cognito-idp:us-east-1:111122223333:userpool/us-east-1_x")


def test_a_label_of_a_paid_group_can_be_named() -> None:
    stack = new_stack()
    label = "awswaf:managed:aws:bot-control:bot:category:monitoring"
    one = LabelException(group="BotControl", rule="CategoryMonitoring", label=label, paths=("/health",), because="our own probe")
    WebAcl(
        stack,
        "Acl",
        posture=EDGE,
        rules=[BotControl(), one],
        exclusions=[Exclusion(group="BotControl", rule="CategorySeo", because="welcome")],
    )
    found = rules(synth(stack))
    assert found["BotControl-CategoryMonitoring"]["Statement"]["AndStatement"]["Statements"][0]["LabelMatchStatement"]["Key"] == label
    overrides = found["BotControl"]["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"]
    assert [one["Name"] for one in overrides] == ["CategorySeo", "CategoryMonitoring"]
