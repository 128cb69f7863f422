"""Asks every hour whether a job that runs seldom, or between two dates, has had its success: no alarm looks back that far."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from aws_cdk import aws_kms as kms
from constructs import Construct

from prodready_constructs.compute.jobs.alarms import MISSED, Runs
from prodready_constructs.compute.jobs.machine import state_machine
from prodready_constructs.contracts import Metric
from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, REGION, Part

#: Hourly datapoints are exact, but many hours of a busy function do not fit into one answer of Step Functions (256 KiB).
_EXACT, _HOUR, _DAY = timedelta(days=60), timedelta(hours=1), timedelta(days=1)


class Watchman(Part):
    """A state machine that publishes 1 for a job whose success is overdue (or whose schedule is switched off) and 0 for one that is well.

    It knows when the schedule was made, when it starts and when it ends: a new job is not overdue before its time, an ended one never.

    Args:
        job: the path of the job. group, schedule: its names. runs: where its successes are counted. wait: how long they may be apart.
        key: a key whose policy admits CloudWatch Logs and ``KEY_STATEMENTS``.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        job: str,
        group: str,
        schedule: str,
        runs: Runs,
        wait: timedelta,
        key: kms.IKey,
        log_retention: timedelta,
    ) -> None:
        super().__init__(scope, construct_id)
        made = state_machine(
            self,
            purpose="looks for successful runs",
            definition=watch_steps(job=job, group=group, schedule=schedule, runs=runs, wait=wait, partition=PARTITION),
            statements=[
                {
                    "Action": "scheduler:GetSchedule",
                    "Resource": f"arn:{PARTITION}:scheduler:{REGION}:{ACCOUNT_ID}:schedule/{group}/{schedule}",
                },
                {"Action": "cloudwatch:GetMetricData", "Resource": "*"},
                {
                    "Action": "cloudwatch:PutMetricData",
                    "Resource": "*",
                    "Condition": {"StringEquals": {"cloudwatch:namespace": MISSED.namespace}},
                },
            ],
            key=key,
            log_retention=log_retention,
            and_because="; nor do the two calls of CloudWatch, of which the one that writes is held to a namespace",
        )
        #: ARN of the state machine.
        self.arn = made.arn


def watch_steps(*, job: str, group: str, schedule: str, runs: Runs, wait: timedelta, partition: str) -> dict[str, Any]:
    """The definition: read the schedule, count the successes, publish the verdict."""
    waited = int(wait.total_seconds() * 1000)
    period = int((_HOUR if wait <= _EXACT else _DAY).total_seconds())
    counted = {f"gain{number}": metric for number, metric in enumerate(runs.gains)}
    counted |= {f"loss{number}": metric for number, metric in enumerate(runs.losses)}
    result = "$states.result"
    values = f"{result}.MetricDataResults[$contains(Id, '{{}}')].Values"
    overdue = f"($successes < 1 and $millis() - $since > {waited})"
    return {
        "Comment": f"Has there been a successful run of {job}?",
        "QueryLanguage": "JSONata",
        "StartAt": "Schedule",
        "TimeoutSeconds": 600,
        "States": {
            "Schedule": _call(
                f"arn:{partition}:states:::aws-sdk:scheduler:getSchedule",
                {"GroupName": group, "Name": schedule},
                {
                    "since": f"{{% $max([$toMillis({result}.CreationDate), $exists({result}.StartDate) ? $toMillis({result}.StartDate) : 0]) %}}",
                    "until": f"{{% $exists({result}.EndDate) ? $toMillis({result}.EndDate) : 0 %}}",
                    "off": f"{{% {result}.State != 'ENABLED' %}}",
                },
                then="Count",
            ),
            "Count": _call(
                f"arn:{partition}:states:::aws-sdk:cloudwatch:getMetricData",
                {
                    "StartTime": f"{{% $fromMillis($millis() - {waited}) %}}",
                    "EndTime": "{% $now() %}",
                    "MetricDataQueries": [_query(name, metric, period) for name, metric in counted.items()],
                },
                # With a zero, so that there is something to add where nothing was counted.
                {"successes": f"{{% $sum($append([0], {values.format('gain')})) - $sum($append([0], {values.format('loss')})) %}}"},
                then="Publish",
            ),
            "Publish": _call(
                f"arn:{partition}:states:::aws-sdk:cloudwatch:putMetricData",
                {
                    "Namespace": MISSED.namespace,
                    "MetricData": [
                        {
                            "MetricName": MISSED.name,
                            "Dimensions": [{"Name": "Job", "Value": job}],
                            "Unit": "Count",
                            "Value": f"{{% ($until = 0 or $millis() < $until) and ($off or {overdue}) ? 1 : 0 %}}",
                        }
                    ],
                },
                {},
                then=None,
            ),
        },
    }


def _query(name: str, metric: Metric, period: int) -> dict[str, Any]:
    dimensions = [{"Name": key, "Value": value} for key, value in metric.dimensions.items()]
    return {
        "Id": name,
        "ReturnData": True,
        "MetricStat": {
            "Metric": {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions},
            "Period": period,
            "Stat": metric.statistic,
        },
    }


def _call(resource: str, arguments: Mapping[str, Any], assign: Mapping[str, str], *, then: str | None) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": resource,
        "Arguments": dict(arguments),
        "Retry": [{"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 5, "BackoffRate": 2, "MaxAttempts": 4}],
        **({"Assign": dict(assign)} if assign else {}),
        **({"Next": then} if then else {"End": True}),
    }
