"""Where a service's metrics are, and how those of two target groups become one.

Two groups take turns: one is live, the other idle and silent, and a release swaps them. What is watched is therefore always both: ``SUM`` and
``MAX`` of a list pass over the one that says nothing; ``FILL`` makes its silence a zero where a single operator needs a value. A filled metric
is zero in the newest minute too, until Elastic Load Balancing has reported it: alarms on one leave a period of slack.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.contracts import GoodAndBad, MathMetric, Metric

#: Requests in a minute below which the share of errors, or a percentile, of one version says little.
FEWEST_REQUESTS = 20
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceMetrics:
    """Where a service's metrics are: tokens of its names, read once. *target_groups*: their full names, *target_group_arns* in their order."""

    cluster: str
    service: str
    load_balancer: str | None = None
    target_groups: tuple[str, ...] = ()
    target_group_arns: tuple[str, ...] = ()

    def ecs(self, name: str, statistic: str = "Average", *, namespace: str = "AWS/ECS") -> Metric:
        """A metric of the ECS service."""
        return Metric(
            namespace=namespace,
            name=name,
            dimensions={"ClusterName": self.cluster, "ServiceName": self.service},
            statistic=statistic,
            label=name,
        )

    def group(self, name: str, statistic: str, group: int = 0) -> Metric:
        """A metric of one target group."""
        return Metric(
            namespace="AWS/ApplicationELB",
            name=name,
            dimensions={"LoadBalancer": self.load_balancer or "", "TargetGroup": self.target_groups[group]},
            statistic=statistic,
            label=name,
        )

    def targets(self, name: str, statistic: str, *, combine: str) -> Metric | MathMetric:
        """A metric of the targets, in whichever group they are: *combine* (``SUM``, ``MAX``) makes one of two."""
        if len(self.target_groups) == 1:
            return self.group(name, statistic)
        using = self._each("m", name, statistic)
        return MathMetric(expression=f"{combine}([{', '.join(using)}])", using=using, label=f"{name} {statistic}")

    @property
    def error_rate(self) -> MathMetric:
        """Percent of requests that the tasks answered with 5xx; none without requests."""
        if len(self.target_groups) == 1:
            return MathMetric(
                expression="IF(requests > 0, 100 * FILL(errors, 0) / requests, 0)",
                using={"errors": self.group("HTTPCode_Target_5XX_Count", "Sum"), "requests": self.group("RequestCount", "Sum")},
                label="Target 5xx, % of requests",
            )
        errors, requests = (" + ".join(f"FILL({letter}{group}, 0)" for group in self._numbers) for letter in "er")
        return MathMetric(
            expression=f"100 * ({errors}) / IF({requests} > 0, {requests}, 1)",
            using=self._errors_and_requests,
            label="Target 5xx, % of requests",
        )

    @property
    def service_level(self) -> GoodAndBad:
        """Requests that the tasks answered with 5xx, of all that reached them. One that met no task is the load balancer's to count."""
        errors, requests = "HTTPCode_Target_5XX_Count", "RequestCount"
        return GoodAndBad(
            bad=self.targets(errors, "Sum", combine="SUM"), total=self.targets(requests, "Sum", combine="SUM"), rests_on=("alb", "fargate")
        )

    @property
    def worst_error_rate(self) -> MathMetric:
        """Like :attr:`error_rate`, of the worse group: a tenth of the visitors must not be hidden by the rest of them.

        As if each had had :data:`FEWEST_REQUESTS`: one error at night is no half of all requests.
        """
        rates = [f"100 * FILL(e{g}, 0) / IF(FILL(r{g}, 0) > {FEWEST_REQUESTS}, FILL(r{g}, 0), {FEWEST_REQUESTS})" for g in self._numbers]
        return MathMetric(
            expression=f"MAX([{', '.join(rates)}])",
            using=self._errors_and_requests,
            label="Target 5xx, % of requests, of the worse version",
        )

    @property
    def worst_latency(self) -> MathMetric:
        """The p95 of the slower group, among those with enough requests to say so; zero when there is none."""
        one = [f"IF(FILL(r{g}, 0) >= {FEWEST_REQUESTS}, FILL(t{g}, 0), 0)" for g in self._numbers]
        return MathMetric(
            expression=f"MAX([{', '.join(one)}])",
            using={**self._each("r", "RequestCount", "Sum"), **self._each("t", "TargetResponseTime", "p95")},
            label="p95 of the slower version, s",
        )

    @property
    def _errors_and_requests(self) -> dict[str, Metric]:
        return {**self._each("e", "HTTPCode_Target_5XX_Count", "Sum"), **self._each("r", "RequestCount", "Sum")}

    @property
    def _numbers(self) -> range:
        return range(len(self.target_groups))

    def _each(self, letter: str, name: str, statistic: str) -> dict[str, Metric]:
        return {f"{letter}{group}": self.group(name, statistic, group) for group in self._numbers}
