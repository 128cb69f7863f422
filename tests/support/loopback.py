"""Servers on this machine for the code under test to talk to: real sockets, and real TLS where there is a certificate."""

from __future__ import annotations

import atexit
import functools
import ipaddress
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

#: A certificate and its key.
Certificate = tuple[Path, Path]


class Handler(BaseHTTPRequestHandler):
    """One request. Whoever leaves before the answer, or finds the certificate wrong, is what some tests are about: no error."""

    @property
    def server_name(self) -> str | None:
        """The name that the caller asked for in TLS (SNI)."""
        return getattr(self.connection, "asked_for", None)

    def content(self) -> bytes:
        """The body of the request."""
        return self.rfile.read(int(self.headers["Content-Length"] or 0))

    def reply(self, status: int, content: bytes = b"", headers: Iterable[tuple[str, str]] = (), *, more: int = 0) -> None:
        """Answer; *more* bytes are promised that do not come."""
        try:
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content) + more))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)
        except OSError:
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, handler: type[Handler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.errors: list[BaseException] = []

    def handle_error(self, *_: Any) -> None:
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, OSError):
            self.errors.append(error)


@contextmanager
def listening(handler: type[Handler], *, certificate: Certificate | None = None) -> Iterator[int]:
    """A port that answers as *handler* does, until the block ends; a fault or failed assertion of the handler is raised then."""
    server = _Server(handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        context.sni_callback = _remember
        # In the thread of its request: a caller that never shakes hands must not keep the others waiting.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    if server.errors:
        raise server.errors[0]


def _remember(connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> None:
    connection.asked_for = name  # type: ignore[union-attr]


@functools.cache
def certificate_for(name: str) -> Certificate:
    """A certificate for *name*, a host or an address, that signs itself."""
    folder = Path(tempfile.mkdtemp(prefix="loopback-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"),
            *("-keyout", str(key), "-out", str(certificate), "-subj", f"/CN={name}", "-addext", f"subjectAltName={_kind(name)}:{name}"),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key


def _kind(name: str) -> str:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return "DNS"
    return "IP"


def nobody_there() -> int:
    """A port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
