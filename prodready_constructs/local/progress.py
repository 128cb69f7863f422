"""Named phases with their times; colours and a spinner on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase that ended."""

    name: str
    seconds: float
    passed: bool


@dataclass
class Progress:
    """Tells what is going on, and keeps how long it took."""

    phases: list[Phase] = field(default_factory=list)
    _console: Any = None

    def __post_init__(self) -> None:
        if sys.stdout.isatty():
            try:
                from rich.console import Console  # noqa: PLC0415 - an extra, and only for a terminal

                self._console = Console()
            except ImportError:
                self._console = None

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time a block; an exception marks it failed and goes on."""
        start = time.monotonic()
        passed = False
        try:
            if self._console:
                with self._console.status(f"{name} …"):
                    yield
            else:
                yield
            passed = True
        finally:
            self.phases.append(Phase(name, time.monotonic() - start, passed))
            self._ended(self.phases[-1])

    def say(self, text: str) -> None:
        """A line, or several."""
        if self._console:
            self._console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()

    def table(self, title: str, header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
        """A table: drawn on a terminal, aligned columns elsewhere."""
        if self._console:
            self._console.print(_rich_table(title, header, rows))
        else:
            self.say(plain_table(title, header, rows))

    def _ended(self, phase: Phase) -> None:
        self.say(f"{'✓' if phase.passed else '✗'} {phase.name} ({phase.seconds:.1f} s)")


def plain_table(title: str, header: tuple[str, ...], rows: Sequence[tuple[str, ...]], *, widest: int = 56) -> str:
    """The table as text, no column wider than *widest*."""
    cut = [tuple(cell if len(cell) <= widest else f"{cell[: widest - 1]}…" for cell in row) for row in (header, *rows)]
    widths = [max(len(row[column]) for row in cut) for column in range(len(header))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cut]
    return "\n".join([f"\n{title}", *(f"  {line}" for line in lines)])


def _rich_table(title: str, header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Any:
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for name in header:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row), style="red" if row[-1].startswith("DIFFERS") else None)
    return table
