"""Real constructs, deployed by the real CDK CLI to the embedded emulator: read back, updated, refused, destroyed.

One deployment for the whole module; the tests run in the order in which they stand here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ssm as ssm

from prodready_constructs.database import MultiAzDatabase
from prodready_constructs.local import deploy
from prodready_constructs.local.assembly import Assembly, load
from prodready_constructs.local.drills import failing_update, gone, refused_deletion, refused_replacement, run_drill
from prodready_constructs.local.processes import closed, marked
from prodready_constructs.local.readback import Kind, Row, read_back
from prodready_constructs.local.readback.table import differing, totals
from prodready_constructs.local.session import Session, emulator
from prodready_constructs.local.tools import find_tools
from prodready_constructs.network import PrivateNetwork
from prodready_constructs.posture import PRODUCTION
from prodready_constructs.storage import LogBucket, SecureBucket
from tests.support.synthesis import ACCOUNT, REGION, ROOT, SECOND_REGION, ZonedStack, new_app

pytestmark = [pytest.mark.deployment, pytest.mark.xdist_group("emulator")]


@dataclass
class Deployment:
    """What the tests of this module share."""

    session: Session
    assembly: Assembly
    log: Path
    folder: Path


def _synthesize(folder: Path) -> Assembly:
    """Data of production with a weak reference to another region, and one type that no emulator knows."""
    app = new_app(outdir=str(folder))
    other = ZonedStack(app, "Other", env=cdk.Environment(account=ACCOUNT, region=SECOND_REGION))
    far = ssm.CfnParameter(other, "Far", type="String", value="from far away")
    data = ZonedStack(app, "Data", env=cdk.Environment(account=ACCOUNT, region=REGION), termination_protection=True)
    network = PrivateNetwork(data, "Network", posture=PRODUCTION.network)
    MultiAzDatabase(data, "Orders", vpc=network.vpc, posture=PRODUCTION.database, database_name="orders")
    logs = LogBucket(data, "Logs", posture=PRODUCTION.storage)
    SecureBucket(data, "Uploads", posture=PRODUCTION.storage, access_logs=logs.bucket)
    ssm.CfnParameter(data, "Near", type="String", value=far.ref)
    cdk.CfnResource(data, "Unknown", type="AWS::Unheard::Of", properties={"Colour": "green", "Of": {"Ref": "AWS::Region"}})
    app.synth()
    return load(folder)


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("deployment")
    assembly, log = _synthesize(folder / "cdk.out"), folder / "cdk.log"
    with emulator(find_tools(ROOT), account=ACCOUNT, region=REGION, log=folder / "emulator.log") as session:
        assert deploy.bootstrap(session, assembly, log=log) == [f"aws://{ACCOUNT}/{SECOND_REGION}", f"aws://{ACCOUNT}/{REGION}"]
        deploy.deploy(session, assembly, log=log)
        yield Deployment(session, assembly, log, folder)
    assert marked(session.marker) == []
    assert closed(session.port)
    assert closed(session.moto_port)
    assert not session.folder.exists()


@pytest.fixture(scope="module")
def rows(deployment: Deployment) -> tuple[Row, ...]:
    return read_back(deployment.session, deployment.assembly).rows


def test_what_was_read_back_is_what_the_templates_ask(rows: tuple[Row, ...]) -> None:
    assert differing(rows) == []
    assert totals(rows)["verified"] >= 180


@pytest.mark.control("DB-2", "DB-3", "DB-5", "STORE-1", "NET-3")
@pytest.mark.parametrize(
    ("type_name", "name", "found"),
    [
        ("AWS::RDS::DBInstance", "MultiAZ", "true"),
        ("AWS::RDS::DBInstance", "StorageEncrypted", "true"),
        ("AWS::RDS::DBInstance", "DeletionProtection", "true"),
        ("AWS::RDS::DBInstance", "BackupRetentionPeriod", "35"),
        ("AWS::RDS::DBInstance", "PubliclyAccessible", "false"),
        ("AWS::S3::Bucket", "VersioningConfiguration", '{"Status": "Enabled"}'),
        ("AWS::EC2::FlowLog", "TrafficType", "ALL"),
        ("AWS::SecretsManager::RotationSchedule", "SecretId", "true"),
        ("AWS::KMS::Key", "EnableKeyRotation", "true"),
    ],
)
def test_the_api_shows_the_hardening(rows: tuple[Row, ...], type_name: str, name: str, found: str) -> None:
    shown = [row for row in rows if (row.type, row.property) == (type_name, name)]
    assert shown
    assert {(row.found, row.kind, row.agrees) for row in shown} == {(found, Kind.LIVE, True)}


def test_rows_name_the_construct(rows: tuple[Row, ...]) -> None:
    assert "Data/Orders (MultiAzDatabase)" in {row.construct for row in rows}


def test_an_unknown_type_is_deployed_as_recorded_and_named(deployment: Deployment, rows: tuple[Row, ...]) -> None:
    assert read_back(deployment.session, deployment.assembly).unsupported == ("AWS::Unheard::Of",)
    kept = {(row.property, row.found): row.kind for row in rows if row.type == "AWS::Unheard::Of"}
    assert kept == {("Colour", "green"): Kind.RECORDED, ("Of", REGION): Kind.RECORDED}


def test_an_output_of_another_region_arrives(rows: tuple[Row, ...]) -> None:
    far = next(row for row in rows if row.type == "AWS::SSM::Parameter" and row.stack == "Data" and row.property == "Value")
    assert far.agrees
    assert far.found == "/Other/Far"


def test_what_was_changed_behind_the_back_differs(deployment: Deployment) -> None:
    s3 = deployment.session.client("s3", ACCOUNT, REGION)
    name = next(bucket["Name"] for bucket in s3.list_buckets()["Buckets"] if "uploads" in bucket["Name"])
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"})
    seen = differing(read_back(deployment.session, deployment.assembly).rows)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    assert [(row.property, row.found) for row in seen] == [("VersioningConfiguration", '{"Status": "Suspended"}')]


def test_a_failing_update_rolls_back(deployment: Deployment) -> None:
    drill = run_drill("update", failing_update(deployment.session, deployment.assembly, folder=deployment.folder, log=deployment.log))
    assert drill.passed, drill.steps


@pytest.mark.control("GOV-4")
def test_a_stateful_replacement_is_refused(deployment: Deployment) -> None:
    drill = run_drill("replacement", refused_replacement(deployment.assembly, None, folder=deployment.folder))
    assert drill.passed, drill.steps
    assert "would be replaced: StorageEncrypted: true -> false" in drill.steps[-2]


@pytest.mark.control("DB-5")
def test_a_protected_stack_is_not_deleted_until_the_protection_is_lifted(deployment: Deployment) -> None:
    """One test, for what follows can only be tried where the protection was lifted."""
    drill = run_drill("deletion", refused_deletion(deployment.session, deployment.assembly))
    assert drill == type(drill)("deletion", True, ("Data: deletion refused, for its termination protection is on",))
    deploy.destroy(deployment.session, deployment.assembly, log=deployment.log)
    assert run_drill("gone", gone(deployment.session, deployment.assembly)).passed
