"""What the drills try out: deployed functions and queues, and servers on loopback for them to talk to."""

from __future__ import annotations

import json
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from prodready_constructs.local.assembly import Assembly
from prodready_constructs.local.drills import DrillFailedError, first_resource, physical_id
from prodready_constructs.local.session import Session

#: The name in the certificate of a server on loopback.
HOST = "localhost"


class Function:
    """A deployed function."""

    def __init__(self, api: Any, name: str, account: str, region: str) -> None:
        self._api = api
        self.name, self.account, self.region = name, account, region
        self.environment: dict[str, str] = api.get_function_configuration(FunctionName=name)["Environment"]["Variables"]

    def invoke(self, event: dict[str, Any]) -> dict[str, Any]:
        """What it answers; of an error, its type and its message."""
        answered: dict[str, Any] = json.load(self._api.invoke(FunctionName=self.name, Payload=json.dumps(event))["Payload"])
        return answered

    def reconfigure(self, changed: dict[str, str]) -> None:
        """Its environment as deployed, but for what is *changed*."""
        self._api.update_function_configuration(FunctionName=self.name, Environment={"Variables": {**self.environment, **changed}})


class Queue:
    """A deployed queue."""

    def __init__(self, sqs: Any, url: str) -> None:
        self._sqs, self._url = sqs, url
        self.name = url.rpartition("/")[2]
        self.attributes: dict[str, str] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]

    def refuse(self, body: str | None, dead: Queue) -> int:
        """Send *body*, and do as a worker that fails until the message is among the dead letters; how often it was received."""
        if body is not None:
            self._sqs.send_message(QueueUrl=self._url, MessageBody=body)
        for received in range(int(json.loads(self.attributes["RedrivePolicy"])["maxReceiveCount"]) + 1):
            if self.peek() is None and dead.waiting():
                return received
        raise DrillFailedError(f"the message is not among the dead letters of {self.name}")

    def peek(self) -> str | None:
        """The next message, which stays."""
        messages = self._sqs.receive_message(QueueUrl=self._url, VisibilityTimeout=0, WaitTimeSeconds=0).get("Messages", [])
        return messages[0]["Body"] if messages else None

    def waiting(self) -> int:
        """How many messages wait."""
        counted = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["ApproximateNumberOfMessages"])
        return int(counted["Attributes"]["ApproximateNumberOfMessages"])

    def clear(self) -> None:
        """Take away what the drill sent."""
        self._sqs.purge_queue(QueueUrl=self._url)


def function_with(session: Session, assembly: Assembly, variable: str) -> Function | None:
    """The first function whose environment has *variable*."""

    def wanted(resource: dict[str, Any]) -> bool:
        variables = resource.get("Properties", {}).get("Environment", {}).get("Variables", {})
        return resource["Type"] == "AWS::Lambda::Function" and variable in variables

    found = first_resource(assembly, wanted)
    if found is None:
        return None
    stack, logical_id = found
    api = session.client("lambda", stack.account, stack.region)
    return Function(api, physical_id(session, stack, logical_id), stack.account, stack.region)


@contextmanager
def listening(handler: type[BaseHTTPRequestHandler], *, certificate: Path | None = None) -> Iterator[int]:
    """A server on loopback that answers as *handler* does, by TLS where there is a *certificate*; its port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def certificate(session: Session) -> Path:
    """A certificate for ``HOST``, of a day, with its key: the emulator's environment can make one."""
    made = session.folder / "loopback.pem"
    if not made.exists():
        command = [str(session.tools.emulator_python), "-m", "prodready_constructs.local.emulator.certificate", HOST, str(made)]
        environment = {**session.environment("000000000000", "us-east-1"), "PYTHONPATH": str(session.folder / "lib")}
        subprocess.run(command, check=True, env=environment, cwd=session.folder, capture_output=True)
    return made
