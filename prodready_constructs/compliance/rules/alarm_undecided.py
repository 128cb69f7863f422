"""An alarm of which nobody said what silence means."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.measured import ALARM
from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit


def _find(subject: Subject) -> Iterator[Hit]:
    for alarm in subject.of_type(ALARM):
        if alarm.get("TreatMissingData") is None:
            yield hit(alarm)


RULE = Rule(
    name="AlarmUndecided",
    controls=("OPS-2",),
    why="Left out, missing data keeps the alarm in the state it had, or in none: a program that died says nothing and raises nothing "
    "(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html).",
    fix="say it: breaching where silence is the failure, notBreaching where no news is good news, missing where another alarm hears of silence; "
    "monitoring.Watch takes it from each AlarmSpec",
    find=_find,
)
