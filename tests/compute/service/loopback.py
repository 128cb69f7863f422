"""A load balancer's side door on this machine: real sockets, real TLS, and whatever a version may do with a request."""

from __future__ import annotations

import functools
import socket
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

NAME = "shop.example.com"


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes back: *hangs* says nothing, *drips* sends a byte now and then, *cuts* closes in the middle, *raw* is no HTTP."""

    status: int = 200
    body: str = "ok"
    hangs: bool = False
    drips: bool = False
    cuts: bool = False
    raw: bytes | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked."""

    path: str
    host: str
    headers: dict[str, str]
    server_name: str | None


class SideDoor:
    """Where it listens, and what it was asked."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked: list[Request] = []


@functools.cache
def certificate(name: str) -> tuple[Path, Path]:
    """A certificate for *name* that signs itself, and its key."""
    folder = Path(tempfile.mkdtemp(prefix="door-"))
    certificate, key = folder / "door.crt", folder / "door.key"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"),
            *("-keyout", str(key), "-out", str(certificate), "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key


@contextmanager
def side_door(answer: Callable[[Request], Answer], *, certified: str | None = None) -> Iterator[SideDoor]:
    """Answer as *answer* says; by TLS with a certificate for *certified*, where there is one."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = getattr(self.connection, "asked_for", None)
            request = Request(self.path, self.headers["Host"], {key.lower(): value for key, value in self.headers.items()}, name)
            door.asked.append(request)
            said = answer(request)
            if said.hangs:
                over.wait(10)
                return
            if said.raw is not None:
                self.wfile.write(said.raw)
                return
            body = said.body.encode()
            self.send_response(said.status)
            self.send_header("Content-Length", str(len(body) + (100 if said.cuts or said.drips else 0)))
            self.end_headers()
            self.wfile.write(body)
            while said.drips and not over.wait(0.05):
                self.wfile.write(b".")
                self.wfile.flush()

        def log_message(self, format: str, *args: Any) -> None:
            """Nobody reads it."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that left, or found the certificate wrong, is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    if certified:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*map(str, certificate(certified)))

        def remember(connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> None:
            connection.asked_for = name  # type: ignore[union-attr]

        context.sni_callback = remember
        server.socket = context.wrap_socket(server.socket, server_side=True)
    door = SideDoor(server.server_address[1])
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield door
    finally:
        over.set()
        server.shutdown()
        server.server_close()


def nobody_there() -> int:
    """A port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
