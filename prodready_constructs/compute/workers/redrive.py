"""The way back for dead letters."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from constructs import Construct

from prodready_constructs.compute.functions.code import FunctionCode
from prodready_constructs.compute.functions.hardened_function import HardenedFunction
from prodready_constructs.compute.functions.placement import OutsideVpc
from prodready_constructs.contracts import WorkQueue
from prodready_constructs.posture import FunctionPosture, Release, WorkerPosture

_CODE = Path(__file__).parent / "handlers" / "redrive"
#: Dead letters of this long after a move are taken for those that were moved: a run each night must remember the night before.
WATCH = timedelta(hours=36)
#: Some calls to SQS; each is given up after five seconds, and tried three times.
TIMEOUT = timedelta(minutes=1)
#: What moving takes. Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
_MOVE = (
    "sqs:CancelMessageMoveTask",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ListMessageMoveTasks",
    "sqs:ReceiveMessage",
    "sqs:StartMessageMoveTask",
)


class Redrive(HardenedFunction):
    """A function that moves the dead letters of one queue back to it, at *posture.redrive_rate* a second, and knows when not to.

    Always: SQS moves the messages, the function sees none; one execution at a time; nothing is moved while a move is under way, nor when half of
    what was moved in the last day and a half is here again; a move that goes round in circles is cancelled. The last two are errors of the
    function, which its alarms tell. ``{"force": true}`` as its event moves them all the same. Call it from a runbook, or by a ``ScheduledJob``.

    Args:
        queue: ``messaging.ReliableQueue``, or a :class:`ForeignQueue`.
        posture: how many a second; functions: log levels and retention.
        vpc: private subnets of it with a way to SQS; or ``OutsideVpc(because=...)``.
        encryption_key: a key whose policy admits CloudWatch Logs; its own when None.

    Sources: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        queue: WorkQueue,
        posture: WorkerPosture,
        functions: FunctionPosture,
        vpc: ec2.IVpc | OutsideVpc,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        source = queue.dead_letters.queue_arn
        super().__init__(
            scope,
            construct_id,
            code=FunctionCode.zip(_CODE, handler="index.handler", runtime="python3.14"),
            # Nobody waits for it and it does nothing for long: all of it at once, one at a time, none kept warm.
            posture=replace(
                functions, memory_mib=256, reserved_concurrency=1, provisioned=0, max_provisioned=0, release=Release(strategy="ALL_AT_ONCE")
            ),
            vpc=vpc,
            timeout=TIMEOUT,
            environment={
                "DEAD_LETTERS_ARN": source,
                "DEAD_LETTERS_URL": queue.dead_letters.queue_url,
                "RATE": str(posture.redrive_rate),
                "WATCH_SECONDS": str(WATCH // timedelta(seconds=1)),
            },
            encryption_key=encryption_key,
        )
        opened = [] if queue.key is None else [{"Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": queue.key.key_arn}]
        self.role.allow(
            {"Action": list(_MOVE), "Resource": source}, {"Action": "sqs:SendMessage", "Resource": queue.queue.queue_arn}, *opened
        )
