"""Where the metrics of a function are, and what the dashboard shows of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.compute.functions.release import ALIAS
from prodready_constructs.contracts import GraphSpec, MathMetric, Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedFunction:
    """What the alarms need to know of a function: tokens of its names, read once."""

    name: str
    #: The number of the version that is published with this template.
    version: str
    log_group: str
    dead_letters_name: str
    dead_letters_url: str
    application: str
    deployment_group: str
    timeout: timedelta
    reserved: int
    provisioned: int

    def metric(self, name: str, statistic: str = "Sum", **dimensions: str) -> Metric:
        """A metric of the function, or of one of its versions."""
        return Metric(
            namespace="AWS/Lambda", name=name, dimensions={"FunctionName": self.name, **dimensions}, statistic=statistic, label=name
        )

    @property
    def alias(self) -> dict[str, str]:
        """The calls by way of the alias. Its name is made here: it must not be asked for it, it waits for the alarms."""
        return {"Resource": f"{self.name}:{ALIAS}"}

    @property
    def new_version(self) -> dict[str, str]:
        """Of these, the ones that met the new version.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html (ExecutedVersion)
        """
        return {**self.alias, "ExecutedVersion": self.version}

    def error_rate(self, **dimensions: str) -> MathMetric:
        """Percent of the executions that ended in an error; none without executions."""
        return MathMetric(
            expression="IF(calls > 0, 100 * FILL(errors, 0) / calls, 0)",
            using={"errors": self.metric("Errors", **dimensions), "calls": self.metric("Invocations", **dimensions)},
            label="Errors, % of executions",
        )


def function_graphs(function: WatchedFunction) -> tuple[GraphSpec, ...]:
    """Executions, errors, duration, concurrency, dead letters."""
    return (
        GraphSpec(title="Executions", metrics=(function.metric("Invocations"), function.metric("Throttles"))),
        GraphSpec(title="Errors", metrics=(function.error_rate(),), unit="%"),
        GraphSpec(title="Duration", metrics=tuple(function.metric("Duration", each) for each in ("p50", "p95", "p99")), unit="ms"),
        GraphSpec(title="Executions at a time", metrics=(function.metric("ConcurrentExecutions", "Maximum"),)),
        GraphSpec(
            title="Events given up",
            metrics=(
                function.metric("AsyncEventsDropped"),
                function.metric("DestinationDeliveryFailures"),
                function.metric("DeadLetterErrors"),
            ),
        ),
    )
