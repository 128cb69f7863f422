"""What somebody must hear of a migration. No AWS module."""

from __future__ import annotations

from prodready_constructs.contracts import AlarmSpec, AnyAlarmSpec, EventSpec, GraphSpec, Metric, RunbookSpec, Severity


def migration_alarms(
    *, path: str, cluster_arn: str, log_group: str, runner: str, runner_logs: str, failures: str
) -> tuple[AnyAlarmSpec, ...]:
    """A migration that failed, and the function that looks after it failing itself."""
    commands = (
        f"aws logs tail {log_group} --since 2h",
        f"aws logs tail {runner_logs} --since 2h",
        f"aws ecs list-tasks --cluster {cluster_arn} --desired-status STOPPED",
    )
    return (
        EventSpec(
            id="MigrationFailed",
            pattern={
                "source": ["aws.ecs"],
                "detail-type": ["ECS Task State Change"],
                "detail": {
                    "clusterArn": [cluster_arn],
                    "lastStatus": ["STOPPED"],
                    "$or": [{"containers": {"exitCode": [{"anything-but": [0]}]}}, {"stopCode": ["TaskFailedToStart", "UserInitiated"]}],
                },
            },
            severity=Severity.WARNING,
            source="Amazon ECS developer guide, task state change events; ledger DB-11: a failure stops the deployment",
            runbook=RunbookSpec(
                meaning=f"The schema migration {path} failed or was stopped. The deployment stops; the old release goes on serving.",
                causes=(
                    "An error in the SQL: see its last lines, which are also the reason of the failed resource in CloudFormation",
                    "It waited for a lock that a query of the old release holds, until its time was up",
                    "The image cannot be pulled, or a secret has no field 'password' yet because its user was not made",
                ),
                first_commands=commands,
            ),
        ),
        AlarmSpec(
            id="MigrationRunnerErrors",
            metric=Metric(namespace="AWS/Lambda", name="Errors", dimensions={"FunctionName": runner}, statistic="Sum"),
            threshold=0,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=1,
            missing_data="notBreaching",  # it runs in deployments only
            source="Ledger DB-11: a deployment that gets no answer waits for its time limit",
            runbook=RunbookSpec(
                meaning="The function that runs the migration failed; AWS Lambda repeats it, and it finds the task again.",
                causes=("No way out of the private subnets to AWS", "CloudFormation's answer address was not reachable"),
                first_commands=commands,
            ),
        ),
        AlarmSpec(
            id="MigrationDeadLetters",
            metric=Metric(namespace="AWS/SNS", name="NumberOfMessagesPublished", dimensions={"TopicName": failures}, statistic="Sum"),
            threshold=0,
            comparison="GreaterThanThreshold",
            severity=Severity.CRITICAL,
            periods=1,
            missing_data="notBreaching",  # an idle topic publishes nothing
            source="Ledger OPS-2: dead letters wake someone",
            runbook=RunbookSpec(
                meaning="A request of CloudFormation was given up: the deployment waits until its time limit, and a task may still run.",
                causes=("The function cannot reach AWS", "Its role was changed by hand"),
                first_commands=commands,
            ),
        ),
    )


def migration_graphs(*, path: str, runner: str) -> tuple[GraphSpec, ...]:
    """Runs and errors of the function."""
    metrics = tuple(
        Metric(namespace="AWS/Lambda", name=name, dimensions={"FunctionName": runner}, statistic="Sum")
        for name in ("Invocations", "Errors")
    )
    return (GraphSpec(title=f"{path}: migrations", unit="Count", metrics=metrics),)
