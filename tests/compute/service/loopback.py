"""A load balancer's side door on this machine: real sockets, real TLS, and whatever a version may do with a request."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.support.loopback import Handler, certificate_for, listening

NAME = "shop.example.com"


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes back: *hangs* says nothing, *drips* sends a byte now and then, *cuts* closes in the middle, *raw* is no HTTP."""

    status: int = 200
    body: str = "ok"
    hangs: bool = False
    drips: bool = False
    cuts: bool = False
    raw: bytes | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked."""

    path: str
    host: str
    headers: dict[str, str]
    server_name: str | None


class SideDoor:
    """Where it listens, and what it was asked."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked: list[Request] = []


@contextmanager
def side_door(answer: Callable[[Request], Answer], *, certified: str | None = None) -> Iterator[SideDoor]:
    """Answer as *answer* says; by TLS with a certificate for *certified*, where there is one."""
    over = threading.Event()
    door = SideDoor(0)

    class Door(Handler):
        def do_GET(self) -> None:
            headers = {key.lower(): value for key, value in self.headers.items()}
            request = Request(self.path, self.headers["Host"], headers, self.server_name)
            door.asked.append(request)
            said = answer(request)
            if said.hangs:
                over.wait(10)
                return
            if said.raw is not None:
                self.wfile.write(said.raw)
                return
            self.reply(said.status, said.body.encode(), more=100 if said.cuts or said.drips else 0)
            while said.drips and not over.wait(0.05):
                self.wfile.write(b".")
                self.wfile.flush()

    with listening(Door, certificate=certificate_for(certified) if certified else None) as door.port:
        try:
            yield door
        finally:
            over.set()
