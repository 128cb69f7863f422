"""A topic that takes messages over plain HTTP. AwsSolutions-SNS3 is content with a key, which protects messages that have arrived."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, listed, mappings

POLICIES = {"AWS::SNS::TopicPolicy": "Topics", "AWS::SNS::TopicInlinePolicy": "TopicArn"}
_PUBLISHES = ("*", "sns:*", "sns:publish")


def _denies_plain(statement: dict[str, Any]) -> bool:
    principal, condition = statement.get("Principal"), statement.get("Condition")
    everybody = "*" in listed(principal.get("AWS") if isinstance(principal, dict) else principal)
    # Nothing beside it: a further condition would let some plain requests through.
    asked = [said for operator, said in condition.items() if operator in ("Bool", "BoolIfExists")] if isinstance(condition, dict) else []
    alone = [said for said in asked if isinstance(said, dict) and list(said) == ["aws:SecureTransport"]]
    return (
        statement.get("Effect") == "Deny"
        and everybody
        and any(str(action).lower() in _PUBLISHES for action in listed(statement.get("Action")))
        and len(condition or ()) == len(alone) == 1
        and any(str(value).lower() == "false" for value in listed(alone[0]["aws:SecureTransport"]))
    )


def _find(subject: Subject) -> Iterator[Hit]:
    protected = {
        topic
        for policy in subject.of_type(*POLICIES)
        if any(_denies_plain(one) for one in mappings(listed(policy.get("PolicyDocument", "Statement"))))
        for topic in subject.targets(policy, policy.get(POLICIES[policy.type]))
    }
    for topic in subject.of_type("AWS::SNS::Topic"):
        # Without a key AwsSolutions-SNS3 says it.
        if topic.get("KmsMasterKeyId") and topic not in protected:
            yield hit(topic)


RULE = Rule(
    name="PlainTopic",
    controls=("STORE-4",),
    why="Messages may be published over plain HTTP: the key of the topic protects them only once they are there.",
    fix="enforce_ssl=True, or a topic policy that denies sns:Publish to everybody while aws:SecureTransport is false; "
    "messaging.ProtectedTopic has it",
    find=_find,
)
