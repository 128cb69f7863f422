"""Backups that cannot be deleted before their time, copied to a second region, and measured against what was promised.

Names are loaded when they are first asked for: whoever makes a vault in the second region does not wait for the rest.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prodready_constructs.recovery.backups.plan import BackupPlan as BackupPlan
    from prodready_constructs.recovery.backups.vault import BackupVault as BackupVault

__all__ = [
    "BackupPlan",
    "BackupVault",
]

_HOMES = {
    "backups.plan": "BackupPlan",
    "backups.vault": "BackupVault",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
