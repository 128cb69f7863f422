"""What would lose, repeat or cut off the work on a message, refused before anything is made."""

from __future__ import annotations

from datetime import timedelta

from prodready_constructs.compute.workers.backlog import Pace
from prodready_constructs.contracts import WorkQueue
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import WorkerPosture

#: A message that takes twice as long as the average is nothing rare; one that is visible again by then is worked on twice.
TIMES_A_MESSAGE = 2


def check_visibility(path: str, *, queue: WorkQueue, pace: Pace, posture: WorkerPosture) -> None:
    """Refuse a queue that hands a message out again while a task may still work on it: in its usual time, or in its last minutes."""
    visible = queue.visibility_timeout
    needed = max(timedelta(seconds=TIMES_A_MESSAGE * pace.seconds_per_message), posture.stop_timeout)
    if visible < needed:
        raise ConfigurationError(
            f"{path}: queue",
            given=f"a visibility timeout of {visible} for messages that take {pace.seconds_per_message:g} seconds, and {posture.stop_timeout} "
            "after SIGTERM",
            allowed=f"{needed} or more: {TIMES_A_MESSAGE} times the average message, and not less than a task that is stopped has left",
            mend="make the queue with a longer visibility_timeout, or the work of a message smaller",
        )
