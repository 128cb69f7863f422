"""Less noise when something is known to be going on: a deployment, or maintenance."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from aws_cdk import aws_cloudwatch as cloudwatch

from prodready_constructs.contracts import AlarmSpec, ControlClaim, MathMetric, Metric, RunbookSpec, Severity, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part
from prodready_constructs.monitoring.alarms import make_alarm
from prodready_constructs.monitoring.budget import COMPOSITE, Bill, bill
from prodready_constructs.monitoring.making import any_of
from prodready_constructs.monitoring.words import seconds, span, what

if TYPE_CHECKING:
    from prodready_constructs.monitoring.watch import Watch

CONTROLS = (
    ControlClaim(
        control="OPS-8",
        how="Warnings of a construct are told by one composite alarm, whose actions are suppressed while a deployment lasts",
        frameworks=("SOC 2 CC7.2",),
    ),
)
#: Alarms that one composite alarm may have below it; with room for long ARNs in its rule of 10,240 characters.
#: Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
MOST_MEMBERS = 60
#: Alarms that one mute rule takes: what the API says; CloudFormation's schema says 500, which nobody has to rely on.
#: Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MuteTargets.html
MOST_MUTED = 100
#: Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Schedule.html
SHORTEST_MUTE, LONGEST_MUTE = timedelta(minutes=1), timedelta(days=15)
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+)\)")
_AT = re.compile(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2})\)")
#: The fields of such a cron: lowest and highest value, and the names it takes beside numbers. There are no steps and no question marks.
_MONTHS, _DAYS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC", "SUN MON TUE WED THU FRI SAT"
_FIELDS = ((0, 59, ""), (0, 23, ""), (1, 31, ""), (1, 12, _MONTHS), (0, 7, _DAYS))
#: As the time zone database names them: ``Europe/Berlin``, ``America/Argentina/Buenos_Aires``, ``Etc/GMT+1``, ``UTC``.
_ZONE = re.compile(r"(?=.{1,50}$)[A-Z][A-Za-z0-9_+-]*(/[A-Z][A-Za-z0-9_+-]*){0,2}")


class Hush(Part):
    """The warnings of one construct, told as one alarm, and not while *during* is above *above*. Made by ``Watch.hush``.

    Args:
        members, arns: the alarms that are told together from now on, and their ARNs.
        during, above: what is measured while a change is under way, and from where on it is.
        wait: how long a warning may last before it is told all the same.
        topic_arn, link: who is told, and the runbook.
    """

    def __init__(
        self,
        scope: Watch,
        construct_id: str,
        *,
        members: Sequence[cloudwatch.CfnAlarm | cloudwatch.CfnCompositeAlarm],
        arns: list[str],
        during: Metric | MathMetric,
        above: float,
        wait: timedelta,
        topic_arn: str,
        link: str,
    ) -> None:
        super().__init__(scope, construct_id)
        signal = AlarmSpec(
            id="UnderWay",
            metric=during,
            threshold=above,
            comparison="GreaterThanThreshold",
            periods=1,
            missing_data="notBreaching",
            severity=Severity.WARNING,
            source="asked for by Watch.hush",
            runbook=RunbookSpec(meaning="A deployment is under way.", causes=(), first_commands=()),
        )
        #: In alarm while warnings are held back; it tells nobody of that.
        self.under_way = make_alarm(
            self,
            "UnderWay",
            signal,
            description=f"Above {above:g} while warnings are held back: {what(during)}. Runbook: {link}",
            topic_arn=topic_arn,
            quiet=True,
        )
        for member in members:
            member.alarm_actions = member.ok_actions = []
            member.insufficient_data_actions = [topic_arn]
        #: Tells the topic of warnings for its members.
        self.warnings = cloudwatch.CfnCompositeAlarm(
            self,
            "Warnings",
            alarm_description=f"At least one warning is in alarm, and no deployment explains it: each has its own page. Runbook: {link}",
            alarm_rule=any_of(arns),
            actions_enabled=True,
            alarm_actions=[topic_arn],
            ok_actions=[topic_arn],
            actions_suppressor=self.under_way.attr_arn,
            actions_suppressor_wait_period=seconds(wait),
            actions_suppressor_extension_period=seconds(wait),
        )
        #: What it costs more than the alarms it sums up.
        self.bill: Bill = bill(signal) + COMPOSITE
        self.bill.report(self)
        record(self, controls=CONTROLS, tier="monitoring", holds_back=len(members), bill=self.bill.fact())


class Mute(Part):
    """No action of the given alarms in a window that comes again, or comes once. Made by ``Watch.mute``.

    The alarms keep their state and their history; the dashboard shows them. Event rules and RDS events go on telling.

    Args:
        alarm_names: whose actions are held back.
        schedule, time_zone: when a window begins, as CloudWatch writes it, by the clocks of that zone.
        lasting: how long a window is, in whole minutes.

    Raises:
        ConfigurationError: a window that CloudWatch would not take.
    """

    def __init__(
        self, scope: Watch, construct_id: str, *, alarm_names: Sequence[str], schedule: str, lasting: timedelta, time_zone: str
    ) -> None:
        super().__init__(scope, construct_id)
        if not _can_begin(schedule):
            raise ConfigurationError(
                f"{self.path}: schedule",
                given=schedule,
                allowed="cron(minute hour day-of-month month day-of-week) or at(yyyy-mm-ddThh:mm)",
                mend="e.g. cron(0 2 * * SUN): five fields of * , - numbers and names, no year",
            )
        if not _ZONE.fullmatch(time_zone):
            raise ConfigurationError(
                f"{self.path}: time_zone",
                given=time_zone,
                allowed="a name of the time zone database",
                mend="write it like 'Europe/Berlin', or leave it out for UTC",
            )
        if not SHORTEST_MUTE <= lasting <= LONGEST_MUTE or lasting % SHORTEST_MUTE:
            raise ConfigurationError(
                f"{self.path}: lasting",
                given=span(lasting),
                allowed=f"whole minutes, {span(SHORTEST_MUTE)} to {span(LONGEST_MUTE)}",
                mend="mute for as long as the maintenance takes",
            )
        if not alarm_names:
            raise ConfigurationError(
                self.path, given="0 alarms", allowed="alarms on metrics", mend="mute constructs that this Watch watches and that have some"
            )
        window = cloudwatch.CfnAlarmMuteRule.RuleProperty(
            schedule=cloudwatch.CfnAlarmMuteRule.ScheduleProperty(
                expression=schedule, duration=f"PT{seconds(lasting) // 60}M", timezone=time_zone
            )
        )
        #: The rules themselves: one for each hundred alarms.
        self.rules = tuple(
            cloudwatch.CfnAlarmMuteRule(
                self,
                f"Rule{start // MOST_MUTED + 1 if start else ''}",
                description=f"Maintenance: {len(alarm_names)} alarms act on nothing for {span(lasting)}.",
                mute_targets=cloudwatch.CfnAlarmMuteRule.MuteTargetsProperty(alarm_names=list(alarm_names[start : start + MOST_MUTED])),
                rule=window,
            )
            for start in range(0, len(alarm_names), MOST_MUTED)
        )
        record(self, controls=CONTROLS[:0], tier="monitoring", mutes=len(alarm_names), schedule=schedule, minutes=seconds(lasting) // 60)


def _can_begin(schedule: str) -> bool:
    """Whether CloudWatch understands when a window begins."""
    if found := _AT.fullmatch(schedule):
        try:
            return bool(datetime.fromisoformat(found[1]))
        except ValueError:
            return False
    found = _CRON.fullmatch(schedule)
    return found is not None and all(_is_field(text, *field) for text, field in zip(found.groups(), _FIELDS, strict=True))


def _is_field(text: str, low: int, high: int, names: str) -> bool:
    """Lists of ``*``, values and ranges."""
    known = {name: place + low for place, name in enumerate(names.split())} | {str(value): value for value in range(low, high + 1)}
    for part in text.upper().split(","):
        first, is_range, last = part.partition("-")
        values = [known.get(value.lstrip("0") or value[:1], -1) for value in (first, last if is_range else first)]
        if part != "*" and (-1 in values or values[0] > values[1]):
            return False
    return True
