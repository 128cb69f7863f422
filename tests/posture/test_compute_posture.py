"""The compute posture refuses what Fargate does not offer and what could not serve."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import PRODUCTION, STAGING


@pytest.mark.control("WEB-3")
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"cpu": 500}, r"ComputePosture.cpu: got 500; allowed: one of 256, 512, .* \(CPU units Fargate offers\)"),
        (
            {"cpu": 256, "memory_mib": 4096},
            r"ComputePosture.memory_mib: got '4096 with cpu=256'; allowed: 512 to 2048 MiB in Fargate's steps .*; use 2048 MiB",
        ),
        ({"cpu": 8192, "memory_mib": 17 * 1024}, r"got '17408 with cpu=8192'; .*; use 16384 MiB"),
        ({"architecture": "riscv"}, r"ComputePosture.architecture: got 'riscv'; allowed: one of 'arm64', 'x86_64'"),
        ({"min_tasks": 0}, r"ComputePosture.min_tasks: got 0; allowed: 1 to 5000 \(a service of zero tasks serves nobody\)"),
        ({"min_tasks": 11}, r"min_tasks, max_tasks: got '11 > 10'; allowed: the first at most the second; raise max_tasks"),
        ({"cpu_target": 95}, r"ComputePosture.cpu_target: got 95; allowed: 10 to 90"),
        ({"memory_target": 5}, r"ComputePosture.memory_target: got 5; allowed: 10 to 90 .*; the nearest is 10"),
        ({"requests_per_target": 0}, r"ComputePosture.requests_per_target: got 0; allowed: 1 to 1000000"),
        ({"spot_weight": 100}, r"spot_weight: got 100; allowed: 0 to 90 \(scaling must go on when there is no Spot capacity\)"),
        ({"spot_weight": -1}, r"spot_weight: got -1; allowed: 0 to 90"),
        (
            {"image_pinning": "NONE"},
            r"ComputePosture.image_pinning: got 'NONE'; allowed: one of 'DIGEST', 'TAG' .*never names another image",
        ),
    ],
)
def test_refuses(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        replace(PRODUCTION.compute, **wrong)


@pytest.mark.control("WEB-3")
def test_production_survives_the_loss_of_a_task_and_staging_is_smaller() -> None:
    assert (PRODUCTION.compute.min_tasks, PRODUCTION.compute.max_tasks) == (2, 10)
    assert (STAGING.compute.min_tasks, STAGING.compute.max_tasks) == (1, 2)


@pytest.mark.control("WEB-3")
@pytest.mark.control("COST-4")
def test_production_runs_digests_day_and_night() -> None:
    assert (PRODUCTION.compute.image_pinning, PRODUCTION.compute.may_sleep) == ("DIGEST", False)
    assert (STAGING.compute.image_pinning, STAGING.compute.may_sleep) == ("TAG", True)
