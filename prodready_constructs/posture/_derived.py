"""A posture made from another: for data of one class, or for certain regions. Every slice that has the value takes it."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

from prodready_constructs.posture.data import DataClass
from prodready_constructs.posture.recovery import RecoveryPosture

#: What slices call the time that backups are kept: automated backups, snapshots, the window of point-in-time recovery.
BACKUPS = ("backup_retention", "recovery_window", "snapshot_retention")


def changes_for(posture: Any, data_class: DataClass) -> dict[str, Any]:
    """Slice name -> slice, for every slice that keeps something as long as *data_class* says."""
    changed: dict[str, Any] = {"recovery": _plan(posture.recovery, data_class.backup_retention)}
    for one in fields(posture):
        slice_ = getattr(posture, one.name)
        has = {field.name for field in fields(slice_)}
        values: dict[str, Any] = {}
        if "log_retention" in has:
            values["log_retention"] = data_class.log_retention
        values |= {name: min(getattr(slice_, name), data_class.backup_retention) for name in BACKUPS if name in has}
        if "noncurrent_retention" in has:
            values["noncurrent_retention"] = data_class.noncurrent_retention
            values["archive_after"] = data_class.archive_after
            values["lock_retention"] = min(slice_.lock_retention, data_class.noncurrent_retention)
        if values:
            changed[one.name] = replace(slice_, **values)
    return changed


def changes_in(posture: Any, regions: tuple[str, ...]) -> dict[str, Any]:
    """Slice name -> slice, for every slice that says which regions are allowed."""
    return {
        one.name: replace(slice_, allowed_regions=regions)
        for one in fields(posture)
        if hasattr(slice_ := getattr(posture, one.name), "allowed_regions")
    }


def regions_of(posture: Any) -> dict[str, tuple[str, ...]]:
    """Slice name -> the regions it allows, for every slice that says so."""
    return {one.name: slice_.allowed_regions for one in fields(posture) if hasattr(slice_ := getattr(posture, one.name), "allowed_regions")}


def _plan(plan: RecoveryPosture, limit: timedelta) -> RecoveryPosture:
    weekly, monthly = (kept if kept is not None and kept <= limit else None for kept in (plan.weekly_retention, plan.monthly_retention))
    return replace(
        plan,
        daily_retention=min(plan.daily_retention, limit),
        weekly_retention=weekly,
        monthly_retention=monthly,
        monthly_cold_after=plan.monthly_cold_after if monthly else None,
    )
