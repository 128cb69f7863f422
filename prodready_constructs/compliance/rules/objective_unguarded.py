"""A service level objective that is broken before anybody hears of it, or that cannot be kept."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, number

OBJECTIVE = "AWS::ApplicationSignals::ServiceLevelObjective"
#: What Application Signals takes where a goal says nothing. Source: AWS::ApplicationSignals::ServiceLevelObjective, Goal.
DEFAULT_GOAL = 99.0


def _find(subject: Subject) -> Iterator[Hit]:
    for objective in subject.of_type(OBJECTIVE):
        if not objective.get("BurnRateConfigurations"):
            yield hit(
                objective, detail="BurnRate", note="Nothing says how fast its budget burns; its attainment tells when it is too late."
            )
        if 100 <= number(objective.get("Goal", "AttainmentGoal"), DEFAULT_GOAL) < float("inf"):
            yield hit(
                objective, detail="Goal", note="At 100 % there is no budget: the first failed request breaks it for the whole window."
            )


RULE = Rule(
    name="ObjectiveUnguarded",
    controls=("OPS-6",),
    why="An objective helps while there is still something to save "
    "(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-ServiceLevelObjectives.html, burn rates).",
    fix="BurnRateConfigurations with alarms on them, and a goal below 100; monitoring.Slo has both",
    find=_find,
)
