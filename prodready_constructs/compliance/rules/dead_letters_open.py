"""A dead-letter queue that any queue of the account may fill."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit

QUEUES = ("AWS::SQS::Queue",)


def _target(queue: object) -> object:
    return queue.get("deadLetterTargetArn") if isinstance(queue, dict) else None


def _find(subject: Subject) -> Iterator[Hit]:
    targets = subject.referred(QUEUES, lambda queue: _target(queue.get("RedrivePolicy")))
    for queue in (one for one in subject.of_type(*QUEUES) if one in targets):
        allowed = queue.get("RedriveAllowPolicy")
        # What is decided at deployment, or written as text, may say so.
        permission = allowed.get("redrivePermission", "Fn::If" in allowed) if isinstance(allowed, dict) else allowed
        if permission in (None, False, "allowAll"):
            yield hit(queue, note="Every queue may name it.")
        elif permission == "denyAll":
            yield hit(queue, note="No queue may name it, and one does: AWS refuses that.")
        elif permission == "byQueue" and not allowed.get("sourceQueueArns"):
            yield hit(queue, note="It names no source.")


RULE = Rule(
    name="DeadLettersOpen",
    controls=("STORE-3",),
    why="Whose message failed can no longer be told, and whoever moves the messages back sends them to the wrong consumers.",
    fix="RedriveAllowPolicy with redrivePermission byQueue and the ARN of the one source (made of its name: the source refers to this "
    "queue already), as messaging.ReliableQueue has",
    find=_find,
)
