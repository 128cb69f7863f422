"""Lambda functions that fail or start late, by the extension that AWS FIS brings.

Source: https://docs.aws.amazon.com/fis/latest/userguide/use-lambda-actions.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from weakref import WeakKeyDictionary

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_ssm as ssm

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import path_of
from prodready_constructs.recovery.drills.planned import Planned, Statement, check_duration, iso_8601

#: Where FIS and the extension meet in the bucket.
PREFIX = "fis/"
#: How long an invocation waits for the extension to hear of a fault: FIS recommends more than 0 where the code is not to run at all.
POLL = timedelta(seconds=2)
#: Bound of FIS: the longest that a function can run.
LONGEST_DELAY = timedelta(minutes=15)
#: Function -> the bucket it was prepared with.
_prepared: WeakKeyDictionary[lambda_.Function, s3.IBucket] = WeakKeyDictionary()


def prepare_function(function: lambda_.Function, *, bucket: s3.IBucket, arm64: bool) -> None:
    """Add the FIS extension to *function*, which then asks *bucket* whether it is to fail: a layer of AWS, three settings, and read access.

    It costs a few milliseconds of each cold start and an S3 request a minute of each running environment: for functions that are drilled, in
    environments that are. It cannot be had with code signing (the layer is signed by AWS and not by your profile) or response streaming.

    Args:
        arm64: the function's architecture; x86-64 otherwise.
    """
    if function in _prepared:
        raise ConfigurationError(
            path_of(function), given="a function that is prepared already", allowed="each function once", mend="remove the second call"
        )
    _prepared[function] = bucket
    name = f"/aws/service/fis/lambda-extension/AWS-FIS-extension-{'arm64' if arm64 else 'x86_64'}/1.x.x"
    layer = ssm.StringParameter.value_for_string_parameter(function, name)
    function.add_layers(lambda_.LayerVersion.from_layer_version_arn(function, "FaultExtension", layer))
    function.add_environment("AWS_LAMBDA_EXEC_WRAPPER", "/opt/aws-fis/bootstrap")
    function.add_environment("AWS_FIS_CONFIGURATION_LOCATION", f"{bucket.bucket_arn}/{PREFIX}")
    function.add_environment("AWS_FIS_POLL_MAX_WAIT_MILLISECONDS", str(int(POLL.total_seconds() * 1000)))
    bucket.grant_read(function, f"{PREFIX}*")


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionErrors:
    """Invocations of a function fail before its code runs.

    Attributes:
        function: one that went through ``prepare_function``: ``HardenedFunction.function``.
        lasts: 1 minute to 12 hours. percent: of the invocations.
    """

    function: lambda_.Function
    lasts: timedelta
    percent: int = 100

    def planned(self, where: str) -> tuple[Planned, ...]:
        return _planned(
            f"{where}: FunctionErrors",
            self.function,
            name="FunctionErrors",
            does=f"lets {self.percent} % of the function's invocations fail",
            action="aws:lambda:invocation-error",
            lasts=self.lasts,
            percent=self.percent,
            settings={"preventExecution": "true"},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionDelay:
    """Invocations of a function start late, as if each were a cold start; longer than its timeout, they time out.

    Attributes:
        function: one that went through ``prepare_function``.
        delay: at most 15 minutes. lasts: 1 minute to 12 hours. percent: of the invocations.
    """

    function: lambda_.Function
    delay: timedelta
    lasts: timedelta
    percent: int = 100

    def planned(self, where: str) -> tuple[Planned, ...]:
        if not timedelta(0) < self.delay <= LONGEST_DELAY:
            raise ConfigurationError(
                f"{where}: FunctionDelay: delay",
                given=str(self.delay),
                allowed="more than 0, 15 minutes at most",
                mend="begin with 1 second",
            )
        return _planned(
            f"{where}: FunctionDelay",
            self.function,
            name="FunctionDelay",
            does=f"delays {self.percent} % of the function's invocations by {self.delay.total_seconds():g} s",
            action="aws:lambda:invocation-add-delay",
            lasts=self.lasts,
            percent=self.percent,
            settings={"startupDelayMilliseconds": str(int(self.delay.total_seconds() * 1000))},
        )


def _planned(
    where: str,
    function: lambda_.Function,
    *,
    name: str,
    does: str,
    action: str,
    lasts: timedelta,
    percent: int,
    settings: Mapping[str, str],
) -> tuple[Planned, ...]:
    check_duration(f"{where}: lasts", lasts)
    if not 1 <= percent <= 100:
        raise ConfigurationError(f"{where}: percent", given=percent, allowed="1 to 100", mend="begin with 10")
    bucket = _prepared.get(function)
    if bucket is None:
        raise ConfigurationError(
            where,
            given=f"{path_of(function)} without the FIS extension",
            allowed="a function that can be told to fail",
            mend="call prepare_function(function, bucket=..., arm64=...) first",
        )
    arn = function.function_arn
    allowed: list[Statement] = [
        {"Sid": "Function", "Action": "lambda:GetFunction", "Resource": arn},
        {"Sid": "Orders", "Action": ["s3:DeleteObject", "s3:PutObject"], "Resource": f"{bucket.bucket_arn}/{PREFIX}*"},
    ]
    if bucket.encryption_key is not None:
        key = bucket.encryption_key.key_arn
        allowed.append({"Sid": "OrdersKey", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": key})
    return (
        Planned(
            name=name,
            does=f"{does} for {iso_8601(lasts)}",
            action=action,
            target_key="Functions",
            resource_type="aws:lambda:function",
            selection="ALL",
            arns=(arn,),
            settings={"duration": iso_8601(lasts), "invocationPercentage": str(percent), **settings},
            lasts=lasts,
            allowed=tuple(allowed),
            reads=("tag:GetResources",),
        ),
    )
