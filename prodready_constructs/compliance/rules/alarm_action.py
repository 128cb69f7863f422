"""An alarm that tells nobody."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit

ALARMS = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
#: What acts on an alarm by itself: a deployment that rolls back, an experiment that stops, an alarm made of alarms.
ACTORS = (
    "AWS::ECS::Service",
    "AWS::CodeDeploy::DeploymentGroup",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::FIS::ExperimentTemplate",
    "AWS::Route53::HealthCheck",
    "AWS::AppConfig::Environment",
)


def _find(subject: Subject) -> Iterator[Hit]:
    acted_on = subject.referred(ACTORS, lambda actor: actor.properties)
    for alarm in subject.of_type(*ALARMS):
        if alarm in acted_on:
            continue
        if alarm.get("ActionsEnabled") in (False, "false"):
            yield hit(alarm, note="Its actions are switched off.")
        elif not alarm.get("AlarmActions"):
            yield hit(alarm)


RULE = Rule(
    name="AlarmWithoutAction",
    why="The alarm goes off and nobody hears it.",
    fix="give it an alarm action (an SNS topic), or hand its construct to monitoring.Watch",
    find=_find,
)
