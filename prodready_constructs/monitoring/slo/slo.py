"""A promise to users, counted by Application Signals, and alarms before it is broken."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property

from aws_cdk import Annotations
from aws_cdk import aws_applicationsignals as signals
from constructs import Construct

from prodready_constructs.contracts import (
    AnyAlarmSpec,
    ControlClaim,
    GoodAndBad,
    GoodMinutes,
    GraphSpec,
    Measurable,
    ServiceLevelIndicator,
    record,
)
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part, path_of, require_described
from prodready_constructs.monitoring.slo.alarms import MINUTE, Objective, objective_alarms, objective_graphs
from prodready_constructs.monitoring.slo.arithmetic import budget_time, in_words, lowest_target, rules_for
from prodready_constructs.monitoring.slo.downtime import MOST_DOWNTIMES, AgreedDowntime
from prodready_constructs.monitoring.slo.indicator import by_minutes, by_requests, check_indicator
from prodready_constructs.monitoring.slo.promises import chain_of
from prodready_constructs.monitoring.words import span

CONTROLS = (
    ControlClaim(
        control="OPS-6",
        how="Application Signals reckons the objective and its burn rates; alarms tell while there is budget left",
        frameworks=("NIST 800-53 r5 SI-4", "SOC 2 A1.1"),
    ),
)
DAY = timedelta(days=1)
#: Below a week 2 % of the budget is less than an hour's share: no burn rate would mean anything. Above it nobody remembers what happened.
SHORTEST_WINDOW, LONGEST_WINDOW = 7 * DAY, 90 * DAY
#: Percent of the budget that must be left for Application Signals to call the objective healthy (its default).
WARN_BELOW = 50
#: What acknowledges the warning: ``Annotations.of(slo).acknowledge_warning("prodready:promises", "why")``. The guard shows it and goes on.
PROMISES = "prodready:promises"
_NAME = re.compile(r"[^A-Za-z0-9-]+")
#: ``AWS::ApplicationSignals::ServiceLevelObjective``, Name.
LONGEST_NAME = 128


class Slo(Part):
    """*target* percent of requests (or minutes) are good in any *window*; watch it with ``Watch(watching=[slo])``.

    Always: request-based where requests can be counted; burn rates over every window that an alarm looks at; two windows to an alarm, so that
    a page means "it matters" and "it still happens"; a warning with the arithmetic when AWS promises less below than *target*.

    Args:
        of: a construct that knows how its users fare (``WebService``, ``ProtectedLoadBalancer``, ``ProtectedRestApi``, ``ProtectedHttpApi``,
            ``HardenedFunction``), or an indicator of your own: ``GoodAndBad`` or ``GoodMinutes``.
        target: percent, below 100, and high enough for a total failure to set off every burn-rate alarm: above 93.1 for 30 days.
        window: rolling, whole days, 7 to 90.
        depends_on: services of ``monitoring.SLAS`` that a request needs besides those the indicator rests on: ``["rds", "cognito"]``.
        downtime: maintenance that the users agreed to, at most 10 windows: it does not count.
        require_promises: refuse a target that AWS's own promises do not carry, instead of warning of it.

    Raises:
        ConfigurationError: a target that cannot be missed or never be noticed, a window out of bounds, metrics of another region, an unknown
            dependency, too much downtime, or (when required) promises below the target.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        of: Measurable | ServiceLevelIndicator,
        target: float,
        window: timedelta = 30 * DAY,
        depends_on: Sequence[str] = (),
        downtime: Sequence[AgreedDowntime] = (),
        require_promises: bool = False,
    ) -> None:
        super().__init__(scope, construct_id)
        where = self.path
        _check_window(where, window)
        _check_target(where, target, window)
        if len(downtime) > MOST_DOWNTIMES:
            raise ConfigurationError(
                f"{where}: downtime",
                given=len(downtime),
                allowed=f"at most {MOST_DOWNTIMES}",
                mend="join those that follow each other",
            )
        if not isinstance(of, GoodAndBad | GoodMinutes):
            require_described(f"{where}: of", of, "service_level")
        indicator = of if isinstance(of, GoodAndBad | GoodMinutes) else of.service_level
        check_indicator(where, indicator, region=self.stated_region)
        subject = construct_id if isinstance(of, GoodAndBad | GoodMinutes) else path_of(of)
        self._objective = Objective(name=self._name_of(where), subject=subject, target=target, window=window)
        by_request = isinstance(indicator, GoodAndBad)
        #: The objective itself.
        self.objective = signals.CfnServiceLevelObjective(
            self,
            "Objective",
            name=self.name,
            description=f"{self._objective.promise} of the {'requests' if by_request else 'minutes'} of {subject}"[:1024],
            request_based_sli=by_requests(indicator) if isinstance(indicator, GoodAndBad) else None,
            sli=by_minutes(indicator) if isinstance(indicator, GoodMinutes) else None,
            goal=signals.CfnServiceLevelObjective.GoalProperty(
                attainment_goal=target,
                warning_threshold=WARN_BELOW,
                interval=signals.CfnServiceLevelObjective.IntervalProperty(
                    rolling_interval=signals.CfnServiceLevelObjective.RollingIntervalProperty(duration=window // DAY, duration_unit="DAY")
                ),
            ),
            burn_rate_configurations=[
                signals.CfnServiceLevelObjective.BurnRateConfigurationProperty(look_back_window_minutes=length // MINUTE)
                for length in self._objective.look_backs
            ],
            exclusion_windows=[one.render() for one in downtime] or None,
        )
        note = self._judge(target, (*indicator.rests_on, *depends_on), required=require_promises)
        record(
            self,
            controls=CONTROLS,
            tier="monitoring",
            watchable=True,
            objective=self.name,
            subject=subject,
            target=target,
            window=window.total_seconds(),
            budget=budget_time(target, window).total_seconds(),
            **({"promises": note} if note else {}),
        )

    @property
    def name(self) -> str:
        """Its name in Application Signals, and the dimension ``SloName`` of its metrics."""
        return self._objective.name

    @cached_property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """The budget burns fast or slowly (critical), erodes or is spent (warning)."""
        return objective_alarms(self._objective)

    @cached_property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Budget left, attainment, burn rates."""
        return objective_graphs(self._objective)

    def _name_of(self, where: str) -> str:
        stack = self.stack
        own = where.removeprefix(f"{path_of(stack)}/")
        name = f"{stack.stack_name}-{_NAME.sub('-', own).strip('-')}"
        if len(name) > LONGEST_NAME:
            raise ConfigurationError(
                where, given=name, allowed=f"{LONGEST_NAME} characters of stack name and path", mend="shorten the construct's id"
            )
        return name

    def _judge(self, target: float, names: Sequence[str], *, required: bool) -> str | None:
        """The arithmetic of the promises below; a warning when they do not carry *target*."""
        chain = chain_of(self.path, names)
        if not chain.links:
            return None
        arithmetic = chain.arithmetic()
        if not chain.carries(target):
            if required:
                raise ConfigurationError(
                    f"{self.path}: target",
                    given=f"{in_words(target)} %",
                    allowed=f"at most {in_words(chain.percent)} %, what AWS promises of what it depends on: {arithmetic}",
                    mend="lower the target, or depend on fewer services",
                )
            Annotations.of(self).add_warning_v2(
                PROMISES,
                f"A target of {in_words(target)} % is above what AWS promises of what it depends on: {arithmetic}. "
                "It can be met only while AWS does better than promised.",
            )
        return arithmetic


def _check_window(where: str, window: timedelta) -> None:
    if window % DAY or not SHORTEST_WINDOW <= window <= LONGEST_WINDOW:
        raise ConfigurationError(
            f"{where}: window",
            given=str(window),
            allowed=f"whole days, {span(SHORTEST_WINDOW)} to {span(LONGEST_WINDOW)}",
            mend="take 7, 28, 30 or 90 days",
        )


def _check_target(where: str, target: float, window: timedelta) -> None:
    lowest = lowest_target(window)
    if not lowest < target < 100:
        steepest = max(rule.threshold(window) for rule in rules_for(window))
        raise ConfigurationError(
            f"{where}: target",
            given=target,
            allowed=f"above {in_words(lowest)} (below, a total failure burns slower than the page at {in_words(steepest)}) and below 100 percent",
            mend="promise 99.9 or less: nothing is always up" if target >= 100 else "promise more, or take a shorter window",
        )
