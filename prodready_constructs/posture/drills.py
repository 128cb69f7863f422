"""How careful with drills: whether real users are behind the environment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.posture._check import within


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillPosture:
    """Degrees of ``recovery.Drills``.

    Attributes:
        real_users: whether somebody would suffer: then every drill has to say why it is there.
        log_retention: how long the log of an experiment is kept, as proof that the drill was held.
    """

    real_users: bool
    log_retention: timedelta

    def __post_init__(self) -> None:
        within(
            "DrillPosture.log_retention",
            self.log_retention,
            timedelta(days=30),
            timedelta(days=3653),
            because="a drill whose log is gone before anybody asks proves nothing",
        )
