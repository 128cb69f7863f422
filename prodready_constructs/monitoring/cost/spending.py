"""A month's budget and unusual spending, told to the topic that people read by day."""

from __future__ import annotations

import json
import math
import re
from weakref import WeakKeyDictionary

from aws_cdk import Stack
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_ce as ce
from constructs import Construct

from prodready_constructs.contracts import ControlClaim, Severity, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part
from prodready_constructs.monitoring.routes.routes import Routes

CONTROLS = (
    ControlClaim(
        control="COST-1",
        how="A monthly cost budget tells the warning topic at 80 and 100 percent spent and 100 percent forecast; so does Cost Anomaly Detection",
        frameworks=("NIST 800-53 r5 SI-4(5)", "SOC 2 CC7.2"),
    ),
)

#: What is told of: the kind of figure, and above how many percent of the budget. AWS takes ten of them, each with one SNS topic.
#: Sources: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_Notification.html
#: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_NotificationWithSubscribers.html
TOLD = (("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100))
#: An anomaly is told of from this share of the month's budget where no sum is given.
ANOMALY_SHARE = 0.1
#: And only where it is this much more than expected, in percent: a large service moves by a tenth every week.
ANOMALY_PERCENT = 40
#: The highest sum of a threshold.
#: Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_AnomalySubscription.html
HIGHEST_IMPACT = 10_000_000_000
_MONITOR = re.compile(r"arn:aws[a-z-]*:ce::(?P<account>\d{12}):anomalymonitor/[A-Za-z0-9-]+")
#: What a tag may hold. Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_CreateAnomalyMonitor.html
_TAG = re.compile(r"[\w .:/=+@-]+")
_LONGEST_KEY, _LONGEST_VALUE = 128, 256
#: What begins a token, in a text whose value only the deployment knows.
_TOKEN = "${Token["

_seen: WeakKeyDictionary[Stack, dict[str, str]] = WeakKeyDictionary()


class Spending(Part):
    """What a month may cost, and who hears when it costs more: a budget, and an alert subscription of Cost Anomaly Detection.

    Always: told at 80 % and 100 % spent and at 100 % forecast; credits and refunds left out, for a credit hides what is spent until the day it
    ends, and last month's refund hides this month's; taxes, support and upfront fees counted, as on the bill. An anomaly is told of at once.
    Everything goes to the warning topic: the figures are up to a day old, and nothing gets cheaper by waking somebody for them; pagers read
    alarms of CloudWatch, and these are none.

    Nothing here makes an AWS services monitor: an account has one of them, AWS may have made it already, and CloudFormation then fails
    without saying why. Name it (``aws ce get-anomaly-monitors --region us-east-1``). One by tag can be made in the management account of an
    organization, or where there is none, and in no member account.

    Args:
        monthly_budget: US dollars. routes: whose warning topic is told; of this account, with a key that admits the two services.
        tag: key and value of an active cost-allocation tag: the budget counts only that, and without *monitor_arn* a monitor is made of it.
        monitor_arn: the monitor whose anomalies are told. This or *tag* must be there.
        anomalies_from: US dollars above what was expected, and 40 % above it; a tenth of the budget when None.

    Raises:
        ConfigurationError: a sum that is none, a tag that AWS would not take, no monitor, the ARN of something else or of another account, or
            a second budget or subscription for the same thing in a stack.

    Sources: https://docs.aws.amazon.com/cost-management/latest/userguide/getting-started-ad.html
    https://aws.amazon.com/aws-cost-management/aws-cost-anomaly-detection/faqs/
    https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2515
    https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html
    https://docs.aws.amazon.com/cost-management/latest/userguide/ad-SNS.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        monthly_budget: float,
        routes: Routes,
        tag: tuple[str, str] | None = None,
        monitor_arn: str | None = None,
        anomalies_from: float | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._check_sum("monthly_budget", monthly_budget, math.inf)
        impact = monthly_budget * ANOMALY_SHARE if anomalies_from is None else anomalies_from
        self._check_sum("anomalies_from", impact, HIGHEST_IMPACT)
        if tag is not None:
            self._check_tag(tag)
        self._check_monitor(monitor_arn, tag)
        self._once(f"a budget of {_of(tag)}", f"the anomalies of {monitor_arn or _of(tag)}")
        topic_arn = routes.topic_arns[Severity.WARNING]
        #: The budget. AWS names it: a change of what is told replaces it, and two cannot have one name.
        self.budget = budgets.CfnBudget(
            self,
            "Budget",
            budget=_budget(monthly_budget, tag),
            notifications_with_subscribers=[_notification(kind, percent, topic_arn) for kind, percent in TOLD],
        )
        #: The monitor of the tag; None where *monitor_arn* names one.
        self.monitor: ce.CfnAnomalyMonitor | None = None
        if monitor_arn is None and tag is not None:
            self.monitor = ce.CfnAnomalyMonitor(
                self,
                "TagMonitor",
                monitor_name=f"{self.path}: {tag[0]} {tag[1]}",
                monitor_type="CUSTOM",
                monitor_specification=json.dumps({"Tags": {"Key": tag[0], "Values": [tag[1]]}}),
            )
        #: ARN of the monitor whose anomalies are told.
        self.monitor_arn: str = self.monitor.ref if self.monitor else str(monitor_arn)
        #: Who hears of anomalies. SNS is told at once or not at all: AWS sends daily and weekly summaries by e-mail only.
        self.subscription = ce.CfnAnomalySubscription(
            self,
            "Anomalies",
            subscription_name=f"{self.path}: anomalies",
            frequency="IMMEDIATE",
            monitor_arn_list=[self.monitor_arn],
            subscribers=[ce.CfnAnomalySubscription.SubscriberProperty(type="SNS", address=topic_arn)],
            threshold_expression=_threshold(impact),
        )
        record(self, controls=CONTROLS, tier="monitoring", monthly_budget=monthly_budget, anomalies_from=impact)

    def _check_sum(self, name: str, dollars: float, most: float) -> None:
        if not 0 < dollars <= most or math.isinf(dollars):
            allowed = "US dollars above 0" if math.isinf(most) else f"US dollars above 0, at most {most:,}"
            raise ConfigurationError(f"{self.path}: {name}", given=dollars, allowed=allowed, mend="say what it may cost")

    def _check_tag(self, tag: tuple[str, str]) -> None:
        key, value = tag
        for what, text, longest in (("key", key, _LONGEST_KEY), ("value", value, _LONGEST_VALUE)):
            if not _TAG.fullmatch(text) or len(text) > longest:
                raise ConfigurationError(
                    f"{self.path}: tag: {what}",
                    given=text,
                    allowed=f"1 to {longest} letters, digits, spaces and _ . : / = + - @",
                    mend="take a tag that is active for cost allocation",
                )

    def _check_monitor(self, arn: str | None, tag: tuple[str, str] | None) -> None:
        where = f"{self.path}: monitor_arn"
        if arn is None:
            if tag is None:
                raise ConfigurationError(
                    where,
                    given=None,
                    allowed="the ARN of a cost anomaly monitor, or a tag to make one of",
                    mend="take the account's from `aws ce get-anomaly-monitors --region us-east-1`",
                )
            return
        if _TOKEN in arn:
            return
        found = _MONITOR.fullmatch(arn)
        if found is None:
            raise ConfigurationError(
                where,
                given=arn,
                allowed="arn:aws:ce::<account>:anomalymonitor/<id>",
                mend="take it from `aws ce get-anomaly-monitors --region us-east-1`",
            )
        account = self.stack.account
        if _TOKEN not in account and found["account"] != account:
            raise ConfigurationError(
                where,
                given=f"a monitor of {found['account']}",
                allowed=f"one of {account}, where this stack is",
                mend="name this account's monitor, or make the construct in the other: a monitor is seen by its own account only",
            )

    def _once(self, *things: str) -> None:
        seen = _seen.setdefault(self.stack, {})
        for thing in things:
            if thing in seen:
                raise ConfigurationError(
                    self.path,
                    given=f"{thing}, as in {seen[thing]}",
                    allowed="each once in a stack",
                    mend="leave one out; each alert would come twice",
                )
            seen[thing] = self.path


def _of(tag: tuple[str, str] | None) -> str:
    return f"{tag[0]} {tag[1]}" if tag else "the account"


def _budget(dollars: float, tag: tuple[str, str] | None) -> budgets.CfnBudget.BudgetDataProperty:
    return budgets.CfnBudget.BudgetDataProperty(
        budget_type="COST",
        time_unit="MONTHLY",
        budget_limit=budgets.CfnBudget.SpendProperty(amount=dollars, unit="USD"),
        # Unblended, as on the bill and as Cost Anomaly Detection counts.
        cost_types=budgets.CfnBudget.CostTypesProperty(
            include_credit=False,
            include_discount=True,
            include_other_subscription=True,
            include_recurring=True,
            include_refund=False,
            include_subscription=True,
            include_support=True,
            include_tax=True,
            include_upfront=True,
            use_amortized=False,
            use_blended=False,
        ),
        cost_filters={"TagKeyValue": [_filter(*tag)]} if tag else None,
    )


def _filter(key: str, value: str) -> str:
    """The tag as Budgets writes it: one of AWS's own stands for itself, one of anybody else's is a user's."""
    return f"{key}${value}" if key.startswith("aws:") else f"user:{key}${value}"


def _notification(kind: str, percent: int, topic_arn: str) -> budgets.CfnBudget.NotificationWithSubscribersProperty:
    return budgets.CfnBudget.NotificationWithSubscribersProperty(
        notification=budgets.CfnBudget.NotificationProperty(
            notification_type=kind, comparison_operator="GREATER_THAN", threshold=percent, threshold_type="PERCENTAGE"
        ),
        subscribers=[budgets.CfnBudget.SubscriberProperty(subscription_type="SNS", address=topic_arn)],
    )


def _threshold(dollars: float) -> str:
    """Both must be so: the sum alone would tell of every large service, the percentage alone of every small one."""
    limits = (("ANOMALY_TOTAL_IMPACT_ABSOLUTE", f"{dollars:.2f}"), ("ANOMALY_TOTAL_IMPACT_PERCENTAGE", str(ANOMALY_PERCENT)))
    return json.dumps(
        {"And": [{"Dimensions": {"Key": key, "MatchOptions": ["GREATER_THAN_OR_EQUAL"], "Values": [value]}} for key, value in limits]}
    )
