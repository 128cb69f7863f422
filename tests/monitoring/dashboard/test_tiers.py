"""Where things stand, and what one looks at first."""

from __future__ import annotations

import pytest

from prodready_constructs.contracts import GraphSpec, MathMetric, Metric, Tier
from prodready_constructs.monitoring.dashboard.tiers import Section, golden_first, section_of, signal_of


def graph(*names: str, namespace: str = "AWS/Lambda", statistic: str = "Sum") -> GraphSpec:
    return GraphSpec(title=" ".join(names), metrics=tuple(Metric(namespace=namespace, name=name, statistic=statistic) for name in names))


@pytest.mark.control("OPS-4")
@pytest.mark.parametrize(
    ("tier", "namespace", "section"),
    [
        ("edge", "AWS/ApplicationELB", Section.EDGE),
        ("compute", "AWS/ApplicationELB", Section.COMPUTE),
        ("data", "AWS/RDS", Section.DATA),
        ("data", "AWS/SQS", Section.QUEUES),
        ("data", "AWS/SNS", Section.QUEUES),
        ("recovery", "AWS/Backup", Section.BACKUPS),
        ("monitoring", "AWS/SNS", Section.ALERTING),
        ("monitoring", "AWS/ApplicationSignals", Section.OBJECTIVES),
        ("security", "AWS/Lambda", Section.SECURITY),
        # Strangers.
        (None, "AWS/SQS", Section.QUEUES),
        (None, "AWS/NATGateway", Section.NETWORK),
        (None, "AWS/Cognito", Section.SECURITY),
        (None, "Shop", Section.BUSINESS),
    ],
)
def test_sections(tier: Tier | None, namespace: str, section: Section) -> None:
    assert section_of(tier, [graph("Anything", namespace=namespace)]) is section


def test_a_stranger_without_graphs() -> None:
    assert section_of(None, []) is Section.OTHER


@pytest.mark.control("OPS-4")
@pytest.mark.parametrize(
    ("shown", "signal"),
    [
        (graph("Invocations", "Throttles"), "traffic"),
        (graph("RequestCount"), "traffic"),
        (graph("Count"), "traffic"),
        (graph("Latency", statistic="SampleCount"), "traffic"),
        (graph("Latency", statistic="p95"), "latency"),
        (graph("HTTPCode_ELB_5XX_Count", "HTTPCode_ELB_4XX_Count"), "errors"),
        (graph("CPUUtilization", "MemoryUtilization"), "saturation"),
        (graph("ConcurrentExecutions"), "saturation"),
        (graph("ApproximateAgeOfOldestMessage"), "latency"),
        (graph("DaysToExpiry"), None),
        (GraphSpec(title="x", metrics=()), None),
        (GraphSpec(title="x", metrics=(Metric(namespace="Shop", name="Odd"),), signal="latency"), "latency"),
        (
            GraphSpec(
                title="x",
                metrics=(
                    MathMetric(
                        expression="e / r",
                        using={"e": Metric(namespace="A", name="Errors"), "r": Metric(namespace="A", name="Requests")},
                        label="x",
                    ),
                ),
            ),
            "errors",
        ),
    ],
)
def test_signals(shown: GraphSpec, signal: str | None) -> None:
    assert signal_of(shown) == signal


def test_each_graph_once_golden_ones_first() -> None:
    graphs = (graph("Duration"), graph("Errors"), graph("Invocations"), graph("Faults"), graph("Other"))
    golden, rest = golden_first(graphs)
    assert [each.title for each in golden] == ["Invocations", "Errors", "Duration"]
    assert [each.title for each in rest] == ["Faults", "Other"]
