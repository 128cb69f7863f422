"""What a schedule starts: a function, or a Fargate task."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_

from prodready_constructs.compute.jobs.alarms import Runs
from prodready_constructs.contracts import Metric
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation.plain_secrets import looks_like_a_secret

#: The longest a function runs (AWS Lambda quotas).
LONGEST_FUNCTION = timedelta(minutes=15)
#: What EventBridge Scheduler writes into the input of each run: the time it was to start, and which try this is.
#: Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
CONTEXT = {"scheduled_time": "<aws.scheduler.scheduled-time>", "attempt": "<aws.scheduler.attempt-number>"}

START_EXECUTION = "states:StartExecution"


class JobTarget(Protocol):
    """What :class:`ScheduledJob` asks of its target: :class:`FunctionRun` and ``FargateJob`` answer."""

    @property
    def limit(self) -> timedelta: ...
    @property
    def key(self) -> kms.IKey | None: ...
    @property
    def start(self) -> Start: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How a run is started, and how one knows of it."""

    arn: str
    action: str
    input: str
    runs: Runs
    #: What the schedule's role needs besides.
    statements: tuple[Mapping[str, Any], ...] = ()


class HasAlias(Protocol):
    """A ``HardenedFunction``, or another construct around a function with an alias."""

    @property
    def alias(self) -> Any: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionRun:
    """One invocation of a function.

    The function gets ``{"scheduled_time": ..., "attempt": ..., "payload": ...}``. Give the job a function (or an alias) of its own: calls of
    others would count as its runs.

    Args:
        function: a ``HardenedFunction``, which is called by its alias, or any function, alias or version of the CDK.
        limit: the longest a run may take: the function's timeout, 15 minutes at most; a ``HardenedFunction`` knows its own.
        payload: the job's own part of the event; no secrets.

    Raises:
        ConfigurationError: a limit no function has, a payload that is no JSON or holds what looks like a secret.
    """

    function: lambda_.IFunction | HasAlias
    limit: timedelta = timedelta(0)
    payload: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.limit and isinstance(own := getattr(self.function, "timeout", None), timedelta):
            object.__setattr__(self, "limit", own)
        if not timedelta(seconds=1) <= self.limit <= LONGEST_FUNCTION:
            raise ConfigurationError(
                "FunctionRun.limit",
                given=str(self.limit),
                allowed=f"1 second to {LONGEST_FUNCTION}: the function's timeout",
                mend="use a FargateJob for what takes longer",
            )
        if found := _secret_in("payload", self.payload):
            raise ConfigurationError(
                "FunctionRun.payload",
                given=found,
                allowed="plain values",
                mend="let the function read the secret from Secrets Manager",
            )
        try:
            json.dumps(self.payload)
        except (TypeError, ValueError) as error:
            raise ConfigurationError(
                "FunctionRun.payload", given=str(error), allowed="what JSON can say", mend="use strings, numbers, lists and mappings"
            ) from error

    @property
    def key(self) -> kms.IKey | None:
        """None: a function's key is not the schedule's affair."""
        return None

    @property
    def start(self) -> Start:
        """How it is invoked, and its metrics."""
        given: Any = self.function
        function: lambda_.IFunction = getattr(given, "alias", given)
        name = function.function_name
        dimensions = {"FunctionName": name}
        if isinstance(function, lambda_.Alias):
            # The name of an alias is its function's with its own: as the dimension Resource has it.
            dimensions = {"FunctionName": function.lambda_.function_name, "Resource": name}

        def metric(of: str, statistic: str = "Sum") -> Metric:
            return Metric(namespace="AWS/Lambda", name=of, dimensions=dimensions, statistic=statistic, label=of)

        arn = function.function_arn
        log_group = f"$(aws lambda get-function-configuration --function-name {name} --query LoggingConfig.LogGroup --output text)"
        return Start(
            arn=arn,
            action="lambda:InvokeFunction",
            input=json.dumps({**CONTEXT, "payload": dict(self.payload)}),
            runs=Runs(
                gains=(metric("Invocations"),),
                losses=(metric("Errors"),),
                failures=(metric("Errors"),),
                duration=metric("Duration", "Maximum"),
                failed_by=(
                    "the function raised an error: see the last lines of its log",
                    "it took longer than its timeout, or all its memory",
                ),
                look=(
                    f"aws lambda get-function-configuration --function-name {name} --query '[Timeout,MemorySize,LastUpdateStatus]'",
                    f"aws logs tail {log_group} --since 2h",
                ),
                again=f"aws lambda invoke --function-name {name} --invocation-type Event"
                ' --payload \'{"scheduled_time":"by hand"}\' --cli-binary-format raw-in-base64-out /dev/stdout',
            ),
        )


def _secret_in(name: str, value: Any) -> str | None:
    """The name of what looks like a secret in *value*, however deep."""
    if isinstance(value, Mapping):
        return next((found for key, inner in value.items() if (found := _secret_in(str(key), inner))), None)
    if isinstance(value, (list, tuple)):
        return next((found for inner in value if (found := _secret_in(name, inner))), None)
    return name if isinstance(value, str) and looks_like_a_secret(name, value) else None
