"""Put the files of ``examples/`` into the pages that show them: the block after ``<!-- examples/<file>.py -->`` is that file.

A code host renders no snippets, so the pages carry copies; a test fails while one differs from its file.

usage: python -m tools.examples
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = (
    "README.md",
    "docs/start.md",
    "docs/customise.md",
    "docs/rooms/edge/dns.md",
    "docs/rooms/edge/graphql.md",
    "docs/rooms/database.md",
    "docs/rooms/compute/devices.md",
    "docs/rooms/recovery/regions.md",
    "docs/on-call.md",
)
_BLOCK = re.compile(r"<!-- (?P<file>examples/\w+\.py) -->\n```python\n.*?```\n", re.DOTALL)


def refreshed(text: str) -> str:
    """*text* with every marked block as its file is now."""
    return _BLOCK.sub(lambda block: f"<!-- {block['file']} -->\n```python\n{(ROOT / block['file']).read_text(encoding='utf-8')}```\n", text)


def shown(text: str) -> list[str]:
    """The files that *text* shows."""
    return [block["file"] for block in _BLOCK.finditer(text)]


def main() -> None:
    """Refresh every page."""
    for page in (ROOT / name for name in PAGES):
        page.write_text(refreshed(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
