"""A production service that one lost task, or one busy hour, takes down."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, number

FEWEST_TASKS = 2


def _find(subject: Subject) -> Iterator[Hit]:
    targets = subject.of_type("AWS::ApplicationAutoScaling::ScalableTarget")
    scaled = subject.referred(["AWS::ApplicationAutoScaling::ScalingPolicy"], lambda one: one.get("ScalingTargetId"))
    for service in subject.of_type("AWS::ECS::Service"):
        if service.stack.path in subject.staging or service.get("SchedulingStrategy") == "DAEMON":
            continue
        own = [target for target in targets if service in subject.targets(target, target.get("ResourceId"))]
        fewest = min((number(target.get("MinCapacity"), 0) for target in own), default=number(service.get("DesiredCount"), 1))
        if fewest < FEWEST_TASKS:
            yield hit(service, detail="Tasks", note=f"It may run with {fewest:g} task.")
        if not any(target in scaled or target.get("ScheduledActions") for target in own):
            yield hit(service, detail="Scaling", note="Nothing adds tasks when it is busy.")


RULE = Rule(
    name="ServiceWithoutSpare",
    controls=("WEB-3",),
    why="A service in production with fewer than two tasks, or without scaling, fails with a single host or a single busy hour.",
    fix="at least 2 tasks (auto_scale_task_count(min_capacity=2, max_capacity=...)) with a target tracking policy, as compute.WebService "
    "has; or name the stack in guard(staging=[...])",
    find=_find,
)
