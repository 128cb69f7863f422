"""Releases: how a new version takes over, and what no service could do."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import Release


@pytest.mark.parametrize(
    ("release", "steps", "duration"),
    [
        (Release(strategy="ALL_AT_ONCE"), 0, timedelta(0)),
        (Release(strategy="BLUE_GREEN"), 0, timedelta(minutes=5)),
        (Release(), 1, timedelta(minutes=20)),
        (Release(strategy="LINEAR"), 9, timedelta(minutes=140)),
        (Release(strategy="LINEAR", percent=30), 3, timedelta(minutes=50)),
    ],
)
@pytest.mark.control("WEB-4")
def test_a_release_knows_how_long_it_waits(release: Release, steps: int, duration: timedelta) -> None:
    assert (release.steps, release.duration) == (steps, duration)
    assert release.shifts_traffic is (release.strategy != "ALL_AT_ONCE")


def test_the_usual_release_is_the_canary_of_the_ledger() -> None:
    usual = Release()
    assert (usual.strategy, usual.percent, usual.bake) == ("CANARY", 10, timedelta(minutes=15))


@pytest.mark.control("WEB-4", "LIB-2")
@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"strategy": "ROLLING"}, "Release.strategy: got 'ROLLING'; allowed: one of 'ALL_AT_ONCE', 'BLUE_GREEN', 'CANARY', 'LINEAR'"),
        ({"percent": 0}, "Release.percent: got 0; allowed: 1 to 99 (of the visitors; all of them at once is BLUE_GREEN)"),
        ({"strategy": "LINEAR", "percent": 2}, "Release.percent: got 2; allowed: 3 to 99"),
        ({"bake": timedelta(days=2)}, "Release.bake: got '2 days'; allowed: 0:01:00 to 1 day (as long as Amazon ECS waits)"),
        ({"settle": timedelta(0)}, "Release.settle: got '0:00:00'; allowed: 0:01:00 to 1 day"),
        ({"bake": timedelta(seconds=90)}, "Release.bake: got '0:01:30'; allowed: whole minutes; use 1 minutes"),
        (
            {"strategy": "LINEAR", "bake": timedelta(hours=4)},
            "Release.bake: got '9 steps of 4:00:00 and 0:05:00 after them: 1 day, 12:05:00'; allowed: 1 day, 9:00:00 in all: CloudFormation",
        ),
    ],
)
def test_what_no_release_can_be(values: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        Release(**values)  # type: ignore[arg-type]
