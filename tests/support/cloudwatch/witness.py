"""Every alarm that the library describes while tests run, judged once at the end: also those of constructs no reference stack has."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from prodready_constructs.contracts import AlarmSpec, MathMetric
from tests.support.cloudwatch.alarms import of_spec
from tests.support.cloudwatch.proof import faults

_LIBRARY = "prodready_constructs."


@contextmanager
def witnessed() -> Iterator[dict[str, AlarmSpec]]:
    """The alarms described by the library's own code while this lasts, those alike only once."""
    seen: dict[str, AlarmSpec] = {}
    original = AlarmSpec.__init__

    def init(self: AlarmSpec, **given: Any) -> None:
        original(self, **given)
        if _by_the_library():
            metric = self.metric
            what = metric.expression if isinstance(metric, MathMetric) else metric.namespace
            seen.setdefault(f"{self.id} {what} {self.threshold} {self.periods} {self.datapoints} {self.missing_data}", self)

    AlarmSpec.__init__ = init  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        AlarmSpec.__init__ = original  # type: ignore[method-assign]


def judged(seen: dict[str, AlarmSpec]) -> list[str]:
    """What is wrong with them."""
    return [fault for spec in seen.values() for fault in faults(of_spec(spec.id, spec))]


def _by_the_library() -> bool:
    """Whether the library's own code makes the alarm: what tests make may be wrong on purpose. ``replace`` stands between."""
    frame = sys._getframe(2)
    while frame is not None and frame.f_globals.get("__name__") == "dataclasses":
        frame = frame.f_back  # type: ignore[assignment]
    return frame is not None and str(frame.f_globals.get("__name__", "")).startswith(_LIBRARY)
