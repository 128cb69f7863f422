"""The bastion: what its posture refuses."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import PRODUCTION, STAGING, OffHours

BASTION = PRODUCTION.bastion


@pytest.mark.control("NET-7", "COST-4")
def test_it_sleeps_at_night_and_production_hears_of_sessions() -> None:
    assert BASTION.off_hours == STAGING.bastion.off_hours == OffHours()
    assert BASTION.announce_sessions
    assert not STAGING.bastion.announce_sessions
    assert BASTION.idle_timeout <= timedelta(minutes=15), "PCI DSS 3.2.1 8.1.8"
    assert BASTION.log_retention >= timedelta(days=365), "PCI DSS 3.2.1 10.7"


@pytest.mark.control("NET-7")
@pytest.mark.parametrize("kind", ["t4g.nano", "t4g.micro", "m7gd.large", "c6gn.medium", "x2gd.metal", "r8g.metal-24xl"])
def test_takes_every_graviton(kind: str) -> None:
    assert replace(BASTION, instance_type=kind).instance_type == kind


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


@pytest.mark.control("NET-7")
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        *(
            (
                {"instance_type": kind},
                f"BastionPosture.instance_type: got {kind!r}; allowed: an instance type with an AWS Graviton processor: the image is for arm64; "
                "use t4g.nano",
            )
            for kind in ("t3.nano", "g4dn.xlarge", "m7i.large", "t4g", "nano", "")
        ),
        (
            {"idle_timeout": minutes(0)},
            "BastionPosture.idle_timeout: got '0:00:00'; allowed: 0:01:00 to 1:00:00 (what Session Manager offers)",
        ),
        ({"idle_timeout": minutes(61)}, "BastionPosture.idle_timeout: got '1:01:00'; allowed: 0:01:00 to 1:00:00"),
        ({"idle_timeout": minutes(1.5)}, "BastionPosture.idle_timeout: got '0:01:30'; allowed: whole minutes; use 1 minutes"),
        (
            {"max_session": minutes(0.5)},
            "BastionPosture.max_session: got '0:00:30'; allowed: 0:01:00 to 1 day (what Session Manager offers)",
        ),
        ({"max_session": minutes(1441)}, "BastionPosture.max_session: got '1 day, 0:01:00'; allowed: 0:01:00 to 1 day"),
        (
            {"max_session": minutes(10)},
            "BastionPosture.idle_timeout, max_session: got '0:15:00 > 0:10:00'; allowed: the first at most the second; "
            "a session that has ended cannot be idle: shorten idle_timeout",
        ),
        (
            {"max_lifetime": timedelta(hours=23)},
            "BastionPosture.max_lifetime: got '23:00:00'; allowed: 1 day to 30 days (Auto Scaling replaces",
        ),
        ({"max_lifetime": timedelta(days=31)}, "BastionPosture.max_lifetime: got '31 days'; allowed: 1 day to 30 days"),
        ({"transfer_gib": 0}, "BastionPosture.transfer_gib: got 0; allowed: 1 to 1000 (a person at a prompt stays below; a copy does not)"),
    ],
)
def test_refuses(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        replace(BASTION, **wrong)


@pytest.mark.control("COST-4")
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"start": "7:00"}, "OffHours.start: got '7:00'; allowed: 00:00 to 23:59"),
        (
            {"start": "19:00", "stop": "07:00"},
            "OffHours.start, stop: got '19:00 to 07:00'; allowed: a working day that ends on the day it begins",
        ),
        ({"days": ("MONDAY",)}, "OffHours.days: got ('MONDAY',); allowed: each of MON, TUE"),
        ({"time_zone": "Europe/Atlantis"}, "OffHours.time_zone: got 'Europe/Atlantis'; allowed: a name of the IANA time zone database"),
    ],
)
def test_refuses_hours_that_never_come(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        replace(BASTION, off_hours=OffHours(**wrong))
