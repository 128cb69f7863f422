"""Every alarm of every construct, made, routed and explained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import cast

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct, IConstruct

from prodready_constructs.contracts import AnyAlarmSpec, ControlClaim, MathMetric, Metric, Releasable, Severity, Watchable, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part, path_of, require_described
from prodready_constructs.monitoring.adopted.adopt import Adopted, adopt
from prodready_constructs.monitoring.budget import COMPOSITE, Bill, bill, refuse_beyond
from prodready_constructs.monitoring.changes import Change, changed, refuse_unknown, unusual_beside
from prodready_constructs.monitoring.making import Made, Maker, any_of, arns_of
from prodready_constructs.monitoring.quiet import MOST_MEMBERS, Hush, Mute
from prodready_constructs.monitoring.rollback import require_one_stack, rollback_twins
from prodready_constructs.monitoring.routes.addresses import require_https
from prodready_constructs.monitoring.routes.routes import Routes

CONTROLS = (
    ControlClaim(
        control="OPS-2",
        how="Every alarm a construct describes exists, with its own treatment of missing data, and tells the topic of its severity",
        frameworks=("NIST 800-53 r5 SI-4(2)", "HIPAA 164.308(a)(1)(ii)(D)", "PCI DSS 3.2.1 10.6.1", "SOC 2 CC7.2"),
    ),
    ControlClaim(
        control="OPS-3",
        how="Every alarm's description says what it means and links its runbook; meaning, causes, commands and escalation are in the assembly",
        frameworks=("NIST 800-53 r5 IR-4", "SOC 2 CC7.4"),
    ),
    ControlClaim(
        control="OPS-7",
        how="The constructs watched are listed in the assembly, so that an unwatched one fails the build by its path",
        frameworks=("SOC 2 CC7.2",),
    ),
)


class Watch(Part):
    """The alarms of the constructs in *watching*, each told to the topic of its severity, and again when all is well.

    Always: every alarm says where its threshold comes from and links its runbook; the composite alarm ``AnyCritical`` sums up the critical ones
    (it pages nobody: its members do). What releases step by step (``contracts.Releasable``) is told the names of its rollback twins, and goes
    back by itself when one goes off. How many alarms there are, and what they cost a month, is told at every synth and in the assembly.

    Args:
        routes: where alarms go; in this stack's region, because CloudWatch tells topics of its own region only.
        watching: constructs with ``alarm_specs``: of this library, your own, or plain ones that ``adopt`` makes watchable.
        runbook_base_url: where the runbook pages are published; a page is ``<base>/<stack>/<construct>-<AlarmId>``.
        changes: other numbers for single alarms, by ``<path in the stack>/<AlarmId>``.
        unusual: alarms that get a second one beside them (``<AlarmId>Unusual``, a warning) on the band CloudWatch learns to expect; the
            width of the band in standard deviations, by the same names.
        monthly_limit: US dollars a month that all alarms may cost; no limit when None.

    Raises:
        ConfigurationError: what describes no alarms; a construct twice; two alarms of one name; an alarm without a source or with a gap in
            its runbook; a period that the metric does not offer; a metric or routes of another region; a change of an alarm that is not
            there; no alarm at all, or more critical ones than a composite alarm holds; a release in another stack; more than the limit.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        routes: Routes,
        watching: Sequence[Watchable],
        runbook_base_url: str,
        changes: Mapping[str, Change] | None = None,
        unusual: Mapping[str, float] | None = None,
        monthly_limit: float | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        where = self.path
        published = "say where the runbook pages are published, e.g. https://runbooks.example.com"
        require_https(f"{where}: runbook_base_url", runbook_base_url, mend=published)
        _same_region(where, self.stated_region, routes)
        self._base_url = base_url = f"{runbook_base_url.rstrip('/')}/{self.stack.stack_name}"
        self._routes = routes
        self._maker = Maker(self, where=where, stack_path=path_of(self.stack), region=self.stated_region, routes=routes, base_url=base_url)
        self._changes, self._unusual = changes or {}, unusual or {}
        self._limit = monthly_limit
        self._left_out: list[dict[str, str]] = []

        paths: list[str] = []
        self._made: list[Made] = []
        for watched in watching:
            require_described(f"{where}: watching", watched, "alarm_specs")
            path = path_of(watched)
            if path in paths:
                raise ConfigurationError(where, given=path, allowed="each construct once", mend="remove the second one from watching")
            paths.append(path)
            self._made += [self._maker.make(path, spec) for spec in self._wanted(path, watched.alarm_specs)]
            self._made += self._bring_back(watched, path)
        known = [f"{self._maker.short(one.owner)}/{one.spec.id}" for one in self._made] + [one["alarm"] for one in self._left_out]
        refuse_unknown(f"{where}: changes", self._changes, known)
        refuse_unknown(f"{where}: unusual", self._unusual, known)
        if not self._made:
            raise ConfigurationError(where, given="no alarm", allowed="constructs with alarm_specs", mend="add them to watching")

        #: How many alarms, event rules and event subscriptions this Watch made.
        self.alarm_count = len(self._made)
        self._arn_of = arns_of(self._made)
        #: ARNs of the alarms that have a state, for dashboards.
        self.alarm_arns = tuple(self._arn_of.values())
        #: In alarm when any critical alarm is; None when nothing watched is critical.
        self.any_critical = self._sum_up(
            [self._arn_of[one.page["name"]] for one in self._made if one.alarm and one.spec.severity is Severity.CRITICAL]
        )
        #: What the alarms cost a month at list prices.
        self.bill = sum((bill(one.spec) for one in self._made), COMPOSITE if self.any_critical else Bill())
        refuse_beyond(where, monthly_limit, self.bill)
        self.bill.report(self)
        record(
            self,
            controls=CONTROLS,
            tier="monitoring",
            watched=paths,
            alarms=[{**one.page, "alarm": self._arn_of.get(one.page["name"])} for one in self._made],
            left_out=self._left_out,
            bill=self.bill.fact(),
            runbook_base_url=base_url,
        )

    @staticmethod
    def adopt(resource: IConstruct) -> Adopted:
        """A plain L2 or L1 of the CDK made watchable, by the name ``prodready_constructs.adopt`` as well."""
        return adopt(resource)

    def runbooks_of(self, path: str) -> list[tuple[str, str]]:
        """The id and the runbook page of each alarm of the construct at *path*; none where it is not watched here."""
        return [(one.spec.id, self._maker.link(one.page["name"])) for one in self._made if one.owner == path and not one.twin]

    def hush(self, watched: Watchable, *, during: Metric | MathMetric, above: float = 0, wait: timedelta = timedelta(minutes=2)) -> Hush:
        """Hold back the warnings of *watched* while *during* is above *above*; its critical alarms tell as always.

        One composite alarm tells for all of them from now on. *wait*: how long it waits for *during* to rise, and after it fell, before it
        tells (CloudWatch's wait and extension period).

        Raises:
            ConfigurationError: nothing of *watched* is a warning with a state; more of them than a composite alarm holds.
        """
        path = path_of(watched)
        warnings = [one for one in self._made if one.owner == path and one.warns]
        if not 1 <= len(warnings) <= MOST_MEMBERS:
            raise ConfigurationError(
                self.path,
                given=f"{len(warnings)} warnings of {path}",
                allowed=f"1 to {MOST_MEMBERS} warnings that this Watch made",
                mend="hush a construct of watching that has warnings on metrics",
            )
        hushed = Hush(
            self,
            f"{self._maker.slug(path)}-Hush",
            members=[one.alarm for one in warnings if one.alarm],
            arns=[self._arn_of[one.page["name"]] for one in warnings],
            during=during,
            above=above,
            wait=wait,
            topic_arn=self._routes.topic_arns[Severity.WARNING],
            link=f"{self._base_url}/index",
        )
        self.bill += hushed.bill
        refuse_beyond(self.path, self._limit, self.bill)
        return hushed

    def mute(self, construct_id: str, what: Sequence[Watchable], *, schedule: str, lasting: timedelta, time_zone: str = "UTC") -> Mute:
        """No alarm of *what* acts in a window of maintenance: ``schedule="cron(0 2 * * SUN)", lasting=timedelta(hours=2)``."""
        owners = {path_of(one) for one in what}
        names = [one.alarm.ref for one in self._made if one.alarm is not None and one.owner in owners]
        return Mute(self, construct_id, alarm_names=names, schedule=schedule, lasting=lasting, time_zone=time_zone)

    def _wanted(self, path: str, specs: Sequence[AnyAlarmSpec]) -> Iterator[AnyAlarmSpec]:
        """The alarms of one construct as the user wants them."""
        for spec in specs:
            name = f"{self._maker.short(path)}/{spec.id}"
            where = f"{path}: alarm {spec.id}"
            change = self._changes.get(name)
            if change is not None and change.left_out:
                self._left_out.append({"alarm": name, "because": change.because})
                continue
            yield changed(where, spec, change) if change is not None else spec
            if name in self._unusual:
                yield unusual_beside(where, spec, self._unusual[name], asked_by=self.path)

    def _bring_back(self, watched: Watchable, path: str) -> list[Made]:
        """The rollback twins of a construct that releases step by step; it is told their names."""
        twins = rollback_twins(watched)
        if not twins:
            return []
        require_one_stack(self.path, self.stack, watched)
        made = [self._maker.make(path, spec, twin=True) for spec in self._wanted(path, twins)]
        cast("Releasable", watched).roll_back_on([one.alarm.ref for one in made if one.alarm])
        return made

    def _sum_up(self, critical: list[str]) -> cloudwatch.CfnCompositeAlarm | None:
        if not critical:
            return None
        if len(critical) > MOST_MEMBERS:
            raise ConfigurationError(
                self.path,
                given=f"{len(critical)} critical alarms",
                allowed=f"{MOST_MEMBERS} in one Watch: a composite alarm holds no more",
                mend="watch half of the constructs with a second Watch; a Dashboard shows both",
            )
        return cloudwatch.CfnCompositeAlarm(
            self,
            "AnyCritical",
            alarm_description="At least one critical alarm of this environment is in alarm. Its members tell people; this one is for the eye.",
            alarm_rule=any_of(critical),
            actions_enabled=False,
        )


def _same_region(where: str, region: str | None, routes: Routes) -> None:
    theirs = routes.stated_region
    if region is not None and theirs is not None and theirs != region:
        raise ConfigurationError(
            f"{where}: routes",
            given=f"routes in {theirs}",
            allowed=f"routes in {region}, the region of this stack: alarms tell topics of their own region only",
            mend=f"make Routes in a stack in {region}",
        )
