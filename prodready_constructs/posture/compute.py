"""How much compute: task size, counts, scaling targets and log retention."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture._check import one_of, ordered, within
from prodready_constructs.posture.release import Release

_GIB = 1024
#: CPU units -> memory in MiB that Fargate offers with them (Amazon ECS developer guide, task definition parameters).
FARGATE_SIZES: dict[int, tuple[int, ...]] = {
    256: (512, 1 * _GIB, 2 * _GIB),
    512: tuple(range(1 * _GIB, 4 * _GIB + 1, _GIB)),
    1024: tuple(range(2 * _GIB, 8 * _GIB + 1, _GIB)),
    2048: tuple(range(4 * _GIB, 16 * _GIB + 1, _GIB)),
    4096: tuple(range(8 * _GIB, 30 * _GIB + 1, _GIB)),
    8192: tuple(range(16 * _GIB, 60 * _GIB + 1, 4 * _GIB)),
    16384: tuple(range(32 * _GIB, 120 * _GIB + 1, 8 * _GIB)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputePosture:
    """Degrees of ``compute.WebService``.

    Attributes:
        cpu: CPU units of a task (1024 is one vCPU); memory_mib: memory of a task in MiB. Only Fargate's pairs.
        architecture: ``arm64`` (cheaper) or ``x86_64``.
        min_tasks, max_tasks: bounds of scaling.
        cpu_target, memory_target: percent that target tracking keeps; requests_per_target: requests per task and minute.
        scale_out_cooldown, scale_in_cooldown: the time between two steps up, and between two steps down (``docs/scaling.md``).
        spot_weight: percent of the tasks above *min_tasks* that run on Fargate Spot, which AWS takes back with two minutes' notice; 0 for none.
        may_sleep: whether a service may be scaled to zero off-hours; where somebody is served day and night it may not.
        image_pinning: ``DIGEST`` (an image named by a tag is refused) or ``TAG`` (it is mentioned at synth).
        release: how a new version takes over; a service that no load balancer asks always changes all at once.
        log_retention: the service's own logs.
    """

    cpu: int
    memory_mib: int
    architecture: Literal["arm64", "x86_64"]
    min_tasks: int
    max_tasks: int
    cpu_target: int
    memory_target: int
    requests_per_target: int
    scale_out_cooldown: timedelta
    scale_in_cooldown: timedelta
    spot_weight: int
    may_sleep: bool
    image_pinning: Literal["DIGEST", "TAG"]
    release: Release
    log_retention: timedelta

    def __post_init__(self) -> None:
        one_of("ComputePosture.cpu", self.cpu, tuple(FARGATE_SIZES), because="CPU units Fargate offers")
        if self.memory_mib not in FARGATE_SIZES[self.cpu]:
            sizes = FARGATE_SIZES[self.cpu]
            raise ConfigurationError(
                "ComputePosture.memory_mib",
                given=f"{self.memory_mib} with cpu={self.cpu}",
                allowed=f"{sizes[0]} to {sizes[-1]} MiB in Fargate's steps for {self.cpu} CPU units",
                mend=f"use {min(sizes, key=lambda size: abs(size - self.memory_mib))} MiB",
            )
        one_of("ComputePosture.architecture", self.architecture, ("arm64", "x86_64"), because="Fargate's architectures")
        within("ComputePosture.min_tasks", self.min_tasks, 1, 5_000, because="a service of zero tasks serves nobody")
        ordered("ComputePosture.min_tasks, max_tasks", self.min_tasks, self.max_tasks, mend="raise max_tasks")
        within("ComputePosture.cpu_target", self.cpu_target, 10, 90, because="above 90 % a zone's loss cannot be absorbed")
        within("ComputePosture.memory_target", self.memory_target, 10, 90, because="above 90 % tasks are killed before scaling helps")
        within(
            "ComputePosture.requests_per_target",
            self.requests_per_target,
            1,
            1_000_000,
            because="requests a minute that one task can serve",
        )
        for name, value in (("scale_out_cooldown", self.scale_out_cooldown), ("scale_in_cooldown", self.scale_in_cooldown)):
            within(
                f"ComputePosture.{name}",
                value,
                timedelta(seconds=30),
                timedelta(hours=1),
                because="a step must show in the metrics before the next one",
            )
        within("ComputePosture.spot_weight", self.spot_weight, 0, 90, because="scaling must go on when there is no Spot capacity")
        one_of("ComputePosture.image_pinning", self.image_pinning, ("DIGEST", "TAG"), because="a digest never names another image")
