"""What wakes somebody about restore tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from prodready_constructs.contracts import AlarmSpec, GraphSpec, MathMetric, Metric, RunbookSpec, Severity
from prodready_constructs.recovery.testing.hook import LONGEST_SILENCE

_SOURCE = "Ledger DR-2: a restore test that fails wakes somebody"
#: The counter of days comes daily: two days without it, and the function itself is at fault.
_SILENT_DAYS = 2
PERIOD = timedelta(hours=1)


def alarms_of(
    *, metrics: Mapping[str, Metric], plan_arn: str, log_group: str, function: str, topic: str, queue: str
) -> tuple[AlarmSpec, ...]:
    """Alarms of one restore test."""
    jobs = f"aws backup list-restore-jobs --by-restore-testing-plan-arn {plan_arn}"
    logs = f"aws logs tail {log_group} --since 1d"
    return (
        _counted(
            "RestoreTestFailed",
            metrics["NotRestored"],
            meaning="A restore test brought nothing back: a real restore of this store may fail too.",
            causes=(
                "the role of the test lacks a right, or a key policy does not admit it",
                "the subnet group, security group or a quota of the account stands in the way",
                "the recovery point is damaged or its key was disabled",
            ),
            commands=(f"{jobs} --by-status FAILED", logs),
        ),
        _counted(
            "RestoreValidationFailed",
            metrics["Failed"],
            meaning="A store was restored and does not have what it must: the backup may be empty, stale or unreadable.",
            causes=(
                "the newest row is older than expected: the writer stopped, or the backup is stale",
                "the secret was rotated twice since the recovery point was made, or its user may not read",
                "the restored instance could not be reached, or the runtime does not know its certificate authority",
            ),
            commands=(logs, f"{jobs} --by-status COMPLETED"),
        ),
        AlarmSpec(
            id="NoRestoreTestForAMonth",
            metric=metrics["Days"],
            threshold=LONGEST_SILENCE.days,
            comparison="GreaterThanThreshold",
            periods=_SILENT_DAYS,
            # The counter comes every day; its silence is the function's.
            missing_data="breaching",
            # The first counter comes at noon of the next day.
            warm_up=timedelta(days=2),
            severity=Severity.CRITICAL,
            source="Ledger DR-2: a restore test a month, and four days of grace",
            runbook=RunbookSpec(
                meaning="No restore test of some store has succeeded for 35 days: whether its backups can be restored is not known.",
                causes=(
                    "every test fails: see RestoreTestFailed and RestoreValidationFailed",
                    "AWS Backup found no recovery point of the store within the days that the test looks back",
                    "the function that looks into restored stores no longer runs",
                ),
                first_commands=(f"{jobs} --max-results 20", logs),
            ),
        ),
        AlarmSpec(
            id="RestoreHookErrors",
            metric=_metric("AWS/Lambda", "Errors", "FunctionName", function),
            threshold=0,
            comparison="GreaterThanThreshold",
            periods=1,
            missing_data="notBreaching",  # the function runs once a day and after a restore job
            severity=Severity.WARNING,
            source="our reason: a run that fails is tried twice again; the second failure is a dead letter",
            runbook=RunbookSpec(
                meaning="The look into a restored store broke off; AWS Lambda tries it again.",
                causes=("AWS Backup or Secrets Manager did not answer or refused", "the function was stopped at its time limit"),
                first_commands=(logs, f"aws lambda get-function-configuration --function-name {function}"),
            ),
        ),
        AlarmSpec(
            id="RestoreHookDeadLetters",
            metric=MathMetric(
                # Events that never reached the function, and runs that it gave up; what never happened has no data.
                expression="FILL(undelivered, 0) + FILL(given_up, 0)",
                using={
                    "undelivered": _metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue, statistic="Maximum"),
                    "given_up": _metric("AWS/SNS", "NumberOfMessagesPublished", "TopicName", topic),
                },
                label="Events undelivered and runs given up",
                period=PERIOD,
            ),
            threshold=0,
            comparison="GreaterThanThreshold",
            periods=1,
            missing_data="notBreaching",  # an idle queue and an idle topic tell nothing
            severity=Severity.CRITICAL,
            source="Ledger OPS-2: dead letters wake someone",
            runbook=RunbookSpec(
                meaning="The look into a restored store was given up: AWS Backup has no result of this restore test.",
                causes=("the function lacks a right it once had", "AWS Backup could not be reached from its subnets"),
                first_commands=(logs, f"{jobs} --by-status COMPLETED"),
            ),
        ),
    )


def graphs_of(metrics: Mapping[str, Metric]) -> tuple[GraphSpec, ...]:
    """Tests by outcome, and how long restores take."""
    return (
        GraphSpec(title="Restore tests", unit="Count", metrics=tuple(metrics[name] for name in ("Passed", "Failed", "NotRestored"))),
        GraphSpec(title="Time of a restore", unit="Seconds", metrics=(metrics["Seconds"],)),
        GraphSpec(title="Days since a restore test succeeded", metrics=(metrics["Days"],)),
    )


def _counted(alarm_id: str, metric: Metric, *, meaning: str, causes: tuple[str, ...], commands: tuple[str, ...]) -> AlarmSpec:
    return AlarmSpec(
        id=alarm_id,
        metric=metric,
        threshold=0,
        comparison="GreaterThanThreshold",
        periods=1,
        # Tests are rare; that none comes at all is NoRestoreTestForAMonth's.
        missing_data="notBreaching",
        severity=Severity.CRITICAL,
        source=_SOURCE,
        runbook=RunbookSpec(meaning=meaning, causes=causes, first_commands=commands),
    )


def _metric(namespace: str, name: str, dimension: str, value: str, *, statistic: str = "Sum") -> Metric:
    return Metric(namespace=namespace, name=name, dimensions={dimension: value}, statistic=statistic, period=PERIOD)
