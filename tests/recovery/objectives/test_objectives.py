"""RPO and RTO: the arithmetic on AWS's own examples, what decides, what a measurement replaces, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import aws_cdk as cdk
import pytest

from prodready_constructs import PRODUCTION, STAGING, Measured, MultiAzDatabase, Objectives, ServiceRecovery
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.recovery.backups.times import COMPLETION_WINDOW, START_WINDOW
from prodready_constructs.recovery.objectives.arithmetic import (
    REPLICATION_TIME_CONTROL,
    in_whole_minutes,
    led_over,
    scheduled,
    way_back,
)
from prodready_constructs.recovery.objectives.sources import documented, point_source
from tests.recovery.stores import BACKUP, STANDBY, Factless, Store
from tests.recovery.testing.parts import private_vpc
from tests.support.synthesis import new_stack, synth

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TODAY = date(2026, 6, 30)
DRILL = Measured(recovery_time=40 * MINUTE, on=date(2026, 6, 1), how="restore test job-1")

pytestmark = pytest.mark.control("DR-4")


def objectives(stack: cdk.Stack, *stores: Any, **changes: Any) -> Objectives:
    given = {"posture": PRODUCTION.recovery, **changes}
    return Objectives(stack, "Objectives", **{"stores": stores or (Store(stack, "Orders"),), **given})


def a_service(stack: cdk.Stack, *needs: Any, **changes: Any) -> ServiceRecovery:
    return ServiceRecovery(service=Store(stack, "Shop"), needs=needs, **changes)


# --- arithmetic, on the examples of AWS's documentation ---


@pytest.mark.parametrize(
    ("command", "least", "page"),
    [
        # "RDS uploads transaction logs for DB instances to Amazon S3 every five minutes."
        ("aws rds restore-db-instance-to-point-in-time", 5 * MINUTE, "AmazonRDS/latest/UserGuide/USER_PIT.html"),
        ("aws rds restore-db-cluster-to-point-in-time", 5 * MINUTE, "AmazonRDS/latest/AuroraUserGuide/Aurora.Managing.Backups.html"),
        # "LatestRestorableDateTime is typically 5 minutes before the current time."
        ("aws dynamodb restore-table-to-point-in-time", 5 * MINUTE, "latest/APIReference/API_PointInTimeRecoveryDescription.html"),
        # "with latency typically under a second": an effective recovery point of one second.
        ("aws rds failover-global-cluster", SECOND, "AmazonRDS/latest/AuroraUserGuide/aurora-global-database.html"),
        # Synchronous: nothing that was acknowledged is lost.
        ("aws rds reboot-db-instance", timedelta(0), "AmazonRDS/latest/UserGuide/Concepts.MultiAZSingleStandby.html"),
        ("aws rds failover-db-cluster", timedelta(0), "AmazonRDS/latest/AuroraUserGuide/Concepts.AuroraHighAvailability.html"),
    ],
)
def test_what_aws_documents_of_a_way_back_is_its_least_loss_and_its_source(command: str, least: timedelta, page: str) -> None:
    fact = replace(BACKUP, recovery_point=least, restore_commands=("RESTORE_TIME=now", f"{command} --region us-east-1"))
    found = documented(fact)
    assert found is not None
    assert (found.least, found.source.endswith(page)) == (least, True)
    assert point_source(fact) == f"{found.says}: {found.source}"
    assert point_source(replace(fact, recovery_point=least + MINUTE)).startswith(f"stated, with a margin: {found.says}")
    stack = new_stack()
    if least:
        with pytest.raises(
            ConfigurationError, match=rf"^Stack/A: recovery point of PostgreSQL orders: got '.*'; allowed: {least} at least: "
        ):
            objectives(stack, Store(stack, "A", STANDBY, replace(fact, recovery_point=least - SECOND / 2)))


def test_a_way_back_that_aws_gives_no_number_for_is_the_construct_s_word() -> None:
    assert point_source(replace(BACKUP, how="every object is a version", restore_commands=())) == "stated: every object is a version"


def test_every_number_of_ours_has_its_source() -> None:
    """The stores of this library: none claims less than AWS documents."""
    stack = new_stack()
    database = MultiAzDatabase(stack, "Orders", vpc=private_vpc(stack), posture=PRODUCTION.database, database_name="orders")
    rows = objectives(stack, database).rows
    assert [row.point_source.partition(":")[0] for row in rows] == [
        "RDS acknowledges a write when the standby has it",
        "RDS uploads transaction logs every five minutes",
    ]


def test_replication_time_control_is_a_quarter_of_an_hour() -> None:
    """99.9 % of new objects within 15 minutes: enough for the loss of a region, too much for that of a zone."""
    assert PRODUCTION.regions.recovery_point == REPLICATION_TIME_CONTROL > PRODUCTION.recovery.recovery_point


@pytest.mark.parametrize(
    ("interval", "failures", "life", "led"),
    [
        # Route 53: standard checks every 30 s, fast ones every 10 s, three failures; an alias of a load balancer lives 60 s.
        (30, 3, 60, 150),
        (10, 3, 60, 90),
        (30, 10, 60, 360),
        (10, 1, 0, 10),
    ],
)
def test_visitors_are_led_over_when_checks_have_failed_and_records_ended(interval: int, failures: int, life: int, led: int) -> None:
    found = led_over(interval=interval * SECOND, failures=failures, record_life=life * SECOND)
    assert found == led * SECOND
    assert in_whole_minutes(found) == -(-led // 60) * MINUTE


@pytest.mark.parametrize(
    ("strategy", "point", "time", "least", "most"),
    [
        # AWS Well-Architected, REL13-BP02: loss and time of each strategy, by order of magnitude.
        # Backup and restore: hours lost, back within 24 hours.
        (
            "backup and restore",
            scheduled(every=HOUR, start_window=HOUR, completion_window=HOUR, copy=HOUR),
            15 * MINUTE + 4 * HOUR,
            HOUR,
            DAY,
        ),
        # Pilot light, the data by a read replica: minutes lost, back in tens of minutes.
        ("pilot light", 10 * MINUTE, 15 * MINUTE + 30 * MINUTE + 5 * MINUTE + 3 * MINUTE, MINUTE, HOUR),
        # Warm standby, the data by an Aurora global database: seconds lost, back in minutes.
        (
            "warm standby",
            SECOND,
            way_back(detection=150 * SECOND, stores=(MINUTE,), replacement=5 * MINUTE, steering=MINUTE),
            SECOND,
            HOUR / 2,
        ),
    ],
)
def test_the_strategies_of_aws_come_out_in_their_order(
    strategy: str, point: timedelta, time: timedelta, least: timedelta, most: timedelta
) -> None:
    assert least <= point < 60 * least, strategy
    assert time < most, strategy


@pytest.mark.parametrize(
    ("every", "start", "completion", "copy", "lost"),
    [
        # AWS Backup's defaults: start within 8 hours, complete within 7 days.
        (DAY, 8 * HOUR, 7 * DAY, timedelta(0), 8 * DAY + 8 * HOUR),
        # This library's windows.
        (DAY, START_WINDOW, COMPLETION_WINDOW, timedelta(0), 30 * HOUR),
        (DAY, START_WINDOW, COMPLETION_WINDOW, 6 * HOUR, 36 * HOUR),
        (HOUR, HOUR, 2 * HOUR, timedelta(0), 4 * HOUR),
    ],
)
def test_a_schedule_loses_its_period_and_its_windows(
    every: timedelta, start: timedelta, completion: timedelta, copy: timedelta, lost: timedelta
) -> None:
    assert scheduled(every=every, start_window=start, completion_window=completion, copy=copy) == lost


def test_a_service_waits_for_its_slowest_store() -> None:
    back = way_back(detection=MINUTE, stores=(2 * MINUTE, 10 * MINUTE), replacement=5 * MINUTE, steering=MINUTE)
    assert back == 17 * MINUTE
    assert way_back(detection=MINUTE, stores=(), replacement=5 * MINUTE, steering=MINUTE) == 7 * MINUTE


# --- rows ---


def test_every_way_back_is_in_the_assembly_with_its_source() -> None:
    stack = new_stack()
    store = Store(stack, "Orders")
    made = objectives(stack, store, services=[a_service(stack, store)])
    (recorded,) = synth(stack).recorded("Objectives")
    assert recorded["objectives"]["recovery_time"] == 3600
    assert recorded["objectives"]["recovery_point"] == 300
    standby, backup, service = recorded["objectives"]["rows"]
    assert (standby["decides"], standby["basis"], standby["recovery_time"]) == (True, "stated", 120)
    assert (backup["decides"], backup["basis"], backup["recovery_point"]) == (False, "assumed", 300)
    assert (service["basis"], service["recovery_time"], service["recovery_point"]) == ("assumed", 540, 0)
    assert service["how"] == "0:01:00 to notice + 0:02:00 for Stack/Orders + 0:05:00 to replace tasks + 0:01:00 to lead visitors"
    assert [row.store for row in made.rows] == ["PostgreSQL orders: loss of a zone", "PostgreSQL orders", "Stack/Shop"]


def test_what_was_measured_takes_the_place_of_an_assumption() -> None:
    stack = new_stack()
    made = objectives(stack, Store(stack, "A", BACKUP), measured={"PostgreSQL orders": DRILL}, as_of=TODAY)
    (row,) = made.rows
    assert (row.recovery_time, row.basis, row.expires) == (2400, "measured", "2027-06-01")
    assert row.source == "restore test job-1, 2026-06-01"
    assert row.recovery_point == 300, "nothing was measured of it"


def test_a_service_is_measured_as_a_whole() -> None:
    stack = new_stack()
    store = Store(stack, "Orders")
    drill = replace(DRILL, recovery_time=6 * MINUTE)
    made = objectives(stack, store, services=[a_service(stack, store)], measured={"Stack/Shop": drill}, as_of=TODAY)
    assert (made.rows[-1].recovery_time, made.rows[-1].basis) == (360, "measured")


def test_staging_promises_less() -> None:
    stack = new_stack()
    store = Store(stack, "A", BACKUP)
    assert objectives(stack, store, posture=STAGING.recovery, services=[a_service(stack, store)]).rows


# --- refusals ---


def unmet(stack: cdk.Stack, **changes: Any) -> object:
    store = Store(stack, "Orders")
    return objectives(stack, store, services=[a_service(stack, store, **changes)])


@pytest.mark.control("LIB-2")
@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda s: objectives(
                s, Store(s, "A", replace(BACKUP, recovery_point=scheduled(every=DAY, start_window=HOUR, completion_window=HOUR)))
            ),
            r"^Stack/A: recovery point of PostgreSQL orders: got '1 day, 2:00:00'; allowed: 0:05:00 at most, which posture.recovery_point",
        ),
        (
            lambda s: objectives(s, Store(s, "A", BACKUP)),
            r"^Stack/A: recovery time of PostgreSQL orders: got '4:00:00'; allowed: 1:00:00 at",
        ),
        (lambda s: objectives(s, Factless(s, "A")), r"^Stack/A: got 'no recovery fact'; allowed: how the store comes back"),
        (
            lambda s: unmet(s, replacement=HOUR),
            r"^Stack/Objectives: recovery time of Stack/Shop: got '1:04:00: 0:01:00 to notice \+ 0:02:00 for Stack/Orders \+ 1:00:00 to replace "
            r"tasks \+ 0:01:00 to lead visitors'; allowed: 1:00:00 at most, which posture.recovery_time promises; shorten what takes longest, "
            r"or promise less$",
        ),
        (
            lambda s: objectives(
                s,
                services=[a_service(s)],
                measured={"Stack/Shop": replace(DRILL, recovery_time=2 * HOUR)},
                as_of=TODAY,
            ),
            r"^Stack/Objectives: recovery time of Stack/Shop: got '2:00:00, as measured'; allowed: 1:00:00 at most",
        ),
        (
            lambda s: objectives(s, measured={"PostgreSQL orders": replace(DRILL, recovery_point=HOUR)}, as_of=TODAY),
            r"^Stack/Orders: recovery point of PostgreSQL orders: got '1:00:00'; allowed: 0:05:00 at most",
        ),
        (
            lambda s: objectives(s, stores=()),
            r"^Stack/Objectives: stores, services: got \[\]; allowed: at least one store, each store and each service once; list every store "
            r"that holds data, and every service that people wait for$",
        ),
        (lambda s: objectives(s, *[Store(s, "A")] * 2), r"^Stack/Objectives: stores, services: got \['Stack/A', 'Stack/A'\]"),
        (
            lambda s: objectives(s, services=[a_service(s)] * 2),
            r"^Stack/Objectives: stores, services: got \['Stack/Orders', 'Stack/Shop', 'St",
        ),
        (
            lambda s: objectives(s, services=[a_service(s, Store(s, "Ledger"))]),
            r"^Stack/Objectives: services: Stack/Shop: got 'needs Stack/Ledger'; allowed: stores that are judged here: Stack/Orders; list the "
            r"store among stores too$",
        ),
        (
            lambda s: objectives(s, measured={"PostgreSQL order": DRILL}, as_of=TODAY),
            r"^Stack/Objectives: measured: got 'PostgreSQL order'; allowed: one of PostgreSQL orders, PostgreSQL orders: loss of a zone; use "
            r"'PostgreSQL orders'$",
        ),
        (
            lambda s: objectives(s, measured={"PostgreSQL orders": DRILL}),
            r"^Stack/Objectives: as_of: got None; allowed: the day by which measurements are judged, with measured; None without; give the day "
            r"of the release, as_of=date\(...\)$",
        ),
        (lambda s: objectives(s, as_of=TODAY), r"^Stack/Objectives: as_of: got .*2026.*; allowed: .*; leave it out$"),
        (
            lambda s: objectives(s, measured={"PostgreSQL orders": replace(DRILL, on=date(2025, 6, 29))}, as_of=TODAY),
            r"^Stack/Objectives: measured\['PostgreSQL orders'\].on: got '2025-06-29, judged on 2026-06-30'; allowed: a day up to then, and not "
            r"more than 365 days before \(posture.measurement_age\); hold the drill again, or take the measurement out: the assumption counts "
            r"then$",
        ),
        (
            lambda s: objectives(s, measured={"PostgreSQL orders": replace(DRILL, on=date(2026, 7, 1))}, as_of=TODAY),
            r"^Stack/Objectives: measured\['PostgreSQL orders'\].on: got '2026-07-01, judged on 2026-06-30'",
        ),
        (
            lambda _: Measured(recovery_time=-MINUTE, on=TODAY, how="x"),
            r"^Measured.recovery_time: got '-1 day, 23:59:00'; allowed: zero or more; give what was measured$",
        ),
        (
            lambda _: Measured(recovery_time=MINUTE, on=TODAY, how=" "),
            r"^Measured.how: got ' '; allowed: how it was measured; name the drill or the restore job$",
        ),
        (
            lambda s: a_service(s, detection=-MINUTE),
            r"^ServiceRecovery.detection: got '-1 day, 23:59:00'; allowed: zero or more; give a time$",
        ),
        (
            lambda s: a_service(s, source=""),
            r"^ServiceRecovery.source: got ''; allowed: where the times come from; say so, or leave it out: assumed$",
        ),
    ],
)
def test_refuses(build: Callable[[cdk.Stack], object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        build(new_stack())


def test_a_standby_keeps_the_promise_that_a_restore_does_not() -> None:
    stack = new_stack()
    rows = objectives(stack, Store(stack, "A", STANDBY, BACKUP)).rows
    assert [row.decides for row in rows] == [True, False]
