"""The check that comes with a function: one question to the new version, before callers meet it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from prodready_constructs.compute.functions.code import FunctionCode
from prodready_constructs.compute.functions.parts import hardened_function
from prodready_constructs.compute.functions.placement import Inside, OutsideVpc
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import FunctionPosture

_CODE = FunctionCode.zip(Path(__file__).parent / "handlers" / "smoke_check", handler="index.handler", runtime="python3.14")
#: Lambda gives a function 4 KiB of environment; the rest of the check's own settings need some.
LARGEST = 3_000
#: A cold start, on top of the function's own timeout; the check itself may take 15 minutes.
_START, _LONGEST = timedelta(seconds=20), timedelta(minutes=13)
#: Between two attempts, where Lambda or IAM is not ready yet.
_PAUSE = timedelta(seconds=10)


def smoke_check(
    scope: Construct,
    *,
    version: lambda_.IVersion,
    answer: Mapping[str, str],
    payload: Mapping[str, Any],
    expects: Mapping[str, Any],
    timeout: timedelta,
    posture: FunctionPosture,
    placement: ec2.IVpc | OutsideVpc,
    inside: Inside | None,
    key: kms.IKey,
    dead_letters: sqs.IQueue,
    lambda_policy: iam.ManagedPolicy,
    where: str,
) -> lambda_.Function:
    """A function that sends *payload* to *version*, and is content when the answer holds what is *expects*-ed.

    Args:
        answer: the right to tell CodeDeploy.
    """
    question, expected = json.dumps(payload), json.dumps(expects)
    if len(question) + len(expected) > LARGEST:
        raise ConfigurationError(
            f"{where}: add_smoke_check",
            given=f"{len(question) + len(expected)} characters of JSON",
            allowed=f"{LARGEST} for question and answer",
            mend="ask a smaller question, or write a check of your own for add_pre_traffic_check",
        )
    within = min(timeout + _START, _LONGEST)
    new_version = version.function_arn
    made = hardened_function(
        scope,
        code=_CODE,
        # One release at a time asks one question.
        posture=replace(posture, memory_mib=128, ephemeral_mib=512, reserved_concurrency=1, provisioned=0, max_provisioned=0),
        inside=inside,
        timeout=within + timedelta(minutes=2),
        key=key,
        dead_letters=dead_letters,
        description=f"{where}: asks the new version a question",
        environment={
            "NEW_VERSION": new_version,
            "PAYLOAD": question,
            "EXPECTS": expected,
            "ANSWER_WITHIN": str(int(within.total_seconds())),
            "PAUSE": str(int(_PAUSE.total_seconds())),
        },
        statements=[{"Action": "lambda:InvokeFunction", "Resource": new_version}, answer],
        lambda_policy=lambda_policy,
    )
    if isinstance(placement, OutsideVpc):
        placement.waive_for(made.function)
    return made.function
