"""The second region, deployed by the CDK CLI to the embedded emulator in both regions, and read back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from prodready_constructs.local import deploy
from prodready_constructs.local.assembly import load
from prodready_constructs.local.readback import ReadBack, Row, read_back
from prodready_constructs.local.readback.table import differing, totals
from prodready_constructs.local.session import Session, emulator
from prodready_constructs.local.tools import find_tools
from tests.recovery.regions.test_postures import AWAY, HOME, LIGHT, synthesized
from tests.support.synthesis import ACCOUNT, ROOT

pytestmark = [pytest.mark.deployment, pytest.mark.xdist_group("emulator"), pytest.mark.control("DR-5")]


@dataclass(frozen=True)
class Deployed:
    session: Session
    read: ReadBack


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Nothing is taken down: the emulator goes with all that is in it."""
    folder = tmp_path_factory.mktemp("regions")
    assembly, log = load(synthesized(folder / "cdk.out", LIGHT)), folder / "cdk.log"
    with emulator(find_tools(ROOT), account=ACCOUNT, region=HOME, log=folder / "emulator.log") as session:
        deploy.bootstrap(session, assembly, log=log)
        deploy.deploy(session, assembly, log=log)
        yield Deployed(session, read_back(session, assembly))


def shown(deployed: Deployed, stack: str, type_name: str, name: str) -> list[Row]:
    return [row for row in deployed.read.rows if (row.stack, row.type, row.property) == (stack, type_name, name)]


def test_all_of_it_is_as_the_templates_ask_in_both_regions(deployed: Deployed) -> None:
    assert differing(deployed.read.rows) == []
    assert deployed.read.unsupported == ()
    assert totals(deployed.read.rows)["verified"] >= 2000
    assert {row.stack for row in deployed.read.rows} == {"Orders-copies", "Orders-images", f"Orders-{HOME}", f"Orders-{AWAY}"}


def test_the_replica_follows_from_the_other_region(deployed: Deployed) -> None:
    (source,) = shown(deployed, f"Orders-{AWAY}", "AWS::RDS::DBInstance", "SourceDBInstanceIdentifier")
    assert source.agrees
    west = deployed.session.client("rds", ACCOUNT, AWAY).describe_db_instances()["DBInstances"]
    assert len(west) == 1
    assert west[0]["StorageEncrypted"] is True


def test_the_secret_s_copy_is_there_under_its_own_key(deployed: Deployed) -> None:
    secrets = deployed.session.client("secretsmanager", ACCOUNT, AWAY)
    (copy,) = [one for one in secrets.list_secrets()["SecretList"] if one["Name"] == "orders/production/payment"]
    assert f":{AWAY}:" in copy["ARN"]


def test_a_repository_of_the_same_name_waits_for_each_image(deployed: Deployed) -> None:
    names = {
        region: [one["repositoryName"] for one in deployed.session.client("ecr", ACCOUNT, region).describe_repositories()["repositories"]]
        for region in (HOME, AWAY)
    }
    assert {region: "orders/web" in found for region, found in names.items()} == {HOME: True, AWAY: True}
