"""Redirects and page routes: one function, run in Node with CloudFront's event shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from prodready_constructs.edge.cdn.functions import LARGEST, page_function
from prodready_constructs.edge.cdn.routing import Pages, SiteRouting
from prodready_constructs.errors import ConfigurationError
from tests.edge.cdn.node import event, run

NAME = "shop.example.com"
EVERYTHING = SiteRouting(
    canonical=NAME,
    trailing_slash="remove",
    redirects={
        "/old": "/new",
        "/old/deep/": "/new/deep?from=old#top",
        "/caf%C3%A9": "/coffee",
        "/press": "https://press.example.com/kit",
        "/__proto__": "/proto",
    },
    temporary_redirects={"/sale": "/summer"},
)


def code(routing: SiteRouting, pages: Pages = "single") -> str:
    written = page_function("Stack/Site", routing, pages=pages, hsts_max_age=31_536_000)
    assert written
    return written


def answers(routing: SiteRouting, *uris: str, pages: Pages = "single", **request: Any) -> list[dict[str, Any]]:
    return run(code(routing, pages), *(event(uri, **request) for uri in uris))


def location(answer: dict[str, Any]) -> str:
    return str(answer["headers"]["location"]["value"])


@pytest.mark.control("WEB-7")
@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        ("single", ["/index.html", "/index.html", "/index.html", "/app.1f2e.js", "/users/jane.doe", "/index.html", "/index.html"]),
        (
            "folders",
            [
                "/index.html",
                "/shop/index.html",
                "/shop/index.html",
                "/app.1f2e.js",
                "/users/jane.doe",
                "/v1.2/users/index.html",
                "/.well-known/change-password/index.html",
            ],
        ),
    ],
)
def test_a_path_shows_its_page(pages: Pages, expected: list[str]) -> None:
    uris = ("/", "/shop", "/shop/", "/app.1f2e.js", "/users/jane.doe", "/v1.2/users", "/.well-known/change-password")
    for routing in (SiteRouting(), SiteRouting(redirects={"/old": "/new"})):
        assert [answer["uri"] for answer in answers(routing, *uris, pages=pages)] == expected


def test_files_alone_need_no_function() -> None:
    assert page_function("Stack/Site", SiteRouting(), pages="files", hsts_max_age=1) is None
    (answer,) = answers(SiteRouting(redirects={"/old": "/new"}), "/shop/", pages="files")
    assert answer["uri"] == "/shop/"


@pytest.mark.control("WEB-7")
@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("/old", f"https://{NAME}/new"),
        ("/old/", f"https://{NAME}/new"),
        ("/old///", f"https://{NAME}/new"),
        ("/old/deep", f"https://{NAME}/new/deep?from=old#top"),
        ("/caf%C3%A9", f"https://{NAME}/coffee"),
        ("/press", "https://press.example.com/kit"),
        ("/__proto__", f"https://{NAME}/proto"),
        ("/shop/", f"https://{NAME}/shop"),
        ("//shop", f"https://{NAME}/shop"),
        ("//", f"https://{NAME}/"),
    ],
)
def test_old_addresses_lead_to_new_ones_for_good(uri: str, expected: str) -> None:
    (answer,) = answers(EVERYTHING, uri)
    assert (answer["statusCode"], location(answer)) == (301, expected)
    assert answer["headers"]["strict-transport-security"]["value"] == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize("uri", ["/", "/new", "/OLD", "/oldest", "/old/other", "/constructor", "/toString", "/app.js", "/a%2Fb"])
def test_everything_else_is_served_where_it_is(uri: str) -> None:
    (answer,) = answers(EVERYTHING, uri)
    assert answer["uri"] in {"/index.html", uri}
    assert "statusCode" not in answer


@pytest.mark.control("WEB-7")
def test_other_names_lead_to_the_canonical_one_in_one_hop() -> None:
    for host in ("www.example.com", "WWW.EXAMPLE.COM", "d123.cloudfront.net"):
        old, page, file = answers(EVERYTHING, "/old/", "/", "/app.js", host=host)
        assert location(old) == f"https://{NAME}/new"
        assert location(page) == f"https://{NAME}/"
        assert location(file) == f"https://{NAME}/app.js"
    (own,) = answers(EVERYTHING, "/app.js", host=NAME.upper())
    assert own["uri"] == "/app.js"


@pytest.mark.control("WEB-7")
@pytest.mark.parametrize("routing", [EVERYTHING, SiteRouting(trailing_slash="remove"), SiteRouting(trailing_slash="add")])
@pytest.mark.parametrize(
    "uri",
    [
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "\\\\evil.example/",
        "/\\/evil.example/",
        "//evil.example",
        "/%2f%2fevil.example/",
        "/%5cevil.example/",
        "/https://evil.example/",
        "/@evil.example/",
        "/\t/evil.example/",
        "/\r\nset-cookie:a=b/",
        "/.evil.example/",
        "/é/",
        "/\ud800/",
    ],
)
def test_no_address_leads_away_from_the_site(routing: SiteRouting, uri: str) -> None:
    (answer,) = answers(routing, uri)
    if "statusCode" not in answer:
        return
    to = location(answer)
    assert not set(to) & {"\t", "\r", "\n", " ", "\\"}
    if routing.canonical:
        assert to.startswith(f"https://{NAME}/")
    else:
        assert to[0] == "/"
        assert to[1:2] != "/"
    assert urlsplit(to).netloc in {"", NAME}


@pytest.mark.control("WEB-7")
def test_the_query_string_is_kept() -> None:
    query = {"a": "1", "list": ["x", "y", "x%26z"], "empty": "", "%61": "b"}
    moved, deep, slash = answers(EVERYTHING, "/old", "/old/deep/", "/shop/", query=query)
    kept = "a=1&list=x&list=y&list=x%26z&empty=&%61=b"
    assert location(moved) == f"https://{NAME}/new?{kept}"
    assert location(deep) == f"https://{NAME}/new/deep?from=old&{kept}#top"
    assert location(slash) == f"https://{NAME}/shop?{kept}"
    (split,) = answers(EVERYTHING, "/old", query={"a": "b\r\nset-cookie: c=d"})
    assert location(split) == f"https://{NAME}/new?a=b%0D%0Aset-cookie:%20c=d"


def test_a_slash_is_put_on_pages_and_never_on_files() -> None:
    routing = SiteRouting(trailing_slash="add")
    shop, root, file, done = answers(routing, "/shop", "/", "/app.js", "/shop/", pages="folders")
    assert location(shop) == "/shop/"
    assert (root["uri"], file["uri"], done["uri"]) == ("/index.html", "/app.js", "/shop/index.html")


def test_methods_and_durations_have_their_statuses() -> None:
    statuses = {
        (method, uri): answers(EVERYTHING, uri, method=method)[0]["statusCode"] for method in ("HEAD", "POST") for uri in ("/old", "/sale")
    }
    assert statuses == {("HEAD", "/old"): 301, ("POST", "/old"): 308, ("HEAD", "/sale"): 302, ("POST", "/sale"): 307}
    (sale,) = answers(EVERYTHING, "/sale")
    assert sale["headers"]["cache-control"]["value"] == "no-store"


def test_a_request_of_the_longest_path_takes_no_time() -> None:
    (answer,) = answers(EVERYTHING, "/a" + "/" * 8_000 + "b")
    assert answer["uri"] == "/index.html"


def refused(message: str, make: Callable[[], object]) -> None:
    with pytest.raises(ConfigurationError, match=message):
        make()


@pytest.mark.parametrize("old", ["old", "//old", "/\\old", "/old?x=1", "/old#x", "/old path", "/é", '/"'])
def test_it_refuses_a_path_that_no_browser_sends(old: str) -> None:
    refused(
        r"^SiteRouting: redirects: got '.*'; allowed: a path as browsers send it: .*; write it like '/old' or '/caf%C3%A9'$",
        lambda: SiteRouting(redirects={old: "/new"}),
    )


@pytest.mark.parametrize(
    "new",
    ["new", "//evil.example", "/\\evil.example", "http://example.com/", "https://", "javascript:alert(1)", "/a b", "https://a@b.example/"],
)
def test_it_refuses_a_target_that_is_none(new: str) -> None:
    refused(
        r"^SiteRouting: redirects: got '/old -> .*'; allowed: a path of this site with one slash at the beginning, or an https:// address; write",
        lambda: SiteRouting(redirects={"/old": new}),
    )


def test_it_refuses_circles_and_doubles() -> None:
    refused(
        r"^SiteRouting: redirects: got '/a -> /b -> /a'; allowed: redirects that end somewhere; a closing slash is",
        lambda: SiteRouting(redirects={"/a": "/b?x=1", "/b": "/a/"}),
    )
    refused(r"got '/a -> /a'; allowed: redirects that end", lambda: SiteRouting(redirects={"/a": "/a/"}))
    refused(
        r"^SiteRouting: redirects: got '/a/ twice'; allowed: each path once; a closing slash makes no other path$",
        lambda: SiteRouting(redirects={"/a": "/b"}, temporary_redirects={"/a/": "/c"}),
    )


def test_it_refuses_unknown_words() -> None:
    refused(
        r"^SiteRouting: pages: got 'spa'; allowed: one of 'single', 'folders', 'files', None; choose one of them$",
        lambda: SiteRouting(pages="spa"),  # type: ignore[arg-type]
    )
    refused(
        r"^SiteRouting: trailing_slash: got 'maybe'; allowed: one of 'add', 'remove', None; choose",
        lambda: SiteRouting(trailing_slash="maybe"),  # type: ignore[arg-type]
    )


@pytest.mark.control("WEB-7")
def test_it_refuses_more_redirects_than_a_function_holds() -> None:
    table = {f"/old/page/number/{number}": f"/new/page/number/{number}" for number in range(120)}
    assert len(code(SiteRouting(redirects=table)).encode()) <= LARGEST
    table |= {f"/older/page/number/{number}": f"/new/page/number/{number}" for number in range(120)}
    refused(
        r"^Stack/Site: routing: got 'a function of 1\d,\d{3} bytes for 240 redirects'; allowed: 10,240 bytes, CloudFront's quota for a function; leave",
        lambda: code(SiteRouting(redirects=table)),
    )
