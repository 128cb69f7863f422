"""Filters on a log group whose class has none."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit
from prodready_constructs.evidence.assembly import Resource

FILTERS = ("AWS::Logs::MetricFilter", "AWS::Logs::SubscriptionFilter")
GROUP = "AWS::Logs::LogGroup"
#: Those without filters; STANDARD is what a group is that does not say.
WITHOUT = ("INFREQUENT_ACCESS", "DELIVERY")


def _group(subject: Subject, one: Resource) -> Resource | None:
    """The group that *one* is a filter of: by reference, or by a literal name."""
    name = one.get("LogGroupName")
    found = [group for group in subject.targets(one, name) if group.type == GROUP]
    if isinstance(name, str):
        found += [group for group in subject.of_type(GROUP) if group.get("LogGroupName") == name]
    return found[0] if found else None


def _find(subject: Subject) -> Iterator[Hit]:
    if not any(group.get("LogGroupClass") in WITHOUT for group in subject.of_type(GROUP)):
        return
    for one in subject.of_type(*FILTERS):
        group = _group(subject, one)
        if group is not None and (kind := group.get("LogGroupClass")) in WITHOUT:
            yield hit(one, note=f"{group.path} is of class {kind}.")


RULE = Rule(
    name="LogClassTooLow",
    controls=("OPS-5",),
    why="A log group of the cheaper classes has neither metric filters nor subscriptions: what they count, alarm on or archive does not come "
    "(https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html).",
    fix="class STANDARD, which cannot be changed later; monitoring.CountedLogs and LogArchive refuse the other",
    find=_find,
)
