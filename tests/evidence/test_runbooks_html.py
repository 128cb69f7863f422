"""Runbooks as HTML: nothing that was written by a construct becomes markup, every link leads somewhere, and a browser can read and print it."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from prodready_constructs.evidence.runbooks import runbook_document, runbook_html
from prodready_constructs.evidence.runbooks.html import anchor
from prodready_constructs.monitoring import Dashboard, Routes, Watch
from prodready_constructs.posture import STAGING
from tests.edge.cdn.browser import browsing, chromium, serving
from tests.monitoring.watched import CPU, Watched
from tests.support.synthesis import new_app, new_stack

HOSTILE = "<script>fetch('/ran')</script><img src=x onerror=\"fetch('/ran')\"> & `a<b`"


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("assembly")
    app = new_app(outdir=str(folder))
    stack = new_stack(app, "Shop")
    runbook = replace(CPU.runbook, meaning=HOSTILE, causes=(HOSTILE,), first_commands=(f"echo {HOSTILE!r}",), escalation=HOSTILE)
    routes = Routes(stack, "Routes", posture=STAGING.monitoring, critical=(), warning=())
    orders = Watched(stack, "Orders", replace(CPU, runbook=runbook, source=HOSTILE))
    watch = Watch(stack, "Watch", routes=routes, watching=[orders, routes], runbook_base_url="https://r.example.com")
    Dashboard(stack, "Dashboard", posture=STAGING.monitoring, title="Shop", watching=[orders], watches=[watch])
    app.synth()
    return folder


class Outline(HTMLParser):
    """Tags, ids and targets; every element that was opened is closed."""

    VOID = frozenset({"meta", "br", "link"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.labelled: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            {"id": self.ids, "href": self.links, "aria-labelledby": self.labelled}.get(name, []).append(value or "")
            if name.startswith("on"):
                self.handlers.append(name)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def outline(html: str) -> Outline:
    found = Outline()
    found.feed(html)
    found.close()
    assert found.open == []
    return found


@pytest.mark.control("OPS-3")
def test_what_a_construct_wrote_never_becomes_markup(assembly: Path) -> None:
    page = runbook_document(assembly)
    found = outline(page)
    assert found.tags & {"script", "img", "iframe", "form", "object"} == set()
    assert found.handlers == []
    assert "&lt;script&gt;fetch(&#x27;/ran&#x27;)&lt;/script&gt;" in page
    assert "<code>a&lt;b</code>" in page
    assert "<strong>Warning</strong> alarm of <code>Shop/Orders</code>." in page


@pytest.mark.control("OPS-3")
def test_every_link_and_label_leads_somewhere(assembly: Path) -> None:
    found = outline(runbook_document(assembly))
    assert len(found.ids) == len(set(found.ids))
    inside = [link[1:] for link in found.links if link.startswith("#")]
    assert set(inside) <= set(found.ids)
    assert set(found.labelled) <= set(found.ids)
    assert len(inside) >= len(found.labelled) - 1
    assert anchor("Shop", "Orders-CpuHigh") == "runbook-Shop--Orders-CpuHigh"
    assert anchor("Shop", "Orders-CpuHigh") in inside, "the address of a page is the same for as long as its names are"
    assert all(link.startswith(("#", "https://console.aws.amazon.com/")) for link in found.links)


@pytest.mark.control("OPS-3")
def test_the_section_stands_in_another_document(assembly: Path) -> None:
    section = runbook_html(assembly)
    assert section.startswith('<section class="runbooks" id="runbooks"')
    assert section.endswith("</section>")
    assert "<h1" not in section
    assert section in runbook_document(assembly)
    assert [level for level in re.findall(r"<h(\d)", section) if level not in "234"] == []


@pytest.mark.control("OPS-3")
def test_it_reads_without_colour_mouse_or_sight(assembly: Path) -> None:
    page = runbook_document(assembly)
    assert '<html lang="en">' in page
    assert "<main>" in page
    assert '<th scope="col">' in page
    for block in re.findall(r"<pre[^>]*>", page):
        assert 'tabindex="0"' in block, "it can be scrolled by keyboard"
        assert re.search(r'role="region" aria-label="(Commands|Expected output)"', block)


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
@pytest.mark.control("OPS-3")
def test_a_browser_runs_nothing_of_it(assembly: Path) -> None:
    """In a document without a policy: only the escaping stands between the text and the browser."""
    bare = f"<!doctype html><title>Report</title>{runbook_html(assembly)}<script>setTimeout(() => fetch('/done'), 300);</script>"
    with serving() as server:
        server.pages = {"/index.html": ("text/html", bare)}
        with browsing(f"{server.url}/index.html"):
            assert server.wait_for("/done")
        assert not server.was_asked("/ran")


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
@pytest.mark.control("OPS-3")
def test_a_browser_shows_and_prints_all_of_it(assembly: Path, tmp_path: Path) -> None:
    file = tmp_path / "runbooks.html"
    file.write_text(runbook_document(assembly))
    flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    shown = subprocess.run([chromium(), *flags, "--dump-dom", file.as_uri()], capture_output=True, text=True, check=True, timeout=60).stdout
    articles = re.compile(r'<article id="([^"]+)"')
    assert set(articles.findall(shown)) == set(articles.findall(file.read_text()))
    printed = tmp_path / "runbooks.pdf"
    subprocess.run(
        [chromium(), *flags, "--no-pdf-header-footer", f"--print-to-pdf={printed}", file.as_uri()],
        capture_output=True,
        check=True,
        timeout=60,
    )
    sheets = len(re.findall(rb"/Type\s*/Page\b", printed.read_bytes()))
    assert sheets > shown.count("<article"), "the index, and a sheet for each page"
