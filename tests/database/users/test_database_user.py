"""DatabaseUser and its rotation in the template: always, posture, refusals, reach, alarms, clean, bent."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

from prodready_constructs import MYSQL_8_4, POSTGRESQL_17, AuroraDatabase, DatabaseUser, DatabaseUserRotation, Engine, MultiAzDatabase
from prodready_constructs.contracts import Severity
from prodready_constructs.database.users import drivers
from prodready_constructs.database.users.functions import trust
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import PRODUCTION
from tests.database.conftest import any_vpc
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth


@dataclass(frozen=True)
class Built:
    stack: cdk.Stack
    database: MultiAzDatabase
    rotation: DatabaseUserRotation
    user: DatabaseUser
    template: Template
    findings: set[str]

    @property
    def function(self) -> dict[str, Any]:
        return self.template.props("AWS::Lambda::Function")

    @property
    def statements(self) -> list[dict[str, Any]]:
        return list(self.template.props("AWS::IAM::ManagedPolicy", "RotationRole")["PolicyDocument"]["Statement"])


def some_database(stack: cdk.Stack, *, name: str = "orders", engine: Engine = POSTGRESQL_17) -> MultiAzDatabase:
    return MultiAzDatabase(stack, "Orders", vpc=any_vpc(stack), posture=PRODUCTION.database, database_name=name, engine=engine)


def vpc_of(stack: cdk.Stack) -> ec2.IVpc:
    return cast("ec2.IVpc", stack.node.find_child("Vpc"))


def some_rotation(stack: cdk.Stack, **changes: Any) -> DatabaseUserRotation:
    database = changes.pop("database", None) or some_database(stack)
    given = {"vpc": vpc_of(stack), "posture": PRODUCTION.database, **changes}
    return DatabaseUserRotation(stack, "Rotation", database=database, **given)


def build(engine: Engine = POSTGRESQL_17, *, flags: Mapping[str, Any] | None = None) -> Built:
    stack = new_stack(new_app(flags=flags))
    database = some_database(stack, engine=engine)
    before = set(findings(stack))
    rotation = some_rotation(stack, database=database)
    user = DatabaseUser(stack, "App", rotation=rotation, name="app", rights="write")
    found = set(findings(stack)) - before
    return Built(stack, database, rotation, user, synth(stack), found)


@pytest.fixture(scope="module", params=[POSTGRESQL_17, MYSQL_8_4], ids=lambda engine: engine.name)
def built(request: pytest.FixtureRequest) -> Built:
    return build(request.param)


# --- always ---


@pytest.mark.control("DB-4")
def test_no_password_is_in_the_template_and_the_first_value_opens_nothing(built: Built) -> None:
    secret = built.template.props("AWS::SecretsManager::Secret")
    assert "SecretString" not in secret
    generated = secret["GenerateSecretString"]
    assert json.loads(generated["SecretStringTemplate"]) == {"username": "app_2"}
    assert generated["GenerateStringKey"] == "not-made-yet"  # a service that asks for 'password' does not start with nonsense


@pytest.mark.control("DB-3", "DB-4")
def test_the_secret_is_encrypted_kept_and_closed_to_strangers(built: Built) -> None:
    secret = built.template.one("AWS::SecretsManager::Secret")
    assert (secret["DeletionPolicy"], secret["UpdateReplacePolicy"]) == ("Retain", "Retain")
    (key,) = [name for name in built.template.of_type("AWS::KMS::Key") if name.startswith("OrdersKey")]
    assert secret["Properties"]["KmsKeyId"] == {"Fn::GetAtt": [key, "Arn"]}
    policy = built.template.props("AWS::SecretsManager::ResourcePolicy")
    assert policy["BlockPublicPolicy"] is True
    insecure, strange = policy["ResourcePolicy"]["Statement"]
    assert {statement["Effect"] for statement in (insecure, strange)} == {"Deny"}
    assert insecure["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert "aws:PrincipalAccount" in strange["Condition"]["StringNotEquals"]


@pytest.mark.control("DB-4")
def test_it_is_rotated_at_once_and_then_on_the_posture_s_schedule(built: Built) -> None:
    schedule = built.template.props("AWS::SecretsManager::RotationSchedule", "App")
    assert schedule["RotateImmediatelyOnUpdate"] is True  # which makes the user
    assert schedule["RotationRules"] == {"AutomaticallyAfterDays": 30, "Duration": "3h"}


def test_the_first_rotation_waits_until_the_way_is_open(built: Built) -> None:
    waits = built.template.one("AWS::SecretsManager::RotationSchedule", "App")["DependsOn"]
    rules = {*built.template.of_type("AWS::EC2::SecurityGroupIngress"), *built.template.of_type("AWS::EC2::SecurityGroupEgress")}
    assert rules <= set(waits)
    assert [name for name in waits if "RotationInvoke" in name]


@pytest.mark.control("DB-4")
def test_the_function_stands_in_isolated_subnets_and_knows_its_one_database(built: Built) -> None:
    assert built.function["VpcConfig"]["SubnetIds"] == ["subnet-a", "subnet-b"]
    assert built.function["ReservedConcurrentExecutions"] == 1
    assert built.function["Handler"] == "rotation.index.handler"
    variables = built.function["Environment"]["Variables"]
    engine = {"postgres": "postgresql", "mysql": "mysql"}[built.database.engine.name]
    assert (variables["ENGINE"], variables["DATABASE"]) == (engine, "orders")
    assert variables["PORT"] == str(built.database.attachment.port)
    assert "Endpoint.Address" in json.dumps(variables["HOST"])
    written = "".join(part if isinstance(part, str) else "ARN" for part in variables["USER_1"]["Fn::Join"][1])
    assert json.loads(written) == {"secret": "ARN", "user": "app", "rights": "write"}


def test_its_code_is_ours_with_the_driver_and_its_licence_and_nothing_compiled(built: Built) -> None:
    assembly = Path(cast("cdk.App", built.stack.node.root).outdir)
    hash_ = built.function["Code"]["S3Key"].removesuffix(".zip")
    folder = assembly / f"asset.{hash_}"
    files = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    driver = {"postgres": "pg8000", "mysql": "pymysql"}[built.database.engine.name]
    assert {"rotation/index.py", "rotation/trust.py", f"{driver}/__init__.py"} <= files
    assert not [name for name in files if name.endswith((".pyc", ".so")) or "RECORD" in name]
    assert [name for name in files if name.startswith(driver) and "LICENSE" in name]
    assert (folder / "rotation/index.py").read_bytes() == (drivers.OURS / "index.py").read_bytes()


def test_the_same_packages_make_the_same_asset() -> None:
    drivers._folder.cache_clear()
    first = drivers._folder("here", "postgresql", None)
    drivers._folder.cache_clear()
    second = drivers._folder("there", "postgresql", None)
    assert first[1] == second[1]
    assert first[0] != second[0]
    assert drivers._folder("here", "mysql", None)[1] != first[1]


def test_own_authorities_are_in_the_asset_and_change_its_hash(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n")
    folder, digest = drivers._folder("here", "mysql", bundle)
    assert (Path(folder) / "rotation/authorities.pem").read_text() == bundle.read_text()
    assert digest != drivers._folder("here", "mysql", None)[1]


@pytest.mark.control("DB-6")
def test_whom_the_function_trusts_is_verified_by_chain_and_name() -> None:
    context = trust.trusted()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2


# --- how much ---


def test_the_posture_decides_period_window_and_log_retention() -> None:
    stack = new_stack()
    posture = replace(
        PRODUCTION.database, rotation_period=timedelta(days=7), rotation_window=timedelta(hours=1), log_retention=timedelta(days=90)
    )
    rotation = some_rotation(stack, posture=posture)
    DatabaseUser(stack, "App", rotation=rotation, name="app", rights="read")
    template = synth(stack)
    assert template.props("AWS::SecretsManager::RotationSchedule", "App")["RotationRules"] == {
        "AutomaticallyAfterDays": 7,
        "Duration": "1h",
    }
    assert template.props("AWS::Logs::LogGroup", "RotationLogs")["RetentionInDays"] == 90


@pytest.mark.control("DB-1")
def test_it_serves_aurora_too() -> None:
    stack = new_stack()
    aurora = AuroraDatabase(stack, "Orders", vpc=any_vpc(stack), posture=PRODUCTION.aurora, database_name="orders")
    rotation = some_rotation(stack, database=aurora, posture=PRODUCTION.aurora)
    user = DatabaseUser(stack, "App", rotation=rotation, name="app", rights="write")
    variables = synth(stack).props("AWS::Lambda::Function")["Environment"]["Variables"]
    assert variables["ENGINE"] == "postgresql"
    assert set(aurora.attachment.environment) == set(user.attachment.environment)


# --- refuses ---


@pytest.mark.control("LIB-2")
@pytest.mark.parametrize(
    ("name", "mend"),
    [
        ("App", "app"),
        ("1app", "app"),
        ("my-app", "my_app"),
        ("a" * 31, "a" * 30),
        ("pg_app", "app_pg_app"),
        ("rdsadmin", "app_rdsadmin"),
        ("", "app"),
        ("app'; DROP", "app___drop"),
    ],
)
def test_refuses_a_name_that_no_engine_takes(name: str, mend: str) -> None:
    stack = new_stack()
    rotation = some_rotation(stack)
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/App: name: got .*; allowed: small letters, digits and underscores from a letter on, 30 at most, "
        rf"not beginning with pg_, rds, mysql, aws; use {mend}$",
    ):
        DatabaseUser(stack, "App", rotation=rotation, name=name, rights="write")


def test_refuses_rights_that_are_none() -> None:
    stack = new_stack()
    rotation = some_rotation(stack)
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/App: rights: got 'admin'; allowed: read, write \(rows too\) or schema \(tables too\); "
        "use write for a service and schema for its migrations$",
    ):
        DatabaseUser(stack, "App", rotation=rotation, name="app", rights=cast("Any", "admin"))


def test_refuses_a_second_user_of_the_same_name() -> None:
    stack = new_stack()
    rotation = some_rotation(stack)
    DatabaseUser(stack, "App", rotation=rotation, name="app", rights="write")
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Other: name: got 'app'; allowed: a name that no other user of orders has; 12 users; share a user, or make a second",
    ):
        DatabaseUser(stack, "Other", rotation=rotation, name="app", rights="read")


def test_refuses_more_users_than_the_function_s_environment_holds() -> None:
    stack = new_stack()
    rotation = some_rotation(stack)
    for number in range(12):
        rotation.serve(f"app{number}", secret_arn="arn", rights="read", wanted_by="x")
    with pytest.raises(ConfigurationError, match=r"^Stack/App: name: got 'app'; .*12 users"):
        DatabaseUser(stack, "App", rotation=rotation, name="app", rights="read")


def test_refuses_a_user_in_another_stack_than_its_rotation() -> None:
    app = new_app()
    rotation = some_rotation(new_stack(app))
    with pytest.raises(
        ConfigurationError,
        match=r"^Other/App: rotation: got 'Stack/Rotation, in another stack'; allowed: the rotation of this stack: its function is told "
        r"which secrets are its own; make the user beside its database, and hand the user to the stack of the service$",
    ):
        DatabaseUser(new_stack(app, "Other"), "App", rotation=rotation, name="app", rights="write")


def test_refuses_a_database_without_a_master_secret() -> None:
    stack = new_stack()
    database = some_database(stack)
    there = replace(database.attachment, secrets={})
    without = SimpleNamespace(node=database.node, engine=database.engine, encryption_key=database.encryption_key, attachment=there)
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Rotation: database: got 'Stack/Orders, which has no master secret'; allowed: a database whose master password RDS "
        r"keeps: it makes the users; make users by IAM sign-in there \(grant_connect\), or leave the global database$",
    ):
        some_rotation(stack, database=without)


def test_refuses_another_engine() -> None:
    stack = new_stack()
    database = some_database(stack)
    other = SimpleNamespace(name="oracle-ee")
    strange = SimpleNamespace(node=database.node, engine=other, encryption_key=database.encryption_key, attachment=database.attachment)
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Rotation: database: got 'oracle-ee'; allowed: PostgreSQL or MySQL; make its users by hand and use AppSecret$",
    ):
        some_rotation(stack, database=strange)


def test_refuses_a_database_whose_name_leaves_no_room_for_roles() -> None:
    stack = new_stack()
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Rotation: database: got 'x{57}, 57 characters'; allowed: 56 characters: roles are called after it; give the database "
        r"a shorter name$",
    ):
        some_rotation(stack, database=some_database(stack, name="x" * 57))


def test_refuses_a_file_without_certificates(tmp_path: Path) -> None:
    stack = new_stack()
    (tmp_path / "page.html").write_text("<html>")
    for file in ("page.html", "none.pem"):
        with pytest.raises(
            ConfigurationError,
            match=r"^Stack/Rotation\w*: authorities: got '.*'; allowed: a file of certificates in PEM form; download the bundle of your region",
        ):
            DatabaseUserRotation(
                stack,
                f"Rotation{len(file)}",
                database=cast("Any", stack.node.try_find_child("Orders")) or some_database(stack),
                vpc=vpc_of(stack),
                posture=PRODUCTION.database,
                authorities=tmp_path / file,
            )


def test_refuses_an_environment_without_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(drivers.DRIVERS, "postgresql", "no-such-driver")
    drivers._folder.cache_clear()
    stack = new_stack()
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Rotation: driver: got 'no package no-such-driver'; allowed: an environment with no-such-driver, a dependency of "
        r"prodready-constructs; install prodready-constructs with its dependencies$",
    ):
        some_rotation(stack)
    drivers._folder.cache_clear()


@pytest.mark.control("NET-8")
def test_refuses_a_vpc_without_isolated_subnets_or_whose_block_is_unknown() -> None:
    stack = new_stack()
    database = some_database(stack)
    bare = ec2.Vpc.from_vpc_attributes(stack, "Bare", vpc_id="vpc-2", availability_zones=["us-east-1a", "us-east-1b"])
    with pytest.raises(ConfigurationError, match=r"^Stack/Rotation: vpc: got 'isolated subnets in no zone'"):
        some_rotation(stack, database=database, vpc=bare)
    blind = ec2.Vpc.from_vpc_attributes(
        stack,
        "Blind",
        vpc_id="vpc-3",
        availability_zones=["us-east-1a", "us-east-1b"],
        isolated_subnet_ids=["subnet-1", "subnet-2"],
        isolated_subnet_route_table_ids=["rtb-1", "rtb-2"],
    )
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Other: vpc: got 'an imported VPC without vpc_cidr_block'; .*name vpc_cidr_block in from_vpc_attributes$",
    ):
        DatabaseUserRotation(stack, "Other", database=database, vpc=blind, posture=PRODUCTION.database)


def test_refuses_a_period_that_auditors_do_not_accept() -> None:
    stack = new_stack()
    posture = SimpleNamespace(rotation_period=timedelta(days=91), rotation_window=timedelta(hours=3), log_retention=timedelta(days=30))
    with pytest.raises(ConfigurationError, match=r"^Stack/Rotation: rotation_period: got '91 days, 0:00:00'; allowed: 1 to 90 whole days"):
        some_rotation(stack, posture=posture)


# --- who may reach ---


@pytest.mark.control("SEC-1")
def test_the_function_may_read_the_master_secret_and_change_its_own_alone(built: Built) -> None:
    reads = [statement for statement in built.statements if "secretsmanager" in json.dumps(statement["Action"])]
    master, own = reads
    assert master["Action"] == "secretsmanager:GetSecretValue"
    assert "MasterUserSecret.SecretArn" in json.dumps(master["Resource"])
    (secret,) = built.template.of_type("AWS::SecretsManager::Secret")
    assert own["Resource"] == {"Ref": secret}
    assert not built.template.of_type("AWS::IAM::Policy")


@pytest.mark.control("SEC-1")
def test_the_function_talks_to_endpoints_and_to_the_database_and_the_database_lets_it_in(built: Built) -> None:
    port = built.database.attachment.port
    (rule,) = built.template.props("AWS::EC2::SecurityGroup", "Rotation")["SecurityGroupEgress"]
    assert (rule["CidrIp"], rule["FromPort"], rule["ToPort"]) == ("10.0.0.0/16", 443, 443)
    (out,) = built.template.of_type("AWS::EC2::SecurityGroupEgress").values()
    (into,) = built.template.of_type("AWS::EC2::SecurityGroupIngress").values()
    assert {(one["Properties"]["FromPort"], one["Properties"]["ToPort"]) for one in (out, into)} == {(port, port)}
    assert into["Properties"]["SourceSecurityGroupId"] == out["Properties"]["GroupId"]


def test_only_secrets_manager_of_this_account_may_start_a_rotation(built: Built) -> None:
    permission = built.template.props("AWS::Lambda::Permission")
    assert permission["Principal"] == "secretsmanager.amazonaws.com"
    assert permission["SourceAccount"] == {"Ref": "AWS::AccountId"}


def test_a_service_that_connects_to_the_user_gets_the_user_and_not_the_master(built: Built) -> None:
    there, master = built.user.attachment, built.database.attachment
    assert there.environment == master.environment
    assert (there.port, there.connections) == (master.port, master.connections)
    assert {name: field.field for name, field in there.secrets.items()} == {"DATABASE_USER": "username", "DATABASE_PASSWORD": "password"}
    assert {id(field.secret) for field in there.secrets.values()} == {id(built.user.secret)}


def test_a_reader_may_read_and_decrypt() -> None:
    stack = new_stack()
    user = DatabaseUser(stack, "App", rotation=some_rotation(stack), name="app", rights="read")
    role = iam.Role(stack, "Reader", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    user.grant_read(role)
    policy = json.dumps(synth(stack).props("AWS::IAM::Policy"))
    assert "secretsmanager:GetSecretValue" in policy
    assert "AppSecret" in policy


# --- what wakes someone ---


def test_errors_and_failed_rotations_warn_and_dead_letters_wake_someone(built: Built) -> None:
    errors, dead = built.rotation.alarm_specs
    (failed,) = built.user.alarm_specs
    assert (errors.id, errors.severity, errors.missing_data) == ("UserRotationErrors", Severity.WARNING, "notBreaching")
    assert (dead.id, dead.severity, dead.missing_data) == ("UserRotationDeadLetters", Severity.CRITICAL, "notBreaching")
    assert (failed.id, failed.severity) == ("RotationFailed", Severity.WARNING)
    assert failed.pattern["detail"]["eventName"] == ["RotationFailed", "RotationAbandoned"]
    (secret,) = built.template.of_type("AWS::SecretsManager::Secret")
    assert built.stack.resolve(failed.pattern["detail"]["additionalEventData"]["SecretId"]) == [{"Ref": secret}]
    assert "rotate-secret" in failed.runbook.first_commands[1]
    assert len(built.rotation.graphs) == 1
    assert built.user.graphs == ()


def test_they_say_that_they_are_watched(built: Built) -> None:
    for kind in ("DatabaseUser", "DatabaseUserRotation"):
        (said,) = built.template.recorded(kind)
        assert (said["watchable"], said["controls"][0]["control"]) == (True, "DB-4")


# --- clean, bent, flags ---


WAIVED = {"AwsSolutions-IAM5[Resource::*] @ Stack/Rotation/Role/Policy/Resource"}


def test_all_six_packs_find_what_is_waived_and_nothing_else(built: Built) -> None:
    assert built.findings == WAIVED


@pytest.mark.parametrize(
    ("prop", "rule"),
    [("vpc_config", "NIST.800.53.R5-LambdaInsideVPC"), ("dead_letter_config", "NIST.800.53.R5-LambdaDLQ")],
)
def test_a_bent_function_is_found(prop: str, rule: str) -> None:
    stack = new_stack()
    rotation = some_rotation(stack)
    setattr(rotation.function.node.default_child, prop, None)
    assert any(one.startswith(rule) for one in findings(stack))


def test_a_user_whose_rotation_is_taken_away_is_found() -> None:
    stack = new_stack()
    user = DatabaseUser(stack, "App", rotation=some_rotation(stack), name="app", rights="write")
    user.node.try_remove_child("RotationSchedule")
    assert "AwsSolutions-SMG4 @ Stack/App/Secret/Resource" in findings(stack)


def test_it_comes_out_right_without_any_feature_flag() -> None:
    plain = build(flags={})
    assert plain.findings == WAIVED
    assert plain.function["VpcConfig"]["SubnetIds"] == ["subnet-a", "subnet-b"]
    assert plain.template.one("AWS::SecretsManager::Secret")["DeletionPolicy"] == "Retain"
