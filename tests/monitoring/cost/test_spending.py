"""Spending: what a budget counts, whom it tells, whose anomalies are told, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import aws_cdk as cdk
import pytest

from prodready_constructs import PRODUCTION, Routes, Spending
from prodready_constructs.compliance.hardening import hardening_findings
from prodready_constructs.compliance.rules import Subject
from prodready_constructs.contracts import Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.evidence.assembly import read_assembly
from tests.support.messages import at_most, begun_stack
from tests.support.packs import findings
from tests.support.synthesis import ACCOUNT, Template, new_app, new_stack, synth, synth_in

pytestmark = pytest.mark.control("COST-1")
MONITOR = f"arn:aws:ce::{ACCOUNT}:anomalymonitor/0a1b2c3d-0000-4000-8000-000000000001"
SHOP = ("application", "shop")


def a_route(stack: cdk.Stack) -> Routes:
    return Routes(stack, "Routes", posture=PRODUCTION.monitoring, critical=["oncall@example.com"], warning=["team@example.com"])


def make(stack: cdk.Stack, construct_id: str = "Spending", **given: Any) -> Spending:
    routes = given.pop("routes", None) or stack.node.try_find_child("Routes") or a_route(stack)
    return Spending(stack, construct_id, **{"monthly_budget": 900, "routes": routes, "monitor_arn": MONITOR, **given})


class Made(NamedTuple):
    template: Template
    spending: Spending
    findings: list[str]


@pytest.fixture(scope="module")
def made() -> Made:
    """The whole account's, by a monitor that is there."""
    stack = new_stack()
    spending = make(stack)
    return Made(findings=findings(stack), template=synth(stack), spending=spending)


@pytest.fixture(scope="module")
def tagged() -> Made:
    """One application's, by a monitor of its own."""
    stack = new_stack()
    spending = make(stack, tag=SHOP, monitor_arn=None, anomalies_from=25)
    return Made(findings=findings(stack), template=synth(stack), spending=spending)


def warning_topic(template: Template) -> dict[str, str]:
    (name,) = [name for name in template.of_type("AWS::SNS::Topic") if name.startswith("RoutesWarning")]
    return {"Ref": name}


class TestAlways:
    def test_the_warning_topic_hears_of_what_is_spent_and_of_what_will_be(self, made: Made) -> None:
        told = made.template.props("AWS::Budgets::Budget")["NotificationsWithSubscribers"]
        assert [(one["Notification"]["NotificationType"], one["Notification"]["Threshold"]) for one in told] == [
            ("ACTUAL", 80),
            ("ACTUAL", 100),
            ("FORECASTED", 100),
        ]
        assert {(one["Notification"]["ComparisonOperator"], one["Notification"]["ThresholdType"]) for one in told} == {
            ("GREATER_THAN", "PERCENTAGE")
        }
        topic = [{"SubscriptionType": "SNS", "Address": warning_topic(made.template)}]
        assert all(one["Subscribers"] == topic for one in told)

    def test_a_month_of_what_the_bill_will_say_before_credits_and_refunds(self, made: Made) -> None:
        budget = made.template.props("AWS::Budgets::Budget")["Budget"]
        assert (budget["BudgetType"], budget["TimeUnit"], budget["BudgetLimit"]) == ("COST", "MONTHLY", {"Amount": 900, "Unit": "USD"})
        counted = {name for name, so in budget["CostTypes"].items() if so}
        assert set(budget["CostTypes"]) - counted == {"IncludeCredit", "IncludeRefund", "UseAmortized", "UseBlended"}
        assert {"IncludeTax", "IncludeSupport", "IncludeUpfront", "IncludeRecurring"} <= counted
        assert "CostFilters" not in budget

    def test_aws_names_the_budget_because_a_change_of_who_is_told_replaces_it(self, made: Made) -> None:
        assert "BudgetName" not in made.template.props("AWS::Budgets::Budget")["Budget"]

    def test_anomalies_are_told_at_once(self, made: Made) -> None:
        subscription = made.template.props("AWS::CE::AnomalySubscription")
        assert subscription["Frequency"] == "IMMEDIATE"
        assert subscription["Subscribers"] == [{"Type": "SNS", "Address": warning_topic(made.template)}]
        assert "Threshold" not in subscription

    def test_both_limits_must_be_passed_the_sum_being_a_tenth_of_the_budget(self, made: Made) -> None:
        expression = json.loads(made.template.props("AWS::CE::AnomalySubscription")["ThresholdExpression"])
        assert [(one["Dimensions"]["Key"], one["Dimensions"]["Values"]) for one in expression["And"]] == [
            ("ANOMALY_TOTAL_IMPACT_ABSOLUTE", ["90.00"]),
            ("ANOMALY_TOTAL_IMPACT_PERCENTAGE", ["40"]),
        ]
        assert {tuple(one["Dimensions"]["MatchOptions"]) for one in expression["And"]} == {("GREATER_THAN_OR_EQUAL",)}

    def test_no_flag_matters(self, made: Made) -> None:
        bare = new_stack(new_app(flags={}))
        make(bare)
        found = synth(bare)
        for kind in ("AWS::Budgets::Budget", "AWS::CE::AnomalySubscription"):
            assert found.props(kind) == made.template.props(kind)


