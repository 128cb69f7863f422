"""A topic whose messages reach their subscribers, or are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from prodready_constructs.contracts import AlarmSpec, ControlClaim, GraphSpec, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, REGION, Part, class_facts, mark, own_key, require_class, require_region
from prodready_constructs.foundation.dead_letters import dead_letter_queue
from prodready_constructs.messaging.admission import KEY_ACTIONS, admits
from prodready_constructs.messaging.data_protection import data_protection
from prodready_constructs.messaging.deliveries import delivery_logs, feedback_role, key_admits_logs, logging
from prodready_constructs.messaging.filters import MessageFilter
from prodready_constructs.messaging.ordering import Fifo, throughput_scope
from prodready_constructs.messaging.reliable_queue import ReliableQueue
from prodready_constructs.messaging.subscriptions import Subscriptions
from prodready_constructs.messaging.topic_alarms import WatchedTopic, topic_alarms, topic_graphs
from prodready_constructs.messaging.waiting import check_kept
from prodready_constructs.posture import DataClass, MessagingPosture

CONTROLS = (
    ControlClaim(
        control="STORE-4",
        how="A topic encrypted with a customer-managed key that takes messages by TLS only, logs its deliveries, and keeps for 14 days what "
        "no subscriber took; alarms on failed, lost and unreadable messages",
        frameworks=("NIST 800-53 r5 SC-8", "NIST 800-53 r5 SC-28", "HIPAA 164.312(e)(2)(ii)", "PCI DSS 3.2.1 4.1", "SOC 2 CC6.7"),
    ),
)
_SNS = "sns.amazonaws.com"
#: Every topic of this account, for the policies that cannot name one: a key that encrypts the topic, too, is made before it.
_ANY_TOPIC = f"arn:{PARTITION}:sns:{REGION}:{ACCOUNT_ID}:*"


class ProtectedTopic(Part):
    """An SNS topic with a dead-letter queue for its subscriptions.

    Always: a customer-managed key, published to by TLS only, messages signed with SHA-256, deliveries logged (failed ones all), what no
    subscriber takes kept 14 days. Who publishes is said by :meth:`grant_publish` and :meth:`admit`, who subscribes by the ``add_`` verbs.

    Args:
        posture: share of deliveries logged, retention of the log, and the regions that are allowed.
        data_class: what the messages hold: tags the topic and its dead letters.
        fifo: messages of one group in order, to FIFO queues only; None is a standard topic.
        display_name: what e-mails are from, to 100 characters.
        encryption_key: the key of the data domain; SNS and CloudWatch Logs are added to its policy where the CDK can. Its own when None.

    Raises:
        ConfigurationError: no data class, a region that is not allowed, a display name that is too long.

    Sources: https://docs.aws.amazon.com/sns/latest/dg/sns-security-best-practices.html,
        https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: MessagingPosture,
        data_class: DataClass | None = None,
        fifo: Fifo | None = None,
        display_name: str | None = None,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        where = self.path
        data = require_class(where, data_class)
        require_region(where, self.stated_region, posture.allowed_regions)
        check_kept(where, data)
        if display_name is not None and not 1 <= len(display_name) <= 100:
            raise ConfigurationError(f"{where}: display_name", given=display_name, allowed="1 to 100 characters", mend="shorten it")
        #: Whether it keeps order.
        self.fifo = fifo is not None
        self._protected = False
        #: The key of topic, dead letters and delivery logs.
        self.key: kms.IKey = own_key(
            self,
            encryption_key,
            description=f"{where}: messages",
            statements=[admits(_SNS, KEY_ACTIONS, "*", source_arn=_ANY_TOPIC, like=True), key_admits_logs()],
        )
        role = feedback_role(self)
        #: The L2 itself. Whatever is changed through it is still judged at synth.
        self.topic = sns.Topic(
            self,
            "Topic",
            display_name=display_name,
            enforce_ssl=True,
            fifo=True if fifo else None,
            content_based_deduplication=fifo.content_based_deduplication if fifo else None,
            fifo_throughput_scope=throughput_scope(fifo),
            logging_configs=logging(role, posture=posture),
            master_key=self.key,
            signature_version="2",
        )
        #: ARN of the topic.
        self.arn: str = self.topic.topic_arn
        #: Messages that a subscriber did not take. A FIFO topic needs a FIFO queue here.
        self.undelivered = dead_letter_queue(
            self,
            "Undelivered",
            key=self.key,
            fifo=self.fifo,
            rules=["AwsSolutions-SQS3", "Serverless-SQSRedrivePolicy"],
            because="This queue is itself the dead-letter queue of the topic's subscriptions, nothing consumes it, it keeps messages as "
            "long as SQS can, and a critical alarm fires on its first message.",
        )
        self._undelivered_arn: str = self.undelivered.queue_arn
        self.undelivered.add_to_resource_policy(
            iam.PolicyStatement.from_json(admits(_SNS, ["sqs:SendMessage"], self._undelivered_arn, source_arn=self.arn))
        )
        self._subscriptions = Subscriptions(
            self, topic_arn=self.arn, any_topic=_ANY_TOPIC, fifo=self.fifo, key=self.key, undelivered_arn=self._undelivered_arn
        )
        name = self.topic.topic_name
        self._watched = WatchedTopic(
            name=name,
            arn=self.arn,
            undelivered_name=self.undelivered.queue_name,
            undelivered_url=self.undelivered.queue_url,
            failures_log=delivery_logs(self, role, topic_name=name, key=self.key, posture=posture),
        )
        mark(self, data)
        record(self, controls=CONTROLS, tier="data", watchable=True, data_class=class_facts(data))

    def grant_publish(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* publish, and encrypt what it publishes."""
        return self.topic.grant_publish(grantee)

    def admit(self, service: str, *, source_arn: str) -> None:
        """Let a *service* of AWS publish on behalf of *source_arn*, one resource of this account (or a pattern of its kind)."""
        statement, like = iam.PolicyStatement.from_json, "*" in source_arn
        self.topic.add_to_resource_policy(statement(admits(service, ["sns:Publish"], self.arn, source_arn=source_arn, like=like)))
        self.key.add_to_resource_policy(statement(admits(service, KEY_ACTIONS, "*", source_arn=source_arn, like=like)))

    def add_queue(self, queue: ReliableQueue, *, filter: MessageFilter | None = None) -> sns.CfnSubscription:
        """Deliver messages to *queue* as they were published (raw); those that *filter* matches, where there is one.

        The queue and its key admit SNS on behalf of this topic. The subscription is made beside the queue, which may be in another stack.

        Raises:
            ConfigurationError: order on one side only, or another region.
        """
        return self._subscriptions.add_queue(queue, filter)

    def add_https(self, endpoint: str, *, filter: MessageFilter | None = None) -> sns.CfnSubscription:
        """Deliver messages to the *endpoint* of an application, which must confirm the subscription; plain HTTP is refused.

        Raises:
            ConfigurationError: an endpoint that is not HTTPS, or a FIFO topic.
        """
        return self._subscriptions.add_https(endpoint, filter)

    def add_email(self, address: str, *, filter: MessageFilter | None = None) -> sns.CfnSubscription:
        """Send messages to a person, who must confirm it; e-mail is no place for confidential data.

        Raises:
            ConfigurationError: an address that is none, or a FIFO topic.
        """
        return self._subscriptions.add_email(address, filter)

    def protect_data(self, *, refuse: Sequence[str] = (), mask: Sequence[str] = ()) -> None:
        """Let SNS look for personal data in messages: *refuse* to publish them, or *mask* it for subscribers.

        AWS takes no new customers for this since April 30, 2026: only where your account used it before.

        Args:
            refuse: names of AWS's managed data identifiers: ``CreditCardNumber``, ``EmailAddress``, ``Ssn-US``.
            mask: the same.

        Raises:
            ConfigurationError: a FIFO topic, called twice, nothing named, or a name of another form.

        Sources: https://docs.aws.amazon.com/sns/latest/dg/sns-message-data-protection-managed-data-identifiers.html,
            https://docs.aws.amazon.com/sns/latest/dg/sns-message-data-protection-availability-change.html
        """
        policy = data_protection(self.path, fifo=self.fifo, again=self._protected, refuse=refuse, mask=mask)
        self._protected = True
        cast("sns.CfnTopic", self.topic.node.default_child).data_protection_policy = policy

    @property
    def alarm_specs(self) -> tuple[AlarmSpec, ...]:
        """Deliveries that failed, messages that were kept, lost, or not readable for a filter."""
        return topic_alarms(self._watched)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Published, delivered, filtered out, failed."""
        return topic_graphs(self._watched)
