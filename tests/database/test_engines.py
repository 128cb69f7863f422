"""Versions, upgrades of the major version, time limits, and which classes RDS offers where."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from prodready_constructs.database import MYSQL_8_4, POSTGRESQL_16, POSTGRESQL_17, POSTGRESQL_18, Engine, MultiAzDatabase
from prodready_constructs.database.classes import CLASSES
from prodready_constructs.database.offers import NOT_OFFERED, check_offered
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import PRODUCTION
from tests.database.conftest import any_vpc, build
from tests.support.synthesis import new_stack, synth

BECAUSE = "Rehearsed on a restored copy on 3 March: 14 minutes without writes, announced for Sunday."


def test_postgresql_18_logs_connections_in_its_own_words() -> None:
    built = build(POSTGRESQL_18)
    assert (built.instance["Engine"], built.instance["EngineVersion"]) == ("postgres", "18.3")
    group = built.template.props("AWS::RDS::DBParameterGroup")
    assert group["Family"] == "postgres18"
    assert group["Parameters"]["log_connections"] == "all"
    assert (group["Parameters"]["rds.force_ssl"], group["Parameters"]["log_disconnections"]) == ("1", "1")
    assert POSTGRESQL_17.traits.parameters["log_connections"] == "1"


@pytest.mark.parametrize(
    ("name", "version", "nearest"),
    [
        ("postgres", "17.1", "17.9"),
        ("postgres", "16", "16.13"),
        ("postgres", "12.4", "16.13"),
        ("postgres", "19.1", "18.3"),
        ("mysql", "8.0.40", "8.4.10"),
        ("mysql", "9.1", "8.4.10"),
    ],
)
def test_the_nearest_version_is_named(name: Any, version: str, nearest: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^Engine.version: got '{name} {version}'; .*; the nearest offered is {nearest}$"):
        Engine(name=name, version=version)


# --- upgrades ----------------------------------------------------------------------------------------------------------


@pytest.mark.control("DB-1")
@pytest.mark.parametrize(("engine", "major"), [(POSTGRESQL_17, "16"), (POSTGRESQL_18, "14"), (MYSQL_8_4, "8.0")])
def test_an_upgrade_in_place_is_allowed_only_when_named_and_is_recorded(engine: Engine, major: str) -> None:
    plain, named = build(engine), build(engine.upgraded_from(major, because=BECAUSE))
    assert plain.instance["AllowMajorVersionUpgrade"] is False
    assert named.instance["AllowMajorVersionUpgrade"] is True
    assert {key for key in named.instance if named.instance[key] != plain.instance[key]} == {"AllowMajorVersionUpgrade"}
    (facts,) = named.template.recorded("MultiAzDatabase")
    assert facts["upgrade"] == {"major": major, "because": BECAUSE}
    assert "upgrade" not in plain.template.recorded("MultiAzDatabase")[0]


@pytest.mark.parametrize(
    ("engine", "major", "because", "message"),
    [
        (
            POSTGRESQL_17,
            "17",
            BECAUSE,
            r"^Engine.upgraded_from: postgres 17.9: got '17'; allowed: 13, 14, 15, 16: the majors that RDS upgrades to 17 in place; name the",
        ),
        (POSTGRESQL_16, "18", BECAUSE, r"^Engine.upgraded_from: postgres 16.13: got '18'; allowed: 13, 14, 15: "),
        (POSTGRESQL_17, "9.6", BECAUSE, r"^Engine.upgraded_from: postgres 17.9: got '9.6'"),
        (MYSQL_8_4, "5.7", BECAUSE, r"^Engine.upgraded_from: mysql 8.4.10: got '5.7'; allowed: 8.0: "),
        (
            POSTGRESQL_17,
            "16",
            "quick",
            r"^Engine.upgraded_from: postgres 17.9: got 'quick'; allowed: a reason of at least 40 characters; say why in place and not blue",
        ),
    ],
)
def test_refuses_an_upgrade(engine: Engine, major: str, because: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        engine.upgraded_from(major, because=because)


# --- time limits -------------------------------------------------------------------------------------------------------


@pytest.mark.control("DB-7")
@pytest.mark.parametrize(
    ("engine", "expected"),
    [
        (
            POSTGRESQL_17,
            {
                "log_min_duration_statement": "250",
                "statement_timeout": "30000",
                "lock_timeout": "5000",
                "idle_in_transaction_session_timeout": "600000",
            },
        ),
        (MYSQL_8_4, {"long_query_time": "0.25", "max_execution_time": "30000", "innodb_lock_wait_timeout": "5", "wait_timeout": "600"}),
    ],
    ids=["postgres", "mysql"],
)
def test_the_posture_limits_time_in_the_words_of_the_engine(engine: Engine, expected: dict[str, str]) -> None:
    posture = replace(
        PRODUCTION.database,
        slow_statement=timedelta(milliseconds=250),
        statement_timeout=timedelta(seconds=30),
        lock_timeout=timedelta(seconds=5),
        idle_transaction_timeout=timedelta(minutes=10),
    )
    limited, plain = (
        build(engine, one).template.props("AWS::RDS::DBParameterGroup")["Parameters"] for one in (posture, PRODUCTION.database)
    )
    assert expected.items() <= limited.items()
    # Without a limit the engine's own holds: only what is slow is always said.
    assert expected.keys() - plain.keys() == set(list(expected)[1:])


@pytest.mark.control("DB-7")
def test_the_posture_says_the_windows() -> None:
    built = build(posture=replace(PRODUCTION.database, backup_window="22:30-23:30", maintenance_window="mon:00:00-mon:01:00"))
    assert built.instance["PreferredBackupWindow"] == "22:30-23:30"
    assert built.instance["PreferredMaintenanceWindow"] == "mon:00:00-mon:01:00"


# --- classes -----------------------------------------------------------------------------------------------------------


@pytest.mark.control("DB-1")
@pytest.mark.parametrize(
    ("name", "region", "nearest"),
    [("r7g.2xlarge", "eu-west-3", "r7i.2xlarge"), ("t4g.micro", "ca-west-1", "t3.micro"), ("m8g.large", "ca-central-1", "m7g.large")],
)
def test_refuses_a_class_that_rds_does_not_offer_in_the_region(name: str, region: str, nearest: str) -> None:
    stack = new_stack(region=region)
    with pytest.raises(
        ConfigurationError,
        match=rf"^Stack/Orders: posture.instance_class: got '{name} for PostgreSQL 17 in {region}'; allowed: classes of .*: what RDS offers there; "
        rf"the nearest offered is {nearest}$",
    ):
        MultiAzDatabase(
            stack, "Orders", vpc=any_vpc(stack), posture=replace(PRODUCTION.database, instance_class=name), database_name="orders"
        )


def test_every_refusal_names_a_class_that_is_offered() -> None:
    for region, families in NOT_OFFERED.items():
        for name in CLASSES:
            if name.split(".")[0] not in families:
                check_offered("there", POSTGRESQL_17, name, region)
                continue
            with pytest.raises(ConfigurationError) as refused:
                check_offered("there", POSTGRESQL_17, name, region)
            nearest = refused.value.mend.rsplit(" ", 1)[1]
            assert nearest in CLASSES
            assert nearest.split(".")[0] not in families
            assert nearest.split(".")[1] == name.split(".")[1]


def test_a_region_that_only_the_deployment_knows_is_not_judged() -> None:
    check_offered("there", POSTGRESQL_17, "m8g.large", None)


def test_the_packaged_table_is_what_the_resource_specification_says() -> None:
    """It moves with AWS's offer: a failure here after an update of cfn-lint means that the table wants its new date and rows."""
    spec = importlib.util.find_spec("cfnlint")
    assert spec is not None, "install requirements/dev.txt"
    assert spec.origin is not None
    file = Path(spec.origin).parent / "data/schemas/extensions/aws_rds_dbinstance/dbinstanceclass_enum.json"
    expected: dict[str, tuple[str, ...]] = {}
    for region, rules in json.loads(file.read_text()).items():
        missing = [
            {name.split(".")[0] for name in CLASSES if f"db.{name}" not in rule["then"]["properties"]["DBInstanceClass"]["enum"]}
            for rule in rules["allOf"]
            if rule["if"]["properties"]["Engine"].get("const") in ("postgres", "mysql")
        ]
        assert all(one == missing[0] for one in missing), region
        if missing and missing[0]:
            expected[region] = tuple(sorted(missing[0]))
    assert expected == NOT_OFFERED


def test_a_synth_of_every_engine() -> None:
    for engine in (POSTGRESQL_16, POSTGRESQL_18):
        stack = new_stack()
        MultiAzDatabase(stack, "Orders", vpc=any_vpc(stack), posture=PRODUCTION.database, database_name="orders", engine=engine)
        assert synth(stack).props("AWS::RDS::DBInstance")["EngineVersion"] == engine.version
