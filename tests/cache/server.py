"""A real Valkey or Redis with TLS on this machine, and a client of a few lines that speaks its protocol."""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

#: Stands in for AWS's own control of the users; no client of ours ever knows it.
CONTROL = "control", "c" * 40


def binary(*names: str, package: str) -> str:
    """The first program of *names* that is installed; a missing one fails the test with what to install."""
    for name in names:
        if found := shutil.which(name):
            return found
    raise AssertionError(f"none of {', '.join(names)} is installed: apt-get install {package}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Server:
    port: int
    certificate: Path

    def client(self, *credentials: str, trust: Path | None = None) -> Client:
        """A connection by TLS; signed in, when credentials are given."""
        context = ssl.create_default_context(cafile=str(trust or self.certificate))
        made = Client(context.wrap_socket(socket.create_connection(("127.0.0.1", self.port), 5), server_hostname="localhost"))
        if credentials:
            answer = made.ask("AUTH", *credentials)
            if answer != "OK":
                made.close()
                raise PermissionError(answer)
        return made

    def set_user(self, name: str, *rules: str) -> None:
        """What ElastiCache does with CreateUser and ModifyUser."""
        with contextlib.closing(self.client(*CONTROL)) as control:
            assert control.ask("ACL", "SETUSER", name, *rules) == "OK"


class Client:
    """RESP2: arrays of bulk strings there, one answer back."""

    def __init__(self, channel: ssl.SSLSocket) -> None:
        self._channel, self._answers = channel, channel.makefile("rb")

    def ask(self, *words: str) -> str | None:
        encoded = [word.encode() for word in words]
        self._channel.sendall(b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded))
        return self._answer()

    def _answer(self) -> str | None:
        line = self._answers.readline().decode().rstrip("\r\n")
        if not line:
            raise ConnectionError("the server hung up")
        kind, rest = line[0], line[1:]
        if kind == "$":
            return None if rest == "-1" else self._answers.read(int(rest) + 2)[:-2].decode()
        return rest

    def close(self) -> None:
        self._answers.close()
        self._channel.close()


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Server]:
    """A server in *folder*, on a free port of the loopback, until the block ends; no plain text port at all."""
    program = binary("valkey-server", "redis-server", package="redis-server (or valkey-server)")
    certificate, key = certify(folder, "server")
    port = free_port()
    acl = folder / "users.acl"
    acl.write_text(f"user default off -@all\nuser {CONTROL[0]} on ~* &* +@all >{CONTROL[1]}\n")
    settings = {
        "bind": "127.0.0.1",
        "port": 0,
        "tls-port": port,
        "tls-cert-file": certificate,
        "tls-key-file": key,
        "tls-auth-clients": "no",
        "tls-protocols": "TLSv1.2 TLSv1.3",
        "aclfile": acl,
        "save": "",
        "dir": folder,
        "daemonize": "no",
    }
    arguments = [part for name, value in settings.items() for part in (f"--{name}", str(value))]
    log = (folder / "server.log").open("w")
    process = subprocess.Popen([program, *arguments], stdout=log, stderr=subprocess.STDOUT)
    server = Server(port, certificate)
    try:
        _wait_for(server, process, folder)
        yield server
    finally:
        process.terminate()
        process.wait(10)
        log.close()


def _wait_for(server: Server, process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and process.poll() is None:
        try:
            server.client(*CONTROL).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError((folder / "server.log").read_text())


def certify(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate for localhost that trusts itself, and its key."""
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    subprocess.run(
        [
            *(binary("openssl", package="openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-keyout", str(key), "-out", str(certificate), "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key
