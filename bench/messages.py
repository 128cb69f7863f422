"""Counts the messages between Python and the jsii kernel: they do not depend on the machine, so tests can bound them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jsii._kernel.providers import process


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """Count every message sent inside the block: by kind, and under ``callback`` the calls from JavaScript back into Python.

    jsii has no public hook for this; ``_NodeProcess.send`` is the one place all messages pass (jsii 1.142).
    """
    counts: Counter[str] = Counter()
    send = process._NodeProcess.send

    def counting(self: Any, request: Any, response_type: Any) -> Any:
        response = send(self, request, response_type)
        counts[type(request).__name__.removesuffix("Request").lower()] += 1
        if type(response).__name__ == "Callback":
            counts["callback"] += 1
        return response

    process._NodeProcess.send = counting
    try:
        yield counts
    finally:
        process._NodeProcess.send = send


def total(counts: Counter[str]) -> int:
    """Messages from Python to the kernel, completions of callbacks included."""
    return sum(count for kind, count in counts.items() if kind != "callback")
