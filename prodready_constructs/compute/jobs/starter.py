"""What starts runs: a schedule group, a role for it alone, a queue of what could not be started, and schedules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from prodready_constructs.compute.jobs.checks import Between
from prodready_constructs.foundation import ACCOUNT_ID, ComposedRole
from prodready_constructs.waivers import waive

#: As the CDK writes them, made once: each is a message to the jsii kernel. The longest SQS keeps a message, and waits for one.
_KEPT, _LONG_POLLING = Duration.days(14), Duration.seconds(20)


def dead_letters(scope: Construct, *, key: kms.IKey) -> sqs.Queue:
    """The queue of runs that could not be started."""
    queue = sqs.Queue(
        scope,
        "DeadLetters",
        encryption=sqs.QueueEncryption.KMS,
        encryption_master_key=key,
        enforce_ssl=True,
        receive_message_wait_time=_LONG_POLLING,
        redrive_allow_policy=sqs.RedriveAllowPolicy(redrive_permission=sqs.RedrivePermission.DENY_ALL),
        removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        retention_period=_KEPT,
    )
    waive(
        queue,
        rule=["AwsSolutions-SQS3", "Serverless-SQSRedrivePolicy"],
        because="This queue is itself the dead-letter queue of a schedule, which no rule looks for; nothing consumes it, it keeps messages as "
        "long as SQS can, and a critical alarm fires on its first message.",
        owner="platform",
    )
    return queue


def starting_role(scope: Construct, *, path: str, group_arn: str, statements: Sequence[Mapping[str, Any]]) -> ComposedRole:
    """A role that EventBridge Scheduler may assume for the schedules of one group of this account only.

    Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
    """
    mine = {"StringEquals": {"aws:SourceAccount": ACCOUNT_ID, "aws:SourceArn": group_arn}}
    return ComposedRole(
        scope,
        "Role",
        assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com", conditions=mine),
        description=f"{path}: starts its runs",
        statements=statements,
    )


def schedule_of(
    scope: Construct,
    construct_id: str,
    *,
    description: str,
    group: str,
    expression: str,
    zone: str,
    target: scheduler.CfnSchedule.TargetProperty,
    key: kms.IKey,
    flexible: timedelta = timedelta(0),
    between: Between | None = None,
) -> scheduler.CfnSchedule:
    """A schedule that is on, with its input under *key*."""
    return scheduler.CfnSchedule(
        scope,
        construct_id,
        description=description[:512],
        group_name=group,
        schedule_expression=expression,
        schedule_expression_timezone=zone,
        flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(
            mode="FLEXIBLE" if flexible else "OFF", maximum_window_in_minutes=flexible // timedelta(minutes=1) or None
        ),
        start_date=Between.written(between.start) if between else None,
        end_date=Between.written(between.end) if between else None,
        state="ENABLED",
        kms_key_arn=key.key_arn,
        target=target,
    )


def target_of(
    *, arn: str, role: ComposedRole, given: str, retries: int, age: timedelta, queue: sqs.Queue
) -> scheduler.CfnSchedule.TargetProperty:
    """A target that is tried *retries* times for *age*, then told to *queue*; *given* is its input."""
    of = scheduler.CfnSchedule
    return of.TargetProperty(
        arn=arn,
        role_arn=role.role_arn,
        input=given,
        retry_policy=of.RetryPolicyProperty(maximum_event_age_in_seconds=int(age.total_seconds()), maximum_retry_attempts=retries),
        dead_letter_config=of.DeadLetterConfigProperty(arn=queue.queue_arn),
    )
