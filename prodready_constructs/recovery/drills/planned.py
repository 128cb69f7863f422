"""What a fault comes to: one action of an AWS FIS experiment on one target, and what its role must be allowed for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from prodready_constructs.errors import ConfigurationError

#: Bounds of every action that lasts. Source: https://docs.aws.amazon.com/fis/latest/userguide/fis-actions-reference.html
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(hours=12)
#: An IAM statement without its ``Effect``, which is ``Allow``.
Statement = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One action on one target.

    Attributes:
        name: of target and action in the template.
        does: what it does, for a person: one clause.
        action, target_key, resource_type: as AWS FIS calls them.
        selection: ``ALL``, ``COUNT(n)`` or ``PERCENT(n)`` of what the target finds.
        allowed: what the role may do for it; reads: what it may look at, which no resource can narrow.
        arns, tags, parameters, filters: what the target finds; FIS takes ARNs without any of the others.
        settings: of the action; lasts: how long, None for what is over at once.
        shows: the command by which what was broken says when it went and when it was back.
    """

    name: str
    does: str
    action: str
    target_key: str
    resource_type: str
    selection: str
    allowed: tuple[Statement, ...]
    reads: tuple[str, ...]
    arns: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    filters: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    lasts: timedelta | None = None
    shows: str = ""


class Fault(Protocol):
    """Something that can be broken for a while; *where* is the drill, for refusals."""

    def planned(self, where: str) -> tuple[Planned, ...]: ...


def iso_8601(duration: timedelta) -> str:
    """``PT5M``: as AWS FIS writes a duration."""
    return f"PT{int(duration.total_seconds()) // 60}M"


def check_duration(where: str, lasts: timedelta) -> None:
    """Refuse what AWS FIS does not take."""
    if not SHORTEST <= lasts <= LONGEST or lasts % SHORTEST:
        raise ConfigurationError(
            where,
            given=str(lasts),
            allowed="whole minutes, from 1 minute to 12 hours, as AWS FIS takes them",
            mend="begin with 10 minutes: long enough for every alarm to speak",
        )


def check_zone(where: str, zone: str, zones: list[str]) -> None:
    """Refuse a zone in which there is nothing to break."""
    if zone not in zones:
        raise ConfigurationError(
            f"{where}: zone",
            given=zone,
            allowed=", ".join("zones that only the deployment knows" if "${" in one else one for one in dict.fromkeys(zones)),
            mend="name one of the VPC's zones; a stack whose zones are not stated has to state them first",
        )


def portion(where: str, *, count: int | None, percent: int | None) -> str:
    """The selection mode: so many, or so much of them.

    Source: https://docs.aws.amazon.com/fis/latest/userguide/targets.html
    """
    if (count is None) == (percent is None):
        raise ConfigurationError(
            where, given=f"count={count}, percent={percent}", allowed="one of the two", mend="say count=1, or percent=50 without a count"
        )
    if count is not None and count < 1:
        raise ConfigurationError(
            f"{where}: count", given=count, allowed="1 or more", mend="a target that selects nothing makes no drill: say 1"
        )
    if percent is not None and not 1 <= percent <= 100:
        raise ConfigurationError(
            f"{where}: percent", given=percent, allowed="1 to 100", mend="a target that selects nothing makes no drill: say 50"
        )
    return f"COUNT({count})" if count is not None else f"PERCENT({percent})"
