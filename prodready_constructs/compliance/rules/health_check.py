"""A load balancer target group that does not ask its targets whether they are well."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, number

SLOWEST_SECONDS = 30


def _find(subject: Subject) -> Iterator[Hit]:
    for group in subject.of_type("AWS::ElasticLoadBalancingV2::TargetGroup"):
        if group.get("TargetType") == "lambda" or group.get("Protocol") not in (None, "HTTP", "HTTPS"):
            continue
        path = group.get("HealthCheckPath")
        if group.get("HealthCheckEnabled") in (False, "false"):
            yield hit(group, note="The health check is off.")
        elif path in (None, "", "/"):
            yield hit(group, note=f"It asks for {path or '/'}, which says nothing about the service.")
        elif SLOWEST_SECONDS < (interval := number(group.get("HealthCheckIntervalSeconds"), SLOWEST_SECONDS)) < float("inf"):
            yield hit(group, note=f"It asks every {interval:g} seconds.")


RULE = Rule(
    name="TargetGroupWithoutHealthCheck",
    controls=("WEB-2",),
    why="A task that answers but cannot work keeps getting requests.",
    fix=f'health_check=HealthCheck(path="/health", interval=Duration.seconds({SLOWEST_SECONDS})) with a path that checks what it needs',
    find=_find,
)
