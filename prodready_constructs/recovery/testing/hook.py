"""The function that looks into restored stores: its code, when it runs, and what is counted of it."""

from __future__ import annotations

import functools
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from aws_cdk import AssetHashType, Duration, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from prodready_constructs.contracts import Metric
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ACCOUNT_ID
from prodready_constructs.foundation.drivers import DRIVERS, check_authorities, installed, packed
from prodready_constructs.foundation.errand_function import ErrandFunction, errand_function
from prodready_constructs.recovery.testing.role import NAMED
from prodready_constructs.waivers import waive

OURS = Path(__file__).parent / "handlers"
#: Our package within the asset.
HOME = "restore_test"
NAMESPACE = "ProdReady/RestoreTests"
#: Of one restored store; and how much of it is spent on one that does not answer yet. Lambda gives 15 minutes.
TIMEOUT, PATIENCE = timedelta(minutes=14), timedelta(minutes=10)
#: Lambda gives a function 4 KiB of environment.
LARGEST = 3_000
#: Ledger DR-2: monthly. A test may take four days more before somebody hears of it.
LONGEST_SILENCE = timedelta(days=35)
DAY = timedelta(days=1)
#: What the function reads of each kind of restored store, beside the test itself.
READS = {
    "RDS": ("rds:DescribeDBInstances",),
    "DynamoDB": ("dynamodb:Scan",),
    "S3": ("s3:GetObject", "s3:ListBucket"),
}
#: Lines of the function -> metric, by ``restoreTest``.
COUNTED = {"Passed": "SUCCESSFUL", "Failed": "FAILED", "NotRestored": "NOT_RESTORED"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """The function, the queue of events that never reached it, and its metrics by name."""

    made: ErrandFunction
    undelivered: sqs.Queue
    metrics: Mapping[str, Metric]


def make_hook(
    scope: Construct,
    *,
    path: str,
    plan: tuple[str, str],
    checks: Mapping[str, Mapping[str, Any]],
    kinds: Collection[str],
    vpc: ec2.IVpc,
    subnets: ec2.SubnetSelection,
    key: kms.IKey,
    log_retention: timedelta,
    authorities: Path | None,
) -> Hook:
    """The function for the restore testing *plan* (ARN, name) and its *checks* (ARN of a store -> settings)."""
    settings = json.dumps(checks)
    if len(settings) > LARGEST:
        raise ConfigurationError(
            f"{path}: checking",
            given=f"{len(settings)} characters",
            allowed=f"{LARGEST} for all checks",
            mend="ask less, or make a second RestoreTest for the other stores",
        )
    made = errand_function(
        scope,
        code=_code(path, tuple(sorted({check["engine"] for check in checks.values() if "engine" in check})), authorities),
        handler=f"{HOME}.index.handler",
        purpose=(
            f"{path}: looks into restored stores",
            f"{path}: out to restored stores and to AWS",
            f"{path}: looks into what restore tests brought back, and tells AWS Backup",
        ),
        vpc=vpc,
        subnets=subnets,
        egress=(ec2.Peer.any_ipv4(), "HTTPS to AWS"),
        key=key,
        log_retention=log_retention,
        timeout=TIMEOUT,
        statements=_statements(plan[0], kinds),
        environment={
            "PLAN_ARN": plan[0],
            "PLAN_NAME": plan[1],
            "CHECKS": settings,
            "PATIENCE_SECONDS": str(int(PATIENCE.total_seconds())),
            "LOOK_BACK_DAYS": str(2 * LONGEST_SILENCE.days),
        },
        and_because="; AWS Backup's calls on jobs take no resource, and restored stores have no name before they exist but a prefix, to "
        "which an explicit deny limits the reading",
    )
    undelivered = _undelivered(scope, key)
    _call(scope, path, made.function, undelivered)
    return Hook(made=made, undelivered=undelivered, metrics=_metrics(scope, path, made.log_group.log_group_name))


def _undelivered(scope: Construct, key: kms.IKey) -> sqs.Queue:
    queue = sqs.Queue(
        scope,
        "Undelivered",
        encryption=sqs.QueueEncryption.KMS,
        encryption_master_key=key,
        enforce_ssl=True,
        redrive_allow_policy=sqs.RedriveAllowPolicy(redrive_permission=sqs.RedrivePermission.DENY_ALL),
        removal_policy=RemovalPolicy.DESTROY,  # an event of months ago cannot be looked into any more
        retention_period=Duration.days(14),
    )
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue.queue_arn,
        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT_ID}},
    }
    queue.add_to_resource_policy(iam.PolicyStatement.from_json(statement))
    waive(
        queue,
        rule=["AwsSolutions-SQS3", "Serverless-SQSRedrivePolicy"],
        because="This queue is itself the dead-letter queue of two event rules, nothing consumes it, and an alarm fires on its first message.",
        owner="platform",
    )
    return queue


