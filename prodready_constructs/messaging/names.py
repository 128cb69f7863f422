"""What a queue is called, and what its variables are called in a container."""

from __future__ import annotations

import hashlib
import re

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part

#: What a FIFO queue's name ends with, and the longest name with it.
#: Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-fifo.html
FIFO_SUFFIX = ".fifo"
LONGEST_NAME = 80
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9]+")
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")


def queue_name(part: Part, name: str | None, *, fifo: bool) -> str:
    """*name* if SQS takes it; one made of the stack's name and the construct's path when None.

    A queue needs a name that is known before it is made: its dead-letter queue is made first and names it, and only it.

    Raises:
        ConfigurationError: a name that SQS does not take for this kind of queue.
    """
    suffix = FIFO_SUFFIX if fifo else ""
    if name is None:
        stack = part.stack.stack_name
        path = part.path if stack.startswith("${") else f"{stack}/{part.path.partition('/')[2]}"
        digest = hashlib.sha256(path.encode()).hexdigest()[:8]
        return f"{_NOT_IN_NAMES.sub('-', path)[: LONGEST_NAME - len(suffix) - 9].strip('-')}-{digest}{suffix}"
    stem = name.removesuffix(FIFO_SUFFIX)
    if fifo != (stem != name):
        raise ConfigurationError(
            f"{part.path}: name",
            given=name,
            allowed=f"a name that ends in {FIFO_SUFFIX} for a FIFO queue, and for no other",
            mend=f"name it {stem + suffix!r}" + ("" if fifo else ", or hand over fifo=Fifo()"),
        )
    if not _NAME.fullmatch(stem) or len(name) > LONGEST_NAME:
        raise ConfigurationError(
            f"{part.path}: name",
            given=name,
            allowed=f"letters, digits, '-' and '_', {LONGEST_NAME} characters at most with {FIFO_SUFFIX}",
            mend="leave the name out, and one is made of the stack and the path",
        )
    return name


def variable_prefix(construct_id: str) -> str:
    """``ORDERS_QUEUE`` for ``Orders`` and for ``OrdersQueue``."""
    words = [word.upper() for word in _WORDS.split(construct_id) if word]
    return "_".join(words if words[-1:] == ["QUEUE"] else [*words, "QUEUE"])
