"""A health check that says the opposite of what it sees."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, is_true


def _find(subject: Subject) -> Iterator[Hit]:
    for check in subject.of_type("AWS::Route53::HealthCheck"):
        if is_true(check.get("HealthCheckConfig", "Inverted")):
            yield hit(check)


RULE = Rule(
    name="InvertedHealthCheck",
    controls=("WEB-9",),
    why="It is healthy while what it looks at is not: the name is moved away from what works, and onto what does not.",
    fix="Inverted: false; ask what is well when the service is, as edge.HealthCheck does",
    find=_find,
)
