"""From a description to what tells somebody: an alarm, two alarms looked at together, a rule of events."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from prodready_constructs.contracts import AlarmSpec, AnomalySpec, AnyAlarmSpec, CompositeSpec, EventSpec, RdsEventSpec, Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.monitoring.alarms import DESCRIPTION_LIMIT, make_alarm
from prodready_constructs.monitoring.checks import check
from prodready_constructs.monitoring.events import make_event_rule, make_rds_events
from prodready_constructs.monitoring.routes.routes import Routes
from prodready_constructs.monitoring.words import in_words

#: What a link, a file name and a logical id cannot all hold.
_NAME = re.compile(r"[^A-Za-z0-9-]+")


class Made(NamedTuple):
    """One alarm that exists now: whose it is, the resource where it has a state, and what the runbook page needs."""

    owner: str
    spec: AnyAlarmSpec
    alarm: cloudwatch.CfnAlarm | cloudwatch.CfnCompositeAlarm | None
    page: dict[str, Any]
    twin: bool

    @property
    def warns(self) -> bool:
        """Whether it is a warning with a state that tells somebody now; twins speak to a deployment."""
        return self.alarm is not None and not self.twin and self.spec.severity is Severity.WARNING


class Maker:
    """Makes alarms under *scope*, no two of one name."""

    def __init__(self, scope: Construct, *, where: str, stack_path: str, region: str | None, routes: Routes, base_url: str) -> None:
        self._scope, self._where, self._region = scope, where, region
        self._routes, self._base_url = routes, base_url
        self._prefix = f"{stack_path}/"
        self._names: set[str] = set()

    def short(self, path: str) -> str:
        """The path in the stack."""
        return path.removeprefix(self._prefix)

    def slug(self, path: str) -> str:
        """The path in the stack, fit for a name."""
        return _NAME.sub("-", self.short(path))

    def link(self, name: str) -> str:
        """Where the runbook page of an alarm is."""
        return f"{self._base_url}/{name}"

    def make(self, path: str, spec: AnyAlarmSpec, *, twin: bool = False) -> Made:
        """The alarm of one construct."""
        check(path, spec, region=self._region)
        name = f"{self.slug(path)}-{spec.id}"
        self._claim(name, path)
        link = self.link(name)
        description = f"{spec.runbook.meaning} Runbook: {link}"
        topic_arn = self._routes.topic_arns[spec.severity]
        alarm: cloudwatch.CfnAlarm | cloudwatch.CfnCompositeAlarm | None = None
        if isinstance(spec, CompositeSpec):
            alarm = self._together(name, path, spec, description=description, link=link)
        elif isinstance(spec, AlarmSpec | AnomalySpec):
            told = spec.tells if isinstance(spec, AlarmSpec) else None
            alarm = make_alarm(self._scope, name, spec, description=description, topic_arn=told or topic_arn)
        elif isinstance(spec, EventSpec):
            make_event_rule(self._scope, name, spec, routes=self._routes, description=description, link=link)
        elif isinstance(spec, RdsEventSpec):
            make_rds_events(self._scope, name, spec, routes=self._routes)
        return Made(path, spec, alarm, _page(path, name, spec), twin)

    def _together(self, name: str, path: str, spec: CompositeSpec, *, description: str, link: str) -> cloudwatch.CfnCompositeAlarm:
        """Quiet alarms, and one that tells while all of them are on."""
        arns = []
        lost = self._routes.topic_arns[Severity.WARNING]
        for member in spec.all_of:
            member_name = f"{name}{member.id}"
            self._claim(member_name, path)
            made = make_alarm(
                self._scope,
                member_name,
                member,
                description=f"A part of {name}: {in_words(member)}. Runbook: {link}",
                topic_arn=lost,
                quiet=True,
            )
            arns.append(made.attr_arn)
        return cloudwatch.CfnCompositeAlarm(
            self._scope,
            name,
            alarm_description=description[:DESCRIPTION_LIMIT],
            alarm_rule=all_of(arns),
            actions_enabled=True,
            alarm_actions=[self._routes.topic_arns[spec.severity]],
            ok_actions=[self._routes.topic_arns[spec.severity]],
        )

    def _claim(self, name: str, path: str) -> None:
        # CloudFormation ids ignore the dash: A-BC and AB-C would be one.
        if (key := name.replace("-", "")) in self._names:
            raise ConfigurationError(
                self._where,
                given=f"two alarms named {name}",
                allowed="each alarm id once in its construct",
                mend=f"rename one in {path}",
            )
        self._names.add(key)


def any_of(arns: list[str]) -> str:
    """The rule of a composite alarm that is in alarm when one of *arns* is."""
    return " OR ".join(f'ALARM("{arn}")' for arn in arns)


def all_of(arns: list[str]) -> str:
    """The rule of a composite alarm that is in alarm while all of *arns* are."""
    return " AND ".join(f'ALARM("{arn}")' for arn in arns)


def arns_of(made: list[Made]) -> dict[str, str]:
    """The ARN of each alarm that has a state, by name.

    The CDK's own widget asks for those of alarms on metrics inside the kernel: two messages, however many alarms there are.
    """
    single = [(one.page["name"], one.alarm) for one in made if isinstance(one.alarm, cloudwatch.CfnAlarm)]
    found: dict[str, str] = {}
    if single:
        widget = cloudwatch.AlarmStatusWidget(alarms=[alarm for _, alarm in single]).to_json()
        found = dict(zip((name for name, _ in single), widget[0]["properties"]["alarms"], strict=True))
    found |= {one.page["name"]: one.alarm.attr_arn for one in made if isinstance(one.alarm, cloudwatch.CfnCompositeAlarm)}
    return {one.page["name"]: found[one.page["name"]] for one in made if one.alarm is not None}


def _page(path: str, name: str, spec: AnyAlarmSpec) -> dict[str, Any]:
    """What the runbook page of an alarm is written from."""
    return {
        "construct": path,
        "id": spec.id,
        "name": name,
        "severity": spec.severity.value,
        "threshold": in_words(spec),
        "source": spec.source,
        "meaning": spec.runbook.meaning,
        "causes": list(spec.runbook.causes),
        "commands": list(spec.runbook.first_commands),
        "escalation": spec.runbook.escalation,
    }
