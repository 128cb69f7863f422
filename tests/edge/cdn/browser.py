"""A page in a real Chromium, and the loopback server that serves it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.support.loopback import Handler, certificate_for, listening

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
    """A server of its own port; its certificate is trusted by nobody."""
    server = Server(port=0, headers=dict(headers or {}))

    class Pages(Handler):
        def answer(self) -> None:
            server.asked.append((self.path, self.content().decode()))
            kind, body = server.pages.get(self.path.partition("?")[0], ("text/plain", ""))
            self.reply(200, body.encode(), {"Content-Type": kind, **server.headers}.items())

        do_GET = do_POST = answer  # noqa: N815 - the names that http.server looks for

        def version_string(self) -> str:
            return ""

    with listening(Pages, certificate=certificate_for("127.0.0.1")) as server.port:
        yield server


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
