"""Runbooks from a cloud assembly: a page for every alarm, for every way a store comes back, and for what else is done by hand.

What a page says was written by the constructs into the assembly's metadata (``monitoring.Watch``, ``recovery.Procedures``, the stores), or
follows from what the templates hold; nothing here knows a construct or calls AWS. Names that only the deployment knows are looked up by the
first commands of a page.
"""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.evidence.assembly import read_assembly
from prodready_constructs.evidence.runbooks.alarms import alarm_pages
from prodready_constructs.evidence.runbooks.html import document, fragment
from prodready_constructs.evidence.runbooks.markdown import MARK, index, markdown
from prodready_constructs.evidence.runbooks.page import Block, Page, Section
from prodready_constructs.evidence.runbooks.procedures import procedure_pages
from prodready_constructs.evidence.runbooks.restores import restore_pages
from prodready_constructs.evidence.runbooks.writing import INDEX, swap

#: Pages about a whole stack, and the word that an alarm's name has to which one of them belongs.
_OF_A_STACK = {"certificate": "Certificate", "cost-spike": "Cost"}

__all__ = ["MARK", "runbook_document", "runbook_html", "runbook_pages", "write_runbooks"]


def write_runbooks(assembly: Path, out: Path, *, stacks: str = "*") -> list[Path]:
    """Write the pages of the cloud assembly *assembly* to *out* as markdown, all of them or none, and return their paths, sorted.

    *out* is replaced as a whole, so pages of alarms that are gone go too. *stacks* chooses by stack name: ``Prod*``.

    Raises:
        ConfigurationError: no assembly, no alarm in it, *out* holds something that is not ours, two pages of one name, or a procedure
            without commands, verification or escalation.
    """
    pages = runbook_pages(assembly, stacks=stacks)
    return swap(out, {INDEX: index(pages), **{f"{page.stack}/{page.name}.md": markdown(page) for page in pages}})


def runbook_html(assembly: Path, *, stacks: str = "*") -> str:
    """The same pages as one ``<section>`` to stand in another HTML document, under a heading of the second level. Raises the same."""
    return fragment(runbook_pages(assembly, stacks=stacks))


def runbook_document(assembly: Path, *, stacks: str = "*") -> str:
    """The same pages as one HTML document that needs no other file: to print, and to have where there is no network. Raises the same."""
    return document(runbook_pages(assembly, stacks=stacks))


def runbook_pages(assembly: Path, *, stacks: str = "*") -> list[Page]:
    """All pages, in the order of the index. Raises as :func:`write_runbooks`."""
    found = read_assembly(assembly)
    restores = tuple(restore_pages(found))
    everything = (*alarm_pages(found), *restores, *procedure_pages(found, restores))
    pages = sorted((page for page in everything if fnmatchcase(page.stack, stacks)), key=lambda page: page.order)
    if not any(page.kind in {"critical", "warning"} for page in pages):
        raise ConfigurationError(
            str(assembly),
            given="no alarm" if stacks == "*" else f"no alarm in a stack like {stacks}",
            allowed="an assembly with a monitoring.Watch",
            mend="watch something, synthesize",
        )
    names = [f"{page.stack}/{page.name}" for page in pages]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigurationError(str(assembly), given=twice, allowed="one page of each name", mend="rename one construct or alarm")
    return [_with_ways_back(page, pages) for page in pages]


def _with_ways_back(page: Page, pages: list[Page]) -> Page:
    """*page*, an alarm's, with links to what brings its construct back."""
    if page.kind not in {"critical", "warning"}:
        return page
    beside = [
        other
        for other in pages
        if other.kind in {"restore", "recover"}
        and other.stack == page.stack
        and (_related(page, other) or _OF_A_STACK.get(other.name, "/") in page.name)
    ]
    if not beside:
        return page
    links = Section("Ways back", (Block("links", tuple(f"{other.title} {other.name}.md" for other in beside)),))
    return replace(page, sections=(*page.sections, links))


def _related(page: Page, other: Page) -> bool:
    within = f"{other.construct}/".startswith(f"{page.construct}/") or f"{page.construct}/".startswith(f"{other.construct}/")
    return within and bool(other.construct.count("/"))
