"""A secret that stays the same for longer than ninety days."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, number
from prodready_constructs.evidence.assembly import Resource

LONGEST_DAYS = 90
_RATE = re.compile(r"rate\((\d+) (day|hour)s?\)")


def _days(schedule: Resource) -> float:
    """The longest time between two rotations; infinite where it cannot be told."""
    expression = str(schedule.get("RotationRules", "ScheduleExpression") or "")
    if rate := _RATE.fullmatch(expression):
        return int(rate[1]) / (24 if rate[2] == "hour" else 1)
    if expression.startswith("cron("):
        month = expression.removeprefix("cron(").split()[3:4]
        return 31 if month == ["*"] else 62 if month in (["*/2"], ["1/2"]) else float("inf")
    return number(schedule.get("RotationRules", "AutomaticallyAfterDays"), float("inf"))


def _find(subject: Subject) -> Iterator[Hit]:
    rotated: set[Resource] = set()
    for schedule in subject.of_type("AWS::SecretsManager::RotationSchedule"):
        targets = subject.targets(schedule, schedule.get("SecretId"))
        for attachment in [target for target in targets if target.type == "AWS::SecretsManager::SecretTargetAttachment"]:
            targets += subject.targets(attachment, attachment.get("SecretId"))
        rotated.update(targets)
        if (days := _days(schedule)) > LONGEST_DAYS:
            yield hit(
                schedule, note=f"It rotates every {days:g} days." if days != float("inf") else "Its schedule gives no number of days."
            )
    yield from (hit(secret) for secret in subject.of_type("AWS::SecretsManager::Secret") if secret not in rotated)


RULE = Rule(
    name="SecretWithoutRotation",
    controls=("DB-4", "SEC-2"),
    why=f"Whoever has seen the secret once can use it for longer than {LONGEST_DAYS} days.",
    fix=f"add a rotation schedule of at most {LONGEST_DAYS} days; a database secret that RDS manages rotates without a function",
    find=_find,
)
