"""A dead-letter queue that any queue of the account may fill."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, document, hit, mappings
from prodready_constructs.evidence.assembly import Resource

QUEUES = ("AWS::SQS::Queue",)


def _redriven(source: Resource) -> Any:
    return document(source.get("RedrivePolicy")).get("deadLetterTargetArn")


def _failed(source: Resource) -> Any:
    return source.get("DestinationConfig", "OnFailure", "Destination")


#: What sends its failures to a queue without being one -> the property that names it.
SERVICES: dict[str, Callable[[Resource], Any]] = {
    "AWS::Events::Rule": lambda rule: [one.get("DeadLetterConfig") for one in mappings(rule.get("Targets"))],
    "AWS::Lambda::EventInvokeConfig": _failed,
    "AWS::Lambda::EventSourceMapping": _failed,
    "AWS::Lambda::Function": lambda function: function.get("DeadLetterConfig"),
    "AWS::SNS::Subscription": _redriven,
    "AWS::Scheduler::Schedule": lambda schedule: schedule.get("Target", "DeadLetterConfig"),
}


def _find(subject: Subject) -> Iterator[Hit]:
    of_queues = subject.referred(QUEUES, _redriven)
    of_services = {queue for kind, read in SERVICES.items() for queue in subject.referred([kind], read)}
    for queue in (one for one in subject.of_type(*QUEUES) if one in of_queues | of_services):
        allowed = queue.get("RedriveAllowPolicy")
        # What is decided at deployment, or written as text, may say so.
        permission = allowed.get("redrivePermission", "Fn::If" in allowed) if isinstance(allowed, dict) else allowed
        if permission in (None, False, "allowAll"):
            yield hit(queue, note="Every queue may name it.")
        elif permission == "denyAll" and queue in of_queues:
            yield hit(queue, note="No queue may name it, and one does: AWS refuses that.")
        elif permission == "byQueue" and not allowed.get("sourceQueueArns"):
            yield hit(queue, note="It names no source.")


RULE = Rule(
    name="DeadLettersOpen",
    controls=("STORE-3",),
    why="Whose message failed can no longer be told, and whoever moves the messages back sends them to the wrong consumers.",
    fix="RedriveAllowPolicy with redrivePermission byQueue and the ARN of the one source (made of its name: the source refers to this "
    "queue already), as messaging.ReliableQueue has; denyAll where no queue sends to it but Lambda, SNS, EventBridge or its Scheduler, as "
    "compute.HardenedFunction has",
    find=_find,
)
