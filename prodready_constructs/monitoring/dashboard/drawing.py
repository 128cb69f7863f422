"""What is to be shown becomes widgets, section by section. Pure: data in, data out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from prodready_constructs.contracts import GraphSpec
from prodready_constructs.monitoring.dashboard.tiers import Section, golden_first
from prodready_constructs.monitoring.dashboard.widgets import Layout

#: Below this many signals a row of them would say no more than its graphs do.
FEWEST_SIGNALS = 3
#: PutDashboard (CloudWatch API reference) asks for such words at the top of what no one should edit in the console.
_MADE = "Made from code: changes in the console are lost with the next deployment."


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What one construct, or one call of ``add_...``, puts on the dashboard.

    Attributes:
        title: above it; None where the section's own heading is enough.
        home: the region of its metrics.
        runbooks: id and address of the page of each alarm.
        log: the properties of a log widget.
    """

    section: Section
    title: str | None
    home: str
    graphs: tuple[GraphSpec, ...] = ()
    runbooks: tuple[tuple[str, str], ...] = ()
    log: dict[str, Any] | None = None


def draw(title: str, blocks: Sequence[Block], *, critical: Sequence[str], alarms: Sequence[str], region: str) -> list[dict[str, Any]]:
    """Status, then the sections in their order, each with its blocks in theirs. *region*: the dashboard's own."""
    layout = Layout()
    layout.text(f"# {title}\n{_MADE}", height=2)
    layout.alarms("Anything critical", critical)
    layout.alarms("Alarms", alarms, least_height=3)
    for section in Section:
        shown = [block for block in blocks if block.section is section and (block.graphs or block.log)]
        if not shown:
            continue
        layout.text(f"## {section.value}", height=1)
        for block in shown:
            _draw_block(layout, block, region=region)
    return layout.widgets


def _draw_block(layout: Layout, block: Block, *, region: str) -> None:
    if block.title is not None:
        links = " · ".join(f"[{name}]({address})" for name, address in block.runbooks)
        layout.text(f"### {block.title}" + (f"\nRunbooks: {links}" if links else ""), height=2 if links else 1)
    golden, rest = golden_first(block.graphs)
    if len(golden) >= FEWEST_SIGNALS:
        layout.graphs(golden, home=block.home, region=region, per_row=len(golden))
    else:
        rest = list(block.graphs)
    layout.graphs(rest, home=block.home, region=region)
    if block.log is not None:
        layout.log(block.log)
