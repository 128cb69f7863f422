"""What is watched of every rotation: runs that fail or were given up, and secrets that stay as they were."""

from __future__ import annotations

from prodready_constructs.contracts import AlarmSpec, EventSpec, GraphSpec, Metric, RunbookSpec, Severity


def rotation_alarms(
    name: str,
    *,
    function_name: str,
    topic_name: str,
    source: str,
    meaning: str,
    causes: tuple[str, ...],
    reaches: str,
    commands: tuple[str, ...],
) -> tuple[AlarmSpec, AlarmSpec]:
    """``<name>Errors`` and ``<name>DeadLetters`` of one rotation function.

    Args:
        topic_name: of the topic that is told of runs that were given up.
        source, meaning, causes: of the errors. reaches: whom the function must reach: "Secrets Manager or Cognito".
        commands: what to paste first, for both.
    """
    return (
        AlarmSpec(
            id=f"{name}Errors",
            metric=_runs(function_name, "Errors"),
            threshold=0,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=1,
            missing_data="notBreaching",  # the function runs only on the day of a rotation
            source=source,
            runbook=RunbookSpec(meaning=meaning, causes=causes, first_commands=commands),
        ),
        AlarmSpec(
            id=f"{name}DeadLetters",
            metric=Metric(namespace="AWS/SNS", name="NumberOfMessagesPublished", dimensions={"TopicName": topic_name}, statistic="Sum"),
            threshold=0,
            comparison="GreaterThanThreshold",
            severity=Severity.CRITICAL,
            periods=1,
            missing_data="notBreaching",  # an idle topic publishes nothing
            source="Ledger OPS-2: dead letters wake someone",
            runbook=RunbookSpec(
                meaning="A step of a rotation was given up: a version of a secret may hang in AWSPENDING.",
                causes=(f"The function cannot reach {reaches}", "The function was throttled for hours"),
                first_commands=commands,
            ),
        ),
    )


def rotation_failed(
    event_id: str, *, secret_arn: str, named: str, source: str, meaning: str, causes: tuple[str, ...], then: tuple[str, ...] = ()
) -> EventSpec:
    """Secrets Manager did not rotate one secret. It says so by an event through CloudTrail, which needs a trail in the account.

    Args:
        named: the secret's name or ARN, as the commands say it.
        then: the commands after a look at the secret; to rotate it now when none are given.
    """
    return EventSpec(
        id=event_id,
        pattern={
            "source": ["aws.secretsmanager"],
            "detail-type": ["AWS Service Event via CloudTrail"],
            "detail": {"eventName": ["RotationFailed", "RotationAbandoned"], "additionalEventData": {"SecretId": [secret_arn]}},
        },
        severity=Severity.WARNING,
        source=source,
        runbook=RunbookSpec(
            meaning=meaning,
            causes=causes,
            first_commands=(
                f"aws secretsmanager describe-secret --secret-id {named}",
                *(then or (f"aws secretsmanager rotate-secret --secret-id {named}",)),
            ),
        ),
    )


def rotation_graph(title: str, *, function_name: str) -> GraphSpec:
    """Runs and errors."""
    return GraphSpec(title=title, unit="Count", metrics=(_runs(function_name, "Invocations"), _runs(function_name, "Errors")))


def _runs(function_name: str, metric: str) -> Metric:
    return Metric(namespace="AWS/Lambda", name=metric, dimensions={"FunctionName": function_name}, statistic="Sum")
