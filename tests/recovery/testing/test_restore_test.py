"""RestoreTest in the template: always, posture, refusals, reach, alarms, clean, messages."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_secretsmanager as secretsmanager

from bench.messages import counted, total
from prodready_constructs import (
    AURORA_POSTGRESQL_17,
    MYSQL_8_4,
    POSTGRESQL_17,
    PRODUCTION,
    STAGING,
    BackupVault,
    BucketCheck,
    DatabaseCheck,
    Expectation,
    RestoreTest,
    Schedule,
    TableCheck,
)
from prodready_constructs.contracts import AlarmSpec, Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.monitoring.checks import check
from prodready_constructs.recovery.testing import hook
from tests.recovery.testing.parts import ENOUGH, FRESH, Bucket, Table, a_test, everything, private_vpc, some_database
from tests.support.aws_cli import faults
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth, synth_in


@dataclass(frozen=True)
class Built:
    test: RestoreTest
    template: Template
    findings: set[str]


@pytest.fixture(scope="module")
def built() -> Built:
    stack = new_stack()
    _, test = everything(stack)
    found = {one for one in findings(stack) if "Stack/Test" in one}
    return Built(test, synth(stack), found)


def selection(template: Template, kind: str) -> dict[str, Any]:
    return template.props("AWS::Backup::RestoreTestingSelection", f"Test{kind}")


# --- always ---


@pytest.mark.control("DR-2")
def test_the_newest_recovery_point_of_the_vault_is_tested_every_month(built: Built) -> None:
    plan = built.template.props("AWS::Backup::RestoreTestingPlan")
    assert plan["ScheduleExpression"] == "cron(0 10 8 * ? *)"
    assert plan["RecoveryPointSelection"] == {
        "Algorithm": "LATEST_WITHIN_WINDOW",
        "IncludeVaults": [{"Fn::GetAtt": [next(iter(built.template.of_type("AWS::Backup::BackupVault"))), "BackupVaultArn"]}],
        "RecoveryPointTypes": ["CONTINUOUS", "SNAPSHOT"],
        "SelectionWindowDays": 7,
    }
    assert plan["RestoreTestingPlanName"].replace("_", "").isalnum()
    assert len(plan["RestoreTestingPlanName"]) <= 50


@pytest.mark.control("DR-2")
def test_each_kind_of_store_is_selected_by_name(built: Built) -> None:
    assert {kind: selection(built.template, kind)["ProtectedResourceType"] for kind in ("RDS", "DynamoDB", "S3")} == {
        "RDS": "RDS",
        "DynamoDB": "DynamoDB",
        "S3": "S3",
    }
    assert selection(built.template, "S3")["ProtectedResourceArns"] == ["arn:aws:s3:::uploads"]
    assert "RestoreMetadataOverrides" not in selection(built.template, "S3")
    roles = {json.dumps(selection(built.template, kind)["IamRoleArn"]) for kind in ("RDS", "DynamoDB", "S3")}
    assert len(roles) == 1
    for one in built.template.of_type("AWS::Backup::RestoreTestingSelection").values():
        assert one["DependsOn"] == [next(iter(built.template.of_type("AWS::Backup::RestoreTestingPlan")))]


@pytest.mark.control("DR-2", "NET-1")
def test_a_restored_database_stands_in_isolated_subnets_where_only_the_function_reaches_it(built: Built) -> None:
    overrides = selection(built.template, "RDS")["RestoreMetadataOverrides"]
    (subnets,) = [
        one["Properties"]
        for name, one in built.template.of_type("AWS::RDS::DBSubnetGroup").items()
        if name == overrides["dbSubnetGroupName"]["Ref"]
    ]
    assert subnets["SubnetIds"] == ["subnet-isolated-a", "subnet-isolated-b"]
    before, group, after = overrides["vpcSecurityGroupIds"]["Fn::Join"][1]
    assert (before, after) == ('["', '"]'), "a list is JSON in a string"
    ways = [
        one["Properties"]
        for one in built.template.of_type("AWS::EC2::SecurityGroupIngress").values()
        if one["Properties"]["GroupId"] == group
    ]
    assert len(ways) == 1
    assert ways[0]["SourceSecurityGroupId"]["Fn::GetAtt"][0].startswith("TestSecurityGroup")
    assert ways[0]["FromPort"] == ways[0]["ToPort"] == 5433


@pytest.mark.control("DR-2", "SEC-1")
def test_the_role_makes_and_ends_nothing_but_what_a_restore_test_made(built: Built) -> None:
    policy = built.template.props("AWS::IAM::ManagedPolicy", "RestoreRole")["PolicyDocument"]
    by_sid = {one["Sid"]: one for one in policy["Statement"]}
    denied, allowed = by_sid["NothingElse"], by_sid["Write"]
    assert denied["Effect"] == "Deny"
    assert set(allowed["Action"]) - set(denied["Action"]) == {"rds:RestoreDBInstanceFromDBSnapshot", "rds:RestoreDBInstanceToPointInTime"}
    assert all("awsbackup-restore-test-*" in json.dumps(name) for name in denied["NotResource"])
    reads = by_sid["Read"]["Action"]
    assert not [action for action in reads if any(verb in action for verb in ("Delete", "Create", "Put", "Update", "Modify"))]
    assert len(json.dumps(policy, separators=(",", ":"))) < 6144, "the longest managed policy IAM takes"


@pytest.mark.control("DR-2", "SEC-1")
def test_the_function_reads_the_secret_and_restored_stores_only(built: Built) -> None:
    statements = built.template.props("AWS::IAM::ManagedPolicy", "TestRolePolicy")["PolicyDocument"]["Statement"]
    (deny,) = [one for one in statements if one["Effect"] == "Deny"]
    assert set(deny["Action"]) == {"dynamodb:Scan", "rds:DescribeDBInstances", "s3:GetObject", "s3:ListBucket"}
    assert all("awsbackup-restore-test-*" in json.dumps(name) for name in deny["NotResource"])
    secrets = [one for one in statements if "secretsmanager:GetSecretValue" in one["Action"]]
    assert len(secrets) == 1
    assert "MasterUserSecret.SecretArn" in json.dumps(secrets[0]["Resource"])


@pytest.mark.control("DR-2")
def test_the_function_is_called_when_a_restore_ended_and_every_day(built: Built) -> None:
    rules = {
        json.dumps(one["Properties"].get("EventPattern") or one["Properties"]["ScheduleExpression"]): one["Properties"]["Targets"][0]
        for one in built.template.of_type("AWS::Events::Rule").values()
        if one["Properties"]["Targets"][0]["Id"] == "Look"
    }
    pattern = {
        "source": ["aws.backup"],
        "detail-type": ["Restore Job State Change"],
        "detail": {"status": ["ABORTED", "COMPLETED", "FAILED"]},
    }
    assert set(rules) == {json.dumps(pattern), json.dumps("cron(0 12 * * ? *)")}
    assert all(target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0].startswith("TestUndelivered") for target in rules.values())


@pytest.mark.control("DR-2")
@pytest.mark.parametrize(("engine", "driver"), [(POSTGRESQL_17, "pg8000"), (MYSQL_8_4, "pymysql")], ids=["PostgreSQL", "MySQL"])
def test_the_asset_holds_our_code_and_the_one_driver(engine: Any, driver: str) -> None:
    folder, digest = hook._folder("here", ("postgresql" if driver == "pg8000" else "mysql",), None)
    names = {file.name for file in Path(folder).iterdir()}
    assert {"restore_test", driver} <= names
    assert not {"pg8000", "pymysql"} - {driver} & names
    assert (Path(folder) / "restore_test/index.py").read_bytes() == (hook.OURS / "index.py").read_bytes()
    stack = new_stack()
    everything(stack, engine=engine)
    checks = json.dumps(synth(stack).props("AWS::Lambda::Function")["Environment"]["Variables"]["CHECKS"])
    assert engine.name.replace("postgres", "postgresql") in checks
    assert digest == hook._folder("elsewhere", ("postgresql" if driver == "pg8000" else "mysql",), None)[1]


def test_own_authorities_and_own_credentials_are_taken(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("-----BEGIN CERTIFICATE-----")
    assert (Path(hook._folder("here", (), bundle)[0]) / "restore_test/authorities.pem").read_bytes() == bundle.read_bytes()
    stack = new_stack()
    vpc = private_vpc(stack)
    reader = secretsmanager.Secret(stack, "Reader")
    a_test(stack, DatabaseCheck(database=some_database(stack, vpc), expect=[ENOUGH], credentials=reader), vpc=vpc, authorities=bundle)
    variables = synth(stack).props("AWS::Lambda::Function")["Environment"]["Variables"]
    assert "Reader" in json.dumps(variables["CHECKS"])


def test_a_test_without_databases_needs_no_isolated_subnets() -> None:
    stack = new_stack()
    made = a_test(stack, vpc=private_vpc(stack, tiers=("private",)))
    template = synth(stack)
    assert made.restored is None
    assert not template.of_type("AWS::RDS::DBSubnetGroup")


# --- posture ---


@pytest.mark.control("DR-2", "COST-4")
def test_the_posture_says_how_old_how_long_and_how_long_kept() -> None:
    changed = replace(STAGING.recovery, tested_point_age=timedelta(days=2))
    template = synth_in(lambda stack: a_test(stack, posture=changed))
    assert template.props("AWS::Backup::RestoreTestingPlan")["RecoveryPointSelection"]["SelectionWindowDays"] == 2
    assert selection(template, "DynamoDB")["ValidationWindowHours"] == 2
    assert template.props("AWS::Logs::LogGroup")["RetentionInDays"] == 30


# --- refusals ---


def of_database(stack: cdk.Stack, **changes: Any) -> object:
    vpc = private_vpc(stack)
    return a_test(stack, DatabaseCheck(database=some_database(stack, vpc), **{"expect": [ENOUGH], **changes}), vpc=vpc)


class Unselected(Table):
    backup_arns = ()


class Aurora(Table):
    engine = AURORA_POSTGRESQL_17


def twice(stack: cdk.Stack) -> object:
    table = Table(stack, "Carts")
    return a_test(stack, TableCheck(table=table), TableCheck(table=table))


def nothing(stack: cdk.Stack) -> object:
    vault = BackupVault(stack, "Vault", posture=PRODUCTION.recovery)
    return RestoreTest(stack, "Test", posture=PRODUCTION.recovery, vault=vault, checking=[], vpc=private_vpc(stack))


@pytest.mark.control("DR-2", "LIB-2")
@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            nothing,
            r"^Stack/Test: checking: got \[\]; allowed: at least one store, each once: a test of nothing always succeeds; name what must be "
            r"found in each store: DatabaseCheck, TableCheck, BucketCheck$",
        ),
        (
            lambda s: a_test(s, TableCheck(table=Table(s, "Carts")), TableCheck(table=Unselected(s, "Sessions"))),
            r"^Stack/Test: checking: got 'Stack/Sessions, of which AWS Backup restores nothing'; allowed: stores with backup_arns: a test that "
            r"selects nothing never fails; leave it out, or test the store that it is copied to$",
        ),
        (twice, r"^Stack/Test: checking: got \['Stack/Carts', 'Stack/Carts'\]; allowed: at least one store"),
        (
            lambda s: a_test(s, schedule=Schedule("cron(0 10 8 1,4,7,10 ? *)")),
            r"^Stack/Test: schedule: got 'cron\(0 10 8 1,4,7,10 \? \*\)'; allowed: cron\(...\), once a month at least \(ledger DR-2\); "
            r"use Schedule\('cron\(0 10 8 \* \? \*\)'\) for the 8th of each month, or leave it out$",
        ),
        (lambda s: a_test(s, schedule=Schedule("rate(7 days)")), r"^Stack/Test: schedule: got 'rate\(7 days\)'; allowed: cron"),
        (
            lambda s: of_database(s, expect=[]),
            r"^Stack/Test: expect: got 'no question'; allowed: one Expectation at least: a database that answers may still be empty; use "
            r"Expectation\(query='SELECT count\(\*\) FROM orders', at_least=1\)$",
        ),
        (
            lambda s: a_test(s, DatabaseCheck(database=Aurora(s, "Ledger"), expect=[ENOUGH])),
            r"^Stack/Test: checking: got 'Stack/Ledger, whose engine is aurora-postgresql'; allowed: RDS for PostgreSQL or MySQL: a restored "
            r"Aurora cluster has no instance that could be asked; leave it out, and restore it by hand in a drill$",
        ),
        (
            lambda s: of_database(s, expect=[Expectation(query=f"SELECT {number}{'0' * 1500}", at_least=1) for number in (1, 2)]),
            r"^Stack/Test: checking: got '\d+ characters'; allowed: 3000 for all checks; ask less, or make a second RestoreTest for the other "
            r"stores$",
        ),
        (
            lambda s: a_test(s, authorities=Path("/no/such/file.pem")),
            r"^Stack/Test: authorities: got '/no/such/file.pem'; allowed: a file of certificates in PEM form; download the bundle",
        ),
        (
            lambda s: a_test(s, vpc=private_vpc(s, tiers=("isolated",))),
            r"^Stack/Test: vpc: got 'private subnets in no zone'; allowed: private subnets in 2 Availability Zones or more",
        ),
        (
            lambda _: Expectation(query="DELETE FROM orders", at_least=1),
            r"^Expectation.query: got 'DELETE FROM orders'; allowed: one SELECT \(or WITH ... SELECT\), without a semicolon; use SELECT "
            r"count\(\*\) FROM orders$",
        ),
        (lambda _: Expectation(query="SELECT 1; DROP TABLE orders", at_least=1), r"^Expectation.query: got 'SELECT 1; DROP TABLE orders'"),
        (
            lambda _: Expectation(query="SELECT 1"),
            r"^Expectation.at_least, newest_within: got 'neither'; allowed: exactly one of the two; ask a second question for the other$",
        ),
        (
            lambda _: Expectation(query="SELECT 1", at_least=1, newest_within=timedelta(hours=1)),
            r"^Expectation.at_least, newest_within: got 'both'",
        ),
        (
            lambda _: Expectation(query="SELECT 1", newest_within=timedelta(0)),
            r"^Expectation.newest_within: got '0:00:00'; allowed: a time above zero; use timedelta\(hours=36\)$",
        ),
        (
            lambda _: Expectation(query="SELECT 1", at_least=0),
            r"^Expectation.at_least: got 0; allowed: 1 or more: a store that is empty has at least none; use 1$",
        ),
        (lambda s: TableCheck(table=Table(s, "T"), at_least=0), r"^TableCheck.at_least: got 0; allowed: 1 or more"),
        (lambda s: BucketCheck(bucket=Bucket(s, "B"), at_least=0), r"^BucketCheck.at_least: got 0; allowed: 1 or more"),
    ],
)
def test_refuses(build: Callable[[cdk.Stack], object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        build(new_stack())


def test_refuses_a_database_without_credentials() -> None:
    stack = new_stack()
    vpc = private_vpc(stack)
    database = some_database(stack, vpc)

    class Passwordless(Table):
        engine = database.engine
        attachment = replace(database.attachment, secrets={})

    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Test: credentials: got 'none, and Stack/Ledger has no master secret'; allowed: a secret with username and password "
        r"that may read; hand over the secret of a DatabaseUser with the right read$",
    ):
        a_test(stack, DatabaseCheck(database=Passwordless(stack, "Ledger"), expect=[FRESH]), vpc=vpc)


# --- alarms ---


@pytest.mark.control("DR-2", "OPS-3")
def test_failure_and_silence_wake_somebody(built: Built) -> None:
    specs = {spec.id: spec for spec in built.test.alarm_specs}
    assert {name for name, spec in specs.items() if spec.severity is Severity.CRITICAL} == {
        "RestoreTestFailed",
        "RestoreValidationFailed",
        "NoRestoreTestForAMonth",
        "RestoreHookDeadLetters",
    }
    silent = specs["NoRestoreTestForAMonth"]
    assert (silent.threshold, silent.missing_data, silent.comparison) == (35, "breaching", "GreaterThanThreshold")
    for spec in specs.values():
        check("Stack/Test", spec, region="us-east-1")
        for line in spec.runbook.first_commands:
            assert not list(faults(line)), line


@pytest.mark.control("DR-2")
def test_what_alarms_read_is_what_filters_write(built: Built) -> None:
    written = {
        one["Properties"]["MetricTransformations"][0]["MetricName"]: one["Properties"]["FilterPattern"]
        for one in built.template.of_type("AWS::Logs::MetricFilter").values()
        if one["Properties"]["MetricTransformations"][0]["MetricNamespace"] == hook.NAMESPACE
    }
    read = {
        spec.metric.name
        for spec in built.test.alarm_specs
        if isinstance(spec, AlarmSpec) and getattr(spec.metric, "namespace", None) == hook.NAMESPACE
    } | {metric.name for graph in built.test.graphs for metric in graph.metrics}
    assert read == set(written)
    assert written["Stack/Test-Failed"] == '{ $.restoreTest = "FAILED" }'


# --- clean ---


@pytest.mark.control("GOV-1")
def test_the_findings_are_the_waived_ones(built: Built) -> None:
    waived = {
        f"{rule['data']['rule']} @ {path}"
        for path, entries in built.template.metadata.items()
        for rule in entries
        if rule["type"] == "prodready:waiver" and path.startswith("Stack/Test/")
    }
    assert {one.replace("/Resource", "") for one in built.findings} == waived
    assert waived == {
        "AwsSolutions-IAM5[Resource::*] @ Stack/Test/RestoreRole/RestorePolicy",
        "AwsSolutions-IAM5[Resource::*] @ Stack/Test/Role/Policy",
        "AwsSolutions-SQS3 @ Stack/Test/Undelivered",
        "Serverless-SQSRedrivePolicy @ Stack/Test/Undelivered",
    }


def test_same_without_feature_flags() -> None:
    stack = new_stack(new_app(flags={}))
    everything(stack)
    template = synth(stack)
    assert len(template.of_type("AWS::Backup::RestoreTestingSelection")) == 3
    assert not template.of_type("AWS::IAM::Policy")


def test_messages() -> None:
    stack = new_stack()
    vpc = private_vpc(stack)
    database, vault = some_database(stack, vpc), BackupVault(stack, "Vault", posture=PRODUCTION.recovery)
    checking = (DatabaseCheck(database=database, expect=[ENOUGH]), TableCheck(table=Table(stack, "Carts")))
    with counted() as counts:
        RestoreTest(stack, "Test", posture=PRODUCTION.recovery, vault=vault, checking=checking, vpc=vpc)
    assert total(counts) <= 125, counts


@pytest.mark.control("GOV-1", "NET-6")
def test_a_restored_database_that_is_opened_to_all_is_found() -> None:
    stack = new_stack()
    _, made = everything(stack)
    assert made.restored is not None
    before = set(findings(stack))
    made.restored.add_ingress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(5433))
    assert "AwsSolutions-EC23" in {one.partition(" ")[0] for one in set(findings(stack)) - before}
