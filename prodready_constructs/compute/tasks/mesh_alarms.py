"""What somebody must hear of services that call one another. No AWS module."""

from __future__ import annotations

from dataclasses import dataclass

from prodready_constructs.contracts import AlarmSpec, AnyAlarmSpec, GraphSpec, MathMetric, Metric, RunbookSpec, Severity

METRICS = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html"
#: Percent of a server's answers that are 5xx above which somebody looks: the threshold of a service behind a load balancer (ledger OPS-2).
TOO_MANY = 5
_CLASSES = ("2XX", "3XX", "4XX", "5XX")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One server of a mesh, as its clients' proxies see it."""

    name: str
    namespace: str
    discovery_name: str
    url: str
    log_group: str

    @property
    def id(self) -> str:
        """In the id of an alarm."""
        return "".join(part.capitalize() for part in self.name.split("-"))

    def metric(self, name: str, statistic: str = "Sum") -> Metric:
        """What the proxies of all clients count."""
        return Metric(
            namespace="AWS/ECS", name=name, dimensions={"TargetDiscoveryName": self.discovery_name}, statistic=statistic, label=name
        )

    @property
    def error_rate(self) -> MathMetric:
        """Percent of answers that are 5xx; none without answers."""
        answers = " + ".join(f"FILL(c{one[0]}, 0)" for one in _CLASSES)
        return MathMetric(
            expression=f"IF(({answers}) > 0, 100 * FILL(c5, 0) / ({answers}), 0)",
            using={f"c{one[0]}": self.metric(f"HTTPCode_Target_{one}_Count") for one in _CLASSES},
            label=f"{self.name} 5xx, % of answers",
        )


def mesh_alarms(path: str, endpoints: tuple[Endpoint, ...], *, encrypted: bool) -> tuple[AnyAlarmSpec, ...]:
    """For each server its errors, and with TLS the handshakes that fail."""
    alarms: list[AnyAlarmSpec] = []
    for endpoint in endpoints:
        logs = (
            f"aws logs tail {endpoint.log_group} --since 30m --log-stream-name-prefix connect",
            f"aws servicediscovery discover-instances --namespace-name {endpoint.namespace} --service-name {endpoint.discovery_name}",
        )
        alarms.append(
            AlarmSpec(
                id=f"{endpoint.id}CallErrors",
                metric=endpoint.error_rate,
                threshold=TOO_MANY,
                comparison="GreaterThanThreshold",
                severity=Severity.WARNING,
                periods=5,
                datapoints=3,
                # No calls, no errors.
                missing_data="notBreaching",
                source=f"Ledger OPS-2, the people's thresholds; {METRICS}",
                runbook=RunbookSpec(
                    meaning=f"Other services get errors from {endpoint.name}: its own visitors, if any, may get them too.",
                    causes=("its last deployment", "a store it needs is down", "it answers later than its clients wait for"),
                    first_commands=logs,
                ),
            )
        )
        if encrypted:
            alarms.append(
                AlarmSpec(
                    id=f"{endpoint.id}TlsErrors",
                    metric=endpoint.metric("TargetTLSNegotiationErrorCount"),
                    threshold=0,
                    comparison="GreaterThanThreshold",
                    severity=Severity.WARNING,
                    periods=5,
                    datapoints=3,
                    # Counted only when it happens.
                    missing_data="notBreaching",
                    source=METRICS,
                    runbook=RunbookSpec(
                        meaning=f"Clients and {endpoint.name} do not trust each other's certificates: the calls fail.",
                        causes=(
                            "the certificate authority is disabled or its own certificate has ended",
                            f"the infrastructure role of {path} was changed",
                            "a client still runs tasks of before TLS",
                        ),
                        first_commands=(
                            *logs,
                            "aws acm-pca list-certificate-authorities --query 'CertificateAuthorities[].[Arn,Status,NotAfter]'",
                        ),
                    ),
                )
            )
    return tuple(alarms)


def mesh_graphs(endpoints: tuple[Endpoint, ...]) -> tuple[GraphSpec, ...]:
    """Errors and waiting times between services."""
    if not endpoints:
        return ()
    slow = tuple(endpoint.metric("TargetResponseTime", "p95") for endpoint in endpoints)
    return (
        GraphSpec(title="Calls between services: errors", metrics=tuple(endpoint.error_rate for endpoint in endpoints), unit="%"),
        GraphSpec(title="Calls between services: waiting (p95)", metrics=slow, unit="ms"),
    )
