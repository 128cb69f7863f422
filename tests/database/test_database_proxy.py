"""A pool of connections: what is always so, what follows the posture, what it refuses, who may reach it, what wakes someone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager

from bench.messages import counted, total
from prodready_constructs.contracts import AlarmSpec, EventSpec, MathMetric, Severity
from prodready_constructs.database import AURORA_MYSQL_3, MYSQL_8_4, POSTGRESQL_17, AuroraDatabase, DatabaseProxy, Engine, MultiAzDatabase
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ComposedRole, DataKey
from prodready_constructs.posture import PRODUCTION
from prodready_constructs.posture.proxy import ProxyPosture
from tests.database.conftest import ENGINES, any_vpc
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth, synth_all

POOL = PRODUCTION.proxy


@dataclass(frozen=True)
class Built:
    engine: Engine
    proxy: DatabaseProxy
    template: Template
    findings: list[str]

    @property
    def props(self) -> dict[str, Any]:
        return self.template.props("AWS::RDS::DBProxy")

    @property
    def pool(self) -> dict[str, Any]:
        return dict(self.template.props("AWS::RDS::DBProxyTargetGroup")["ConnectionPoolConfigurationInfo"])


def build(
    engine: Engine = POSTGRESQL_17,
    posture: ProxyPosture = POOL,
    *,
    sign_in: Any = "password",
    flags: Mapping[str, Any] | None = None,
    judge: bool = False,
    **arguments: Any,
) -> Built:
    stack = new_stack(new_app(flags=flags))
    vpc = any_vpc(stack)
    database = MultiAzDatabase(
        stack, "Orders", vpc=vpc, posture=PRODUCTION.database, database_name="orders", engine=engine, sign_in=sign_in
    )
    proxy = DatabaseProxy(stack, "Pool", target=database, vpc=vpc, posture=posture, **arguments)
    found = [one for one in findings(stack) if "/Pool/" in one] if judge else []
    return Built(engine, proxy, synth(stack), found)


@pytest.fixture(scope="module", params=ENGINES, ids=lambda engine: engine.name)
def built(request: pytest.FixtureRequest) -> Built:
    return build(request.param, judge=True)


# --- always ------------------------------------------------------------------------------------------------------------


@pytest.mark.control("DB-9")
def test_tls_and_iam_are_required(built: Built) -> None:
    assert built.props["RequireTLS"] is True
    assert built.props["DebugLogging"] is False
    (auth,) = built.props["Auth"]
    assert (auth["AuthScheme"], auth["IAMAuth"]) == ("SECRETS", "REQUIRED")
    assert built.props["EngineFamily"] == {"postgres": "POSTGRESQL", "mysql": "MYSQL"}[built.engine.name]
    assert built.props["VpcSubnetIds"] == ["subnet-a", "subnet-b"]


@pytest.mark.control("DB-9", "DB-4")
def test_it_signs_in_with_the_secret_that_rds_keeps_and_reads_no_other(built: Built) -> None:
    secret = {"Fn::GetAtt": ["OrdersInstanceB460215C", "MasterUserSecret.SecretArn"]}
    assert built.props["Auth"][0]["SecretArn"] == secret
    document = built.template.props("AWS::IAM::ManagedPolicy", "PoolRole")["PolicyDocument"]
    read, decrypt = document["Statement"]
    assert read == {
        "Action": ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
        "Effect": "Allow",
        "Resource": secret,
    }
    assert (decrypt["Action"], decrypt["Resource"]) == ("kms:Decrypt", {"Fn::GetAtt": ["OrdersKeyB9756803", "Arn"]})
    assert "secretsmanager." in str(decrypt["Condition"]["StringEquals"]["kms:ViaService"])
    # RDS reads the secret when the proxy is made.
    (policy,) = [name for name in built.template.of_type("AWS::IAM::ManagedPolicy") if name.startswith("Pool")]
    assert policy in built.template.one("AWS::RDS::DBProxy")["DependsOn"]


@pytest.mark.control("DB-9", "OPS-5")
def test_its_log_goes_where_rds_writes_it_encrypted_and_expiring(built: Built) -> None:
    ((name, group),) = [(k, v) for k, v in built.template.of_type("AWS::Logs::LogGroup").items() if k.startswith("Pool")]
    assert group["Properties"]["LogGroupName"] == f"/aws/rds/proxy/{built.props['DBProxyName']}"
    assert group["Properties"]["RetentionInDays"] == 30
    assert group["Properties"]["KmsKeyId"] == {"Fn::GetAtt": ["OrdersKeyB9756803", "Arn"]}
    assert name in built.template.one("AWS::RDS::DBProxy")["DependsOn"]


@pytest.mark.control("DB-9")
def test_session_variables_pin_no_connection_where_a_filter_exists(built: Built) -> None:
    assert built.pool.get("SessionPinningFilters") == {"postgres": None, "mysql": ["EXCLUDE_VARIABLE_SETS"]}[built.engine.name]


@pytest.mark.control("DB-9", "DB-7")
def test_without_a_password_it_signs_in_by_iam_from_end_to_end() -> None:
    built = build(sign_in="iam", db_users=["app", "reports"])
    assert built.props["DefaultAuthScheme"] == "IAM_AUTH"
    assert "Auth" not in built.props
    (statement,) = built.template.props("AWS::IAM::ManagedPolicy", "PoolRole")["PolicyDocument"]["Statement"]
    assert statement["Action"] == "rds-db:connect"
    assert [str(one).rsplit("/", 1)[1][:7] for one in statement["Resource"]] == ["app']]}", "reports"]
    assert all("DbiResourceId" in str(one) for one in statement["Resource"])
    assert built.proxy.attachment.secrets == {}


def test_users_with_a_password_bring_their_secrets() -> None:
    stack = new_stack()
    vpc = any_vpc(stack)
    database = MultiAzDatabase(stack, "Orders", vpc=vpc, posture=PRODUCTION.database, database_name="orders")
    key = DataKey(stack, "Users", description="users").key
    secrets = [secretsmanager.Secret(stack, name, encryption_key=key) for name in ("App", "Reports")]
    proxy = DatabaseProxy(stack, "Pool", target=database, vpc=vpc, posture=POOL, secrets=secrets)
    assert proxy.attachment.secrets == {}  # which of them a workload is, it says itself
    template = synth(stack)
    assert len(template.props("AWS::RDS::DBProxy")["Auth"]) == 2
    read, decrypt = template.props("AWS::IAM::ManagedPolicy", "PoolRole")["PolicyDocument"]["Statement"]
    assert len(read["Resource"]) == 2
    assert "UsersKey" in str(decrypt["Resource"])


@pytest.mark.control("DB-9")
def test_an_aurora_cluster_is_pooled_too() -> None:
    stack = new_stack()
    vpc = any_vpc(stack)
    database = AuroraDatabase(stack, "Orders", vpc=vpc, posture=PRODUCTION.aurora, database_name="orders", engine=AURORA_MYSQL_3)
    DatabaseProxy(stack, "Pool", target=database, vpc=vpc, posture=POOL)
    template = synth(stack)
    group = template.one("AWS::RDS::DBProxyTargetGroup")
    (cluster,) = template.of_type("AWS::RDS::DBCluster")
    assert group["Properties"]["DBClusterIdentifiers"] == [{"Ref": cluster}]
    assert "DBInstanceIdentifiers" not in group["Properties"]
    assert set(template.of_type("AWS::RDS::DBInstance")) <= set(group["DependsOn"])
    assert template.props("AWS::RDS::DBProxy")["EngineFamily"] == "MYSQL"


# --- posture -----------------------------------------------------------------------------------------------------------


@pytest.mark.control("DB-9")
def test_the_posture_bounds_the_pool() -> None:
    posture = replace(
        POOL, connection_share=50, idle_share=10, borrow_timeout=timedelta(seconds=5), idle_client_timeout=timedelta(minutes=1)
    )
    built = build(posture=replace(posture, log_retention=timedelta(days=90)))
    assert built.pool == {"ConnectionBorrowTimeout": 5, "MaxConnectionsPercent": 50, "MaxIdleConnectionsPercent": 10}
    assert built.props["IdleClientTimeout"] == 60
    log = built.template.props("AWS::Logs::LogGroup", "PoolLog")
    assert log["RetentionInDays"] == 90


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"connection_share": 0},
            r"^ProxyPosture.connection_share: got 0; allowed: 1 to 100 \(percent of max_connections\); the nearest is 1$",
        ),
        ({"idle_share": 101}, r"^ProxyPosture.idle_share: got 101; allowed: 0 to 100"),
        (
            {"idle_share": 95},
            r"^ProxyPosture.idle_share, connection_share: got '95 > 90'; allowed: the first at most the second; lower idle_share$",
        ),
        ({"borrow_timeout": timedelta(0)}, r"^ProxyPosture.borrow_timeout: got '0:00:00'; allowed: 0:00:01 to 0:05:00 \(.*0 would wait"),
        ({"borrow_timeout": timedelta(hours=1)}, r"^ProxyPosture.borrow_timeout: got '1:00:00'; .*the nearest is 0:05:00$"),
        ({"idle_client_timeout": timedelta(hours=9)}, r"^ProxyPosture.idle_client_timeout: got '9:00:00'; allowed: 0:01:00 to 8:00:00"),
        (
            {"borrow_timeout": timedelta(seconds=1, milliseconds=5)},
            r"^ProxyPosture.borrow_timeout: got '0:00:01.005000'; allowed: whole seconds; round it up$",
        ),
    ],
)
def test_the_posture_refuses(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        replace(POOL, **changes)


# --- refuses -----------------------------------------------------------------------------------------------------------


@pytest.mark.control("DB-9")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"sign_in": "iam"},
            r"^Stack/Pool: db_users: got 'none, beside a database without a master password'; allowed: users that sign in by IAM, or .*; "
            r'name them: db_users=\["app"\]$',
        ),
        ({"db_users": ["*"]}, r"^Stack/Pool: db_user: got '\*'; allowed: the name of one database user; make a user for this workload$"),
    ],
)
def test_refuses(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        build(**arguments)


def test_refuses_both_secrets_and_users_a_wildcard_and_too_few_zones() -> None:
    stack = new_stack()
    vpc = any_vpc(stack)
    database = MultiAzDatabase(stack, "Orders", vpc=vpc, posture=PRODUCTION.database, database_name="orders")
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Both: secrets, db_users: got '1 secrets and 1 users'; allowed: one of them: .*; leave one out$",
    ):
        DatabaseProxy(stack, "Both", target=database, vpc=vpc, posture=POOL, secrets=[database.secret], db_users=["app"])
    elsewhere = new_stack(name="Elsewhere")
    with pytest.raises(ConfigurationError, match=r"^Stack/Narrow: vpc: got 'isolated subnets in us-east-1a'"):
        DatabaseProxy(stack, "Narrow", target=database, vpc=any_vpc(elsewhere, zones=1), posture=POOL)
    proxy = DatabaseProxy(stack, "Pool", target=database, vpc=vpc, posture=POOL)
    role = iam.Role(stack, "App", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))
    with pytest.raises(ConfigurationError, match=r"^Stack/Pool: db_user: got ''; allowed: the name of one database user"):
        proxy.grant_connect(role, db_user="")


# --- reach -------------------------------------------------------------------------------------------------------------


@pytest.mark.control("NET-6", "DB-9")
def test_the_proxy_reaches_the_database_and_nothing_else_and_nobody_the_proxy(built: Built) -> None:
    ports = {"postgres": 5433, "mysql": 3307}
    (egress,) = built.template.of_type("AWS::EC2::SecurityGroupEgress").values()
    (ingress,) = built.template.of_type("AWS::EC2::SecurityGroupIngress").values()
    for rule in (egress["Properties"], ingress["Properties"]):
        assert rule["FromPort"] == rule["ToPort"] == ports[built.engine.name]
    assert "OrdersAccess" in str(egress["Properties"]["DestinationSecurityGroupId"])
    assert "PoolAccess" in str(ingress["Properties"]["SourceSecurityGroupId"])
    assert "SecurityGroupIngress" not in built.template.props("AWS::EC2::SecurityGroup", "PoolAccess")


@pytest.mark.control("NET-6", "DB-9", "SEC-1")
def test_a_workload_of_another_stack_goes_through_the_pool() -> None:
    app = new_app()
    data, workload = new_stack(app, "Data"), new_stack(app, "Workload")
    vpc = any_vpc(data)
    database = MultiAzDatabase(data, "Orders", vpc=vpc, posture=PRODUCTION.database, database_name="orders")
    proxy = DatabaseProxy(data, "Pool", target=database, vpc=vpc, posture=POOL)
    attachment = proxy.attachment
    assert attachment.port == 5432  # where RDS Proxy listens, not where the database does
    assert attachment.environment["DATABASE_PORT"] == "5432"
    assert attachment.environment.keys() == {"DATABASE_HOST", "DATABASE_PORT", "DATABASE_NAME"}
    assert {name: one.field for name, one in attachment.secrets.items()} == {"DATABASE_USER": "username"}
    service = ec2.SecurityGroup(workload, "Service", vpc=any_vpc(workload))
    service.connections.allow_to(attachment.connections, ec2.Port.tcp(attachment.port))
    role = ComposedRole(workload, "App", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"), description="test")
    proxy.grant_connect(role, db_user="app")
    templates = synth_all(app)
    assert templates["Workload"].props("AWS::EC2::SecurityGroupIngress")["ToPort"] == 5432
    (statement,) = templates["Workload"].props("AWS::IAM::ManagedPolicy")["PolicyDocument"]["Statement"]
    assert statement["Action"] == "rds-db:connect"
    assert "Workload" not in str(templates["Data"].body)


def test_a_proxy_of_another_stack_than_the_database_leaves_its_stack_alone() -> None:
    app = new_app()
    data, workload = new_stack(app, "Data"), new_stack(app, "Workload")
    vpc = any_vpc(data)
    database = MultiAzDatabase(data, "Orders", vpc=vpc, posture=PRODUCTION.database, database_name="orders")
    DatabaseProxy(workload, "Pool", target=database, vpc=any_vpc(workload), posture=POOL)
    templates = synth_all(app)
    assert "Workload" not in str(templates["Data"].body)
    assert templates["Workload"].of_type("AWS::RDS::DBProxy")


# --- wakes -------------------------------------------------------------------------------------------------------------


@pytest.mark.control("DB-9", "DB-10")
def test_what_wakes(built: Built) -> None:
    alarms = {spec.id: spec for spec in built.proxy.alarm_specs if isinstance(spec, AlarmSpec)}
    limit = {"postgres": 337, "mysql": 256}[built.engine.name]
    assert {name: (spec.threshold, spec.severity) for name, spec in alarms.items()} == {
        "Unavailable": (90, Severity.CRITICAL),
        "BorrowTimingOut": (27_000_000, Severity.CRITICAL),
        "BorrowLatencyHigh": (3_000_000, Severity.WARNING),
        "PoolExhausting": (90, Severity.WARNING),
        "ClientConnectionsHigh": (10 * (limit * 90 // 100), Severity.WARNING),
        "ClientsRefused": (4, Severity.CRITICAL),
        "SessionsPinned": (50, Severity.WARNING),
    }
    name = built.props["DBProxyName"]
    used = [
        metric
        for spec in alarms.values()
        for metric in (spec.metric.using.values() if isinstance(spec.metric, MathMetric) else (spec.metric,))
    ]
    assert all(metric.namespace == "AWS/RDS" and metric.dimensions["ProxyName"] == name for metric in used)
    assert alarms["Unavailable"].metric.dimensions == {  # type: ignore[union-attr]
        "ProxyName": name,
        "TargetGroup": "default",
        "TargetRole": "READ_WRITE",
    }
    (event,) = [spec for spec in built.proxy.alarm_specs if isinstance(spec, EventSpec)]
    assert event.pattern["detail"] == {"SourceIdentifier": [name], "EventCategories": ["failure"]}
    for spec in built.proxy.alarm_specs:
        assert all(name in command for command in spec.runbook.first_commands), spec.id
        assert len(spec.runbook.causes) >= 2, spec.id
    assert built.proxy.graphs


def test_it_says_what_it_promises(built: Built) -> None:
    (facts,) = built.template.recorded("DatabaseProxy")
    assert (facts["tier"], facts["watchable"]) == ("data", True)
    assert {claim["control"] for claim in facts["controls"]} == {"DB-9", "DB-10", "OPS-5"}


# --- clean -------------------------------------------------------------------------------------------------------------


@pytest.mark.control("DB-9", "GOV-1")
def test_it_is_clean_under_all_six_packs(built: Built) -> None:
    assert built.findings == []


@pytest.mark.control("LIB-2")
def test_it_does_not_depend_on_feature_flags(built: Built) -> None:
    bare = build(built.engine, flags={})
    assert bare.props == built.props
    assert bare.pool == built.pool


@pytest.mark.parametrize("engine", [POSTGRESQL_17, MYSQL_8_4], ids=["postgres", "mysql"])
def test_a_proxy_costs_no_more_messages_than(engine: Engine) -> None:
    stack = new_stack()
    vpc = any_vpc(stack)
    database = MultiAzDatabase(stack, "Orders", vpc=vpc, posture=PRODUCTION.database, database_name="orders", engine=engine)
    with counted() as counts:
        proxy = DatabaseProxy(stack, "Pool", target=database, vpc=vpc, posture=POOL)
    assert total(counts) <= 42, counts
    with counted() as counts:
        assert [*proxy.alarm_specs, *proxy.graphs]
    assert total(counts) == 0