def _call(scope: Construct, path: str, function: lambda_.Function, undelivered: sqs.Queue) -> None:
    """Call the function when a restore job ended, and every day."""
    arn, letters = function.function_arn, events.CfnRule.DeadLetterConfigProperty(arn=undelivered.queue_arn)
    pattern = {
        "source": ["aws.backup"],
        "detail-type": ["Restore Job State Change"],
        "detail": {"status": ["ABORTED", "COMPLETED", "FAILED"]},
    }
    retry = events.CfnRule.RetryPolicyProperty(maximum_event_age_in_seconds=86_400, maximum_retry_attempts=185)
    for name, when in (("Ended", {"event_pattern": pattern}), ("Daily", {"schedule_expression": "cron(0 12 * * ? *)"})):
        rule = events.CfnRule(
            scope,
            f"{name}Rule",
            description=f"{path}: {'a restore job ended' if name == 'Ended' else 'how long ago a restore test succeeded'}",
            state="ENABLED",
            targets=[events.CfnRule.TargetProperty(id="Look", arn=arn, retry_policy=retry, dead_letter_config=letters)],
            **when,
        )
        lambda_.CfnPermission(
            scope,
            f"{name}Invoke",
            action="lambda:InvokeFunction",
            function_name=arn,
            principal="events.amazonaws.com",
            source_arn=rule.attr_arn,
            source_account=ACCOUNT_ID,
        )


def _metrics(scope: Construct, path: str, log_group: str) -> dict[str, Metric]:
    def counted(name: str, pattern: str, value: str, unit: str, **how: Any) -> Metric:
        # A dimension can only come from the line itself, so the name tells one test from another.
        logs.CfnMetricFilter(
            scope,
            f"{name}Filter",
            log_group_name=log_group,
            filter_pattern=pattern,
            metric_transformations=[
                logs.CfnMetricFilter.MetricTransformationProperty(
                    metric_namespace=NAMESPACE, metric_name=f"{path}-{name}", metric_value=value, unit=unit
                )
            ],
        )
        return Metric(namespace=NAMESPACE, name=f"{path}-{name}", label=name, **how)

    hourly = {"statistic": "Sum", "period": timedelta(hours=1)}
    found = {name: counted(name, f'{{ $.restoreTest = "{outcome}" }}', "1", "Count", **hourly) for name, outcome in COUNTED.items()}
    found["Days"] = counted("Days", '{ $.restoreTest = "AGE" }', "$.days", "None", statistic="Maximum", period=DAY)
    # Only a line that has the number has a value to give.
    found["Seconds"] = counted("Seconds", "{ $.restoreSeconds >= 0 }", "$.restoreSeconds", "Seconds", statistic="Maximum", period=DAY)
    return found


def _statements(plan_arn: str, kinds: Collection[str]) -> Sequence[Mapping[str, Any]]:
    reads = [action for kind in kinds for action in READS[kind]]
    jobs = ["backup:DescribeRestoreJob", "backup:ListRestoreJobs", "backup:PutRestoreValidationResult"]
    return (
        {"Action": "backup:GetRestoreTestingPlan", "Resource": plan_arn},
        {"Action": [*jobs, *reads], "Resource": "*"},
        {"Effect": "Deny", "Action": reads, "NotResource": [NAMED[kind] for kind in kinds]},
    )


def _code(where: str, engines: tuple[str, ...], authorities: Path | None) -> lambda_.Code:
    check_authorities(where, authorities)
    folder, digest = _folder(where, engines, authorities)
    return lambda_.Code.from_asset(folder, asset_hash=digest, asset_hash_type=AssetHashType.CUSTOM)


@functools.cache
def _folder(where: str, engines: tuple[str, ...], authorities: Path | None) -> tuple[str, str]:
    files = {f"{HOME}/{name}.py": OURS / f"{name}.py" for name in ("answers", "index", "trust", *engines)}
    if authorities is not None:
        files[f"{HOME}/authorities.pem"] = authorities
    for engine in engines:
        files |= installed(where, DRIVERS[engine])
    return packed(files)
