"""Who hears a topic: queues, applications and people; what one of them does not take is kept."""

from __future__ import annotations

import hashlib
import re

from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part
from prodready_constructs.messaging.deliveries import HTTPS_DELIVERY
from prodready_constructs.messaging.filters import MessageFilter
from prodready_constructs.messaging.reliable_queue import ReliableQueue

_HTTPS = re.compile(r"https://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:\d{1,5})?(/\S*)?")
_EMAIL = re.compile(r"[^@\s/]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


class Subscriptions:
    """The subscriptions of one topic.

    Args:
        topic: whose they are. any_topic: a pattern for its ARN, for the policy of a key that encrypts the topic too.
        undelivered_arn: of the queue for what was not taken.
    """

    def __init__(self, topic: Part, *, topic_arn: str, any_topic: str, fifo: bool, key: kms.IKey, undelivered_arn: str) -> None:
        self._topic, self._arn, self._any_topic = topic, topic_arn, any_topic
        self._fifo, self._key, self._undelivered_arn = fifo, key, undelivered_arn

    def add_queue(self, queue: ReliableQueue, filter: MessageFilter | None) -> sns.CfnSubscription:
        """Beside the queue, which may be in another stack; queue and key admit the topic.

        Raises:
            ConfigurationError: order on one side only, or another region.
        """
        where = f"{self._topic.path}: add_queue"
        if self._fifo != queue.fifo:
            kinds = {True: "FIFO", False: "standard"}
            raise ConfigurationError(
                where,
                given=f"{kinds[queue.fifo]} queue {queue.path} on a {kinds[self._fifo]} topic",
                allowed="FIFO on FIFO and standard on standard: the order would end there, or SNS would refuse it",
                mend=f"make the {'queue' if self._fifo else 'topic'} with fifo=Fifo()",
            )
        here, there = self._topic.stated_region, queue.stated_region
        if here is not None and there is not None and here != there:
            raise ConfigurationError(
                where,
                given=f"{queue.path} in {there}",
                allowed=f"a queue in {here}: a dead-letter queue takes messages of its own region only",
                mend=f"put the queue into a stack in {here}",
            )
        # A key cannot name what is encrypted with it: CloudFormation would have to make each of them first.
        key_source = self._any_topic if queue.key is self._key else self._arn
        queue.admit_any("sns.amazonaws.com", source_arn=self._arn, key_source=key_source)
        return self._add(queue, f"From{_digest(self._topic.path)}", "sqs", queue.arn, filter)

    def add_https(self, endpoint: str, filter: MessageFilter | None) -> sns.CfnSubscription:
        """Of an application, which must confirm it.

        Raises:
            ConfigurationError: an endpoint that is not HTTPS, or a FIFO topic.
        """
        where = self._require_standard("add_https")
        if not _HTTPS.fullmatch(endpoint):
            raise ConfigurationError(
                where,
                given=endpoint,
                allowed="an https:// address with a domain name",
                mend="correct the address; plain http would send messages in the clear",
            )
        return self._add(self._topic, f"Https{_digest(endpoint)}", "https", endpoint, filter)

    def add_email(self, address: str, filter: MessageFilter | None) -> sns.CfnSubscription:
        """Of a person, who must confirm it.

        Raises:
            ConfigurationError: an address that is none, or a FIFO topic.
        """
        where = self._require_standard("add_email")
        if not _EMAIL.fullmatch(address):
            raise ConfigurationError(where, given=address, allowed="an e-mail address: ops@example.com", mend="correct the address")
        return self._add(self._topic, f"Email{_digest(address)}", "email", address, filter)

    def _require_standard(self, verb: str) -> str:
        where = f"{self._topic.path}: {verb}"
        if self._fifo:
            raise ConfigurationError(
                where,
                given="a FIFO topic",
                allowed="a standard topic: SNS delivers FIFO topics to queues only",
                mend="use add_queue, or make the topic without fifo",
            )
        return where

    def _add(self, scope: Construct, construct_id: str, protocol: str, endpoint: str, filter: MessageFilter | None) -> sns.CfnSubscription:
        return sns.CfnSubscription(
            scope,
            construct_id,
            topic_arn=self._arn,
            protocol=protocol,
            endpoint=endpoint,
            # Raw: as it was published, without the envelope of SNS.
            raw_message_delivery=True if protocol == "sqs" else None,
            redrive_policy={"deadLetterTargetArn": self._undelivered_arn},
            delivery_policy=HTTPS_DELIVERY if protocol == "https" else None,
            filter_policy=filter.policy if filter else None,
            filter_policy_scope=filter.scope if filter else None,
        )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
