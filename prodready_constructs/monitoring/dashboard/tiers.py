"""Where a construct stands on the dashboard, and which of its graphs one looks at first. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from prodready_constructs.contracts import GraphSpec, MathMetric, Metric, Signal, Tier


class Section(Enum):
    """The parts of the dashboard, from top to bottom: users first, what they stand on below."""

    OBJECTIVES = "Objectives"
    EDGE = "Edge"
    COMPUTE = "Compute"
    DATA = "Data stores"
    QUEUES = "Queues and streams"
    NETWORK = "Network"
    SECURITY = "Identity and security"
    BACKUPS = "Backups"
    BUSINESS = "Business"
    LOGS = "Logs"
    COST = "Cost"
    ALERTING = "Alerting"
    OTHER = "Everything else"


_OF_TIER: dict[Tier, Section] = {
    "edge": Section.EDGE,
    "compute": Section.COMPUTE,
    "data": Section.DATA,
    "network": Section.NETWORK,
    "recovery": Section.BACKUPS,
    "monitoring": Section.ALERTING,
    "security": Section.SECURITY,
    "audit": Section.SECURITY,
}
#: By namespace: of a store that is a queue, of what is no construct of ours, and of promises. A service's own metrics are below ``AWS/``.
_OF_NAMESPACE: dict[str, Section] = {
    **dict.fromkeys(("AWS/SQS", "AWS/SNS", "AWS/Events", "AWS/Kinesis", "AWS/Firehose"), Section.QUEUES),
    **dict.fromkeys(
        ("AWS/ApplicationELB", "AWS/ApiGateway", "AWS/AppSync", "AWS/CloudFront", "AWS/WAFV2", "AWS/Route53", "AWS/CertificateManager"),
        Section.EDGE,
    ),
    **dict.fromkeys(("AWS/ECS", "ECS/ContainerInsights", "AWS/Lambda", "AWS/States", "AWS/EC2", "AWS/Scheduler"), Section.COMPUTE),
    **dict.fromkeys(("AWS/RDS", "AWS/DynamoDB", "AWS/ElastiCache", "AWS/S3", "AWS/EFS"), Section.DATA),
    **dict.fromkeys(("AWS/NATGateway", "AWS/NetworkELB", "AWS/PrivateLinkEndpoints", "AWS/VPN"), Section.NETWORK),
    **dict.fromkeys(("AWS/Cognito", "AWS/SecretsManager", "AWS/GuardDuty", "AWS/KMS"), Section.SECURITY),
    "AWS/Backup": Section.BACKUPS,
    "AWS/Billing": Section.COST,
    # What users were promised, and what they see.
    **dict.fromkeys(("AWS/ApplicationSignals", "CloudWatchSynthetics"), Section.OBJECTIVES),
}
#: What the names of metrics say; the first that fits counts.
_SIGNS: tuple[tuple[Signal, tuple[str, ...]], ...] = (
    ("errors", ("error", "5xx", "4xx", "fail", "fault", "reject", "dropped", "blocked", "timedout", "undelivered")),
    ("latency", ("latency", "duration", "responsetime", "iteratorage", "ageofoldest", "replicalag", "waittime")),
    (
        "saturation",
        ("cpu", "memory", "utilization", "throttle", "concurrent", "credit", "capacity", "freestorage", "freeable", "connections"),
    ),
    ("traffic", ("requests", "requestcount", "invocations", "executionsstarted", "numberofmessages", "incoming", "allowed")),
)
#: The name of requests in Amazon API Gateway: as a part of a name it would mean anything.
_COUNT = "count"
GOLDEN: tuple[Signal, ...] = ("traffic", "errors", "latency", "saturation")


def metrics_in(graph: GraphSpec) -> list[Metric]:
    """Every metric that *graph* retrieves, those inside expressions too."""
    found: list[Metric] = []
    for metric in graph.metrics:
        found += metric.using.values() if isinstance(metric, MathMetric) else [metric]
    return found


def section_of(tier: Tier | None, graphs: Sequence[GraphSpec]) -> Section:
    """By what the construct was recorded as; a store by whether it is a queue, a stranger by where its metrics come from."""
    namespaces = [metric.namespace for graph in graphs for metric in metrics_in(graph)]
    by_namespace = next((_OF_NAMESPACE[name] for name in namespaces if name in _OF_NAMESPACE), None)
    if by_namespace is Section.OBJECTIVES or (tier == "data" and by_namespace is Section.QUEUES):
        return by_namespace
    if tier is not None:
        return _OF_TIER[tier]
    return by_namespace or (Section.BUSINESS if namespaces else Section.OTHER)


def signal_of(graph: GraphSpec) -> Signal | None:
    """The golden signal that *graph* shows: as it says, or as the names of its metrics do."""
    if graph.signal is not None:
        return graph.signal
    metrics = metrics_in(graph)
    if metrics and all(metric.statistic == "SampleCount" or metric.name.lower() == _COUNT for metric in metrics):
        return "traffic"
    # The first that says anything: what stands first in a graph is what it is about.
    return next((signal for metric in metrics for signal, signs in _SIGNS if any(sign in metric.name.lower() for sign in signs)), None)


def golden_first(graphs: Sequence[GraphSpec]) -> tuple[list[GraphSpec], list[GraphSpec]]:
    """The first graph of each golden signal, in their order, and the rest in its own."""
    first: dict[Signal, int] = {}
    for place, graph in enumerate(graphs):
        if (signal := signal_of(graph)) is not None:
            first.setdefault(signal, place)
    places = [first[signal] for signal in GOLDEN if signal in first]
    return [graphs[place] for place in places], [graph for place, graph in enumerate(graphs) if place not in places]
