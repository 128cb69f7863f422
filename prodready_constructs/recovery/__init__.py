"""Backups that cannot be deleted before their time, copied to a second region, and measured against what was promised.

Names are loaded when they are first asked for: whoever makes a vault in the second region does not wait for the rest.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prodready_constructs.recovery.backups.air_gapped import AirGappedVault as AirGappedVault
    from prodready_constructs.recovery.backups.audit import BackupAudit as BackupAudit
    from prodready_constructs.recovery.backups.plan import BackupPlan as BackupPlan
    from prodready_constructs.recovery.backups.times import BackupTimes as BackupTimes
    from prodready_constructs.recovery.backups.vault import BackupVault as BackupVault
    from prodready_constructs.recovery.drills.drill import Drill as Drill
    from prodready_constructs.recovery.drills.drills import Drills as Drills
    from prodready_constructs.recovery.drills.faults import FailOverCluster as FailOverCluster
    from prodready_constructs.recovery.drills.faults import FailOverDatabase as FailOverDatabase
    from prodready_constructs.recovery.drills.faults import StopTasks as StopTasks
    from prodready_constructs.recovery.drills.function_faults import FunctionDelay as FunctionDelay
    from prodready_constructs.recovery.drills.function_faults import FunctionErrors as FunctionErrors
    from prodready_constructs.recovery.drills.function_faults import prepare_function as prepare_function
    from prodready_constructs.recovery.drills.zone_power_loss import ZonePowerLoss as ZonePowerLoss
    from prodready_constructs.recovery.drills.zones import CutOffZone as CutOffZone
    from prodready_constructs.recovery.drills.zones import InterruptCachePower as InterruptCachePower
    from prodready_constructs.recovery.objectives.arithmetic import Measured as Measured
    from prodready_constructs.recovery.objectives.arithmetic import ServiceRecovery as ServiceRecovery
    from prodready_constructs.recovery.objectives.objectives import Objectives as Objectives
    from prodready_constructs.recovery.procedures.automation import Automation as Automation
    from prodready_constructs.recovery.procedures.procedures import Procedures as Procedures
    from prodready_constructs.recovery.regions.counterpart import Counterpart as Counterpart
    from prodready_constructs.recovery.regions.region_switch import RegionSwitch as RegionSwitch
    from prodready_constructs.recovery.regions.secret_replica import SecretReplica as SecretReplica
    from prodready_constructs.recovery.regions.standby_plan import StandbyPlan as StandbyPlan
    from prodready_constructs.recovery.regions.steps import StandbyService as StandbyService
    from prodready_constructs.recovery.regions.steps import SwitchedName as SwitchedName
    from prodready_constructs.recovery.regions.switch_steps import Approve as Approve
    from prodready_constructs.recovery.regions.switch_steps import PromoteAurora as PromoteAurora
    from prodready_constructs.recovery.regions.switch_steps import PromoteReplica as PromoteReplica
    from prodready_constructs.recovery.regions.switch_steps import RegionalService as RegionalService
    from prodready_constructs.recovery.regions.switch_steps import ScaleService as ScaleService
    from prodready_constructs.recovery.regions.switch_steps import SwitchNames as SwitchNames
    from prodready_constructs.recovery.testing.checks import BucketCheck as BucketCheck
    from prodready_constructs.recovery.testing.checks import DatabaseCheck as DatabaseCheck
    from prodready_constructs.recovery.testing.checks import Expectation as Expectation
    from prodready_constructs.recovery.testing.checks import TableCheck as TableCheck
    from prodready_constructs.recovery.testing.restore_test import RestoreTest as RestoreTest

__all__ = [
    "AirGappedVault",
    "Approve",
    "Automation",
    "BackupAudit",
    "BackupPlan",
    "BackupTimes",
    "BackupVault",
    "BucketCheck",
    "Counterpart",
    "CutOffZone",
    "DatabaseCheck",
    "Drill",
    "Drills",
    "Expectation",
    "FailOverCluster",
    "FailOverDatabase",
    "FunctionDelay",
    "FunctionErrors",
    "InterruptCachePower",
    "Measured",
    "Objectives",
    "Procedures",
    "PromoteAurora",
    "PromoteReplica",
    "RegionSwitch",
    "RegionalService",
    "RestoreTest",
    "ScaleService",
    "SecretReplica",
    "ServiceRecovery",
    "StandbyPlan",
    "StandbyService",
    "StopTasks",
    "SwitchNames",
    "SwitchedName",
    "TableCheck",
    "ZonePowerLoss",
    "prepare_function",
]

_HOMES = {
    "procedures.automation": "Automation",
    "procedures.procedures": "Procedures",
    "backups.air_gapped": "AirGappedVault",
    "backups.audit": "BackupAudit",
    "backups.plan": "BackupPlan",
    "backups.times": "BackupTimes",
    "backups.vault": "BackupVault",
    "drills.drill": "Drill",
    "drills.drills": "Drills",
    "drills.faults": "FailOverCluster FailOverDatabase StopTasks",
    "drills.function_faults": "FunctionDelay FunctionErrors prepare_function",
    "drills.zone_power_loss": "ZonePowerLoss",
    "drills.zones": "CutOffZone InterruptCachePower",
    "objectives.arithmetic": "Measured ServiceRecovery",
    "objectives.objectives": "Objectives",
    "regions.counterpart": "Counterpart",
    "regions.region_switch": "RegionSwitch",
    "regions.secret_replica": "SecretReplica",
    "regions.standby_plan": "StandbyPlan",
    "regions.steps": "StandbyService SwitchedName",
    "regions.switch_steps": "Approve PromoteAurora PromoteReplica RegionalService ScaleService SwitchNames",
    "testing.checks": "BucketCheck DatabaseCheck Expectation TableCheck",
    "testing.restore_test": "RestoreTest",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
