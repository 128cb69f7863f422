"""What becomes of a request: the synthesized rules, judged in their order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import aws_cdk as cdk
import pytest

from prodready_constructs.edge import AddressList, BotControl, Countries, Exclusion, LabelException, ManagedGroup, RateLimit, WebAcl
from prodready_constructs.posture import PRODUCTION
from tests.edge.waf.judge import Request, Verdict, judge
from tests.support.synthesis import Template, new_stack, synth

pytestmark = pytest.mark.control("WEB-1")

EDGE = replace(PRODUCTION.edge, blocked_countries=("KP",))
INJECTION = frozenset({"SQLi_BODY"})
SCRIPT = frozenset({"CrossSiteScripting_BODY"})
HOSTED = frozenset({"HostingProviderIPList"})
PARTNER, SCRAPER, OFFICE, AUDITOR = "203.0.113.9", "192.0.2.66", "2001:db8::7", "192.0.2.200"

Judge = Callable[..., Verdict]


def judged_by(template: Template, which: str) -> Judge:
    acl = template.props("AWS::WAFv2::WebACL", which)

    def ask(**request: object) -> Verdict:
        return judge(template.resources, acl, Request(**request))  # type: ignore[arg-type]

    return ask


@pytest.fixture(scope="module")
def template() -> Template:
    stack: cdk.Stack = new_stack()
    WebAcl(stack, "Plain", posture=EDGE)
    WebAcl(
        stack,
        "Lists",
        posture=EDGE,
        rules=[
            RateLimit(name="Tenants", limit=1_000, by=("address", "header:x-tenant"), path="/Tenants/"),
            AddressList(name="Auditor", addresses=(AUDITOR,), verdict="allow", because="the penetration test of March sends injections"),
            AddressList(name="Partners", addresses=("203.0.113.0/24", OFFICE), verdict="trust"),
            AddressList(name="Scrapers", addresses=(SCRAPER, "203.0.113.128/25")),
        ],
        path_limits={"/api/": 100},
    )
    WebAcl(
        stack,
        "Staff",
        posture=EDGE,
        rules=[AddressList(name="Staff", addresses=("203.0.113.0/24", "2001:db8::/32"), verdict="only"), Countries(allowed=("DE", "AT"))],
    )
    WebAcl(
        stack,
        "Excepted",
        posture=EDGE,
        exclusions=[
            Exclusion(group="SqlInjection", paths=("/import/", "/reports"), because="files contain SQL"),
            Exclusion(group="Common", rule="SizeRestrictions_BODY", because="uploads are large"),
        ],
        rules=[
            AddressList(name="Editors", addresses=("203.0.113.0/24",), verdict="trust"),
            LabelException(group="Common", rule="CrossSiteScripting_BODY", paths=("/editor/",), because="texts are HTML"),
            LabelException(group="Common", rule="UserAgent_BadBots_HEADER", addresses="Editors", because="their scanner is ours"),
            LabelException(group="AnonymousIp", rule="HostingProviderIPList", paths=("/webhooks/",), because="payment provider"),
            ManagedGroup(group="Posix"),
            LabelException(
                group="Posix", rule="UNIXShellCommandsVariables_BODY", paths=("/shell/",), addresses="Editors", because="a lesson in shells"
            ),
        ],
        path_limits={},
    )
    WebAcl(
        stack,
        "Trial",
        posture=EDGE,
        count_only=["Common", "RateLimit", "BlockedCountries"],
        rules=[LabelException(group="Common", rule="CrossSiteScripting_BODY", paths=("/editor/",), because="texts are HTML")],
    )
    WebAcl(
        stack,
        "Behind",
        posture=EDGE,
        placement="BEHIND_CLOUDFRONT",
        rules=[
            AddressList(name="Partners", addresses=("203.0.113.0/24",), verdict="trust"),
            AddressList(name="Scrapers", addresses=(SCRAPER,)),
            AddressList(name="Staff", addresses=("203.0.113.0/24", SCRAPER), verdict="only"),
        ],
    )
    WebAcl(stack, "Bots", posture=EDGE, placement="CLOUDFRONT", rules=[BotControl(level="TARGETED", paths=("/checkout/",))])
    return synth(stack)


def test_an_ordinary_request_passes_and_an_attack_does_not(template: Template) -> None:
    ask = judged_by(template, "Plain")
    assert ask() == Verdict(allowed=True)
    assert ask(attacks=INJECTION).by == "SqlInjection"
    assert ask(attacks=SCRIPT).by == "Common"
    assert ask(attacks=HOSTED).by == "AnonymousIp"
    assert ask(country="KP").by == "BlockedCountries"


def test_who_asks_too_much_hears_429_and_when_to_come_back(template: Template) -> None:
    answer = judged_by(template, "Plain")(flooding=True)
    assert (answer.allowed, answer.by) == (False, "RateLimit")
    custom = answer.action["Block"]["CustomResponse"]
    assert (custom["ResponseCode"], custom["ResponseHeaders"]) == (429, [{"Name": "Retry-After", "Value": "300"}])
    bodies = template.props("AWS::WAFv2::WebACL", "Plain")["CustomResponseBodies"]
    assert bodies[custom["CustomResponseBodyKey"]] == {
        "ContentType": "APPLICATION_JSON",
        "Content": '{"message":"Too many requests. Try again later."}',
    }


@pytest.mark.parametrize("path", ["/tenants/1", "/TENANTS/1", "/%74enants/1", "//x/../tenants/1"])
def test_a_path_is_limited_however_it_is_written(template: Template, path: str) -> None:
    acl = template.props("AWS::WAFv2::WebACL", "Lists")
    only = {**acl, "Rules": [rule for rule in acl["Rules"] if rule["Name"] == "Tenants"]}
    assert judge(template.resources, only, Request(path=path, flooding=True)).by == "Tenants"
    assert judge(template.resources, only, Request(path="/other", flooding=True)).by is None


@pytest.mark.parametrize("ip", [PARTNER, OFFICE])
def test_trusted_addresses_are_spared_countries_lists_and_limits(template: Template, ip: str) -> None:
    ask = judged_by(template, "Lists")
    for request in ({"country": "KP"}, {"attacks": HOSTED}, {"flooding": True}, {"flooding": True, "path": "/api/x"}):
        assert ask(ip=ip, **request).allowed, request
        assert not ask(ip="198.51.100.7", **request).allowed, request


@pytest.mark.parametrize("ip", [PARTNER, OFFICE])
@pytest.mark.parametrize("attack", [INJECTION, SCRIPT])
def test_trust_lets_no_attack_pass(template: Template, ip: str, attack: frozenset[str]) -> None:
    answer = judged_by(template, "Lists")(ip=ip, attacks=attack)
    assert not answer.allowed
    assert answer.counted == ["Partners"]


def test_only_an_allow_list_with_a_reason_lets_everything_pass(template: Template) -> None:
    ask = judged_by(template, "Lists")
    answer = ask(ip=AUDITOR, attacks=INJECTION, flooding=True, country="KP")
    assert (answer.allowed, answer.by) == (True, "Auditor")
    (fact,) = [fact for fact in template.recorded("WebAcl") if "Auditor" in fact["rules"]]
    assert {"name": "Auditor", "verdict": "allow", "because": "the penetration test of March sends injections"} in fact["addresses"]


def test_a_blocked_address_is_blocked_though_another_list_trusts_it(template: Template) -> None:
    ask = judged_by(template, "Lists")
    assert ask(ip=SCRAPER).by == "Scrapers"
    assert ask(ip="203.0.113.200").by == "Scrapers"


def test_only_these_addresses_come_in_and_are_judged_like_others(template: Template) -> None:
    ask = judged_by(template, "Staff")
    assert ask(ip=PARTNER).allowed
    assert ask(ip=OFFICE).allowed
    assert ask(ip="198.51.100.7").by == "Staff"
    assert ask(ip=PARTNER, attacks=INJECTION).by == "SqlInjection"
    assert ask(ip=PARTNER, country="FR").by == "OutsideAllowedCountries"


def test_a_group_leaves_excluded_paths_alone_and_the_other_groups_do_not(template: Template) -> None:
    ask = judged_by(template, "Excepted")
    assert ask(path="/import/x", attacks=INJECTION).allowed
    assert ask(path="/%69mport/x", attacks=INJECTION).allowed
    assert ask(path="/import/../admin", attacks=INJECTION).by == "SqlInjection"
    assert ask(path="/x", attacks=INJECTION).by == "SqlInjection"
    assert ask(path="/import/x", attacks=SCRIPT).by == "Common-CrossSiteScripting_BODY"
    assert ask(attacks=frozenset({"SizeRestrictions_BODY"})).allowed


def test_an_exception_holds_in_its_place_only(template: Template) -> None:
    ask = judged_by(template, "Excepted")
    assert ask(path="/editor/1", attacks=SCRIPT).allowed
    assert ask(path="/editor/../admin", attacks=SCRIPT).by == "Common-CrossSiteScripting_BODY"
    assert ask(path="/", attacks=SCRIPT).by == "Common-CrossSiteScripting_BODY"
    # the group's other rules, and the other groups, still judge the place
    assert ask(path="/editor/1", attacks=SCRIPT | INJECTION).by == "SqlInjection"
    assert ask(path="/webhooks/pay", attacks=HOSTED).allowed
    assert ask(path="/", attacks=HOSTED).by == "AnonymousIp-HostingProviderIPList"


def test_an_exception_can_be_for_addresses_and_for_both(template: Template) -> None:
    ask = judged_by(template, "Excepted")
    bot, shell = frozenset({"UserAgent_BadBots_HEADER"}), frozenset({"UNIXShellCommandsVariables_BODY"})
    assert ask(ip=PARTNER, attacks=bot).allowed
    assert ask(attacks=bot).by == "Common-UserAgent_BadBots_HEADER"
    assert ask(ip=PARTNER, path="/shell/1", attacks=shell).allowed
    assert ask(ip=PARTNER, path="/", attacks=shell).by == "Posix-UNIXShellCommandsVariables_BODY"
    assert ask(path="/shell/1", attacks=shell).by == "Posix-UNIXShellCommandsVariables_BODY"


def test_a_rule_on_trial_counts_and_its_exceptions_with_it(template: Template) -> None:
    answer = judged_by(template, "Trial")(attacks=SCRIPT, flooding=False, country="KP")
    assert answer.allowed
    assert answer.counted == ["BlockedCountries", "Common-CrossSiteScripting_BODY"]
    assert judged_by(template, "Trial")(attacks=INJECTION).by == "SqlInjection"


def test_behind_cloudfront_the_address_that_cloudfront_wrote_counts(template: Template) -> None:
    ask = judged_by(template, "Behind")
    edge = "130.176.0.1"
    assert ask(ip=edge, headers={"x-forwarded-for": PARTNER}, flooding=True).allowed
    # a visitor can put any address first, and none last
    assert ask(ip=edge, headers={"x-forwarded-for": f"{PARTNER}, 198.51.100.7"}).by == "Staff"
    assert ask(ip=edge, headers={"x-forwarded-for": f"{PARTNER}, {SCRAPER}"}).by == "Scrapers"
    # no header at all: whoever it is, CloudFront it is not
    assert not ask(ip=PARTNER).allowed


def test_targeted_bot_control_is_paid_for_where_it_is_wanted(template: Template) -> None:
    acl = template.props("AWS::WAFv2::WebACL", "Bots")
    (group,) = [rule["Statement"]["ManagedRuleGroupStatement"] for rule in acl["Rules"] if rule["Name"] == "BotControl"]
    assert group["ManagedRuleGroupConfigs"] == [
        {"AWSManagedRulesBotControlRuleSet": {"InspectionLevel": "TARGETED", "EnableMachineLearning": True}}
    ]
    only = {**acl, "Rules": [{"Name": "x", "Priority": 0, "Action": {"Block": {}}, "Statement": group["ScopeDownStatement"]}]}
    assert judge(template.resources, only, Request(path="/checkout/1")).by == "x"
    assert judge(template.resources, only, Request(path="/")).by is None
