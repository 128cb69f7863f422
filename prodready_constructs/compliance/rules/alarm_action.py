"""An alarm that tells nobody."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit
from prodready_constructs.evidence.assembly import Resource

SUM = "AWS::CloudWatch::CompositeAlarm"
ALARMS = ("AWS::CloudWatch::Alarm", SUM)
#: What acts on an alarm by itself: a deployment that rolls back, an experiment that stops, a health check that fails over.
ACTORS = (
    "AWS::ECS::Service",
    "AWS::CodeDeploy::DeploymentGroup",
    "AWS::FIS::ExperimentTemplate",
    "AWS::Route53::HealthCheck",
    "AWS::AppConfig::Environment",
)


def is_silent(alarm: Resource) -> bool:
    """Whether the alarm does nothing when it goes off."""
    return alarm.get("ActionsEnabled") in (False, "false") or not alarm.get("AlarmActions")


def _find(subject: Subject) -> Iterator[Hit]:
    sums = subject.of_type(SUM)
    heard = subject.referred(ACTORS, lambda actor: actor.properties)
    heard |= {member for one in sums if not is_silent(one) for member in subject.targets(one, one.get("AlarmRule"))}
    # A suppressor acts by holding others back.
    heard |= {alarm for one in sums for alarm in subject.targets(one, one.get("ActionsSuppressor"))}
    silent = [alarm for alarm in subject.of_type(*ALARMS) if is_silent(alarm) and alarm not in heard]
    for alarm in silent:
        members = subject.targets(alarm, alarm.get("AlarmRule"))
        # A sum for the eye alone: its members tell people themselves.
        if not members or any(member in silent for member in members):
            yield hit(alarm, note="Its actions are switched off." if alarm.get("AlarmActions") else "")


RULE = Rule(
    name="AlarmWithoutAction",
    controls=("OPS-1", "OPS-2"),
    why="The alarm goes off and nobody hears it.",
    fix="give it an alarm action (an SNS topic), or hand its construct to monitoring.Watch",
    find=_find,
)
