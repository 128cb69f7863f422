"""Real database servers for a test: started on a free loopback port from Debian's packages, with TLS, gone afterwards."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MASTER = {"username": "dbmaster", "password": "m" * 40}
DATABASE = "orders_db"


@dataclass(frozen=True)
class Server:
    """A running server. *authorities* is the certificate its own is signed with."""

    engine: str
    port: int
    folder: Path
    authorities: Path
    host: str = "localhost"

    @property
    def log(self) -> str:
        """Everything the server wrote about its work."""
        return (self.folder / "server.log").read_text(errors="replace")


def program(name: str, package: str, *places: str) -> str:
    """The path of a server's program; what to install is said where it is missing."""
    found = shutil.which(name, path=os.pathsep.join([*places, os.environ["PATH"], "/usr/sbin"]))
    assert found, f"{name} is missing: install the Debian package {package} (apt-get install {package})"
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def identity(user: str | None) -> dict[str, Any]:
    """Who a server is run as: servers refuse to be root."""
    return {"user": user, "group": user, "extra_groups": []} if user and os.getuid() == 0 else {}


def run(*command: str, as_user: str | None = None, patience: float = 0) -> None:
    """Run *command* to its end, again for *patience* seconds; as another user where we are root, which servers refuse to be."""
    deadline = time.monotonic() + patience
    while True:
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", **identity(as_user))
        if done.returncode == 0 or time.monotonic() >= deadline:
            break
        time.sleep(0.1)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"


def certificates(folder: Path) -> None:
    """An authority and a server certificate for localhost, as RDS has them: another authority than the system knows."""
    openssl = program("openssl", "openssl")
    authority = ("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    common = ("-newkey", "rsa:2048", "-nodes", "-days", "2")
    run(openssl, "req", "-x509", *common, *authority, "-subj", "/CN=Test CA", "-keyout", f"{folder}/ca.key", "-out", f"{folder}/ca.pem")
    run(openssl, "req", *common, "-subj", "/CN=localhost", "-keyout", f"{folder}/server.key", "-out", f"{folder}/server.csr")
    (folder / "names").write_text("subjectAltName=DNS:localhost\nauthorityKeyIdentifier=keyid\n")
    ca = ("-CA", f"{folder}/ca.pem", "-CAkey", f"{folder}/ca.key", "-CAcreateserial", "-days", "2", "-extfile", f"{folder}/names")
    run(openssl, "x509", "-req", "-in", f"{folder}/server.csr", *ca, "-out", f"{folder}/server.pem")


@contextlib.contextmanager
def workplace(owner: str) -> Iterator[Path]:
    """A folder in which *owner* may work, with certificates."""
    with tempfile.TemporaryDirectory(prefix="server-") as name:
        folder = Path(name)
        certificates(folder)
        folder.chmod(0o755)
        if os.getuid() == 0:
            for file in (folder, *folder.iterdir()):
                shutil.chown(file, owner)
        (folder / "server.key").chmod(0o600)
        yield folder


@contextlib.contextmanager
def running(command: list[str], *, folder: Path, port: int, as_user: str, stop: signal.Signals) -> Iterator[None]:
    """*command* until the block ends, and *stop* without ceremony: there is nothing to keep."""
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **identity(as_user))
    try:
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError((folder / "server.log").read_text(errors="replace"))
            time.sleep(0.1)
        yield
    finally:
        process.send_signal(stop)
        process.wait(20)


@contextlib.contextmanager
def postgresql() -> Iterator[Server]:
    """PostgreSQL as RDS sets it up: TLS only, SCRAM, DDL logged, and a master user who is no superuser."""
    newest = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    initdb, postgres, psql = (program(name, "postgresql", *map(str, newest)) for name in ("initdb", "postgres", "psql"))
    with workplace("postgres") as folder:
        data, port = folder / "data", free_port()
        run(initdb, "-D", str(data), "-U", "rdsadmin", "-A", "trust", "-E", "UTF8", "--no-sync", as_user="postgres")
        (data / "pg_hba.conf").write_text("local all rdsadmin trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n")
        settings = {
            "port": port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": folder,
            "ssl": "on",
            "ssl_cert_file": folder / "server.pem",
            "ssl_key_file": folder / "server.key",
            "password_encryption": "scram-sha-256",
            "log_statement": "ddl",
            "fsync": "off",
        }
        command = [postgres, "-D", str(data), *(part for name, value in settings.items() for part in ("-c", f"{name}={value}"))]
        with running(command, folder=folder, port=port, as_user="postgres", stop=signal.SIGQUIT):
            ask = (psql, "-h", str(folder), "-p", str(port), "-U", "rdsadmin", "-d", "postgres", "-c")
            run(*ask, "SELECT 1", patience=30)
            for statement in (
                f"CREATE ROLE {MASTER['username']} LOGIN CREATEROLE CREATEDB PASSWORD '{MASTER['password']}'",
                f"CREATE DATABASE {DATABASE} OWNER {MASTER['username']}",
            ):
                run(*ask, statement)
            yield Server("postgresql", port, folder, folder / "ca.pem")


@contextlib.contextmanager
def mariadb() -> Iterator[Server]:
    """MariaDB, which speaks MySQL's protocol and grants: MySQL itself is not in Debian. TLS only, a master user with all rights."""
    server, install, client = (
        program("mariadbd", "mariadb-server"),
        program("mariadb-install-db", "mariadb-server"),
        program("mariadb", "mariadb-client"),
    )
    with workplace("mysql") as folder:
        data, port, sock = folder / "data", free_port(), folder / "s"
        options = ["--no-defaults", f"--datadir={data}"]
        run(install, *options, "--auth-root-authentication-method=normal", "--skip-test-db", as_user="mysql")
        tls = [f"--ssl-{name}={folder}/{file}.pem" for name, file in (("ca", "ca"), ("cert", "server"))] + [
            f"--ssl-key={folder}/server.key"
        ]
        command = [server, *options, f"--port={port}", f"--socket={sock}", "--bind-address=127.0.0.1", "--require-secure-transport=ON"]
        command += [*tls, "--skip-name-resolve", "--innodb-flush-log-at-trx-commit=0"]
        with running(command, folder=folder, port=port, as_user="mysql", stop=signal.SIGKILL):
            ask = (client, "--no-defaults", f"--socket={sock}", "-u", "root", "-e")
            run(*ask, "SELECT 1", patience=30)
            for statement in (
                f"CREATE DATABASE {DATABASE}",
                "CREATE DATABASE ordersXdb",
                f"GRANT ALL PRIVILEGES ON *.* TO '{MASTER['username']}'@'%' IDENTIFIED BY '{MASTER['password']}' WITH GRANT OPTION",
            ):
                run(*ask, statement)
            yield Server("mysql", port, folder, folder / "ca.pem")
