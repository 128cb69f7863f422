"""A day of a web service and of a queue worker, in steps of ten seconds."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from prodready_constructs.compute.workers.backlog import Pace, backlog_per_task, busy_percent
from tools.scaling.autoscaling import MINUTE, SHARE_IN, Rules, Tracker
from tools.scaling.loads import STEP, Load

#: Seconds. Assumed: a Fargate task with an image of some hundred MB runs after a minute. Documented: a new target must pass one health check.
START, HEALTH_INTERVAL, DRAIN = 60, 30, 30
#: A request that waits longer than a load balancer does is lost.
PATIENCE = 60
#: What waits this long is late: the threshold of the alarm ``SlowResponses``.
LATE = 0.5


@dataclass(slots=True, kw_only=True)
class Run:
    """What happened in a day; the lists have a value a minute."""

    arrived: float = 0
    late: float = 0
    lost: float = 0
    worst_wait: float = 0
    task_hours: float = 0
    outs: int = 0
    ins: int = 0
    #: What the load needs, in tasks at their targets; tasks that serve; seconds of waiting.
    needed: list[float] = field(default_factory=list)
    tasks: list[int] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    @property
    def late_percent(self) -> float:
        """Of what arrived, what waited too long and was not lost."""
        return 100 * self.late / self.arrived

    @property
    def lost_percent(self) -> float:
        """Of what arrived, what nobody answered in time."""
        return 100 * self.lost / self.arrived

    def over(self, ideal_hours: float) -> float:
        """Percent of task hours above *ideal_hours*."""
        return 100 * (self.task_hours / ideal_hours - 1)

    def minutes_of_waiting(self, longer_than: float, *, after: float = 0) -> int:
        """Minutes from *after* (seconds) until nothing waits longer than *longer_than* seconds any more."""
        first = int(after // MINUTE)
        waiting = [minute for minute, wait in enumerate(self.waits) if minute >= first and wait > longer_than]
        return waiting[-1] + 1 - first if waiting else 0


class _Fleet:
    """Tasks: those that serve, those that start, those that end, and what they cost."""

    def __init__(self, serving: int, *, start: int) -> None:
        self.serving, self._start = serving, start
        self._starting: list[float] = []
        self._ending: list[float] = []
        self.seconds = 0.0

    def follow(self, now: float, desired: int) -> None:
        """Start or end tasks, so that there will be *desired*; those that only start are ended first."""
        missing = desired - self.serving - len(self._starting)
        self._starting += [now + self._start] * max(missing, 0)
        surplus = max(-missing, 0)
        unstarted = min(surplus, len(self._starting))
        del self._starting[len(self._starting) - unstarted :]
        self.serving -= surplus - unstarted
        self._ending += [now + DRAIN] * (surplus - unstarted)

    def step(self, now: float) -> None:
        """Let ten seconds pass."""
        self.serving += sum(ready <= now for ready in self._starting)
        self._starting = [ready for ready in self._starting if ready > now]
        self._ending = [end for end in self._ending if end > now]
        self.seconds += STEP * (self.serving + len(self._starting) + len(self._ending))


def _day(
    rules: Rules,
    load: Load,
    *,
    carries: float,
    start: int,
    patience: float,
    late: float,
    worth: float,
    share_in: float,
    metrics: Callable[[float, float, float, int], Mapping[str, float | None]],
) -> Run:
    """*carries*: what a task does in a minute at most; *worth*: at its targets. *metrics* of arrived, done, waiting, tasks."""
    # A day begins with as many tasks as it needs.
    tracker = Tracker(rules, start, share_in, desired=min(max(rules.least, math.ceil(load[0] / worth)), rules.most))
    fleet, run = _Fleet(tracker.desired, start=start), Run()
    #: Since when, and how much: the oldest first.
    line: deque[list[float]] = deque()
    waiting = arrived = done = 0.0
    for step, rate in enumerate(load):
        now = step * STEP
        fleet.step(now)
        new, able = rate * STEP / MINUTE, fleet.serving * carries * STEP / MINUTE
        line.append([now, new])
        arrived, run.arrived, served = arrived + new, run.arrived + new, 0.0
        while line and (served < able or now - line[0][0] > patience):
            since, amount = line[0]
            if now - since > patience:
                run.lost, part = run.lost + amount, amount
            else:
                part = min(amount, able - served)
                served += part
                run.late += part if now - since > late else 0.0
            if part == amount:
                line.popleft()
            else:
                line[0][1] -= part
        done += served
        wait = now - line[0][0] + STEP if line else 0.0
        run.worst_wait = max(run.worst_wait, wait)
        if (now + STEP) % MINUTE == 0:
            waiting = sum(amount for _, amount in line)
            run.needed.append(arrived / worth)
            run.tasks.append(fleet.serving)
            run.waits.append(wait)
            fleet.follow(now + STEP, tracker.decide(now + STEP, metrics(arrived, done, waiting, fleet.serving)))
            arrived = done = 0.0
    run.task_hours, run.outs, run.ins = fleet.seconds / 3_600, tracker.outs, tracker.ins
    return run


def serve(
    rules: Rules,
    load: Load,
    *,
    carries: float,
    worth: float,
    memory: float = 40,
    blind: bool = False,
    start: int = START + HEALTH_INTERVAL,
    share_in: float = SHARE_IN,
) -> Run:
    """A web service.

    *carries*: requests a minute that keep a task's CPU at 100 %; *worth*: what it is meant to carry, for the plot. *memory*: percent in use,
    whatever the load. *blind*: the policy *requests* looks at a target group that has no traffic.
    """

    def metrics(arrived: float, done: float, waiting: float, tasks: int) -> dict[str, float | None]:
        del waiting
        return {"cpu": 100 * done / (tasks * carries), "memory": memory, "requests": None if blind else arrived / tasks}

    return _day(
        rules,
        load,
        carries=carries,
        start=start,
        patience=PATIENCE,
        late=LATE,
        worth=worth,
        share_in=share_in,
        metrics=metrics,
    )


def work(rules: Rules, load: Load, pace: Pace, *, worth: float, start: int = START, share_in: float = SHARE_IN) -> Run:
    """A queue worker at *pace*; late is what waits longer than its acceptable wait, and nothing is ever lost."""

    def metrics(arrived: float, done: float, waiting: float, tasks: int) -> dict[str, float | None]:
        del done
        return {"backlog": backlog_per_task(waiting, tasks), "flow": busy_percent(arrived, tasks, pace)}

    return _day(
        rules,
        load,
        carries=pace.messages_per_minute,
        start=start,
        patience=math.inf,
        late=pace.acceptable_wait.total_seconds(),
        worth=worth,
        share_in=share_in,
        metrics=metrics,
    )


def ideal_hours(load: Load, *, worth: float, least: int) -> float:
    """The task hours of somebody who knows the day before: tasks at their targets, never less than *least*."""
    return sum(max(rate / worth, least) * STEP for rate in load) / 3_600
