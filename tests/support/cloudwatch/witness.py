"""Everything that the library describes as an alarm while tests run, judged once at the end: also of constructs no reference stack has.

And the other way round: each place in the library's source that describes one, and whether any test has come there. One that nobody came to
has escaped the judge.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType
from typing import Any

from prodready_constructs import contracts
from prodready_constructs.contracts import AlarmSpec, AnomalySpec, EventSpec
from tests.support.cloudwatch.alarms import Alarm, of_spec
from tests.support.cloudwatch.proof import faults
from tests.support.event_patterns import faults as pattern_faults

PACKAGE = Path(contracts.__file__).parents[1]
_LIBRARY = "prodready_constructs."
#: How an alarm, or an event that is told like one, is described.
DESCRIPTIONS = ("AlarmSpec", "AnomalySpec", "CompositeSpec", "EventSpec", "RdsEventSpec")


@dataclass(slots=True)
class Seen:
    """What was described: alarms that behave alike only once; patterns of events; files and lines."""

    alarms: dict[str, Alarm] = field(default_factory=dict)
    patterns: dict[str, tuple[str, Any]] = field(default_factory=dict)
    lines: set[tuple[str, int]] = field(default_factory=set)

    def note(self, spec: Any) -> None:
        """One description."""
        if isinstance(spec, AlarmSpec | AnomalySpec):
            alarm = of_spec(spec.id, spec)
            self.alarms.setdefault(repr(replace(alarm, name="")), alarm)
        elif isinstance(spec, EventSpec):
            self.patterns.setdefault(str(spec.pattern), (spec.id, spec.pattern))

    def faults(self) -> list[str]:
        """What is wrong with them."""
        wrong = [fault for alarm in self.alarms.values() for fault in faults(alarm)]
        return [*wrong, *(f"{name}: {fault}" for name, pattern in self.patterns.values() for fault in pattern_faults(pattern))]


@contextmanager
def witnessed() -> Iterator[Seen]:
    """What the library's own code describes while this lasts."""
    seen = Seen()
    kinds = [getattr(contracts, name) for name in DESCRIPTIONS]
    originals = [kind.__init__ for kind in kinds]
    for kind, original in zip(kinds, originals, strict=True):
        kind.__init__ = _noting(original, seen)
    try:
        yield seen
    finally:
        for kind, original in zip(kinds, originals, strict=True):
            kind.__init__ = original


def _noting(original: Callable[..., None], seen: Seen) -> Callable[..., None]:
    def init(self: Any, **given: Any) -> None:
        original(self, **given)
        if (frame := _library_frame()) is not None:
            seen.lines.add((frame.f_code.co_filename, frame.f_lineno))
            seen.note(self)

    return init


def _library_frame() -> FrameType | None:
    """Where the library's own code describes it; None for a test's own, which may be wrong on purpose. ``replace`` stands between."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_globals.get("__name__") == "dataclasses":
        frame = frame.f_back
    return frame if frame is not None and str(frame.f_globals.get("__name__", "")).startswith(_LIBRARY) else None


@dataclass(frozen=True, slots=True)
class Place:
    """A call in the source that describes an alarm."""

    file: str
    line: int
    end: int
    kind: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.kind}(...)"


def places(folder: Path = PACKAGE) -> list[Place]:
    """Every such call below *folder*."""
    return [
        Place(str(file), call.lineno, call.end_lineno or call.lineno, name)
        for file in sorted(folder.rglob("*.py"))
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and (name := ast.unparse(call.func).rpartition(".")[2]) in DESCRIPTIONS
    ]


def escaped(lines: Iterable[tuple[str, int]], among: Iterable[Place]) -> list[str]:
    """The places that no line of *lines* is in: nobody has judged what is described there."""
    by_file: dict[str, set[int]] = {}
    for file, line in lines:
        by_file.setdefault(file, set()).add(line)
    return [str(place) for place in among if by_file.get(place.file, set()).isdisjoint(range(place.line, place.end + 1))]
