"""What may stand in a content security policy: directives and sources, checked one by one.

Grammar: W3C Content Security Policy Level 3, section 2.3 "Directives" and "Source lists".
"""

from __future__ import annotations

import re
from typing import NoReturn

from prodready_constructs.errors import ConfigurationError

#: Directives that more sources may be named for; the others stay as they are.
EXTENDABLE = (
    "child-src",
    "connect-src",
    "font-src",
    "form-action",
    "frame-ancestors",
    "frame-src",
    "img-src",
    "manifest-src",
    "media-src",
    "script-src",
    "style-src",
    "style-src-attr",
    "style-src-elem",
    "worker-src",
)
#: Directives for which inline code may be admitted with a reason.
INLINE = ("script-src", "style-src", "style-src-attr", "style-src-elem")
#: A reason shorter than this says nothing to an auditor.
SHORTEST_REASON = 20
#: Sources that would undo the policy, and what to do instead.
_UNDOING = {
    "*": "name the origins",
    "http:": "name the origins, with https://",
    "https:": "name the origins",
    "'unsafe-inline'": "name the hash of the one script or style, or say why by allow_inline(directive, reason=...)",
    "'unsafe-eval'": "build without eval; for WebAssembly 'wasm-unsafe-eval' is enough",
    "'unsafe-hashes'": "move the event handler into a script file",
}
#: Scheme sources, and where they do no harm: a data: script or frame is whatever an attacker writes into a link.
_SCHEMES = {
    "data:": ("font-src", "img-src", "media-src"),
    "blob:": ("child-src", "connect-src", "frame-src", "img-src", "media-src", "worker-src"),
}
_KEYWORDS = {"'self'": EXTENDABLE, "'wasm-unsafe-eval'": ("script-src",), "'report-sample'": INLINE}
#: Length of the digest in base64, by algorithm.
_DIGESTS = {"sha256": 44, "sha384": 64, "sha512": 88}
_HASH = re.compile(r"'(sha256|sha384|sha512)-([A-Za-z0-9+/_-]+={0,2})'")
_NONCE = re.compile(r"'nonce-", re.IGNORECASE)
#: A label, or a value that is known at deployment only.
_LABEL = r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?|\$\{Token\[[^\]]+\]\})"
_HOST = re.compile(rf"(https|wss)://(\*\.)?({_LABEL}(?:\.{_LABEL})*)(:\d{{1,5}})?(/[A-Za-z0-9\-._~!$&()+=:@%/]*)?")


def require_directive(where: str, directive: str) -> None:
    """Refuse a directive that does not exist or that always stays as strict as it is."""
    if directive not in EXTENDABLE:
        raise ConfigurationError(
            where, given=directive, allowed=f"one of {', '.join(EXTENDABLE)}", mend="the others always stay as strict as they are"
        )


def require_source(where: str, directive: str, source: str, *, reason: str | None) -> None:
    """Refuse a source that would undo the policy, that browsers would ignore, or that would smuggle in another directive."""
    if source in _UNDOING:
        _refuse(where, directive, source, mend=_UNDOING[source])
    if _NONCE.match(source):
        _refuse(
            where, directive, source, mend="a nonce that is the same in every answer protects nothing: name the hash of the script or style"
        )
    if source in _SCHEMES:
        if directive not in _SCHEMES[source]:
            _refuse(where, directive, source, mend=f"{source} does no harm in {', '.join(_SCHEMES[source])} only")
        return
    if source in _KEYWORDS:
        if directive not in _KEYWORDS[source]:
            _refuse(where, directive, source, mend=f"{source} belongs to {', '.join(_KEYWORDS[source])}")
        return
    if hashed := _HASH.fullmatch(source):
        if directive not in INLINE or len(hashed[2]) != _DIGESTS[hashed[1]]:
            _refuse(
                where, directive, source, mend=f"a {hashed[1]} digest has {_DIGESTS[hashed[1]]} characters of base64, for a script or style"
            )
        return
    host = _HOST.fullmatch(source)
    if not host:
        _refuse(where, directive, source, mend="name the origin with https://, without spaces, quotes, commas or semicolons")
    if host[1] == "wss" and directive != "connect-src":
        _refuse(where, directive, source, mend="wss:// belongs to connect-src")
    if host[2] and (reason is None or "." not in host[3]):
        _refuse(where, directive, source, mend="name the hosts, or say by reason= why every host below this domain is trusted")


def require_reason(where: str, given: str, reason: str | None) -> None:
    """Refuse a reason that says nothing."""
    if reason is not None and len(reason.strip()) < SHORTEST_REASON:
        raise ConfigurationError(
            where,
            given=f"{given}, because {reason!r}",
            allowed=f"a reason of at least {SHORTEST_REASON} characters",
            mend="say what needs it and when that ends",
        )


def _refuse(where: str, directive: str, source: str, *, mend: str) -> NoReturn:
    raise ConfigurationError(
        where,
        given=f"{directive} {source}",
        allowed="https:// origins, 'sha256-...' of a script or style, data: or blob: where they do no harm",
        mend=mend,
    )
