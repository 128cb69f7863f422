"""One run of the emulator: started on a free port of 127.0.0.1, waited for, and gone without a trace at the end."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from prodready_constructs.local.processes import MARKER, ProcessGroup, closed, kill_marked, marked, new_marker
from prodready_constructs.local.tools import Tools

_HEALTH_PATH = "/_ministack/health"
_STATE_PATH = "/_prodready/state"
_START_TIMEOUT = 40.0
#: 127.0.0.1 is never behind a proxy, whatever the environment says.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class SessionError(RuntimeError):
    """The emulator did not start, or did not end cleanly."""


@dataclass(frozen=True)
class Session:
    """A running emulator and what a program needs to talk to it."""

    port: int
    moto_port: int
    folder: Path
    tools: Tools
    marker: str
    log: Path
    _clients: dict[tuple[str, str, str], Any] = field(default_factory=dict)
    _making_clients: threading.Lock = field(default_factory=threading.Lock)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self, account: str, region: str) -> dict[str, str]:
        """The environment of a program that shall see *account* and *region*: nothing of the user's AWS settings is left in it."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
        return {
            **kept,
            "PATH": f"{self.tools.node_folder}{os.pathsep}{os.environ.get('PATH', '')}",
            # The CDK CLI keeps access key -> account in its home.
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder / "tmp"),
            "NODE_PATH": str(self.tools.node_modules),
            # Twelve digits as access key: the emulator takes them as the account.
            "AWS_ACCESS_KEY_ID": account,
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            MARKER: self.marker,
        }

    def client(self, service: str, account: str, region: str) -> Any:
        """A boto3 client of the emulator."""
        key = (service, account, region)
        # A boto3 session must not make two clients at a time; the clients themselves are free to.
        with self._making_clients:
            if key not in self._clients:
                self._clients[key] = self._boto.client(
                    service,
                    region_name=region,
                    endpoint_url=self.endpoint,
                    aws_access_key_id=account,
                    aws_secret_access_key="local",
                )
        return self._clients[key]

    def recorded(self) -> dict[str, Any]:
        """What the emulator only recorded, by its own word."""
        with _direct.open(self.endpoint + _STATE_PATH, timeout=30) as response:
            state: dict[str, Any] = json.load(response)
        return state

    @cached_property
    def _boto(self) -> Any:
        import boto3  # noqa: PLC0415 - half a second, and only the read-back wants it

        return boto3.session.Session()


@contextmanager
def emulator(tools: Tools, *, account: str, region: str, log: Path) -> Iterator[Session]:
    """Start the emulator, hand out its session, and end it whatever happens.

    Raises:
        SessionError: it did not become healthy, or something of it was left at the end.
    """
    folder = Path(tempfile.mkdtemp(prefix="prodready-"))
    (folder / "tmp").mkdir()
    (folder / "lib").mkdir()
    # Only this package is lent to the emulator's environment, not the packages that lie beside it.
    (folder / "lib" / "prodready_constructs").symlink_to(tools.package)
    (folder / "lib" / "sitecustomize.py").symlink_to(tools.package / "local" / "emulator" / "offline.py")
    port, moto_port = _free_ports(2)
    session = Session(port, moto_port, folder, tools, new_marker(), log)
    group: ProcessGroup | None = None
    try:
        with _without_user_settings():
            log.parent.mkdir(parents=True, exist_ok=True)
            with log.open("wb") as output:
                group = ProcessGroup(
                    _command(session), environment=_server_environment(session, account, region), folder=folder, log=output
                )
                _wait_until_healthy(session, group)
                yield session
    finally:
        if group is not None:
            group.stop()
        kill_marked(session.marker)
        shutil.rmtree(folder, ignore_errors=True)
        _check_nothing_left(session)


@contextmanager
def _without_user_settings() -> Iterator[None]:
    """boto3 in this process must not meet the user's profile, credentials or endpoint."""
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("AWS_")}
    hidden = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true"}
    proxies = os.environ.get("NO_PROXY")
    os.environ.update(hidden, NO_PROXY="127.0.0.1,localhost")
    try:
        yield
    finally:
        for name in hidden:
            os.environ.pop(name, None)
        if proxies is None:
            os.environ.pop("NO_PROXY", None)
        else:
            os.environ["NO_PROXY"] = proxies
        os.environ.update(kept)


def _command(session: Session) -> list[str]:
    module = ["-m", "prodready_constructs.local.emulator"]
    return [str(session.tools.emulator_python), *module, "--port", str(session.port), "--moto-port", str(session.moto_port)]


def _server_environment(session: Session, account: str, region: str) -> dict[str, str]:
    environment = session.environment(account, region)
    del environment["AWS_ENDPOINT_URL"]
    for name in ("VIRTUAL_ENV", "PYTHONHOME"):
        environment.pop(name, None)
    return {
        **environment,
        "PYTHONPATH": str(session.folder / "lib"),
        "MINISTACK_ACCOUNT_ID": account,
        "MINISTACK_REGION": region,
        # It would start containers for databases if it found an engine.
        "DOCKER_HOST": f"unix://{session.folder}/no-docker.sock",
    }


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _wait_until_healthy(session: Session, group: ProcessGroup) -> None:
    deadline = time.monotonic() + _START_TIMEOUT
    while time.monotonic() < deadline:
        if group.exit_code() is not None:
            break
        with suppress(OSError), _direct.open(session.endpoint + _HEALTH_PATH, timeout=2) as response:
            if response.status == 200:
                return
        time.sleep(0.1)
    said = session.log.read_text(errors="replace")[-2000:].strip()
    raise SessionError(f"the emulator did not start ({session.tools.emulator_python}): {said or 'it said nothing'}")


def _check_nothing_left(session: Session) -> None:
    left = [f"process {pid}" for pid in marked(session.marker)]
    left += [f"open port {port}" for port in (session.port, session.moto_port) if not closed(port)]
    if left and sys.exc_info()[0] is None:
        raise SessionError(f"left behind: {', '.join(left)}")
