"""Devices of which AWS IoT keeps no log."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.recorded import recorded_above
from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit
from prodready_constructs.evidence.assembly import Resource

LOGGING, RULES = "AWS::IoT::Logging", "AWS::IoT::TopicRule"


def _where(one: Resource) -> tuple[str | None, str | None]:
    return one.stack.account, one.stack.region


def _elsewhere(subject: Subject, rule: Resource) -> bool:
    """Whether its construct was told that another app logs for this account and region."""
    return any(data.get("logging") == "existing" for data in recorded_above(subject, rule))


def _find(subject: Subject) -> Iterator[Hit]:
    for logging in subject.of_type(LOGGING):
        if logging.get("DefaultLogLevel") == "DISABLED":
            yield hit(logging, detail="Level", note="The log is switched off.")
    seen = {_where(logging) for logging in subject.of_type(LOGGING)}
    for rule in subject.of_type(RULES):
        # One log for an account and region: the first rule speaks for all of them.
        if _where(rule) not in seen and not _elsewhere(subject, rule):
            seen.add(_where(rule))
            yield hit(rule, detail="Logging", note="Nothing in this app makes the log of its account and region.")


RULE = Rule(
    name="DevicesUnlogged",
    controls=("FN-6",),
    why="A device that may not connect, or a rule that fails, leaves no trace elsewhere "
    "(https://docs.aws.amazon.com/iot/latest/developerguide/cloud-watch-logs.html).",
    fix='an AWS::IoT::Logging of level ERROR or more; compute.DeviceIngest makes it, or is told logging="existing"',
    find=_find,
)
