"""What the page compares: the stated numbers and others, and what of them a plot shows."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from prodready_constructs.compute.workers.backlog import Pace
from tools.scaling.autoscaling import LOW, Rules
from tools.scaling.loads import SPIKE_AT, Load, load_of
from tools.scaling.simulate import LATE, Run, ideal_hours, serve, work
from tools.scaling.template import PACE, Stated, stated

#: The usual load, as a part of what the least number of tasks carries at its targets.
USUAL = 0.6
STATED = "as stated"
BLIND, ALONE = "requests policy without data", "CPU alone"
FULL, HINDERED = "memory at rest over its limit", "the same, if memory could scale in"


@functools.cache
def numbers() -> Stated:
    """Of the templates; synthesized once."""
    return stated()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Rules, and what else is different."""

    rules: Rules
    more: Mapping[str, Any] = field(default_factory=dict)


def _only(rules: Rules, *names: str) -> Rules:
    return replace(rules, policies=tuple(policy for policy in rules.policies if policy.name in names))


def _with(rules: Rules, **targets: float) -> Rules:
    return replace(rules, policies=tuple(replace(policy, target=targets.get(policy.name, policy.target)) for policy in rules.policies))


def _all_scale_in(rules: Rules) -> Rules:
    return replace(rules, policies=tuple(replace(policy, scales_in=True) for policy in rules.policies))


def carries() -> float:
    """Requests a minute at 100 % CPU of a task for which both targets mean the same."""
    rules = numbers().service
    return 100 * rules.policy("requests").target / rules.policy("cpu").target


def services() -> dict[str, Scenario]:
    """Name -> a service."""
    rules = numbers().service
    cpu, requests, memory = (rules.policy(name).target for name in ("cpu", "requests", "memory"))
    full = LOW * memory + 3
    return {
        STATED: Scenario(rules=rules),
        ALONE: Scenario(rules=_only(rules, "cpu")),
        "requests alone": Scenario(rules=_only(rules, "requests")),
        BLIND: Scenario(rules=rules, more={"blind": True}),
        FULL: Scenario(rules=rules, more={"memory": full}),
        HINDERED: Scenario(rules=_all_scale_in(rules), more={"memory": full}),
        "scale-out cooldown 300 s": Scenario(rules=replace(rules, out_cooldown=300)),
        "CPU alone, scale-out cooldown 300 s": Scenario(rules=replace(_only(rules, "cpu"), out_cooldown=300)),
        "scale-in cooldown 60 s": Scenario(rules=replace(rules, in_cooldown=60)),
        "scale-in cooldown 900 s": Scenario(rules=replace(rules, in_cooldown=900)),
        "targets 50 %": Scenario(rules=_with(rules, cpu=50, requests=requests * 50 / cpu)),
        "targets 90 %": Scenario(rules=_with(rules, cpu=90, requests=requests * 90 / cpu)),
        "1 task at least": Scenario(rules=replace(rules, least=1)),
        "4 tasks at least": Scenario(rules=replace(rules, least=4)),
        "6 tasks at most": Scenario(rules=replace(rules, most=6)),
        "tasks that carry half of it": Scenario(rules=rules, more={"carries": carries() / 2}),
    }


def workers() -> dict[str, Scenario]:
    """Name -> a worker."""
    rules = numbers().worker
    busy = rules.policy("flow").target
    hasty, patient = (replace(PACE, acceptable_wait=timedelta(minutes=minutes)) for minutes in (1, 10))

    def at(pace: Pace) -> Scenario:
        return Scenario(rules=_with(rules, backlog=pace.backlog_per_task), more={"pace": pace})

    return {
        STATED: Scenario(rules=rules),
        "backlog alone": Scenario(rules=_only(rules, "backlog")),
        "flow alone": Scenario(rules=_only(rules, "flow")),
        "cooldowns 300 s": Scenario(rules=replace(rules, out_cooldown=300)),
        "scale-in cooldown 60 s": Scenario(rules=replace(rules, in_cooldown=60)),
        f"busy target {busy - 20:g} %": Scenario(rules=_with(rules, flow=busy - 20)),
        "busy target 95 %": Scenario(rules=_with(rules, flow=95)),
        "acceptable wait 1 minute": at(hasty),
        "acceptable wait 10 minutes": at(patient),
        "20 tasks at most": Scenario(rules=replace(rules, most=20)),
    }


def service_load(shape: str) -> Load:
    """A day of requests."""
    rules = numbers().service
    return load_of(shape, USUAL * rules.least * rules.policy("requests").target)


def worker_worth() -> float:
    """Messages a minute that a task takes at its target."""
    return numbers().worker.policy("flow").target / 100 * PACE.messages_per_minute


def worker_load(shape: str) -> Load:
    """A day of messages."""
    return load_of(shape, USUAL * numbers().worker.least * worker_worth())


@functools.cache
def service_run(name: str, shape: str, **other: Any) -> Run:
    """The day of *shape* of the service *name*; *other*: what a test varies."""
    scenario = services()[name]
    worth = numbers().service.policy("requests").target
    return serve(scenario.rules, service_load(shape), worth=worth, **{"carries": carries(), **scenario.more, **other})


@functools.cache
def worker_run(name: str, shape: str, **other: Any) -> Run:
    """The day of *shape* of the worker *name*."""
    scenario = workers()[name]
    return work(scenario.rules, worker_load(shape), worth=worker_worth(), **{"pace": PACE, **scenario.more, **other})


def service_over(name: str, shape: str) -> float:
    """Percent of task hours above those of somebody who knows the day before."""
    rules = numbers().service
    return service_run(name, shape).over(ideal_hours(service_load(shape), worth=rules.policy("requests").target, least=rules.least))


def worker_over(name: str, shape: str) -> float:
    """The same of a worker."""
    return worker_run(name, shape).over(ideal_hours(worker_load(shape), worth=worker_worth(), least=numbers().worker.least))


def recovered(run: Run, *, late: float = LATE) -> int:
    """Minutes from the spike until nobody waits too long any more."""
    return run.minutes_of_waiting(late, after=SPIKE_AT)
