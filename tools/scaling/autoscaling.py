"""Target tracking of Application Auto Scaling, as its documentation describes it.

Documented: capacity in proportion to the metric, rounded up; any policy may scale out, the largest wish counts; in, only when all policies
that may scale in are ready; no data is no decision; a scale-out cooldown begins when the new tasks run; until it ends, only a larger step
from where it began goes through, less what was added already; a scale-in cooldown holds up no scale-out.
Seen on the alarms that AWS makes, not promised: out after 3 minutes above the target, in after 15 below 90 % of it.
Assumed: a metric is known a minute after its minute; scaling in takes away a tenth at once, one task at least ("more gradually", says AWS).

Sources: https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html,
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-autoscaling-targettracking.html
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

MINUTE = 60
#: Minutes that a metric must be above the target, or below :data:`LOW` of it.
HIGH_MINUTES, LOW_MINUTES = 3, 15
LOW = 0.9
#: Minutes until a metric is known.
LAG = 1
#: What scaling in takes at once, at most.
SHARE_IN = 0.1
#: Seconds; Application Auto Scaling's own for ECS, where a policy states none.
DEFAULT_COOLDOWN = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One target tracking policy."""

    name: str
    target: float
    scales_in: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The scaling of one service: bounds, policies, cooldowns in seconds."""

    least: int
    most: int
    policies: tuple[Policy, ...]
    out_cooldown: int = DEFAULT_COOLDOWN
    in_cooldown: int = DEFAULT_COOLDOWN

    def policy(self, name: str) -> Policy:
        """The policy *name*."""
        return next(policy for policy in self.policies if policy.name == name)


@dataclass(slots=True)
class Tracker:
    """Decides each minute how many tasks there should be. *start_seconds*: how long a task needs until it runs."""

    rules: Rules
    start_seconds: int
    share_in: float = SHARE_IN
    desired: int = 0
    outs: int = 0
    ins: int = 0
    _history: dict[str, list[float | None]] = field(default_factory=dict)
    _out_until: float = 0
    _in_until: float = 0
    #: Tasks when the cooldown began that still lasts.
    _base: int = 0

    def __post_init__(self) -> None:
        self.desired = self.desired or self.rules.least
        self._history = {policy.name: [] for policy in self.rules.policies}

    def decide(self, now: float, metrics: Mapping[str, float | None]) -> int:
        """The tasks wanted at *now*, the end of a minute with these *metrics*; None where there is no data."""
        for name, seen in self._history.items():
            seen.append(metrics.get(name))
        if now >= self._out_until:
            self._base = self.desired
        wishes = [wish for policy in self.rules.policies if (wish := self._out(policy)) is not None]
        if wishes and (wanted := min(max(wishes), self.rules.most)) > self.desired:
            self.desired, self.outs = wanted, self.outs + 1
            self._out_until = now + self.start_seconds + self.rules.out_cooldown
        elif not wishes and now >= self._in_until:
            self._scale_in(now)
        return self.desired

    def _known(self, policy: Policy, minutes: int) -> list[float] | None:
        seen = self._history[policy.name]
        window = seen[max(0, len(seen) - LAG - minutes) : len(seen) - LAG]
        values = [value for value in window if value is not None]
        return values if len(values) == minutes else None

    @staticmethod
    def _wish(policy: Policy, metric: float, tasks: int) -> int:
        return math.ceil(round(max(tasks, 1) * metric / policy.target, 9))

    def _out(self, policy: Policy) -> int | None:
        values = self._known(policy, HIGH_MINUTES)
        return self._wish(policy, values[-1], self._base) if values and min(values) > policy.target else None

    def _scale_in(self, now: float) -> None:
        wishes = []
        for policy in self.rules.policies:
            if policy.scales_in:
                values = self._known(policy, LOW_MINUTES)
                if values is None or max(values) >= LOW * policy.target:
                    return
                wishes.append(self._wish(policy, values[-1], self.desired))
        slowest = self.desired - max(1, math.floor(self.desired * self.share_in))
        wanted = max([*wishes, slowest, self.rules.least])
        if wishes and wanted < self.desired:
            self.desired, self.ins = wanted, self.ins + 1
            self._in_until = now + self.rules.in_cooldown
