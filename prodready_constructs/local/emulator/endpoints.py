"""Where the services listen, and which of them moto stands in for."""

from __future__ import annotations

from dataclasses import dataclass

#: Services that ministack has no API for and moto has; told apart by the scope of the request's signature.
MOTO_SERVICES = frozenset({"application-autoscaling"})


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The two ports of 127.0.0.1: ministack (with the proxy in front) and moto."""

    port: int
    moto_port: int
