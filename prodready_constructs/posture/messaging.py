"""How much messaging: how long messages wait, how often they are tried, when a backlog is one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture._check import within

#: A dead letter keeps the age of its message, and the longest SQS keeps one is 14 days: half of that is left to look at it.
LONGEST_RETENTION = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagingPosture:
    """Degrees of ``messaging.ReliableQueue`` and ``messaging.ProtectedTopic``.

    Attributes:
        retention: how long a message waits for a consumer before SQS deletes it.
        max_receives: how often a message is handed out before it becomes a dead letter.
        oldest_message: the age of the oldest message at which somebody looks; at most half of *retention*.
        backlog: the messages that may wait without anybody looking at it, and the growth in an hour that is a trend.
        delivery_sample_percent: how many of the successful deliveries of a topic are logged; failed ones always are.
        log_retention: how long the delivery logs of a topic are kept.
        allowed_regions: the regions that queues and topics may be in; any where there are none.
    """

    retention: timedelta
    max_receives: int
    oldest_message: timedelta
    backlog: int
    delivery_sample_percent: int
    log_retention: timedelta
    allowed_regions: tuple[str, ...]

    def __post_init__(self) -> None:
        within(
            "MessagingPosture.retention",
            self.retention,
            timedelta(days=1),
            LONGEST_RETENTION,
            because="a message must outlive a night; a dead letter is deleted 14 days after it was sent, and somebody needs a week of those",
        )
        within(
            "MessagingPosture.max_receives",
            self.max_receives,
            3,
            100,
            because="fewer make dead letters of messages that only met a deployment; more keep a poisonous one alive",
        )
        if not timedelta(minutes=1) <= self.oldest_message <= self.retention / 2:
            raise ConfigurationError(
                "MessagingPosture.oldest_message",
                given=str(self.oldest_message),
                allowed=f"1 minute to {self.retention / 2}, half of retention: what is found later is lost before it is mended",
                mend="look earlier, or keep messages longer",
            )
        within("MessagingPosture.backlog", self.backlog, 10, 1_000_000, because="a trend of a few messages is none")
        within("MessagingPosture.delivery_sample_percent", self.delivery_sample_percent, 0, 100, because="a percentage")
        within(
            "MessagingPosture.log_retention",
            self.log_retention,
            timedelta(days=7),
            timedelta(days=3650),
            because="delivery logs are evidence",
        )
