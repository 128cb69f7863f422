"""Where the services listen, and which of them, or which of their operations, moto stands in for."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Services that ministack has no API for and moto has; told apart by the scope of the request's signature.
MOTO_SERVICES = frozenset({"application-autoscaling", "shield"})
#: Operations that ministack lacks in services it has: scope of the signature -> path of the request and the operation it names.
MOTO_OPERATIONS = {
    "apigateway": re.compile(r"/(v2/)?vpclinks\b"),
    "wafv2": re.compile(r"/ AWSWAF_\d+\.\w+LoggingConfigurations?"),
}


def belongs_to_moto(service: str, request: str) -> bool:
    """Whether moto answers *request*: its path, and after a blank the operation that its ``X-Amz-Target`` names."""
    operations = MOTO_OPERATIONS.get(service)
    return service in MOTO_SERVICES or (operations is not None and operations.match(request) is not None)


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The two ports of 127.0.0.1: ministack (with the proxy in front) and moto."""

    port: int
    moto_port: int
