"""The paths of a REST API that passes everything on: those that are open, cached, slowed down or asked for a body."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from aws_cdk import aws_apigateway as apigateway

from prodready_constructs.edge.rest_api.methods import Guard, Methods
from prodready_constructs.edge.rest_api.public import require_reason
from prodready_constructs.edge.rest_api.schemas import require_draft_4
from prodready_constructs.errors import ConfigurationError

#: What carries a body.
WRITING = ("DELETE", "PATCH", "POST", "PUT")
#: API Gateway's own, for its health checks (API Gateway developer guide, "Important notes").
RESERVED = ("/ping", "/sping")
#: What a part of a path is made of in API Gateway; a variable is a whole part.
PART = r"(\{[A-Za-z0-9._-]+\}|[A-Za-z0-9._:,-]+)"
_PATH = re.compile(rf"/|(/{PART})+")


class Paths:
    """Everything goes to the load balancer, for those whom the API's guard lets in; single paths differ."""

    def __init__(self, where: str, *, methods: Methods, guard: Guard) -> None:
        self._where = where
        self._methods = methods
        self._guard = guard
        #: Path and method -> whether its bodies are asked for.
        self._bodies: set[tuple[str, str]] = set()
        for path in ("/", "/{proxy+}"):
            methods.add(path, "ANY", guard)
            methods.uncached.append((path, "ANY"))
        methods.tell_stage()

    def add_cached_get(self, path: str, *, life: timedelta, query_strings: Sequence[str]) -> apigateway.Method:
        """See ``ProtectedRestApi.add_cached_get``."""
        self._require_literal(path, taken=(path, "GET") in self._methods.made)
        self._methods.require_life(life)
        self._own(path)
        method = self._methods.add(path, "GET", self._guard, cache_keys=tuple(query_strings))
        self._methods.keep(path, life=life)
        return method

    def throttle(self, path: str, method: str, *, rate: int, burst: int) -> None:
        """See ``ProtectedRestApi.throttle``."""
        if (path, method) not in self._methods.made or self._methods.slowed(path, method):
            self._require_literal(path, taken=self._methods.slowed(path, method))
        self._methods.require_verb(method)
        self._methods.require_pace(f"throttle {method} {path}", rate=rate, burst=burst)
        self._make(path, method)
        self._methods.slow(path, method, rate=rate, burst=burst)

    def public(self, path: str, method: str, *, reason: str) -> apigateway.Method:
        """See ``ProtectedRestApi.public``."""
        self._require_path(path, taken=(path, method) in self._methods.made)
        self._methods.require_verb(method)
        require_reason(f"{self._where}: public {method} {path}: reason", reason)
        self._own(path)
        made = self._methods.add(path, method, Guard(reason=reason))
        if method == "GET":
            self._methods.uncached.append((path, method))
        self._methods.tell_stage()
        return made

    def require_body(self, path: str, method: str, *, schema: Mapping[str, Any]) -> None:
        """See ``ProtectedRestApi.require_body``."""
        self._require_path(path, taken=(path, method) in self._bodies)
        self._methods.require_verb(method, allowed=WRITING)
        require_draft_4(f"{self._where}: require_body {method} {path}: schema", schema)
        self._make(path, method)
        self._bodies.add((path, method))
        self._methods.take_body(path, method, schema)

    def _make(self, path: str, method: str) -> None:
        if (path, method) not in self._methods.made:
            self._own(path)
            self._methods.add(path, method, self._guard)
            self._methods.tell_stage()

    def _own(self, path: str) -> None:
        """*path* no longer falls to the catch-all, so it takes every method itself: others would be refused."""
        if (path, "ANY") in self._methods.made:
            return
        self._methods.add(path, "ANY", self._guard)
        self._methods.uncached.append((path, "ANY"))

    def _require_literal(self, path: str, *, taken: bool) -> None:
        if not path.startswith("/") or path.endswith("/") or "{" in path or taken:
            raise ConfigurationError(
                f"{self._where}: path",
                given=path,
                allowed="a literal path such as '/catalogue/products', once",
                mend="begin with '/', name every part, leave out variables (each value would be a path of its own), and cache before you throttle",
            )

    def _require_path(self, path: str, *, taken: bool) -> None:
        if not _PATH.fullmatch(path) or path in RESERVED or taken or self._rival(path):
            raise ConfigurationError(
                f"{self._where}: path",
                given=path,
                allowed="a path such as '/health' or '/orders/{id}', once, with one name for the variable at each place",
                mend="name every part (a wildcard would take in what is not written yet), open a method before it is cached, slowed or given a "
                "body, and leave /ping and /sping to API Gateway",
            )

    def _rival(self, path: str) -> bool:
        """Whether another path has another variable at the same place, which API Gateway refuses."""
        parts = path.split("/")
        for other, _ in self._methods.made:
            for mine, theirs in zip(parts, other.split("/"), strict=False):
                if mine != theirs:
                    if mine.startswith("{") and theirs.startswith("{") and "+" not in theirs:
                        return True
                    break
        return False
