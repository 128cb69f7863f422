"""The posture of a second region, made from the first one's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from prodready_constructs.posture.database import RESTORE_FROM_BACKUP


def warm_standby(posture: Any) -> dict[str, Any]:
    """Slice name -> slice: half of the tasks, and no service without a spare that has one."""
    return {
        "compute": replace(posture.compute, min_tasks=max(-(-posture.compute.min_tasks // 2), min(2, posture.compute.min_tasks))),
        "regions": replace(posture.regions, readiness="WARM_STANDBY"),
    }


def pilot_light(posture: Any) -> dict[str, Any]:
    """Slice name -> slice: one of each, and the recovery times that one of each keeps."""
    alone = {
        name: replace(slice_, recovery_time=max(slice_.recovery_time, RESTORE_FROM_BACKUP), **changes)
        for name, slice_, changes in (
            ("database", posture.database, {"multi_az": False}),
            ("aurora", posture.aurora, {"readers": 0}),
            ("cache", posture.cache, {"multi_az": False, "replicas": 0}),
            ("recovery", posture.recovery, {}),
        )
    }
    return {
        **alone,
        "compute": replace(posture.compute, min_tasks=1),
        "regions": replace(posture.regions, readiness="PILOT_LIGHT", recovery_time=max(posture.regions.recovery_time, RESTORE_FROM_BACKUP)),
    }
