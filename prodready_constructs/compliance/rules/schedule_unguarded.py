"""A schedule whose failure leaves no trace."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, number


def _find(subject: Subject) -> Iterator[Hit]:
    for schedule in subject.of_type("AWS::Scheduler::Schedule"):
        if schedule.get("State") == "DISABLED":
            continue
        if not schedule.get("Target", "DeadLetterConfig", "Arn"):
            yield hit(schedule, detail="DeadLetters", note="What cannot be started is dropped.")
        if number(schedule.get("Target", "RetryPolicy", "MaximumRetryAttempts"), 185) < 1:
            yield hit(schedule, detail="Retries", note="One throttled call, and the run is missed.")


RULE = Rule(
    name="ScheduleUnguarded",
    controls=("FN-4",),
    why="EventBridge Scheduler drops what it cannot deliver, and nobody would know that a run was missed.",
    fix="a dead-letter queue and retries for the target; compute.ScheduledJob has both, and alarms on missed runs",
    find=_find,
)
