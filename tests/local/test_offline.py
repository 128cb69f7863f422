"""What the emulator starts reaches this machine and no other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.synthesis import ROOT

GUARD = ROOT / "prodready_constructs" / "local" / "emulator" / "offline.py"
#: An address of the block that documentation may use (RFC 5737): nobody has it.
ELSEWHERE = "192.0.2.1"


def _run(code: str, folder: Path) -> str:
    (folder / "sitecustomize.py").symlink_to(GUARD)
    command = [sys.executable, "-c", f"import socket\ntry:\n    {code}\nexcept OSError as error:\n    print(type(error).__name__, error)"]
    return subprocess.run(command, env={"PYTHONPATH": str(folder)}, capture_output=True, text=True, check=True, timeout=20).stdout


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (f"socket.create_connection(('{ELSEWHERE}', 443))", "ConnectionRefusedError [Errno 111] the emulator does not leave this machine"),
        (
            f"socket.socket().connect_ex(('{ELSEWHERE}', 443))",
            "ConnectionRefusedError [Errno 111] the emulator does not leave this machine",
        ),
        ("socket.socket(socket.AF_INET6).connect(('2001:db8::1', 443))", "ConnectionRefusedError [Errno 111] the emulator does not leave"),
        (
            "socket.create_connection(('events.example.com', 443))",
            "gaierror [Errno -2] the emulator asks nobody for names: events.example.com",
        ),
        (
            "import urllib.request; urllib.request.urlopen('https://events.example.com')",
            "URLError <urlopen error [Errno -2] the emulator asks",
        ),
    ],
)
def test_nothing_leaves_this_machine(tmp_path: Path, code: str, said: str) -> None:
    assert _run(code, tmp_path).startswith(said)


def test_this_machine_is_reached(tmp_path: Path) -> None:
    listen = "server = socket.create_server(('127.0.0.1', 0)); port = server.getsockname()[1]"
    ask = "socket.create_connection(('localhost', port)); socket.create_connection(('127.0.0.1', port)); print('reached')"
    assert _run(f"{listen}; {ask}", tmp_path) == "reached\n"
