"""A queue that loses no message quietly."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from prodready_constructs.contracts import AlarmSpec, Attachment, ControlClaim, GraphSpec, RecoveryFact, record
from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, REGION, Part, class_facts, mark, own_key, require_class, require_region
from prodready_constructs.foundation.dead_letters import KEY_REUSE, LONG_POLLING, dead_letter_queue
from prodready_constructs.foundation.visibility import check_function
from prodready_constructs.messaging.admission import KEY_ACTIONS, admits
from prodready_constructs.messaging.names import queue_name, variable_prefix
from prodready_constructs.messaging.ordering import Fifo, deduplication_scope, throughput_limit
from prodready_constructs.messaging.queue_alarms import WatchedQueue, queue_alarms, queue_graphs
from prodready_constructs.messaging.waiting import check_waiting
from prodready_constructs.posture import DataClass, MessagingPosture

CONTROLS = (
    ControlClaim(
        control="STORE-3",
        how="A queue and its dead-letter queue, encrypted with a customer-managed key, TLS only, redrive allowed from this queue alone; "
        "alarms on dead letters, age, growth and messages in flight",
        frameworks=(
            "NIST 800-53 r5 SC-8",
            "NIST 800-53 r5 SC-28",
            "HIPAA 164.312(a)(2)(iv)",
            "PCI DSS 3.2.1 3.4",
            "SOC 2 A1.2",
            "GDPR Art. 32",
        ),
    ),
)
_ANYWHERE = ec2.Peer.any_ipv4()


class ReliableQueue(Part):
    """An SQS queue with a dead-letter queue.

    Always: one customer-managed key over both queues, TLS only, long polling, a message that cannot be handled is kept 14 days from when it
    was sent, the dead-letter queue takes messages of this queue only, both are kept when their stack is deleted. *posture* decides retention,
    tries, and when somebody looks.

    Args:
        posture: degrees, and the regions that are allowed.
        data_class: what the messages hold: tags both queues; they may not be kept longer than the class allows.
        visibility_timeout: how long a consumer has for what it received, 1 second to 12 hours: six times the timeout of a Lambda function
            (:meth:`for_function` holds it to that).
        fifo: messages of one group in order; None is a standard queue.
        delivery_delay: how long a new message is held back, to 15 minutes.
        name: the physical name; made of stack and path when None. Its dead-letter queue must know it before it is made.
        encryption_key: the key of the data domain; its own when None.

    Raises:
        ConfigurationError: no data class, a time out of bounds, tries that outlast the retention, a name that is not one of this kind of
            queue, a region that is not allowed.

    Sources: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html,
        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: MessagingPosture,
        data_class: DataClass | None = None,
        visibility_timeout: timedelta = timedelta(minutes=3),
        fifo: Fifo | None = None,
        delivery_delay: timedelta = timedelta(0),
        name: str | None = None,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        where = self.path
        data = require_class(where, data_class)
        require_region(where, self.stated_region, posture.allowed_regions)
        check_waiting(where, posture=posture, visibility_timeout=visibility_timeout, delivery_delay=delivery_delay, data_class=data)
        #: How long a consumer has for what it received.
        self.visibility_timeout = visibility_timeout
        #: The age of the oldest message at which its alarm goes off.
        self.oldest_message: timedelta | None = posture.oldest_message
        self._retention = posture.retention
        #: Whether it keeps order.
        self.fifo = fifo is not None
        known_name = queue_name(self, name, fifo=self.fifo)
        #: The key of both queues.
        self.key: kms.IKey = own_key(self, encryption_key, description=f"{where}: messages", statements=[])
        #: Where messages go that could not be handled.
        self.dead_letters = dead_letter_queue(
            self,
            key=self.key,
            fifo=self.fifo,
            # Made of the name, not referred to: the queue refers to its dead letters already.
            only_source=f"arn:{PARTITION}:sqs:{REGION}:{ACCOUNT_ID}:{known_name}",
            rules=["Serverless-SQSRedrivePolicy"],
            because="This queue is itself the dead-letter queue of the queue beside it, nothing consumes it, it keeps messages as long as "
            "SQS can, and a critical alarm fires on its first message.",
        )
        #: The L2 itself. Whatever is changed through it is still judged at synth.
        self.queue = sqs.Queue(
            self,
            "Queue",
            # Always: no argument reaches these.
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=self.key,
            data_key_reuse=KEY_REUSE,
            enforce_ssl=True,
            receive_message_wait_time=LONG_POLLING,
            redrive_allow_policy=sqs.RedriveAllowPolicy(redrive_permission=sqs.RedrivePermission.DENY_ALL),
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
            # How much: from the posture.
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=posture.max_receives),
            retention_period=_seconds(posture.retention),
            # The caller's own.
            queue_name=known_name,
            visibility_timeout=_seconds(visibility_timeout),
            delivery_delay=_seconds(delivery_delay),
            fifo=True if fifo else None,
            content_based_deduplication=fifo.content_based_deduplication if fifo else None,
            deduplication_scope=deduplication_scope(fifo),
            fifo_throughput_limit=throughput_limit(fifo),
        )
        #: ARN of the queue.
        self.arn: str = self.queue.queue_arn
        #: URL of the queue: what senders and consumers call.
        self.url: str = self.queue.queue_url
        mark(self, data)
        self._watched = WatchedQueue(
            name=self.queue.queue_name,
            url=self.url,
            dead_letters_name=self.dead_letters.queue_name,
            dead_letters_url=self.dead_letters.queue_url,
            dead_letters_arn=self.dead_letters.queue_arn,
            retention=posture.retention,
            oldest_message=posture.oldest_message,
            backlog=posture.backlog,
        )
        record(
            self,
            controls=CONTROLS,
            tier="data",
            watchable=True,
            data_class=class_facts(data),
            recovery=[fact.as_json() for fact in self.recovery_facts],
        )

    def grant_send(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* send messages, and encrypt them."""
        return self.queue.grant_send_messages(grantee)

    def grant_consume(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* receive, hold and delete messages, and decrypt them."""
        return self.queue.grant_consume_messages(grantee)

    def for_function(self, timeout: timedelta, *, batching_window: timedelta = timedelta(0)) -> sqs.Queue:
        """The queue, for the event source of a Lambda function: ``SqsEventSource(orders.for_function(timedelta(seconds=30)))``.

        Args:
            timeout: of the function; batching_window: how long its event source gathers messages, to 5 minutes.

        Raises:
            ConfigurationError: the visibility timeout is shorter than six times *timeout* and the window: messages would be handed out
                again while the function still works on them or is throttled.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
        """
        check_function(self.path, visibility_timeout=self.visibility_timeout, timeout=timeout, batching_window=batching_window)
        return self.queue

    def admit(self, service: str, *, source_arn: str) -> None:
        """Let a *service* of AWS (``s3.amazonaws.com``) send on behalf of one resource of this account, *source_arn*.

        The policies of queue and key name it. Where the resource itself is encrypted with this queue's key, use :meth:`admit_any`.
        """
        self._admit(service, queue_source=source_arn, key_source=source_arn)

    def admit_any(self, service: str, *, source_arn: str, key_source: str) -> None:
        """Like :meth:`admit`, with a pattern for the policy of the key: *key_source*, ``arn:aws:s3:::*``.

        CloudFormation cannot make a key whose policy refers to what is encrypted with it; the policy of the queue names it all the same.
        """
        self._admit(service, queue_source=source_arn, key_source=key_source)

    def _admit(self, service: str, *, queue_source: str, key_source: str) -> None:
        statement = iam.PolicyStatement.from_json
        self.queue.add_to_resource_policy(statement(admits(service, ["sqs:SendMessage"], self.arn, source_arn=queue_source)))
        like = "*" in key_source
        self.key.add_to_resource_policy(statement(admits(service, KEY_ACTIONS, "*", source_arn=key_source, like=like)))

    @property
    def attachment(self) -> Attachment:
        """What a workload needs: ``<ID>_QUEUE_URL`` and ``<ID>_QUEUE_REGION`` in its environment, and HTTPS; grants are apart."""
        prefix = variable_prefix(self.construct_id)
        return Attachment(
            connections=ec2.Connections(peer=_ANYWHERE),
            port=443,
            environment={f"{prefix}_URL": self.url, f"{prefix}_REGION": self.stated_region or REGION},
            secrets={},
        )

    @property
    def alarm_specs(self) -> tuple[AlarmSpec, ...]:
        """Dead letters, age, growth, messages in flight."""
        return queue_alarms(self._watched)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Depth, age, throughput, dead letters."""
        return queue_graphs(self._watched)

    @property
    def backup_arns(self) -> tuple[str, ...]:
        """None: AWS backs up no queue."""
        return ()

    @property
    def recovery_facts(self) -> tuple[RecoveryFact, ...]:
        """SQS keeps messages in several zones; nothing keeps them outside of the region."""
        watched = self._watched
        return (
            RecoveryFact(
                store=f"SQS queue {self.construct_id}",
                recovery_point=timedelta(0),
                recovery_time=timedelta(0),
                recovery_time_is="for the loss of a zone: SQS stores each message in several; nothing is to be restored",
                how=f"messages cannot be backed up: what is not consumed after {self._retention.days} days, or is in the queue when its region "
                "is lost, is gone, so that producers must be able to send again; dead letters are moved back",
                restore_commands=(f"aws sqs start-message-move-task --source-arn {watched.dead_letters_arn}",),
            ),
        )


@cache
def _seconds(span: timedelta) -> Duration:
    return Duration.seconds(int(span.total_seconds()))