class TestWhose:
    def test_a_monitor_that_is_there_is_only_listened_to(self, made: Made) -> None:
        assert made.template.of_type("AWS::CE::AnomalyMonitor") == {}
        assert made.spending.monitor is None
        assert made.template.props("AWS::CE::AnomalySubscription")["MonitorArnList"] == [MONITOR]

    def test_a_tag_has_a_budget_and_a_monitor_of_its_own(self, tagged: Made) -> None:
        monitor = tagged.template.props("AWS::CE::AnomalyMonitor")
        assert monitor["MonitorType"] == "CUSTOM"
        assert "MonitorDimension" not in monitor, "an account has one AWS services monitor, which AWS may have made"
        assert json.loads(monitor["MonitorSpecification"]) == {"Tags": {"Key": "application", "Values": ["shop"]}}
        (name,) = tagged.template.of_type("AWS::CE::AnomalyMonitor")
        subscription = tagged.template.props("AWS::CE::AnomalySubscription")
        assert subscription["MonitorArnList"] == [{"Ref": name}]
        assert '"25.00"' in subscription["ThresholdExpression"]
        assert tagged.template.props("AWS::Budgets::Budget")["Budget"]["CostFilters"] == {"TagKeyValue": ["user:application$shop"]}

    def test_a_tag_of_aws_is_no_users(self) -> None:
        found = synth_in(lambda stack: make(stack, tag=("aws:cloudformation:stack-name", "Shop")))
        budget = found.props("AWS::Budgets::Budget")["Budget"]
        assert budget["CostFilters"] == {"TagKeyValue": ["aws:cloudformation:stack-name$Shop"]}
        assert found.of_type("AWS::CE::AnomalyMonitor") == {}

    def test_an_arn_that_only_the_deployment_knows_is_taken(self) -> None:
        def compose(stack: cdk.Stack) -> None:
            make(stack, monitor_arn=cdk.CfnParameter(stack, "Monitor").value_as_string)

        assert synth_in(compose).props("AWS::CE::AnomalySubscription")["MonitorArnList"] == [{"Ref": "Monitor"}]

    def test_the_account_and_a_tag_of_it_stand_side_by_side(self) -> None:
        found = synth_in(lambda stack: [make(stack), make(stack, "Shop", tag=SHOP, monitor_arn=None)])
        assert len(found.of_type("AWS::Budgets::Budget")) == 2


