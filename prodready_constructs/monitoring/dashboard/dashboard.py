"""One dashboard for an environment, drawn from what exists: status on top, then every construct by tier."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, Protocol, runtime_checkable

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from prodready_constructs.contracts import ControlClaim, Goal, GraphSpec, Metric, Watchable, record, tier_of
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import REGION, Part, path_of, require_described, stated_region_of
from prodready_constructs.monitoring.console import dashboard_url
from prodready_constructs.monitoring.dashboard.business import BusinessMetric, BusinessMetrics
from prodready_constructs.monitoring.dashboard.drawing import Block, draw
from prodready_constructs.monitoring.dashboard.limits import check_limits
from prodready_constructs.monitoring.dashboard.tiers import Section, section_of
from prodready_constructs.monitoring.dashboard.variable import DashboardVariable
from prodready_constructs.monitoring.watch import Watch
from prodready_constructs.monitoring.words import seconds
from prodready_constructs.posture import MonitoringPosture

CONTROLS = (
    ControlClaim(
        control="OPS-4",
        how="One dashboard shows the state of every alarm on top and the graphs of every construct below, by tier, golden signals first",
        frameworks=("NIST 800-53 r5 SI-4", "SOC 2 CC7.2"),
    ),
)
_NAME = re.compile(r"[^A-Za-z0-9_-]+")
#: Charges are published there, whatever region spends.
BILLING_REGION = "us-east-1"


@runtime_checkable
class _Messenger(Protocol):
    """What sends messages that link a dashboard: ``Webhook``, which is not loaded where nobody uses it."""

    def shown_on(self, url: str) -> None: ...


class Dashboard(Part):
    """One CloudWatch dashboard: composite status, every alarm, promises, then each construct under its tier.

    Always: the golden signals of a construct (traffic, errors, latency, saturation) in one row before its other graphs; links to the runbooks
    of its alarms; every metric with its region; all of CloudWatch's limits kept.

    Args:
        posture: how far back it looks when opened.
        title: its heading, and (after the stack's name) its name.
        watching: the constructs to show, in this order within a tier; they may live in other stacks and regions.
        watches: whose alarms stand on top, and whose runbooks are linked.

    Raises:
        ConfigurationError: nothing to show, no title, or more than CloudWatch takes.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: MonitoringPosture,
        title: str,
        watching: Sequence[Watchable],
        watches: Sequence[Watch],
    ) -> None:
        super().__init__(scope, construct_id)
        where = self.path
        if not (slug := _NAME.sub("-", title).strip("-")):
            raise ConfigurationError(
                f"{where}: title", given=title, allowed="a heading with letters or digits", mend="name the environment"
            )
        if not watching:
            raise ConfigurationError(
                f"{where}: watching", given=[], allowed="at least one construct", mend="show what the environment runs"
            )
        for one in watching:
            require_described(f"{where}: watching", one, "graphs")
        self._region = self.stated_region or REGION
        self._start = _iso(posture.dashboard_span)
        self._title = title
        self._critical = [watch.any_critical.attr_arn for watch in watches if watch.any_critical is not None]
        self._alarms = [arn for watch in watches for arn in watch.alarm_arns]
        self._blocks = [self._block_of(watched, watches) for watched in watching]
        self._variables: list[DashboardVariable] = []
        name = f"{self.stack.stack_name}-{slug}"
        #: The dashboard itself.
        self.dashboard = cloudwatch.CfnDashboard(self, "Dashboard", dashboard_name=name, dashboard_body=self._body())
        #: Its name in the CloudWatch console.
        self.dashboard_name = name
        #: Its address in the console, for messages and pages.
        self.url = dashboard_url(name, self._region)
        for one in watching:
            if isinstance(one, _Messenger):
                one.shown_on(self.url)
        paths = [path_of(watched) for watched in watching]
        record(self, controls=CONTROLS, tier="monitoring", dashboard=name, shows=paths, watches=[watch.path for watch in watches])

    def add_business(self, *shown: BusinessMetric) -> None:
        """Draw numbers of the business; with alarms they are a construct of their own, :class:`BusinessMetrics`, in *watching*.

        Raises:
            ConfigurationError: nothing given, or more than CloudWatch takes (as every ``add_``).
        """
        if not shown:
            raise ConfigurationError(f"{self.path}: add_business", given=[], allowed="at least one BusinessMetric", mend="name one")
        self._add(Block(section=Section.BUSINESS, title=None, home=self._region, graphs=tuple(metric.graph for metric in shown)))

    def add_log_lines(self, title: str, *, log_groups: Sequence[str], query: str, region: str | None = None) -> None:
        """The answer of a CloudWatch Logs Insights *query* over *log_groups* (names), as a table: the last errors, the slowest routes.

        Raises:
            ConfigurationError: no log group, or no query.
        """
        if not log_groups or not query.strip():
            raise ConfigurationError(
                f"{self.path}: add_log_lines",
                given=f"{len(log_groups)} log groups and {query!r}",
                allowed="at least one log group, and a query",
                mend="say where to look for what",
            )
        sources = " | ".join(f"SOURCE '{group}'" for group in log_groups)
        log = {"title": title, "view": "table", "region": region or self._region, "query": f"{sources} | {query}"}
        self._add(Block(section=Section.LOGS, title=None, home=self._region, log=log))

    def add_cost(self, *, monthly_budget: float | None = None, services: Sequence[str] = ()) -> None:
        """The charges of this month so far, of the account and of *services* (AWS's names: ``"AmazonRDS"``), below *monthly_budget* in USD.

        The account must have billing alerts switched on, by hand, once: AWS offers no API for it.
        Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/monitor_estimated_charges_with_cloudwatch.html

        Raises:
            ConfigurationError: a budget that is not above zero.
        """
        if monthly_budget is not None and not monthly_budget > 0:
            raise ConfigurationError(
                f"{self.path}: add_cost: monthly_budget", given=monthly_budget, allowed="US dollars above 0", mend="leave it out"
            )
        goal = None if monthly_budget is None else Goal(monthly_budget, "budget")
        graphs = [GraphSpec(title="Charges this month", metrics=(_charges("all"),), unit="USD", goal=goal)]
        if services:
            graphs.append(
                GraphSpec(title="Charges by service", metrics=tuple(_charges(one, ServiceName=one) for one in services), unit="USD")
            )
        self._add(Block(section=Section.COST, title=None, home=BILLING_REGION, graphs=tuple(graphs)))

    def add_variable(self, variable: DashboardVariable) -> None:
        """A choice above the widgets that changes them all: the environment of your own metrics, the region.

        Raises:
            ConfigurationError: an id twice, or a variable that no widget has.
        """
        where = f"{self.path}: add_variable {variable.id}"
        if any(variable.id == other.id for other in self._variables):
            raise ConfigurationError(where, given=variable.id, allowed="an id that no other variable has", mend="rename it")
        if not variable.changes_something(self._layout()):
            raise ConfigurationError(
                where,
                given=variable.replaces,
                allowed=f"a {variable.kind} that a widget has",
                mend="add the metrics first, or mend the name: choosing would change nothing",
            )
        self._variables.append(variable)
        self.dashboard.dashboard_body = self._body()

    def _add(self, block: Block) -> None:
        self._blocks.append(block)
        self.dashboard.dashboard_body = self._body()

    def _block_of(self, watched: Watchable, watches: Iterable[Watch]) -> Block:
        path, graphs = path_of(watched), watched.graphs
        return Block(
            section=Section.BUSINESS if isinstance(watched, BusinessMetrics) else section_of(tier_of(watched), graphs),
            title=path,
            home=stated_region_of(watched) or REGION,
            graphs=graphs,
            runbooks=tuple(link for watch in watches for link in watch.runbooks_of(path)),
        )

    def _layout(self) -> list[dict[str, Any]]:
        return draw(self._title, self._blocks, critical=self._critical, alarms=self._alarms, region=self._region)

    def _body(self) -> str:
        body: dict[str, Any] = {"start": self._start, "periodOverride": "inherit", "widgets": self._layout()}
        if self._variables:
            body["variables"] = [variable.render() for variable in self._variables]
        check_limits(self.path, body)
        return self.stack.to_json_string(body)


def _charges(label: str, **dimensions: str) -> Metric:
    return Metric(
        namespace="AWS/Billing",
        name="EstimatedCharges",
        dimensions={**dimensions, "Currency": "USD"},
        statistic="Maximum",
        period=timedelta(hours=6),
        label=label,
        region=BILLING_REGION,
    )


def _iso(span: timedelta) -> str:
    """The ISO 8601 duration that a dashboard's relative start is written in."""
    return f"-PT{seconds(span) // 3600}H" if span < timedelta(days=1) else f"-P{span.days}D"
