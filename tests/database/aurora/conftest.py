"""One cluster of each engine in production and one global database, synthesized once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
import pytest

from prodready_constructs.database import AURORA_MYSQL_3, AURORA_POSTGRESQL_17, AuroraDatabase, AuroraEngine, AuroraSecondary
from prodready_constructs.posture import PRODUCTION
from prodready_constructs.posture.aurora import AuroraPosture
from tests.database.conftest import any_vpc
from tests.support.packs import findings
from tests.support.synthesis import SECOND_REGION, Template, new_app, new_stack, synth, synth_all

ENGINES = (AURORA_POSTGRESQL_17, AURORA_MYSQL_3)
POSTURE = PRODUCTION.aurora


@dataclass(frozen=True)
class Built:
    engine: AuroraEngine
    stack: cdk.Stack
    database: AuroraDatabase
    template: Template
    findings: list[str]

    @property
    def cluster(self) -> dict[str, Any]:
        return self.template.props("AWS::RDS::DBCluster")

    @property
    def instances(self) -> list[dict[str, Any]]:
        return [resource["Properties"] for resource in self.template.of_type("AWS::RDS::DBInstance").values()]

    @property
    def name(self) -> str:
        return str(self.cluster["DBClusterIdentifier"])

    @property
    def text(self) -> str:
        return json.dumps(self.template.body)


def build(
    engine: AuroraEngine = AURORA_POSTGRESQL_17,
    posture: AuroraPosture = POSTURE,
    *,
    flags: Mapping[str, Any] | None = None,
    judge: bool = False,
    **arguments: Any,
) -> Built:
    stack = new_stack(new_app(flags=flags))
    database = AuroraDatabase(stack, "Orders", vpc=any_vpc(stack), posture=posture, database_name="orders", engine=engine, **arguments)
    found = findings(stack) if judge else []
    return Built(engine, stack, database, synth(stack), found)


@dataclass(frozen=True)
class World:
    """A primary, and the secondary that follows it."""

    primary: AuroraDatabase
    secondary: AuroraSecondary
    there: Template
    here: Template
    findings: list[str]


@pytest.fixture(scope="session", params=ENGINES, ids=lambda engine: engine.name)
def production(request: pytest.FixtureRequest) -> Built:
    return build(request.param, judge=True)


@pytest.fixture(scope="session", params=ENGINES, ids=lambda engine: engine.name)
def world(request: pytest.FixtureRequest) -> World:
    app = new_app()
    first, second = new_stack(app, "First"), new_stack(app, "Second", region=SECOND_REGION)
    primary = AuroraDatabase(
        first,
        "Orders",
        vpc=any_vpc(first),
        posture=POSTURE,
        database_name="orders",
        engine=request.param,
        global_name="shop-orders",
    )
    secondary = AuroraSecondary(second, "Orders", vpc=any_vpc(second), posture=POSTURE, primary=primary, write_forwarding=True)
    found = [*findings(first), *findings(second)]
    templates = synth_all(app)
    return World(primary, secondary, templates["First"], templates["Second"], found)
