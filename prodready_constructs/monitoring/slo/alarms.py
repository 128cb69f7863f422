"""What tells that a promise is in danger, and what the dashboard shows of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.contracts import AlarmSpec, AnyAlarmSpec, Goal, GraphSpec, MathMetric, Metric, RunbookSpec, Severity
from prodready_constructs.monitoring.slo.arithmetic import (
    BurnRule,
    budget,
    budget_time,
    in_words,
    rules_for,
    time_to_empty,
)
from prodready_constructs.monitoring.words import span

NAMESPACE = "AWS/ApplicationSignals"
MINUTE = timedelta(minutes=1)
_WORKBOOK = "Google, The Site Reliability Workbook, chapter 5 (Alerting on SLOs), 6: multiwindow, multi-burn-rate alerts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """A promise: *target* percent of *window*. *subject*: the path of what it is about, in words."""

    name: str
    subject: str
    target: float
    window: timedelta

    @property
    def promise(self) -> str:
        """``99.9 % in 30 days``."""
        return f"{in_words(self.target)} % in {span(self.window)}"

    def burn(self, look_back: timedelta) -> Metric:
        """How fast the budget went in the last *look_back*, as Application Signals reckons it.

        Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-ServiceLevelObjectives.html
        """
        return Metric(
            namespace=NAMESPACE,
            name="BurnRate",
            dimensions={"SloName": self.name, "BurnRateWindowMinutes": str(look_back // MINUTE)},
            statistic="Maximum",
            label=f"last {span(look_back)}",
        )

    def burn_in_both(self, rule: BurnRule) -> MathMetric:
        """The slower burn of the rule's two windows: above a threshold while both are; nothing where one says nothing.

        Two windows in one alarm, and not a composite of two quiet ones: less than a third of the price, and no alarm without an action.
        """
        return MathMetric(
            expression="IF(short < long, short, long)",
            using={"long": self.burn(rule.long), "short": self.burn(rule.short)},
            label=f"Burn rate of the last {span(rule.long)} and {span(rule.short)}",
        )

    @property
    def attained(self) -> Metric:
        """Percent that was good in the window until now."""
        return Metric(namespace=NAMESPACE, name="AttainmentRate", dimensions={"SloName": self.name}, label="attained")

    @property
    def budget_left(self) -> MathMetric:
        """Percent of the budget that is left."""
        return MathMetric(
            expression=f"100 * (attained - {in_words(self.target)}) / {in_words(budget(self.target))}",
            using={"attained": self.attained},
            label="Error budget left, %",
        )

    @property
    def look_backs(self) -> tuple[timedelta, ...]:
        """Every window that an alarm looks at, the shortest first."""
        return tuple(sorted({length for rule in rules_for(self.window) for length in (rule.long, rule.short)}))


def objective_alarms(objective: Objective) -> tuple[AnyAlarmSpec, ...]:
    """The budget burns fast (page), burns slowly (page), erodes (ticket), is spent (ticket)."""
    return (*(_burning(objective, rule) for rule in rules_for(objective.window)), _spent(objective))


def _burning(objective: Objective, rule: BurnRule) -> AlarmSpec:
    rate = rule.threshold(objective.window)
    book = RunbookSpec(
        meaning=(
            f"Users of {objective.subject} meet errors {in_words(rate)} times as fast as {objective.promise} allows: {in_words(rule.share)} % of "
            f"the budget went within {span(rule.long)}, all of it would be gone in {_rough(time_to_empty(objective.window, rate))}."
        ),
        causes=(
            "the last release",
            "a store or service it needs is slow or down",
            "one caller or route that always fails",
            "too few tasks",
        ),
        first_commands=_commands(objective),
    )
    return AlarmSpec(
        id=rule.id,
        metric=objective.burn_in_both(rule),
        threshold=rate,
        comparison="GreaterThanThreshold",
        severity=rule.severity,
        periods=1,
        # Nobody came: nobody met an error.
        missing_data="notBreaching",
        source=f"{_WORKBOOK}: {in_words(rule.share)} % of the budget of {span(objective.window)} in {span(rule.long)}",
        runbook=book,
    )


def _spent(objective: Objective) -> AlarmSpec:
    return AlarmSpec(
        id="BudgetSpent",
        metric=objective.attained,
        threshold=objective.target,
        comparison="LessThanThreshold",
        severity=Severity.WARNING,
        periods=5,
        # No value yet, or no visitors: nothing is broken.
        missing_data="notBreaching",
        source=f"The objective itself: {objective.promise}",
        runbook=RunbookSpec(
            meaning=(
                f"The promise of {objective.subject} is broken: less than {objective.promise} was good. It stays on until the bad "
                "time has left the window."
            ),
            causes=("an incident whose burn-rate alarm came before", "many small failures", "a target that was never reached"),
            first_commands=_commands(objective),
            escalation="Hold releases that do not help reliability until budget is left again, or agree on another target with the product's owner.",
        ),
    )


def _commands(objective: Objective) -> tuple[str, ...]:
    return (
        f"aws application-signals batch-get-service-level-objective-budget-report --timestamp $(date +%s) --slo-ids '{objective.name}'",
        f"aws application-signals get-service-level-objective --id '{objective.name}'",
        "aws cloudwatch describe-alarms --state-value ALARM --query 'MetricAlarms[].[AlarmName,StateUpdatedTimestamp]' --output table",
    )


def objective_graphs(objective: Objective) -> tuple[GraphSpec, ...]:
    """What is left of the budget, what was attained, how fast it burns."""
    allowance = _allowance(budget_time(objective.target, objective.window))
    title = f"{objective.subject}: {objective.promise}"
    return (
        GraphSpec(title=f"Error budget left ({allowance} at most)", metrics=(objective.budget_left,), unit="%"),
        GraphSpec(title=title, metrics=(objective.attained,), unit="%", goal=Goal(objective.target, "promised")),
        GraphSpec(title="Burn rate (1: gone at the end)", metrics=tuple(objective.burn(length) for length in objective.look_backs)),
    )


def _allowance(length: timedelta) -> str:
    """``43 min 12 s``, ``7 h 12 min``: the two largest units."""
    total = round(length.total_seconds())
    units = [(total // size % most, name) for size, most, name in ((3600, 10_000, "h"), (60, 60, "min"), (1, 60, "s"))]
    return " ".join(f"{count} {name}" for count, name in [unit for unit in units if unit[0]][:2])


def _rough(length: timedelta) -> str:
    """Two days and two hours as ``50 hours``."""
    hours = round(length / timedelta(hours=1))
    return f"{hours} hours" if hours < 96 else f"{round(hours / 24)} days"
