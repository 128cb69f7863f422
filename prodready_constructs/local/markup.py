"""Bits of HTML. Everything that comes from outside is escaped here and in the modules that use them."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any


def table(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """A table of plain text, whose words stay whole."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in header)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll" tabindex="0"><table class="words"><tr>{head}</tr>{body}</table></div>'


def mark(good: bool, yes: str, no: str) -> str:
    """One of two words, in the colour of good or bad."""
    return f'<span class="good">{escape(yes)}</span>' if good else f'<span class="bad">{escape(no)}</span>'


def commands(lines: Iterable[str]) -> str:
    """A list of what is typed; empty for no lines."""
    listed = "".join(f"<li><code>{escape(line)}</code></li>" for line in lines)
    return f"<ul>{listed}</ul>" if listed else ""
