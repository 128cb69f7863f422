"""The header set of a synthesized site in a real browser: what it stops, and what it lets through."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from prodready_constructs.edge import ContentSecurityPolicy
from tests.edge.cdn.browser import Server, browsing, chromium, serving
from tests.edge.cdn.parts import a_site
from tests.support.synthesis import new_stack, synth

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

#: Each script says at the server that it ran; the last one says that everything before it had its chance.
PAGE = """<!doctype html><meta charset="utf-8"><title>Shop</title>
<script>fetch('/ran/inline');</script>
<img src="data:image/png;base64,iVBORw0KGgo=" onerror="fetch('/ran/handler')">
<script src="/app.js"></script>
"""
APP = """fetch('/ran/own?framed=' + (window.top !== window));
try { eval("fetch('/ran/eval')"); } catch (error) { fetch('/stopped/eval'); }
setTimeout(() => fetch('/done'), 500);
"""
FRAMING = """<!doctype html><meta charset="utf-8"><title>Elsewhere</title><iframe src="{url}/index.html"></iframe>
<script>setTimeout(() => fetch('/done'), 2500);</script>
"""


def headers_of(policy: ContentSecurityPolicy) -> dict[str, str]:
    """What CloudFront adds to every answer of a site with *policy*."""
    stack = new_stack()
    a_site(stack, content_security_policy=policy)
    config = synth(stack).props("AWS::CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]
    security = config["SecurityHeadersConfig"]
    transport = security["StrictTransportSecurity"]
    found = {
        "Content-Security-Policy": security["ContentSecurityPolicy"]["ContentSecurityPolicy"],
        "Referrer-Policy": security["ReferrerPolicy"]["ReferrerPolicy"],
        "Strict-Transport-Security": f"max-age={transport['AccessControlMaxAgeSec']}; includeSubDomains; preload",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": security["FrameOptions"]["FrameOption"],
        **{item["Header"]: item["Value"] for item in config["CustomHeadersConfig"]["Items"]},
    }
    assert set(security) == {"ContentSecurityPolicy", "ContentTypeOptions", "FrameOptions", "ReferrerPolicy", "StrictTransportSecurity"}
    return found


@contextmanager
def a_shop() -> Iterator[Server]:
    with serving() as server:
        server.pages = {"/index.html": ("text/html", PAGE), "/app.js": ("text/javascript", APP)}
        yield server


def ran(server: Server) -> set[str]:
    return {path.split("?")[0] for path, _ in server.asked if path.startswith(("/ran/", "/stopped/"))}


@pytest.mark.control("WEB-7")
def test_a_browser_runs_the_sites_own_script_and_nothing_inline() -> None:
    with a_shop() as server:
        server.headers = headers_of(ContentSecurityPolicy())
        with browsing(f"{server.url}/index.html"):
            assert server.wait_for("/done"), "the site's own script did not run"
        assert ran(server) == {"/ran/own", "/stopped/eval"}


@pytest.mark.control("WEB-7")
def test_without_the_headers_everything_runs() -> None:
    """The proof that the test above can fail."""
    with a_shop() as server:
        with browsing(f"{server.url}/index.html"):
            assert server.wait_for("/done")
        assert ran(server) == {"/ran/own", "/ran/inline", "/ran/handler", "/ran/eval"}


@pytest.mark.control("WEB-7")
@pytest.mark.parametrize("guarded", [True, False])
def test_no_other_site_frames_it(guarded: bool) -> None:
    with a_shop() as server, serving() as elsewhere:
        elsewhere.pages = {"/index.html": ("text/html", FRAMING.format(url=server.url))}
        server.headers = headers_of(ContentSecurityPolicy()) if guarded else {}
        with browsing(f"{elsewhere.url}/index.html"):
            assert elsewhere.wait_for("/done")
        assert server.was_asked("/index.html"), "the frame was never asked for"
        assert server.was_asked("/ran/own?framed=true") is not guarded


@pytest.mark.control("WEB-7")
def test_a_partner_that_is_named_may_frame_it() -> None:
    with a_shop() as server, serving() as partner:
        partner.pages = {"/index.html": ("text/html", FRAMING.format(url=server.url))}
        server.headers = headers_of(ContentSecurityPolicy().allow("frame-ancestors", partner.url))
        with browsing(f"{partner.url}/index.html"):
            assert server.wait_for("/ran/own?framed=true")


@pytest.mark.control("WEB-7")
def test_on_trial_everything_runs_and_the_reports_arrive() -> None:
    with a_shop() as server:
        server.headers = headers_of(ContentSecurityPolicy().report_only(f"{server.url}/reports"))
        with browsing(f"{server.url}/index.html"):
            assert server.wait_for("/done")
            assert server.wait_for("/reports"), "no report arrived"
        assert ran(server) == {"/ran/own", "/ran/inline", "/ran/handler", "/ran/eval"}
        reports = [report for path, body in server.asked if path == "/reports" for report in json.loads(body)]
        assert {report["type"] for report in reports} == {"csp-violation"}
        assert {report["body"]["disposition"] for report in reports} == {"report"}
        assert "script-src-elem" in {report["body"]["effectiveDirective"] for report in reports}


@pytest.mark.control("WEB-7")
def test_what_is_blocked_is_reported_too() -> None:
    with a_shop() as server:
        server.headers = headers_of(ContentSecurityPolicy().report_to(f"{server.url}/reports"))
        with browsing(f"{server.url}/index.html"):
            assert server.wait_for("/reports"), "no report arrived"
        assert "/ran/inline" not in ran(server)
        reports = [report for path, body in server.asked if path == "/reports" for report in json.loads(body)]
        assert {report["body"]["disposition"] for report in reports} == {"enforce"}


def test_a_missing_browser_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.delenv("CHROMIUM", raising=False)
    message = r"^no Chromium or Chrome: install one \(on Debian: apt-get install chromium\) or name it in CHROMIUM"
    with pytest.raises(AssertionError, match=message):
        chromium()
