"""The container: HTTP on port 8080, one thread a connection, and an end that fails nobody.

On SIGTERM it goes on accepting for ``STOP_GRACE_SECONDS`` (others may learn late that it leaves) and asks its callers to use no connection
again; then it accepts no more, finishes what is in flight and exits 0. What is not finished ``STOP_DEADLINE_SECONDS`` after SIGTERM is
abandoned, said in the log, and the exit code is 1. Further signals change nothing.
"""

from __future__ import annotations

import os
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any

from core import Application, BadSettingError, Log, Request, Response, told_to_stop, whole_number
from service import application, log_of

#: Longer than a load balancer keeps a connection without traffic (60 seconds): it must be the one to close it.
IDLE_SECONDS = 65
LARGEST_BODY = 1 << 20
#: Once nothing is accepted any more, a connection without a request for this long gets none.
QUIET_SECONDS = 1.0
#: ECS kills a task 60 seconds after SIGTERM.
GRACE_SECONDS, DEADLINE_SECONDS = 5, 50


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """Accepts connections and knows which of them have a request in flight."""

    allow_reuse_address, daemon_threads, request_queue_size = True, True, 512

    def __init__(self, port: int, app: Application) -> None:
        self.app = app
        self._lock = threading.Lock()
        #: Connection -> since when it has had no request; None while it has one.
        self._since: dict[socket.socket, float | None] = {}
        # Every address: a load balancer reaches a task by its own.
        super().__init__(("0.0.0.0", port), _Connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Count the connection before its thread exists."""
        self.mark(request, busy=False)
        super().process_request(request, client_address)

    def mark(self, connection: socket.socket, *, busy: bool) -> None:
        """Say whether *connection* has a request in flight."""
        with self._lock:
            self._since[connection] = None if busy else time.monotonic()

    def shutdown_request(self, request: Any) -> None:
        """Close a connection and forget it."""
        super().shutdown_request(request)
        with self._lock:
            self._since.pop(request, None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that went away is no error of ours; anything else is."""
        error = sys.exc_info()[1]
        self.app.log.write("debug" if isinstance(error, OSError) else "error", "connection failed", error=repr(error))

    def drain(self, until: float) -> int:
        """Accept what already waits, then nothing; let requests end. The number of those that had not at *until* (of the monotonic clock)."""
        self.shutdown()
        # Connections that the kernel has accepted for us would be cut by closing the socket.
        self.timeout = 0
        self.socket.setblocking(False)
        accepting = True
        while accepting:
            try:
                connection, address = self.get_request()
                connection.setblocking(True)
                self.process_request(connection, address)
            except OSError:
                accepting = False
        self.server_close()
        while True:
            now = time.monotonic()
            with self._lock:
                quiet = [one for one, since in self._since.items() if since is not None and now - since > QUIET_SECONDS]
                busy = [one for one, since in self._since.items() if since is None]
                left = len(self._since)
            for connection in quiet:
                try:
                    connection.shutdown(socket.SHUT_RD)
                except OSError:
                    # Closed by the other side in the meantime.
                    continue
            if not left or now >= until:
                return len(busy)
            time.sleep(0.02)


class _Connection(BaseHTTPRequestHandler):
    protocol_version, timeout, wbufsize, disable_nagle_algorithm = "HTTP/1.1", IDLE_SECONDS, -1, True
    # Every answer has a status and headers, also to a line that is no HTTP.
    default_request_version = "HTTP/1.0"
    server: Server

    def handle_one_request(self) -> None:
        super().handle_one_request()
        self.server.mark(self.connection, busy=False)

    def parse_request(self) -> bool:
        self.server.mark(self.connection, busy=True)
        return super().parse_request()

    def answer(self) -> None:
        """Read the rest of the request and answer it."""
        lengths = self.headers.get_all("Content-Length") or ["0"]
        if "Transfer-Encoding" in self.headers:
            return self.send_error(411)
        if len(set(lengths)) > 1 or not (lengths[0].isascii() and lengths[0].isdigit()):
            return self.send_error(400)
        if int(lengths[0]) > LARGEST_BODY:
            return self.send_error(413)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(lengths[0]))
        return self._send(
            self.server.app.answer(Request(method=self.command, path=self.path.partition("?")[0], headers=headers, body=body))
        )

    do_DELETE = do_GET = do_HEAD = do_OPTIONS = do_PATCH = do_POST = do_PUT = answer  # noqa: N815 - the names of http.server

    def _send(self, response: Response) -> None:
        self.close_connection = self.close_connection or self.server.app.health.draining
        self.send_response_only(response.status)
        for name, value in response.all_headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """A request that cannot be understood ends its connection."""
        self.close_connection = True
        self.server.app.log.write("info", "bad request", status=int(code), error=message)
        self._send(Response(status=int(code), content={"error": self.responses[code][0].lower()}))


def serve(app: Application, environment: Mapping[str, str]) -> int:
    """Serve *app* until SIGTERM; the exit code."""
    port = whole_number(environment, "PORT", 8080, least=0, most=65_535)
    grace = whole_number(environment, "STOP_GRACE_SECONDS", GRACE_SECONDS, least=0, most=100)
    deadline = whole_number(environment, "STOP_DEADLINE_SECONDS", DEADLINE_SECONDS, least=grace, most=110)
    stopping = told_to_stop()
    try:
        server = Server(port, app)
    except OSError as error:
        app.log.write("critical", f"cannot listen on port {port}: {error.strerror}; set PORT to a free one of 1024 or higher")
        return 1
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    app.log.write("info", "listening", port=server.server_address[1])
    stopping.wait()
    began = time.monotonic()
    app.health.draining = True
    app.log.write("info", "stopping: still accepting", grace_seconds=grace)
    time.sleep(grace)
    abandoned = server.drain(began + deadline)
    seconds = round(time.monotonic() - began, 3)
    if abandoned:
        app.log.write("error", "stopped before its requests were done", abandoned=abandoned, seconds=seconds)
        return 1
    app.log.write("info", "stopped", seconds=seconds)
    return 0


def main(environment: Mapping[str, str] = os.environ, app: Callable[[Log], Application] = application) -> int:
    """Start, and say in the log what was wrong when that is impossible."""
    try:
        return serve(app(log_of(environment)), environment)
    except BadSettingError as error:
        Log().write("critical", f"bad setting: {error}")
        return 2


if __name__ == "__main__":
    sys.exit(main())
