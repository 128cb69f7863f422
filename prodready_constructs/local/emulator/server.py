"""One endpoint on 127.0.0.1: ministack, with moto behind it for the services ministack lacks."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from types import ModuleType
from typing import Any

from hypercorn.asyncio import serve as serve_http
from hypercorn.config import Config
from ministack.app import app as ministack_app
from moto.server import ThreadedMotoServer

from prodready_constructs.local.emulator import (
    api_types,
    cache_types,
    calls,
    database_topups,
    edge_types,
    imported,
    network_types,
    paths,
    pinned,
    proxy,
    queue_moves,
    recorded,
    references,
    registration,
    release_types,
    table_topups,
    topups,
    unattended,
)
from prodready_constructs.local.emulator.endpoints import QUERY_SERVICES, Endpoints, belongs_to_moto

#: Where the read-back asks what is only recorded; no AWS API has such a path.
STATE_PATH = "/_prodready/state"
_TYPE_MODULES = (
    "network_types",
    "security_types",
    "edge_types",
    "api_types",
    "compute_types",
    "operations_types",
    "database_types",
    "cache_types",
    "image_types",
    "release_types",
    "watching_types",
)


def serve(port: int, moto_port: int) -> None:
    """Serve until the process is stopped."""
    calls.point_at(Endpoints(port, moto_port))
    for name in _TYPE_MODULES:
        importlib.import_module(f"prodready_constructs.local.emulator.{name}")
    registration.install()
    for module in (topups, table_topups, database_topups, cache_types, unattended, queue_moves, paths):
        module.install()
    imported.install()
    network_types.read_prefix_lists()
    edge_types.read_health_checks()
    api_types.divert_event_keys()
    release_types.tell_alarms()
    recorded.install()
    references.install()
    _spare_the_validator()
    ThreadedMotoServer(ip_address="127.0.0.1", port=moto_port, verbose=False).start()

    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.keep_alive_timeout = 75
    config.accesslog = None
    asyncio.run(serve_http(_application(moto_port), config))


def _spare_the_validator() -> None:
    """moto's API Gateway wants a package that validates OpenAPI documents; ministack imports those here, so that it is never called."""
    package = "openapi_spec_validator"
    for name, member in (
        (package, "validate"),
        (f"{package}.validation", None),
        (f"{package}.validation.exceptions", "OpenAPIValidationError"),
    ):
        missing = ModuleType(name)
        if member:
            setattr(missing, member, ValueError)
        sys.modules.setdefault(name, missing)


def _application(moto_port: int) -> Any:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await ministack_app(scope, receive, send)
            return
        if scope["path"] == STATE_PATH:
            await proxy.answer(send, 200, [(b"content-type", b"application/json")], json.dumps(_state(), default=str).encode())
            return
        service, form = proxy.service_of(scope), b""
        if service in QUERY_SERVICES:
            form, receive = await proxy.taken(receive)
        if belongs_to_moto(service, proxy.request_of(scope, form)):
            await proxy.forward(scope, receive, send, port=moto_port)
        else:
            await ministack_app(scope, receive, send)

    return application


def _state() -> dict[str, Any]:
    return {"versions": pinned.VERSIONS, "registered": registration.backings(), **recorded.snapshot()}
