"""A subscription that sends messages over plain HTTP."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, mappings


def _find(subject: Subject) -> Iterator[Hit]:
    for subscription in subject.of_type("AWS::SNS::Subscription"):
        if subscription.get("Protocol") == "http":
            yield hit(subscription)
    for topic in subject.of_type("AWS::SNS::Topic"):
        if any(one.get("Protocol") == "http" for one in mappings(topic.get("Subscription"))):
            yield hit(topic)


RULE = Rule(
    name="PlainDelivery",
    controls=("STORE-4",),
    why="Whoever is on the way reads the messages, and the confirmation with which they could subscribe themselves.",
    fix="protocol https; messaging.ProtectedTopic.add_https takes nothing else",
    find=_find,
)
