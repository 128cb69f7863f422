"""Where the services listen, and which of them, or which of their operations, moto stands in for."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Services that ministack has no API for and moto has; told apart by the scope of the request's signature.
MOTO_SERVICES = frozenset({"application-autoscaling", "codedeploy", "fis", "shield", "synthetics"})
#: Services whose requests name their operation in a form in the body.
QUERY_SERVICES = frozenset({"rds"})
#: Operations that ministack lacks in services it has: scope of the signature -> path and query of the request and the operation it names.
MOTO_OPERATIONS = {
    "apigateway": re.compile(r"/(v2/)?vpclinks\b"),
    "backup": re.compile(r"/audit/report-plans\b"),
    "ecr": re.compile(r"/ AmazonEC2ContainerRegistry_V\d+\.(\w+Registry(Policy|ScanningConfiguration)?|PutReplicationConfiguration)$"),
    "iot": re.compile(r"/billing-groups\b"),
    "rds": re.compile(r"/ \w+EventSubscriptions?$"),
    "s3": re.compile(r"/[^/?]+/?\?(.+&)?inventory\b"),
    "ssm": re.compile(r"/ AmazonSSM\.\w+Documents?(Permission|DefaultVersion|Metadata)?$"),
    "wafv2": re.compile(r"/ AWSWAF_\d+\.\w+LoggingConfigurations?"),
}


def belongs_to_moto(service: str, request: str) -> bool:
    """Whether moto answers *request*: its path and query, and after a blank the operation that it names."""
    operations = MOTO_OPERATIONS.get(service)
    return service in MOTO_SERVICES or (operations is not None and operations.match(request) is not None)


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The two ports of 127.0.0.1: ministack (with the proxy in front) and moto."""

    port: int
    moto_port: int
