"""An alarm that does not say what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodready_constructs.compliance.rules.alarm_action import ALARMS, SUM, is_silent
from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit
from prodready_constructs.evidence.assembly import flat

_LINK = re.compile(r"https?://\S+|\brunbooks?/\S+")


def _find(subject: Subject) -> Iterator[Hit]:
    for alarm in subject.of_type(*ALARMS):
        # A sum of alarms that pages nobody is for the eye: its members have the runbooks.
        if not (alarm.type == SUM and is_silent(alarm)) and not _LINK.search(flat(alarm.get("AlarmDescription"))):
            yield hit(alarm)


RULE = Rule(
    name="AlarmWithoutRunbook",
    controls=("OPS-3",),
    why="Whoever is woken at night has to work out what the alarm means and what to do first.",
    fix="put a link to its runbook into the alarm's description; monitoring.Watch writes both",
    find=_find,
)
