"""What starts runs: a schedule group, a role for it alone, a queue of what could not be started, and schedules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from prodready_constructs.compute.jobs.checks import Between
from prodready_constructs.foundation import ACCOUNT_ID, ComposedRole, Part, Schedule
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """Where schedules are made: names of a group, of the queue of what could not be started, and of the key; each asked for once."""

    group: str
    group_arn: str
    queue_arn: str
    key_arn: str
    retries: int

    def schedule(
        self,
        scope: Part,
        *,
        when: Schedule,
        arn: str,
        action: str,
        given: str,
        age: timedelta,
        statements: Sequence[Mapping[str, Any]] = (),
        flexible: timedelta = timedelta(0),
        between: Between | None = None,
    ) -> tuple[ComposedRole, scheduler.CfnSchedule]:
        """A schedule that starts *arn* with the input *given*, and the role by which it does.

        EventBridge Scheduler may assume the role for the schedules of this group only; it may start this target, and do what *statements* say.

        Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
        """
        mine = {"StringEquals": {"aws:SourceAccount": ACCOUNT_ID, "aws:SourceArn": self.group_arn}}
        role = ComposedRole(
            scope,
            "Role",
            assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com", conditions=mine),
            description=f"{scope.path}: starts its runs",
            statements=[
                {"Action": action, "Resource": arn},
                {"Action": "sqs:SendMessage", "Resource": self.queue_arn},
                # Of the schedule's own input, and for messages to the encrypted queue.
                {"Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": self.key_arn},
                *statements,
            ],
        )
        of = scheduler.CfnSchedule
        made = of(
            scope,
            "Schedule",
            description=f"Starts {scope.path}"[:512],
            group_name=self.group,
            schedule_expression=when.expression,
            schedule_expression_timezone=when.zone,
            flexible_time_window=of.FlexibleTimeWindowProperty(
                mode="FLEXIBLE" if flexible else "OFF", maximum_window_in_minutes=flexible // timedelta(minutes=1) or None
            ),
            start_date=Between.written(between.start) if between else None,
            end_date=Between.written(between.end) if between else None,
            state="ENABLED",
            kms_key_arn=self.key_arn,
            target=of.TargetProperty(
                arn=arn,
                role_arn=role.role_arn,
                input=given,
                retry_policy=of.RetryPolicyProperty(
                    maximum_event_age_in_seconds=int(age.total_seconds()), maximum_retry_attempts=self.retries
                ),
                dead_letter_config=of.DeadLetterConfigProperty(arn=self.queue_arn),
            ),
        )
        # EventBridge Scheduler tries the role when the schedule is made.
        made.node.add_dependency(role.policy)
        return role, made
