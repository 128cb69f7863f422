"""What tells one cached answer from another, and how long it is kept."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import timedelta

from aws_cdk import Duration
from aws_cdk import aws_cloudfront as cloudfront
from constructs import Construct

from prodready_constructs.errors import ConfigurationError

#: Names of each kind in one cache policy. Source: Amazon CloudFront developer guide, "Quotas on policies".
MOST_NAMES = 10
LONGEST_LIFE = timedelta(days=365)
#: Headers that belong to one visitor, and so never to a shared answer.
PERSONAL = frozenset(
    {"authorization", "cookie", "proxy-authorization", "set-cookie", "x-amz-security-token", "x-api-key", "x-forwarded-for"}
)
#: What CloudFront sets itself: the first belongs to its own compression, the second would reach the wrong origin.
_CLOUDFRONTS = frozenset({"accept-encoding", "host"})
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+\-.^_`|~]+")


class CachePolicies:
    """The cache policies of one site, each made once: an account has 20 of them, as a rule."""

    def __init__(self, scope: Construct) -> None:
        self._scope = scope
        self._made: dict[str, cloudfront.CachePolicy] = {}

    def of(self, where: str, *, life: timedelta, query_strings: Sequence[str] = (), headers: Sequence[str] = ()) -> cloudfront.CachePolicy:
        """The policy that keeps answers for *life* and tells them apart by the named query strings and headers, and nothing else.

        Raises:
            ConfigurationError: a life that is no cache's, a header with credentials, or more names than CloudFront takes.
        """
        if not timedelta(seconds=1) <= life <= LONGEST_LIFE or life % timedelta(seconds=1):
            raise ConfigurationError(
                f"{where}: life",
                given=str(life),
                allowed="whole seconds, from one second to 365 days",
                mend="pass what is not to be kept on by add_api",
            )
        _require_names(f"{where}: query_strings", query_strings)
        _require_names(f"{where}: headers", headers)
        if personal := [name for name in headers if name.lower() in PERSONAL]:
            raise ConfigurationError(
                f"{where}: headers",
                given=", ".join(personal),
                allowed="headers that many visitors send alike, such as Accept-Language",
                mend="pass what depends on the visitor on, uncached: add_api",
            )
        if own := [name for name in headers if name.lower() in _CLOUDFRONTS]:
            raise ConfigurationError(
                f"{where}: headers",
                given=", ".join(own),
                allowed="headers that CloudFront leaves alone",
                mend="leave it out: CloudFront sees to it",
            )
        seconds = int(life.total_seconds())
        key = json.dumps([seconds, sorted(query_strings), sorted(name.lower() for name in headers)])
        if key not in self._made:
            self._made[key] = cloudfront.CachePolicy(
                self._scope,
                f"Cache{hashlib.sha256(key.encode()).hexdigest()[:8]}",
                default_ttl=Duration.seconds(seconds),
                max_ttl=Duration.seconds(seconds),
                # An answer that says no-store or max-age=0 is believed.
                min_ttl=Duration.seconds(0),
                cookie_behavior=cloudfront.CacheCookieBehavior.none(),
                header_behavior=cloudfront.CacheHeaderBehavior.allow_list(*headers) if headers else cloudfront.CacheHeaderBehavior.none(),
                query_string_behavior=cloudfront.CacheQueryStringBehavior.allow_list(*query_strings)
                if query_strings
                else cloudfront.CacheQueryStringBehavior.none(),
                enable_accept_encoding_brotli=True,
                enable_accept_encoding_gzip=True,
            )
        return self._made[key]


def _require_names(where: str, names: Sequence[str]) -> None:
    lowered = {name.lower() for name in names}
    if len(names) > MOST_NAMES or len(lowered) < len(names) or not all(_NAME.fullmatch(name) for name in names) or "*" in names:
        raise ConfigurationError(
            where,
            given=", ".join(names),
            allowed=f"at most {MOST_NAMES} names, each once, without spaces and wildcards",
            mend="name what changes the answer and nothing else: every other name only lowers the hit rate",
        )
