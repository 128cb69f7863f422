"""What is watched of every rotation: runs that fail, and runs that were given up."""

from __future__ import annotations

from prodready_constructs.contracts import AlarmSpec, GraphSpec, Metric, RunbookSpec, Severity


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


def rotation_graph(title: str, *, function_name: str) -> GraphSpec:
    """Runs and errors."""
    return GraphSpec(title=title, unit="Count", metrics=(_runs(function_name, "Invocations"), _runs(function_name, "Errors")))


def _runs(function_name: str, metric: str) -> Metric:
    return Metric(namespace="AWS/Lambda", name=metric, dimensions={"FunctionName": function_name}, statistic="Sum")
