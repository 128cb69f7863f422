"""A page in a real Chromium, and the loopback server that serves it."""

from __future__ import annotations

import os
import shutil
import signal
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

#: Nothing but the page: no first run, no updates, no calls home.
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--ignore-certificate-errors", "--short-reporting-delay"),
    "--remote-debugging-port=0",
)


def chromium() -> str:
    """The browser: what CHROMIUM names, or one on the path."""
    for candidate in (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"):
        if candidate and (found := shutil.which(candidate)):
            return found
    raise AssertionError(
        "no Chromium or Chrome: install one (on Debian: apt-get install chromium) or name it in CHROMIUM; './dev test --fast' does without"
    )


@dataclass
class Server:
    """Serves *pages* with *headers* on 127.0.0.1 over TLS, and remembers what was asked of it."""

    port: int
    pages: dict[str, tuple[str, str]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    #: Path with query -> body, as they came.
    asked: list[tuple[str, str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def wait_for(self, path: str, *, seconds: float = 20) -> bool:
        """Whether *path* is asked for before the time is up."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if any(asked.startswith(path) for asked, _ in list(self.asked)):
                return True
            time.sleep(0.05)
        return False

    def was_asked(self, path: str) -> bool:
        return any(asked.startswith(path) for asked, _ in self.asked)


@contextmanager
def serving(headers: Mapping[str, str] | None = None) -> Iterator[Server]:
    """A server of its own port and certificate."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            server.asked.append((self.path, self.rfile.read(length).decode()))
            kind, body = server.pages.get(self.path.partition("?")[0], ("text/plain", ""))
            self.send_response(200)
            for name, value in {"Content-Type": kind, "Content-Length": str(len(body.encode())), **server.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def do_POST(self) -> None:
            self.do_GET()

        def version_string(self) -> str:
            return ""

        def log_message(self, *_: object) -> None:
            pass

    with tempfile.TemporaryDirectory() as folder:
        certificate, key = Path(folder) / "certificate.pem", Path(folder) / "key.pem"
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"),
                *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)),
            ],
            check=True,
            capture_output=True,
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        http.socket = context.wrap_socket(http.socket, server_side=True, do_handshake_on_connect=False)
        server = Server(port=http.server_address[1], headers=dict(headers or {}))
        thread = threading.Thread(target=http.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            http.server_close()
            thread.join(timeout=5)


@contextmanager
def browsing(url: str) -> Iterator[None]:
    """*url* open in a browser with a profile of its own."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = subprocess.Popen(
            [chromium(), *_FLAGS, f"--user-data-dir={profile}", url],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield
        finally:
            os.killpg(browser.pid, signal.SIGKILL)
            browser.wait()
