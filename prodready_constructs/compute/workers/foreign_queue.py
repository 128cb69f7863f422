"""A queue that is not this library's, with what its consumers must know of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs

from prodready_constructs.contracts import Attachment
from prodready_constructs.foundation.visibility import check_function

_ANYWHERE = ec2.Peer.any_ipv4()


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignQueue:
    """A plain queue of the CDK, made elsewhere or imported, as a ``contracts.WorkQueue``: a consumer cannot see how it is set up.

    Attributes:
        queue: the queue. dead_letters: its dead-letter queue; a queue without one repeats what cannot be handled for ever.
        name: what its variables are called in a container: ``ORDERS`` gives ``ORDERS_QUEUE_URL``.
        visibility_timeout: as the queue has it.
        fifo: whether it keeps order.
        key: the key of its messages, where *queue* does not know it (an imported one).
        oldest_message: the age of a message at which somebody is told already; None where nobody is.
    """

    queue: sqs.IQueue
    dead_letters: sqs.IQueue
    name: str
    visibility_timeout: timedelta
    fifo: bool = False
    key: kms.IKey | None = None
    oldest_message: timedelta | None = None

    @property
    def attachment(self) -> Attachment:
        """Where it is; grants are apart."""
        return Attachment(
            connections=ec2.Connections(peer=_ANYWHERE), port=443, environment={f"{self.name}_QUEUE_URL": self.queue.queue_url}, secrets={}
        )

    def grant_consume(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* receive, hold and delete messages, and decrypt them."""
        if self.key is not None:
            self.key.grant_decrypt(grantee)
        return self.queue.grant_consume_messages(grantee)

    def for_function(self, timeout: timedelta, *, batching_window: timedelta = timedelta(0)) -> sqs.IQueue:
        """The queue, for the event source of a function with *timeout*.

        Raises:
            ConfigurationError: a visibility timeout shorter than six times *timeout* and the window.
        """
        check_function(
            f"ForeignQueue {self.name}", visibility_timeout=self.visibility_timeout, timeout=timeout, batching_window=batching_window
        )
        return self.queue
