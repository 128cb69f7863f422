"""How much bastion: its size, when it is there, how long a session may last, who hears of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture._check import within
from prodready_constructs.posture.workers import OffHours

#: AWS Graviton: the generation is followed by a g (t4g, m7gd, c6gn); g4dn and g6 are graphics on other processors.
_GRAVITON = re.compile(r"[a-z]+[0-9]+g[a-z]*\.[a-z0-9-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class BastionPosture:
    """Degrees of ``network.SessionBastion``.

    Attributes:
        instance_type: with an AWS Graviton processor: ``t4g.nano``. A tunnel needs hardly any of it.
        off_hours: when there is no bastion; whoever may open sessions may wake it. None for one that is always there.
        max_lifetime: after so long an instance is replaced by one of the newest image; that is how it is patched.
        idle_timeout: a session without traffic ends after so many whole minutes.
        max_session: every session ends after so many whole minutes.
        log_retention: how long what was said in shells is kept.
        announce_sessions: whether the warning topic hears of every session, and of a bastion that was woken. Needs a trail in the account.
        transfer_gib: GiB out of the bastion in an hour above which somebody looks who is copying what.
    """

    instance_type: str
    off_hours: OffHours | None
    max_lifetime: timedelta
    idle_timeout: timedelta
    max_session: timedelta
    log_retention: timedelta
    announce_sessions: bool
    transfer_gib: int

    def __post_init__(self) -> None:
        if not _GRAVITON.fullmatch(self.instance_type):
            raise ConfigurationError(
                "BastionPosture.instance_type",
                given=self.instance_type,
                allowed="an instance type with an AWS Graviton processor: the image is for arm64",
                mend="use t4g.nano",
            )
        for name, value, longest, because in (
            ("idle_timeout", self.idle_timeout, timedelta(minutes=60), "what Session Manager offers"),
            ("max_session", self.max_session, timedelta(minutes=1440), "what Session Manager offers"),
        ):
            within(f"BastionPosture.{name}", value, timedelta(minutes=1), longest, because=because)
            if value % timedelta(minutes=1):
                raise ConfigurationError(
                    f"BastionPosture.{name}", given=str(value), allowed="whole minutes", mend=f"use {value // timedelta(minutes=1)} minutes"
                )
        if self.idle_timeout > self.max_session:
            raise ConfigurationError(
                "BastionPosture.idle_timeout, max_session",
                given=f"{self.idle_timeout} > {self.max_session}",
                allowed="the first at most the second",
                mend="a session that has ended cannot be idle: shorten idle_timeout",
            )
        within(
            "BastionPosture.max_lifetime",
            self.max_lifetime,
            timedelta(days=1),
            timedelta(days=30),
            because="Auto Scaling replaces after a day at the earliest; an image older than a month lacks patches",
        )
        within("BastionPosture.transfer_gib", self.transfer_gib, 1, 1_000, because="a person at a prompt stays below; a copy does not")
