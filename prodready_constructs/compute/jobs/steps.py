"""The steps of one run of a Fargate job: start the task, look after it, stop it when its time is up. No AWS module.

EventBridge Scheduler starts a task and forgets it; Amazon ECS has no time limit for one. Each step here is a plain call of the ECS API
(``RunTask``, ``DescribeTasks``, ``StopTask``), so that what happens at the end of the time is written down and not left to an integration.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

#: How often a task that could not be started (no capacity, a limit) is tried again, and after how long.
STARTS, BETWEEN_STARTS = 3, timedelta(minutes=1)
#: An execution has 25,000 events at most (AWS Step Functions quotas), and one look at a task takes eleven.
MOST_LOOKS = 2_000
SHORTEST_PAUSE = timedelta(seconds=15)
#: What the execution may take beyond the time limit: starting again, and stopping.
MARGIN = timedelta(minutes=30)
#: The variable that tells the container which run it is.
SCHEDULED_TIME = "SCHEDULED_TIME"

#: An API that answers with an error is asked again; RunTask has a token, so that a second answer is about the same task.
_AGAIN = [{"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 5, "BackoffRate": 2, "MaxAttempts": 5}]
_TASK = "$.started.Tasks[0].TaskArn"


def pause_of(limit: timedelta) -> timedelta:
    """How long to wait between two looks at a task that may run for *limit*."""
    return max(SHORTEST_PAUSE, timedelta(seconds=-(-limit // timedelta(seconds=MOST_LOOKS))))


def run_steps(
    *,
    cluster: str,
    task_definition: str,
    container: str,
    subnets: Sequence[str],
    security_group: str,
    limit: timedelta,
    partition: str = "aws",
) -> dict[str, Any]:
    """The definition of the state machine."""
    pause = pause_of(limit)
    service = f"arn:{partition}:states:::aws-sdk:ecs"
    start = {
        "Cluster": cluster,
        "TaskDefinition": task_definition,
        "LaunchType": "FARGATE",
        "Count": 1,
        "EnableECSManagedTags": True,
        "EnableExecuteCommand": False,
        "PropagateTags": "TASK_DEFINITION",
        "ClientToken.$": "States.Hash(States.Format('{}/{}', $$.Execution.Id, $.tries), 'SHA-256')",
        "NetworkConfiguration": {
            "AwsvpcConfiguration": {"Subnets": list(subnets), "SecurityGroups": [security_group], "AssignPublicIp": "DISABLED"}
        },
        "Overrides": {
            "ContainerOverrides": [{"Name": container, "Environment": [{"Name": SCHEDULED_TIME, "Value.$": "$.scheduled_time"}]}]
        },
    }
    # By ``*`` and by name: paths that find nothing are empty lists, and a container beside the application does not count.
    seen = {
        "status.$": "$.Tasks[*].LastStatus",
        "reason.$": "$.Tasks[*].StoppedReason",
        "codes.$": f"$.Tasks[*].Containers[?(@.Name=='{container}')].ExitCode",
    }
    stopped = [{"Variable": "$.seen.status[0]", "IsPresent": True}, {"Variable": "$.seen.status[0]", "StringEquals": "STOPPED"}]
    succeeded = [*stopped, {"Variable": "$.seen.codes[0]", "IsPresent": True}, {"Variable": "$.seen.codes[0]", "NumericEquals": 0}]
    count = {"scheduled_time.$": "$.scheduled_time", "tries.$": "$.tries", "started.$": "$.started"}
    states = {
        "Begin": _choice([({"Variable": "$.scheduled_time", "IsPresent": True}, "Scheduled")], otherwise="ByHand"),
        "ByHand": {"Type": "Pass", "Parameters": {"scheduled_time.$": "$$.Execution.StartTime", "tries": 1}, "Next": "Start"},
        "Scheduled": {"Type": "Pass", "Parameters": {"scheduled_time.$": "$.scheduled_time", "tries": 1}, "Next": "Start"},
        "Start": _call(f"{service}:runTask", start, result="$.started", then="Started"),
        "Started": _choice(
            [({"Variable": _TASK, "IsPresent": True}, "First"), ({"Variable": "$.tries", "NumericLessThan": STARTS}, "Again")],
            otherwise="NotStarted",
        ),
        "Again": {
            "Type": "Pass",
            "Parameters": {"scheduled_time.$": "$.scheduled_time", "tries.$": "States.MathAdd($.tries, 1)"},
            "Next": "Later",
        },
        "Later": {"Type": "Wait", "Seconds": BETWEEN_STARTS.seconds, "Next": "Start"},
        "NotStarted": {"Type": "Fail", "Error": "Job.NotStarted", "CausePath": "States.JsonToString($.started)"},
        "First": {"Type": "Pass", "Parameters": {**count, "looks": 0}, "Next": "Pause"},
        "Pause": {"Type": "Wait", "Seconds": pause.seconds, "Next": "Count"},
        "Count": {"Type": "Pass", "Parameters": {**count, "looks.$": "States.MathAdd($.looks, 1)"}, "Next": "Look"},
        "Look": {
            **_call(f"{service}:describeTasks", {"Cluster": cluster, "Tasks.$": f"States.Array({_TASK})"}, result="$.seen", then="Judge"),
            "ResultSelector": seen,
            # Nobody looks after it any more: better stopped than running for ever.
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Stop"}],
        },
        "Judge": _choice(
            [
                ({"And": succeeded}, "Done"),
                ({"And": stopped}, "Failed"),
                ({"Not": {"Variable": "$.seen.status[0]", "IsPresent": True}}, "Failed"),
                ({"Variable": "$.looks", "NumericGreaterThanEquals": -(-limit // pause)}, "Stop"),
            ],
            otherwise="Pause",
        ),
        "Done": {"Type": "Succeed"},
        "Failed": {"Type": "Fail", "Error": "Job.Failed", "CausePath": "States.JsonToString($.seen)"},
        "Stop": _call(
            f"{service}:stopTask",
            {"Cluster": cluster, "Task.$": _TASK, "Reason": f"Longer than {limit}"},
            result="$.stopped",
            then="TimedOut",
        ),
        "TimedOut": {
            "Type": "Fail",
            "Error": "Job.TimedOut",
            "Cause": f"Stopped: longer than its time limit of {limit}, or nobody could see it.",
        },
    }
    return {
        "Comment": "Runs one Fargate task, waits for its end, and stops it when its time is up",
        "StartAt": "Begin",
        "TimeoutSeconds": int((limit + MARGIN).total_seconds()),
        "States": states,
    }


def _call(resource: str, parameters: dict[str, Any], *, result: str, then: str) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": resource,
        "Parameters": parameters,
        "ResultPath": result,
        "Retry": _AGAIN,
        "Next": then,
    }


def _choice(choices: Sequence[tuple[dict[str, Any], str]], *, otherwise: str) -> dict[str, Any]:
    return {"Type": "Choice", "Choices": [{**rule, "Next": then} for rule, then in choices], "Default": otherwise}
