"""A Route 53 health check that anybody on the way can answer."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit


def _find(subject: Subject) -> Iterator[Hit]:
    for check in subject.of_type("AWS::Route53::HealthCheck"):
        if (kind := check.get("HealthCheckConfig", "Type")) in ("HTTP", "HTTP_STR_MATCH"):
            yield hit(check, note=f"Its type is {kind}.")


RULE = Rule(
    name="PlainHealthCheck",
    controls=("WEB-9",),
    why="The check asks over plain HTTP: a redirect, or whoever answers in place of the service, looks healthy, and the name is not moved.",
    fix="Type HTTPS (or HTTPS_STR_MATCH) on port 443 with EnableSNI, and a path that checks what the service needs, such as /health",
    find=_find,
)
