"""How long messages wait, are held and are tried: what would lose or repeat them is refused."""

from __future__ import annotations

from datetime import timedelta

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation.dead_letters import LONGEST_KEPT
from prodready_constructs.foundation.visibility import within_seconds
from prodready_constructs.posture import DataClass, MessagingPosture

#: The bounds of SQS (SetQueueAttributes). A message that is visible at once again is handed to the next consumer while the first has it.
SHORTEST_VISIBILITY, LONGEST_VISIBILITY = timedelta(seconds=1), timedelta(hours=12)
LONGEST_DELAY = timedelta(minutes=15)


def check_waiting(
    where: str, *, posture: MessagingPosture, visibility_timeout: timedelta, delivery_delay: timedelta, data_class: DataClass
) -> None:
    """Refuse times that SQS does not take, and those that lose messages or keep them too long."""
    within_seconds(f"{where}: visibility_timeout", visibility_timeout, SHORTEST_VISIBILITY, LONGEST_VISIBILITY)
    within_seconds(f"{where}: delivery_delay", delivery_delay, timedelta(0), LONGEST_DELAY)
    tries = posture.max_receives * visibility_timeout
    if tries >= posture.retention:
        raise ConfigurationError(
            f"{where}: visibility_timeout",
            given=f"{visibility_timeout} for each of {posture.max_receives} tries, {tries} in all",
            allowed=f"tries that end before the retention of {posture.retention} does: the message would be deleted and never be a dead letter",
            mend="shorten visibility_timeout, or change retention or max_receives of the posture",
        )
    check_kept(where, data_class)


def check_kept(where: str, data_class: DataClass) -> None:
    """Refuse dead letters that outlive their data."""
    if data_class.retention is not None and data_class.retention < LONGEST_KEPT:
        raise ConfigurationError(
            f"{where}: data_class",
            given=f"{data_class.name}, kept {data_class.retention.days} days",
            allowed=f"data that may be kept {LONGEST_KEPT.days} days, as dead letters are",
            mend="send a reference to the data instead of the data",
        )
