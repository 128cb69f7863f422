"""A function that reads a queue or a stream, and loses or repeats what it cannot handle."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, is_off, number
from prodready_constructs.evidence.assembly import Resource

_STREAMS = {"AWS::Kinesis::Stream": "kinesis", "AWS::DynamoDB::Table": "dynamodb", "AWS::DynamoDB::GlobalTable": "dynamodb"}
#: AWS Lambda developer guide, "Using Lambda with Amazon SQS": the queue's visibility timeout is at least six times the function's.
TIMES = 6
_LAMBDA_TIMEOUT, _SQS_VISIBILITY = 3, 30


def _kind(subject: Subject, mapping: Resource) -> str | None:
    source = mapping.get("EventSourceArn")
    if isinstance(source, str):
        return next((kind for kind in ("sqs", "kinesis", "dynamodb") if f":{kind}:" in source), None)
    for target in subject.targets(mapping, source):
        if target.type == "AWS::SQS::Queue":
            return "sqs"
        if target.type in _STREAMS:
            return _STREAMS[target.type]
    return None


def _queue(subject: Subject, mapping: Resource) -> Iterator[Hit]:
    if "ReportBatchItemFailures" not in (mapping.get("FunctionResponseTypes") or ()):
        yield hit(mapping, detail="Batch", note="One bad message brings back the whole batch, the good ones too.")
    queues = [one for one in subject.targets(mapping, mapping.get("EventSourceArn")) if one.type == "AWS::SQS::Queue"]
    functions = [one for one in subject.targets(mapping, mapping.get("FunctionName")) if one.type == "AWS::Lambda::Function"]
    # An alias names its function.
    functions += [
        function
        for alias in subject.targets(mapping, mapping.get("FunctionName"))
        if alias.type == "AWS::Lambda::Alias"
        for function in subject.targets(alias, alias.get("FunctionName"))
    ]
    for queue in queues:
        visibility = number(queue.get("VisibilityTimeout"), _SQS_VISIBILITY)
        for function in functions:
            timeout = number(function.get("Timeout"), _LAMBDA_TIMEOUT)
            if timeout != float("inf") and visibility < TIMES * timeout:
                yield hit(
                    mapping,
                    detail="Visibility",
                    note=f"Messages come back after {visibility:g} s; the function has {timeout:g} s for a batch.",
                )


def _stream(mapping: Resource) -> Iterator[Hit]:
    endless = number(mapping.get("MaximumRetryAttempts"), -1) < 0 and number(mapping.get("MaximumRecordAgeInSeconds"), -1) < 0
    if endless:
        yield hit(mapping, detail="Endless", note="One bad record stops its shard until it expires.")
    if not mapping.get("DestinationConfig", "OnFailure", "Destination"):
        yield hit(mapping, detail="Lost", note="A record that is given up is gone.")
    if is_off(mapping.get("BisectBatchOnFunctionError")) and "ReportBatchItemFailures" not in (mapping.get("FunctionResponseTypes") or ()):
        yield hit(mapping, detail="Batch", note="One bad record has its whole batch given up.")


def _find(subject: Subject) -> Iterator[Hit]:
    for mapping in subject.of_type("AWS::Lambda::EventSourceMapping"):
        kind = _kind(subject, mapping)
        if kind == "sqs":
            yield from _queue(subject, mapping)
        elif kind:
            yield from _stream(mapping)


RULE = Rule(
    name="ConsumerUnguarded",
    controls=("FN-5",),
    why="Lambda's defaults for queues and streams repeat good messages and lose, or wait for ever behind, bad ones.",
    fix="ReportBatchItemFailures, a visibility timeout of six times the function's; for streams a limit of retries or age, bisecting, and an "
    "on-failure destination; compute.QueueConsumer and StreamConsumer have them",
    find=_find,
)
