"""Pages as markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from prodready_constructs.evidence.runbooks.page import Block, Page

#: The first line of the index: the sign that a directory is ours to replace.
MARK = "<!-- Runbooks, generated from a cloud assembly. Edit the constructs, not these pages. -->"
_FENCE = re.compile(r"`{3,}")


def markdown(page: Page) -> str:
    """*page* as a file of its own."""
    lines = [f"# {_plain(page.title)}", "", page.lead, ""]
    for section in page.sections:
        lines += [f"## {section.heading}", ""]
        for block in section.blocks:
            lines += [*_block(block), ""]
    return "\n".join(lines)


def index(pages: Sequence[Page]) -> str:
    """The list of *pages*, by stack and urgency."""
    lines = [MARK, "", "# Runbooks", ""]
    for stack in sorted({page.stack for page in pages}):
        lines += [f"## {stack}", "", "| Page | Severity | About |", "|---|---|---|"]
        lines += [
            f"| [{page.name}]({page.stack}/{page.name}.md) | {page.kind} | {page.about.replace('|', '/')} |"
            for page in sorted(pages, key=lambda page: page.order)
            if page.stack == stack
        ]
        lines.append("")
    return "\n".join(lines)


def _block(block: Block) -> Iterator[str]:
    if block.kind in {"commands", "answer"}:
        # A line of the block itself must not end it.
        fence = "`" * max([3, *(len(found) + 1 for line in block.lines for found in _FENCE.findall(line))])
        yield f"{fence}{'bash' if block.kind == 'commands' else 'text'}"
        yield from block.lines
        yield fence
    elif block.kind == "text":
        yield "\n\n".join(block.lines)
    elif block.kind == "links":
        for line in block.lines:
            name, _, address = line.rpartition(" ")
            yield f"- [{_plain(name)}]({address})"
    else:
        for number, line in enumerate(block.lines, 1):
            yield f"{number}. {line}" if block.kind == "numbers" else f"- {line}"


def _plain(line: str) -> str:
    return " ".join(line.split())
