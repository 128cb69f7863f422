"""What the alarms of an app measure, named by reference or by a literal name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Subject, mappings
from prodready_constructs.evidence.assembly import Resource

ALARM = "AWS::CloudWatch::Alarm"
#: The nodes of a replication group, which its metrics carry: ``name-001``, or ``name-0001-001`` in cluster mode.
_NODE = re.compile(r"(-\d{4})?-\d{3}$")


def names_of(alarm: Resource) -> Iterator[str]:
    """The literal values of an alarm's dimensions, those of its metric queries included."""
    queries = [query.get("MetricStat") for query in mappings(alarm.get("Metrics"))]
    metrics = [stat.get("Metric") for stat in mappings(queries)]
    for dimensions in (alarm.get("Dimensions"), *(metric.get("Dimensions") for metric in mappings(metrics))):
        for value in (dimension.get("Value") for dimension in mappings(dimensions)):
            if isinstance(value, str):
                yield value
                yield _NODE.sub("", value)


def referred(subject: Subject, alarm: Resource) -> Iterator[Resource]:
    """The resources that an alarm's dimensions refer to."""
    for part in ("Dimensions", "Metrics"):
        yield from subject.targets(alarm, alarm.get(part))


def measuring(subject: Subject, resource: Resource, *, name: str) -> list[Resource]:
    """The alarms that measure *resource*, whose property *name* is the name that its metrics carry."""
    literal = resource.get(name)
    return [
        alarm
        for alarm in subject.of_type(ALARM)
        if (isinstance(literal, str) and literal in names_of(alarm)) or resource in list(referred(subject, alarm))
    ]
