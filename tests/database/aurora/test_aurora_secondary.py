"""A global database: what the primary and its follower are, what is refused, who may reach it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

from prodready_constructs.contracts import AlarmSpec, EventSpec, Severity
from prodready_constructs.database import AuroraDatabase, AuroraSecondary
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ComposedRole
from tests.database.aurora.conftest import POSTURE, World
from tests.database.conftest import any_vpc
from tests.support.synthesis import SECOND_REGION, new_app, new_stack


def primary_in(stack: cdk.Stack, **arguments: Any) -> AuroraDatabase:
    return AuroraDatabase(
        stack, "Orders", vpc=any_vpc(stack), posture=POSTURE, database_name="orders", **{"global_name": "shop-orders", **arguments}
    )


# --- always ------------------------------------------------------------------------------------------------------------


@pytest.mark.control("DB-8")
def test_the_primary_begins_a_global_database_that_cannot_be_deleted_by_mistake(world: World) -> None:
    assert world.there.props("AWS::RDS::GlobalCluster") == {
        "GlobalClusterIdentifier": "shop-orders",
        "DeletionProtection": True,
        "SourceDBClusterIdentifier": {
            "Fn::Join": [
                "",
                ["arn:aws:rds:us-east-1:111122223333:cluster:", {"Ref": next(iter(world.there.of_type("AWS::RDS::DBCluster")))}],
            ]
        },
    }
    assert "GlobalClusterIdentifier" not in world.there.props("AWS::RDS::DBCluster")


@pytest.mark.control("DB-4", "DB-8")
def test_nobody_has_a_password_in_a_global_database(world: World) -> None:
    there, here = world.there.props("AWS::RDS::DBCluster"), world.here.props("AWS::RDS::DBCluster")
    assert (there["MasterUsername"], there["MasterUserAuthenticationType"]) == ("dbmaster", "iam-db-auth")
    assert not {"ManageMasterUserPassword", "MasterUserSecret", "MasterUserPassword"} & there.keys()
    assert not {name for name in here if name.startswith(("Master", "Manage"))}
    for template in (world.there, world.here):
        assert not template.of_type("AWS::SecretsManager::RotationSchedule")
        assert not template.of_type("AWS::SecretsManager::Secret")
        assert template.props("AWS::RDS::DBCluster")["EnableIAMDatabaseAuthentication"] is True
    assert world.primary.secret is None
    assert world.primary.attachment.secrets == world.secondary.attachment.secrets == {}


@pytest.mark.control("DB-3", "DB-5", "DB-6", "DB-8")
def test_the_secondary_is_as_hard_as_the_primary_under_a_key_of_its_own_region(world: World) -> None:
    there, here = world.there.props("AWS::RDS::DBCluster"), world.here.props("AWS::RDS::DBCluster")
    assert (here["GlobalClusterIdentifier"], here["SourceRegion"]) == ("shop-orders", "us-east-1")
    assert "DatabaseName" not in here
    ((key, _),) = world.here.of_type("AWS::KMS::Key").items()
    assert here["KmsKeyId"] == {"Fn::GetAtt": [key, "Arn"]}
    same = ("StorageEncrypted", "DeletionProtection", "BackupRetentionPeriod", "CopyTagsToSnapshot", "Engine", "EngineVersion", "Port")
    assert [here[name] for name in same] == [there[name] for name in same]
    groups = [template.props("AWS::RDS::DBClusterParameterGroup")["Parameters"] for template in (world.there, world.here)]
    assert groups[0] == groups[1]


def test_global_databases_cannot_be_turned_back(world: World) -> None:
    assert "BacktrackWindow" not in world.there.props("AWS::RDS::DBCluster")
    assert "BacktrackWindow" not in world.here.props("AWS::RDS::DBCluster")


def test_the_secondary_is_deployed_after_the_global_database(world: World) -> None:
    first, second = world.primary.stack, world.secondary.stack
    assert [one.stack_name for one in second.dependencies] == [first.stack_name]


# --- posture -----------------------------------------------------------------------------------------------------------


def test_writes_are_forwarded_when_asked(world: World) -> None:
    assert world.here.props("AWS::RDS::DBCluster")["EnableGlobalWriteForwarding"] is True


def test_the_secondary_may_be_smaller() -> None:
    app = new_app()
    second = new_stack(app, "Second", region=SECOND_REGION)
    small = replace(POSTURE, min_capacity=0.5, max_capacity=8, readers=0, recovery_time=timedelta(hours=4))
    secondary = AuroraSecondary(second, "Orders", vpc=any_vpc(second), posture=small, primary=primary_in(new_stack(app, "First")))
    assert len(secondary.cluster.instance_identifiers) == 1


# --- refuses -----------------------------------------------------------------------------------------------------------


@pytest.mark.control("DB-8")
def test_refuses_a_secondary_in_the_same_region() -> None:
    app = new_app()
    first, second = new_stack(app, "First"), new_stack(app, "Second")
    with pytest.raises(
        ConfigurationError,
        match=r"^Second/Orders: region: got 'us-east-1, with the primary in us-east-1'; allowed: another stated region than the primary's: "
        r"a second cluster here would be lost with the first; give both stacks an env with a region, and different ones; "
        r"for more readers here raise posture.readers$",
    ):
        AuroraSecondary(second, "Orders", vpc=any_vpc(second), posture=POSTURE, primary=primary_in(first))


def test_refuses_a_region_that_is_not_stated() -> None:
    app = new_app()
    anywhere = cdk.Stack(app, "Anywhere")
    primary = primary_in(new_stack(app, "First"))
    with pytest.raises(ConfigurationError, match=r"^Anywhere/Orders: region: got 'not stated, with the primary in us-east-1'"):
        AuroraSecondary(anywhere, "Orders", vpc=any_vpc(anywhere), posture=POSTURE, primary=primary)


@pytest.mark.control("DB-8")
def test_refuses_a_region_outside_the_postures() -> None:
    app = new_app()
    second = new_stack(app, "Second", region=SECOND_REGION)
    kept = replace(POSTURE, allowed_regions=("us-east-1",))
    with pytest.raises(
        ConfigurationError, match=r"^Second/Orders: region: got 'us-west-2'; allowed: us-east-1: the posture's allowed_regions"
    ):
        AuroraSecondary(second, "Orders", vpc=any_vpc(second), posture=kept, primary=primary_in(new_stack(app, "First")))


def test_refuses_to_follow_a_cluster_that_is_no_primary() -> None:
    app = new_app()
    second = new_stack(app, "Second", region=SECOND_REGION)
    with pytest.raises(
        ConfigurationError,
        match=r"^Second/Orders: primary: got 'First/Orders without global_name'; allowed: a cluster that is the primary of a global database; "
        r"give the primary a global_name$",
    ):
        AuroraSecondary(
            second, "Orders", vpc=any_vpc(second), posture=POSTURE, primary=primary_in(new_stack(app, "First"), global_name=None)
        )


def test_refuses_a_secondary_that_pauses() -> None:
    app = new_app()
    second = new_stack(app, "Second", region=SECOND_REGION)
    pausing = replace(POSTURE, min_capacity=0, readers=0, recovery_time=timedelta(hours=4))
    with pytest.raises(ConfigurationError, match=r"^Second/Orders: posture.min_capacity: got 0; allowed: 0.5 or more in a global database"):
        AuroraSecondary(second, "Orders", vpc=any_vpc(second), posture=pausing, primary=primary_in(new_stack(app, "First")))


# --- reach -------------------------------------------------------------------------------------------------------------


@pytest.mark.control("NET-6", "SEC-1")
def test_a_workload_of_the_second_region_reads_there_with_a_token() -> None:
    app = new_app()
    second = new_stack(app, "Second", region=SECOND_REGION)
    vpc = any_vpc(second)
    secondary = AuroraSecondary(second, "Orders", vpc=vpc, posture=POSTURE, primary=primary_in(new_stack(app, "First"), port=6001))
    service = ec2.SecurityGroup(second, "Service", vpc=vpc, allow_all_outbound=False)
    service.connections.allow_to_default_port(secondary)
    role = ComposedRole(second, "App", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"), description="test")
    secondary.grant_connect(role, db_user="app")
    attachment = secondary.attachment
    assert second.resolve(attachment.environment["DATABASE_HOST"])["Fn::GetAtt"][1] == "ReadEndpoint.Address"
    assert (attachment.port, attachment.environment["DATABASE_NAME"]) == (6001, "orders")
    assert attachment.connections is secondary.connections


# --- wakes, recovers, clean --------------------------------------------------------------------------------------------


@pytest.mark.control("DB-8", "DB-10")
def test_lag_and_failover_between_regions_wake_somebody(world: World) -> None:
    specs = {spec.id: spec for spec in world.secondary.alarm_specs}
    lag = specs["GlobalLagHigh"]
    assert isinstance(lag, AlarmSpec)
    assert (lag.threshold, lag.severity, lag.metric.name) == (60_000, Severity.CRITICAL, "AuroraGlobalDBRPOLag")  # type: ignore[union-attr]
    assert not {"SecretRotationFailed", "ReplicaLagHigh"} & specs.keys()
    for database in (world.primary, world.secondary):
        (failover,) = [spec for spec in database.alarm_specs if spec.id == "GlobalFailover"]
        assert isinstance(failover, EventSpec)
        assert failover.pattern["detail"]["EventID"][0] == "RDS-EVENT-0181"
        assert "describe-global-clusters --global-cluster-identifier shop-orders" in failover.runbook.first_commands[0]
    assert "SecretRotationFailed" not in {spec.id for spec in world.primary.alarm_specs}


@pytest.mark.control("DR-4", "DB-8")
def test_it_says_how_it_comes_back_from_the_loss_of_a_region(world: World) -> None:
    for database, target in ((world.primary, "$SECONDARY_CLUSTER_ARN"), (world.secondary, ":us-west-2:")):
        (region,) = [fact for fact in database.recovery_facts if "loss of a region" in fact.store]
        assert region.recovery_point == timedelta(minutes=1)
        assert "assumption" in region.recovery_time_is
        switch, fail = region.restore_commands[1:]
        assert "switchover-global-cluster --global-cluster-identifier shop-orders" in switch
        assert "--allow-data-loss" in fail
        assert target in fail
        # RDS would refuse to manage a password there.
        restore = database.recovery_facts[-1].restore_commands
        assert not [command for command in restore if "--manage-master-user-password" in command]


def test_both_are_clean_under_all_six_packs(world: World) -> None:
    expected = []
    for template, stack in ((world.there, "First"), (world.here, "Second")):
        waivers = [
            f"{entry['data']['rule']} @ {path}"
            for path, entries in template.metadata.items()
            for entry in entries
            if entry["type"] == "prodready:waiver"
        ]
        assert all(f" @ {stack}/Orders/" in waiver for waiver in waivers)
        expected += [waiver if waiver.endswith("/Resource") else f"{waiver}/Resource" for waiver in waivers]
    assert sorted(world.findings) == sorted(expected)
