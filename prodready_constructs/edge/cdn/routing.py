"""Which page a path shows and where old addresses lead, as a value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from prodready_constructs.errors import ConfigurationError

Pages = Literal["single", "folders", "files"]
_WHERE = "SiteRouting"
#: A path as browsers send it: percent-encoded, one slash at the beginning.
_PATH = re.compile(r"/(?![/\\])[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*")
_TARGET = re.compile(
    r"(/(?![/\\])|https://[a-z0-9.\-]+(:\d{1,5})?(/|$))[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*(#[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*)?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRouting:
    """Which page a path shows, and where old addresses lead. One CloudFront Function does all of it, in one hop.

    Always: the query string is kept; a redirect leads to this site or to an address written here, never to one from the request.

    Attributes:
        pages: ``single``: a path without a file extension shows ``/index.html`` (the application routes in the browser; a website's own
            default); ``folders``: it shows the ``index.html`` of its folder; ``files``: nothing but what is there.
        canonical: the one name of the domain that visitors shall see: all other names of the certificate are redirected to it.
        trailing_slash: ``remove`` it or ``add`` it (never to a file), by a redirect; None leaves addresses as they are.
        redirects: old path -> new path or ``https://`` address, for good (301; 308 where a method must not change).
        temporary_redirects: the same for a while (302, 307).

    Raises:
        ConfigurationError: a path or target that is malformed, a path twice, or a circle.
    """

    pages: Pages | None = None
    canonical: str | None = None
    trailing_slash: Literal["add", "remove"] | None = None
    redirects: Mapping[str, str] = field(default_factory=dict)
    temporary_redirects: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, value, allowed in (
            ("pages", self.pages, ("single", "folders", "files", None)),
            ("trailing_slash", self.trailing_slash, ("add", "remove", None)),
        ):
            if value not in allowed:
                raise ConfigurationError(
                    f"{_WHERE}: {name}", given=value, allowed=f"one of {', '.join(map(repr, allowed))}", mend="choose one of them"
                )
        moved = self.moved
        for old, (new, _) in moved.items():
            if not _PATH.fullmatch(old):
                raise ConfigurationError(
                    f"{_WHERE}: redirects",
                    given=old,
                    allowed="a path as browsers send it: '/', percent-encoded, without query and fragment",
                    mend="write it like '/old' or '/caf%C3%A9'",
                )
            if not _TARGET.fullmatch(new):
                raise ConfigurationError(
                    f"{_WHERE}: redirects",
                    given=f"{old} -> {new}",
                    allowed="a path of this site with one slash at the beginning, or an https:// address",
                    mend="write it like '/new', '/new?from=old' or 'https://www.example.com/new'",
                )
        self._require_no_circle(moved)

    @property
    def moved(self) -> dict[str, tuple[str, bool]]:
        """Old path without its closing slash -> where it leads, and whether for good."""
        table: dict[str, tuple[str, bool]] = {}
        for targets, for_good in ((self.redirects, True), (self.temporary_redirects, False)):
            for old, new in targets.items():
                bare = without_slash(old)
                if bare in table:
                    raise ConfigurationError(
                        f"{_WHERE}: redirects", given=f"{old} twice", allowed="each path once", mend="a closing slash makes no other path"
                    )
                table[bare] = (new, for_good)
        return table

    def _require_no_circle(self, moved: Mapping[str, tuple[str, bool]]) -> None:
        for start in moved:
            seen, at = [start], without_slash(re.split(r"[?#]", moved[start][0])[0])
            while at in moved and at not in seen:
                seen.append(at)
                at = without_slash(re.split(r"[?#]", moved[at][0])[0])
            if at in seen:
                raise ConfigurationError(
                    f"{_WHERE}: redirects",
                    given=" -> ".join((*seen, at)),
                    allowed="redirects that end somewhere",
                    mend="a closing slash is taken off or put on by trailing_slash, everything else leads to a page",
                )

    @property
    def redirects_anything(self) -> bool:
        """Whether any address leads elsewhere."""
        return bool(self.redirects or self.temporary_redirects or self.canonical or self.trailing_slash)


def without_slash(path: str) -> str:
    """*path* without its closing slashes; the root stays."""
    return path.rstrip("/") or "/"
