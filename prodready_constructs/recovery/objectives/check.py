"""Does what is promised hold? Recovery facts against the posture's objectives."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from prodready_constructs.contracts import Recoverable
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import RecoveryPosture


def check_objectives(protecting: Mapping[str, Recoverable], posture: RecoveryPosture) -> list[dict[str, Any]]:
    """Refuse a store that loses more, or comes back later, than *posture* promises; return its facts as plain JSON.

    Every way back must keep the recovery point. The recovery time is kept by the quickest way (a standby, for the loss of a zone); a
    restore from backup, which takes longer, is listed beside it.

    Args:
        protecting: path -> store.
    """
    facts = []
    for path, store in protecting.items():
        ways = store.recovery_facts
        if not ways:
            raise ConfigurationError(
                path, given="no recovery fact", allowed="how the store comes back", mend="describe it in recovery_facts"
            )
        for way in ways:
            if way.recovery_point > posture.recovery_point:
                raise ConfigurationError(
                    f"{path}: recovery point of {way.store}",
                    given=plain(way.recovery_point),
                    allowed=f"{plain(posture.recovery_point)} at most, which posture.recovery_point promises",
                    mend="turn on point-in-time recovery for this store, or promise less",
                )
        quickest = min(ways, key=lambda way: way.recovery_time)
        if quickest.recovery_time > posture.recovery_time:
            raise ConfigurationError(
                f"{path}: recovery time of {quickest.store}",
                given=plain(quickest.recovery_time),
                allowed=f"{plain(posture.recovery_time)} at most, which posture.recovery_time promises",
                mend="give the store a standby, or promise less",
            )
        facts += [{"construct": path, **way.as_json()} for way in ways]
    return facts


def plain(value: timedelta) -> str:
    """*value* without what it has none of."""
    return str(value).removesuffix(", 0:00:00")
