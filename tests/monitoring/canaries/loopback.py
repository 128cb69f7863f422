"""A real HTTPS server on this machine that behaves well or badly, and certificates that are good, expired or of a stranger."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.loopback import Handler, listening

SCRIPT = Path(__file__).parents[3] / "prodready_constructs/monitoring/canaries/handlers/index.js"
#: Runs the script as Synthetics does: the handler is called, and a run fails when it throws. Only Secrets Manager is not there.
HARNESS = """
const { run } = require(process.argv[1]);
const { plan, secrets } = JSON.parse(process.argv[2]);
const asked = [];
run(plan, async (arn) => { asked.push(arn); if (!(arn in secrets)) throw new Error("AccessDenied"); return secrets[arn]; })
  .then((said) => console.log(JSON.stringify({ passed: true, said, asked })))
  .catch((error) => console.log(JSON.stringify({ passed: false, said: error.message, asked })));
"""


@dataclass
class Answers:
    """What the server answers on each path, and what it was asked."""

    status: dict[str, int] = field(default_factory=dict)
    body: dict[str, str] = field(default_factory=dict)
    headers: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    wait: dict[str, float] = field(default_factory=dict)
    hang_up: set[str] = field(default_factory=set)
    asked: list[dict[str, Any]] = field(default_factory=list)


def make_certificates(where: Path) -> None:
    """Into the folder *where*: ``root.pem``, and ``good``, ``expired``, ``other`` and ``stranger`` with their keys."""

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=where, check=True, capture_output=True)

    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *new, "-keyout", "root.key", "-out", "root.pem", "-subj", "/CN=Test root", "-days", "2")
    (where / "index.txt").touch()
    (where / "serial").write_text("01\n")
    (where / "ca.cnf").write_text(
        "[ca]\ndefault_ca=c\n[c]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\ncopy_extensions=copy\n"
        "unique_subject=no\n[p]\ncommonName=supplied\n"
    )
    for name, host, begin, end in (
        ("good", "localhost", "20200101000000Z", "20491231000000Z"),
        ("expired", "localhost", "20200101000000Z", "20200201000000Z"),
        ("other", "elsewhere.example.com", "20200101000000Z", "20491231000000Z"),
    ):
        openssl(
            *("req", *new, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={host}"),
            *("-addext", f"subjectAltName=DNS:{host}"),
        )
        openssl(
            *(
                "ca",
                "-batch",
                "-config",
                "ca.cnf",
                "-cert",
                "root.pem",
                "-keyfile",
                "root.key",
                "-in",
                f"{name}.csr",
                "-out",
                f"{name}.pem",
            ),
            *("-startdate", begin, "-enddate", end, "-notext"),
        )
    openssl(
        *("req", "-x509", *new, "-keyout", "stranger.key", "-out", "stranger.pem", "-subj", "/CN=localhost"),
        *("-addext", "subjectAltName=DNS:localhost", "-days", "2"),
    )


@contextmanager
def serving(answers: Answers, certificate: Path | None) -> Iterator[int]:
    """The port of a server that answers as *answers* say, by HTTPS with *certificate*, or in plain."""

    class Service(Handler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            headers = dict(self.headers.items())
            answers.asked.append({"method": self.command, "path": self.path, "headers": headers, "body": self.content().decode()})
            path = self.path.partition("?")[0]
            if path in answers.hang_up:
                self.close_connection = True
                return
            time.sleep(answers.wait.get(path, 0))
            body = answers.body.get(path, '{"status":"ok"}').encode()
            self.reply(answers.status.get(path, 200), body, answers.headers.get(path, []))

        do_GET = do_HEAD = do_POST = answer  # noqa: N815 - the names that http.server looks for

    with listening(Service, certificate=(certificate, certificate.with_suffix(".key")) if certificate else None) as port:
        yield port


@dataclass(frozen=True)
class Run:
    """What a run ended with, and each line that it logged."""

    passed: bool
    said: str
    asked: list[str]
    lines: list[dict[str, Any]]
    output: str


def run(plan: dict[str, Any], *, trusting: Path, secrets: dict[str, str] | None = None) -> Run:
    """Run the script with *plan* in Node.js, as it is deployed."""
    done = subprocess.run(
        ["node", "-e", HARNESS, str(SCRIPT), json.dumps({"plan": plan, "secrets": secrets or {}})],
        env={"PATH": os.environ["PATH"], "NODE_EXTRA_CA_CERTS": str(trusting)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    *lines, last = [json.loads(line) for line in done.stdout.splitlines()]
    return Run(passed=last["passed"], said=last["said"], asked=last["asked"], lines=lines, output=done.stdout + done.stderr)
