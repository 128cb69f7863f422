"""Pages as HTML, for the readiness report and for a browser without a network: escaped here and nowhere else, no script, printable."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from prodready_constructs.evidence.runbooks.page import Block, Page

_CODE = re.compile(r"`([^`]+)`")
_STRONG, _AS_STRONG = re.compile(r"\*\*([^*]+)\*\*"), r"<strong>\1</strong>"
_NOT_IN_AN_ID = re.compile(r"[^A-Za-z0-9-]+")
#: Colours with a contrast of more than 7 : 1 on their ground; every table and command can be scrolled by keyboard.
STYLE = """
.runbooks { color-scheme: light dark; }
.runbooks pre { background: Canvas; color: CanvasText; border: 1px solid GrayText; border-radius: .3rem; padding: .6rem; overflow-x: auto; }
.runbooks pre.answer { border-style: dashed; }
.runbooks table { border-collapse: collapse; width: 100%; } .runbooks th, .runbooks td { text-align: left; vertical-align: top; padding: .3rem .6rem; }
.runbooks article { border-top: 1px solid GrayText; margin-top: 2rem; }
.runbooks code { overflow-wrap: anywhere; }
@media print {
  .runbooks article { break-before: page; border: 0; } .runbooks pre { white-space: pre-wrap; overflow: visible; }
  .runbooks .to-index { display: none; } .runbooks h4 { break-after: avoid; } }
"""


def fragment(pages: Sequence[Page]) -> str:
    """All *pages* as one ``<section>`` with its own style, to stand under a heading of the second level in another document."""
    ordered = sorted(pages, key=lambda page: page.order)
    known = {(page.stack, page.name) for page in pages}
    return (
        f'<section class="runbooks" id="runbooks" aria-labelledby="runbooks-title"><style>{STYLE}</style>'
        f'<h2 id="runbooks-title">Runbooks</h2>{"".join(_stack(stack, ordered) for stack in sorted({page.stack for page in pages}))}'
        f"{''.join(_article(page, known) for page in ordered)}</section>"
    )


def document(pages: Sequence[Page]) -> str:
    """All *pages* as a document that needs no other file. A policy in it forbids scripts and everything from elsewhere."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
        "<title>Runbooks</title><style>body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }</style>"
    )
    body = f"<main><h1>When something is wrong</h1>{fragment(pages)}</main>"
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>\n'


def anchor(stack: str, name: str) -> str:
    """The id of a page within the document; the same for as long as stack and alarm keep their names."""
    return f"runbook-{_NOT_IN_AN_ID.sub('-', stack)}--{_NOT_IN_AN_ID.sub('-', name)}"


def _stack(stack: str, pages: Sequence[Page]) -> str:
    rows = "".join(
        f'<tr><td><a href="#{anchor(page.stack, page.name)}">{escape(page.name)}</a></td><td>{page.kind}</td><td>{_inline(page.about)}</td></tr>'
        for page in pages
        if page.stack == stack
    )
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Page", "Severity", "About"))
    return f"<h3>{escape(stack)}</h3><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _article(page: Page, known: set[tuple[str, str]]) -> str:
    name = anchor(page.stack, page.name)
    sections = "".join(
        f"<h4>{escape(section.heading)}</h4>{''.join(_block(block, page, known) for block in section.blocks)}" for section in page.sections
    )
    return (
        f'<article id="{name}" aria-labelledby="{name}-title"><h3 id="{name}-title">{escape(page.title)}</h3><p>{_STRONG.sub(_AS_STRONG, _inline(page.lead))}</p>'
        f'{sections}<p class="to-index"><a href="#runbooks">All runbooks</a></p></article>'
    )


def _block(block: Block, page: Page, known: set[tuple[str, str]]) -> str:
    if block.kind in {"commands", "answer"}:
        label = "Commands" if block.kind == "commands" else "Expected output"
        lines = escape("\n".join(block.lines))
        return f'<pre class="{block.kind}" tabindex="0" role="region" aria-label="{label}"><code>{lines}</code></pre>'
    if block.kind == "text":
        return "".join(f"<p>{_inline(line)}</p>" for line in block.lines)
    if block.kind == "links":
        return f"<ul>{''.join(_link(line, page, known) for line in block.lines)}</ul>"
    element = "ol" if block.kind == "numbers" else "ul"
    return f"<{element}>{''.join(f'<li>{_inline(line)}</li>' for line in block.lines)}</{element}>"


def _link(line: str, page: Page, known: set[tuple[str, str]]) -> str:
    name, _, address = line.rpartition(" ")
    beside = address.removesuffix(".md")
    if (page.stack, beside) in known:
        address = f"#{anchor(page.stack, beside)}"
    elif not address.startswith("https://"):
        return f"<li>{escape(name)}</li>"
    return f'<li><a href="{escape(address)}">{escape(name)}</a></li>'


def _inline(line: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(line))
