"""What is yours: the routes, the checks and the work on a message. Everything else in this folder can stay as it is."""

from __future__ import annotations

import os
from collections.abc import Mapping

from core import LEVELS, Application, Check, Handler, Log, Request, Response, one_of


def hello(_: Request) -> Response:
    """Your first route."""
    return Response(content={"message": "hello"})


#: Method and path -> what answers.
ROUTES: Mapping[tuple[str, str], Handler] = {("GET", "/hello"): hello}
#: Name -> a function that raises when something that you need does not answer; asked by ``/health/deep`` alone.
CHECKS: Mapping[str, Check] = {}


def work(body: str) -> None:
    """What is done with a message; one that raises comes again, and in the end goes to the dead letters. Be ready to see one twice."""
    if not body:
        raise ValueError("an empty message")


def log_of(environment: Mapping[str, str] = os.environ) -> Log:
    """The log, at the level in ``LOG_LEVEL``."""
    return Log(one_of(environment, "LOG_LEVEL", "info", LEVELS))


def application(log: Log, environment: Mapping[str, str] = os.environ) -> Application:
    """The service itself; ``VERSION`` is the digest or the commit of what runs."""
    return Application(log, version=environment.get("VERSION", "unknown"), routes=ROUTES, checks=CHECKS)