class TestPolicies:
    """https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html and .../ad-SNS.html."""

    SERVICES = ("budgets.amazonaws.com", "costalerts.amazonaws.com")

    def test_both_services_may_publish_for_this_account_alone(self, made: Made) -> None:
        topic = warning_topic(made.template)
        (policy,) = [
            one["Properties"] for one in made.template.of_type("AWS::SNS::TopicPolicy").values() if one["Properties"]["Topics"] == [topic]
        ]
        self._admits(policy["PolicyDocument"]["Statement"], {"sns:Publish"})

    def test_both_services_may_encrypt_for_the_topic(self, made: Made) -> None:
        self._admits(made.template.props("AWS::KMS::Key")["KeyPolicy"]["Statement"], {"kms:Decrypt", "kms:GenerateDataKey"})

    def _admits(self, statements: list[dict[str, Any]], actions: set[str]) -> None:
        (admitted,) = [one for one in statements if set(self.SERVICES) <= set(_listed(one["Principal"], "Service"))]
        assert admitted["Effect"] == "Allow"
        assert set(_listed(admitted, "Action")) == actions
        assert admitted["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def _listed(mapping: Any, name: str) -> list[Any]:
    value = mapping.get(name, []) if isinstance(mapping, dict) else []
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        *(
            (
                {"monthly_budget": dollars},
                rf"^Stack/Spending: monthly_budget: got {dollars}; allowed: US dollars above 0; say what it may cost$",
            )
            for dollars in (0, -1, float("inf"), float("nan"))
        ),
        *(
            (
                {"anomalies_from": dollars},
                rf"^Stack/Spending: anomalies_from: got {dollars}; allowed: US dollars above 0, at most 10,000,000,000; say what it may cost$",
            )
            for dollars in (0, -0.5, 10_000_000_001)
        ),
        *(
            (
                {"tag": tag},
                rf"^Stack/Spending: tag: {what}: got '{text}'; allowed: 1 to {longest} letters, digits, spaces and _ \. : / = \+ - @; "
                "take a tag that is active for cost allocation$",
            )
            for tag, what, text, longest in (
                (("", "shop"), "key", "", 128),
                (("application", ""), "value", "", 256),
                (("a" * 129, "shop"), "key", "a" * 129, 128),
                (("application", "shop$2"), "value", r"shop\$2", 256),
            )
        ),
        (
            {"monitor_arn": None},
            r"^Stack/Spending: monitor_arn: got None; allowed: the ARN of a cost anomaly monitor, or a tag to make one of; "
            r"take the account's from `aws ce get-anomaly-monitors --region us-east-1`$",
        ),
        *(
            (
                {"monitor_arn": arn},
                rf"^Stack/Spending: monitor_arn: got '{arn}'; allowed: arn:aws:ce::<account>:anomalymonitor/<id>; "
                r"take it from `aws ce get-anomaly-monitors --region us-east-1`$",
            )
            for arn in ("", "monitor", f"arn:aws:ce::{ACCOUNT}:anomalysubscription/1", f"arn:aws:ce:us-east-1:{ACCOUNT}:anomalymonitor/1")
        ),
        (
            {"monitor_arn": MONITOR.replace(ACCOUNT, "999999999999")},
            rf"^Stack/Spending: monitor_arn: got 'a monitor of 999999999999'; allowed: one of {ACCOUNT}, where this stack is; name this account's "
            "monitor, or make the construct in the other: a monitor is seen by its own account only$",
        ),
    ],
)
def test_refuses(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        make(new_stack(), **given)


@pytest.mark.parametrize(
    ("first", "second", "thing"),
    [
        ({}, {}, "a budget of the account"),
        ({"tag": SHOP}, {"tag": SHOP, "monitor_arn": None}, "a budget of application shop"),
        ({}, {"tag": SHOP}, f"the anomalies of {MONITOR}"),
    ],
)
def test_refuses_to_tell_twice(first: dict[str, Any], second: dict[str, Any], thing: str) -> None:
    stack = new_stack()
    make(stack, **first)
    with pytest.raises(
        ConfigurationError,
        match=rf"^Stack/Again: got '{thing}, as in Stack/Spending'; allowed: each once in a stack; leave one out; each alert would come twice$",
    ):
        make(stack, "Again", **second)


@pytest.mark.parametrize("which", ["made", "tagged"])
def test_clean_in_every_pack(which: str, request: pytest.FixtureRequest) -> None:
    stack = new_stack()
    a_route(stack)
    assert request.getfixturevalue(which).findings == findings(stack), "nothing beyond what the routes have waived"


#: Property below the stack's construct, value (None takes it away), finding.
BENDS = (
    ("Budget", "NotificationsWithSubscribers", None, "SpendingUnheard[Budget]"),
    ("Budget", "NotificationsWithSubscribers.0.Subscribers", [], None),
    ("Anomalies", "Subscribers", [], "SpendingUnheard[Anomalies]"),
    ("Anomalies", "Frequency", "DAILY", "SpendingUnheard[Summary]"),
    ("Anomalies", "MonitorArnList", [MONITOR], "SpendingUnheard[Monitor]"),
)


@pytest.mark.control("GOV-3")
@pytest.mark.parametrize(("child", "bent", "value", "finding"), BENDS)
def test_bent(tmp_path: Path, child: str, bent: str, value: Any, finding: str | None) -> None:
    app = new_app(outdir=str(tmp_path))
    stack = new_stack(app)
    make(stack, tag=SHOP, monitor_arn=None)
    resource = stack.node.find_child("Spending").node.find_child(child)
    assert isinstance(resource, cdk.CfnResource)
    resource.add_property_override(bent, value)
    app.synth()
    subject = Subject(assembly=read_assembly(tmp_path))
    found = [one.rule.removeprefix("Prodready-") for one in hardening_findings(subject) if "/Spending/" in one.path]
    assert [one for one in found if one.startswith("SpendingUnheard")] == ([finding] if finding else [])


def test_what_it_tells_the_topic_is_in_the_assembly(made: Made) -> None:
    (data,) = [one["data"] for one in made.template.metadata["Stack/Spending"] if one["type"] == "prodready:construct"]
    assert (data["monthly_budget"], data["anomalies_from"], data["tier"]) == (900, 90, "monitoring")
    assert [one["control"] for one in data["controls"]] == ["COST-1"]
    assert "watchable" not in data, "Budgets and Cost Anomaly Detection publish by themselves: there is no metric to watch"


@pytest.mark.parametrize(("given", "messages"), [({}, 6), ({"tag": SHOP, "monitor_arn": None}, 7)])
def test_messages(given: dict[str, Any], messages: int) -> None:
    stack = begun_stack()
    routes = a_route(stack)
    assert routes.topic_arns[Severity.WARNING]
    with at_most(messages):
        make(stack, routes=routes, **given)
