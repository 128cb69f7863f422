"""What AWS promises of the services that a request passes, and what that leaves.

Each row: the monthly uptime below which AWS gives credit, for the form that this library makes (several zones), the address of the agreement,
the date of the text that was read, and what that text was. AWS's own could not be read everywhere: look at the address before you promise.
The percentages agree with the list at https://github.com/mikaelvesavuori/cloud-sla, but for ElastiCache, which AWS has raised since.
A promise is no measurement: most services do better, and AWS pays a credit when one does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.monitoring.slo.arithmetic import in_series, in_words

Read = Literal["agreement", "prior", "report"]


@dataclass(frozen=True, slots=True)
class Sla:
    """One agreement: *percent* of a month, *source*, *dated*: the day of the text that was read, and *read*: whose text.

    ``agreement``: AWS's. ``prior``: AWS's, which it lists among prior versions by now. ``report``: somebody's report of AWS's.
    """

    service: str
    percent: float
    source: str
    dated: date
    read: Read


def _sla(service: str, percent: float, page: str, dated: str, read: Read = "agreement") -> Sla:
    return Sla(service, percent, f"https://aws.amazon.com/{page}", date.fromisoformat(dated), read)


#: By the name that an indicator's ``rests_on`` and ``Slo(depends_on=...)`` use.
SLAS: dict[str, Sla] = {
    "alb": _sla("Elastic Load Balancing, several zones", 99.99, "elasticloadbalancing/sla/", "2022-07-25"),
    "api-gateway": _sla("Amazon API Gateway", 99.95, "api-gateway/sla/", "2022-05-05"),
    "appsync": _sla("AWS AppSync", 99.95, "appsync/sla/", "2021-06-15"),
    "aurora": _sla("Amazon Aurora, several zones", 99.99, "rds/aurora/sla/", "2022-05-19"),
    "cloudfront": _sla("Amazon CloudFront", 99.9, "cloudfront/sla/", "2022-05-05"),
    "cognito": _sla("Amazon Cognito", 99.9, "cognito/sla/", "2019-01-31", "report"),
    "dynamodb": _sla("Amazon DynamoDB, one region", 99.99, "dynamodb/sla/", "2022-03-10"),
    "dynamodb-global": _sla("Amazon DynamoDB, global tables with failover by the caller", 99.999, "dynamodb/sla/", "2022-03-10"),
    "elasticache": _sla("Amazon ElastiCache, several zones", 99.99, "elasticache/sla/", "2023-02-16"),
    "fargate": _sla("Amazon ECS and AWS Fargate, several zones", 99.99, "compute/sla/", "2022-05-05", "prior"),
    "kinesis": _sla("Amazon Kinesis Data Streams", 99.9, "kinesis/sla/", "2024-02-09"),
    "lambda": _sla("AWS Lambda", 99.95, "lambda/sla/", "2018-10-17", "report"),
    "rds": _sla("Amazon RDS, Multi-AZ", 99.95, "rds/sla/", "2024-01-22"),
    "rds-single": _sla("Amazon RDS, one instance", 99.5, "rds/sla/", "2024-01-22"),
    "route53": _sla("Amazon Route 53, hosted zones", 100.0, "route53/sla/", "2019-01-31", "report"),
    "s3": _sla("Amazon S3, Standard", 99.9, "s3/sla/", "2023-11-28"),
    "sqs": _sla("Amazon SQS and SNS", 99.9, "messaging/sla/", "2019-01-31", "report"),
}


@dataclass(frozen=True, slots=True)
class Chain:
    """The services that every request passes, and the product of their promises."""

    links: tuple[Sla, ...]
    percent: Decimal

    def carries(self, target: float) -> bool:
        """Whether the promises below are at least *target*. Nothing below is said of an empty chain."""
        return not self.links or self.percent >= Decimal(str(target))

    def arithmetic(self) -> str:
        """``99.99 % x 99.95 % = 99.940005 %``, with the names and the dates."""
        return " x ".join(f"{in_words(link.percent)} % ({link.service}, {link.dated:%Y-%m})" for link in self.links) + (
            f" = {in_words(self.percent)} %"
        )


def chain_of(where: str, names: Sequence[str]) -> Chain:
    """The chain of *names*, each counted once: a request that passes a service twice fails with it once.

    Raises:
        ConfigurationError: a name that :data:`SLAS` does not know.
    """
    for name in names:
        if name not in SLAS:
            raise ConfigurationError(
                f"{where}: depends_on",
                given=name,
                allowed=", ".join(SLAS),
                mend="name a service of the table; one that AWS promises nothing for does not bound the target",
            )
    links = tuple(SLAS[name] for name in dict.fromkeys(names))
    return Chain(links, in_series(link.percent for link in links))
