"""Tables: restorable, encrypted in every region, limited in what they can cost, and watched."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms

from bench.messages import counted, total
from prodready_constructs.compliance.hardening import hardening_findings
from prodready_constructs.compliance.rules import Subject
from prodready_constructs.compute import WebService
from prodready_constructs.contracts import MathMetric, Metric, Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.evidence.assembly import read_assembly
from prodready_constructs.foundation import ComposedRole
from prodready_constructs.monitoring import Routes, Watch
from prodready_constructs.posture import PRODUCTION, STAGING
from prodready_constructs.recovery import BackupPlan
from prodready_constructs.tables import GlobalIndex, LocalIndex, ProtectedTable, TableReplica, TableSchema
from tests.compute.support import IMAGE, a_vpc
from tests.support.packs import findings
from tests.support.synthesis import ACCOUNT, REGION, SECOND_REGION, Template, new_app, new_stack, synth

POSTURE, DATA = PRODUCTION.tables, PRODUCTION.data
TEXT, NUMBER = dynamodb.AttributeType.STRING, dynamodb.AttributeType.NUMBER
ID, AT, MAIL = (dynamodb.Attribute(name=name, type=TEXT) for name in ("id", "at", "mail"))
SCHEMA = TableSchema(
    partition_key=ID,
    sort_key=AT,
    ttl_attribute="expires_at",
    indexes=(GlobalIndex(name="by-mail", partition_key=MAIL, projection=("total",)), LocalIndex(name="by-total", sort_key=MAIL)),
)
PLAIN = TableSchema(partition_key=ID)


def key_in(region: str) -> str:
    return f"arn:aws:kms:{region}:{ACCOUNT}:key/11111111-1111-1111-1111-111111111111"


REPLICAS = (
    TableReplica(region=SECOND_REGION, key_arn=key_in(SECOND_REGION)),
    TableReplica(region="eu-west-1", key_arn=key_in("eu-west-1"), settled=True),
)


class Tables(NamedTuple):
    template: Template
    orders: ProtectedTable
    carts: ProtectedTable
    findings: list[str]


def tables(flags: dict[str, Any] | None) -> Tables:
    stack = new_stack(new_app(flags=flags))
    orders = ProtectedTable(stack, "Orders", schema=SCHEMA, posture=POSTURE, data_class=DATA.personal, replicas=REPLICAS)
    carts = ProtectedTable(stack, "ShoppingCarts", schema=PLAIN, posture=STAGING.tables, data_class=DATA.internal)
    reader, writer, tenant = (
        ComposedRole(stack, name, assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"), description="test")
        for name in ("Reader", "Writer", "Tenant")
    )
    orders.grant_read(reader)
    orders.grant_write(writer, region="eu-west-1")
    orders.grant_stream_read(writer)
    orders.grant_read_write(tenant, leading_keys=["${aws:PrincipalTag/tenant}"], region=REGION)
    found = findings(stack)
    return Tables(synth(stack), orders, carts, found)


@pytest.fixture(scope="module", params=["flags", "no flags"])
def made(request: pytest.FixtureRequest) -> Tables:
    return tables({} if request.param == "no flags" else None)


def replicas_of(template: Template, name: str = "Orders") -> dict[str, dict[str, Any]]:
    return {replica["Region"]: replica for replica in template.props("AWS::DynamoDB::GlobalTable", name)["Replicas"]}


def statements(template: Template, role: str) -> list[dict[str, Any]]:
    return list(template.props("AWS::IAM::ManagedPolicy", role)["PolicyDocument"]["Statement"])


# -- always ----------------------------------------------------------------------------------------------------------


@pytest.mark.control("STORE-2")
def test_every_region_is_restorable_and_protected(made: Tables) -> None:
    replicas = replicas_of(made.template)
    assert set(replicas) == {REGION, SECOND_REGION, "eu-west-1"}
    for replica in replicas.values():
        assert replica["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 35}
        assert replica["DeletionProtectionEnabled"] is True
        assert replica["TableClass"] == "STANDARD"
    for table in made.template.of_type("AWS::DynamoDB::GlobalTable").values():
        assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain"
        assert "TableName" not in table["Properties"]


@pytest.mark.control("STORE-2", "SEC-8")
def test_every_region_has_a_key_of_its_own(made: Tables) -> None:
    assert made.template.props("AWS::DynamoDB::GlobalTable", "Orders")["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}
    keys = {region: replica["SSESpecification"]["KMSMasterKeyId"] for region, replica in replicas_of(made.template).items()}
    assert keys[SECOND_REGION] == key_in(SECOND_REGION)
    assert keys["eu-west-1"] == key_in("eu-west-1")
    assert "OrdersKey" in keys[REGION]["Fn::GetAtt"][0]
    assert all(key["Properties"]["EnableKeyRotation"] for key in made.template.of_type("AWS::KMS::Key").values())


@pytest.mark.control("STORE-2")
def test_nothing_can_cost_without_limit(made: Tables) -> None:
    table = made.template.props("AWS::DynamoDB::GlobalTable", "Orders")
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    limits = {"MaxWriteRequestUnits": POSTURE.max_write_units}
    assert table["WriteOnDemandThroughputSettings"] == limits
    assert [index["WriteOnDemandThroughputSettings"] for index in table["GlobalSecondaryIndexes"]] == [limits]
    for replica in replicas_of(made.template).values():
        assert replica["ReadOnDemandThroughputSettings"] == {"MaxReadRequestUnits": POSTURE.max_read_units}
        (index,) = replica["GlobalSecondaryIndexes"]
        assert index["ReadOnDemandThroughputSettings"] == {"MaxReadRequestUnits": POSTURE.max_read_units}


def test_keys_and_indexes_are_as_asked(made: Tables) -> None:
    table = made.template.props("AWS::DynamoDB::GlobalTable", "Orders")
    assert [(key["AttributeName"], key["KeyType"]) for key in table["KeySchema"]] == [("id", "HASH"), ("at", "RANGE")]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}, "a table with replicas replicates from it"
    assert table["GlobalSecondaryIndexes"][0]["Projection"] == {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["total"]}
    assert table["LocalSecondaryIndexes"][0]["Projection"] == {"ProjectionType": "ALL"}
    assert "StreamSpecification" not in made.template.props("AWS::DynamoDB::GlobalTable", "Carts")


# -- reach -----------------------------------------------------------------------------------------------------------


@pytest.mark.control("STORE-2", "SEC-1")
def test_the_table_refuses_plain_http_and_other_accounts_but_not_replication(made: Tables) -> None:
    replicas = replicas_of(made.template)
    # DynamoDB takes no policy for a replica in the update that creates it.
    assert "ResourcePolicy" not in replicas[SECOND_REGION]
    for region in (REGION, "eu-west-1"):
        refused = replicas[region]["ResourcePolicy"]["PolicyDocument"]["Statement"]
        assert {statement["Effect"] for statement in refused} == {"Deny"}
        tls, accounts = (statement["Condition"] for statement in refused)
        assert tls["Bool"] == {"aws:PrincipalIsAWSService": "false", "aws:SecureTransport": "false"}
        assert accounts["StringNotEquals"] == {"aws:PrincipalAccount": {"Ref": "AWS::AccountId"}}
        assert accounts["Bool"] == {"aws:PrincipalIsAWSService": "false"}
        for condition in (tls, accounts):
            assert condition["ArnNotLike"]["aws:PrincipalArn"]["Fn::Join"][1][-1] == ":role/aws-service-role/*"


@pytest.mark.control("STORE-2", "SEC-1")
def test_a_reader_reads_the_table_and_its_indexes_by_name(made: Tables) -> None:
    key, data = statements(made.template, "Reader")
    assert key["Action"] == ["kms:Decrypt", "kms:DescribeKey"]
    assert data["Action"] == [
        f"dynamodb:{action}" for action in ("BatchGetItem", "ConditionCheckItem", "DescribeTable", "GetItem", "Query", "Scan")
    ]
    assert "*" not in json.dumps(data["Resource"])
    assert [resource["Fn::Join"][1][-1] for resource in data["Resource"][1:]] == ["/index/by-mail", "/index/by-total"]


@pytest.mark.control("STORE-2", "SEC-1")
def test_a_writer_of_a_replica_uses_the_key_there_and_reads_nothing(made: Tables) -> None:
    key, data, own_key, stream = statements(made.template, "Writer")
    assert key["Resource"] == key_in("eu-west-1")
    assert {"kms:Encrypt", "kms:GenerateDataKey"} <= set(key["Action"])
    assert set(data["Action"]) == {
        f"dynamodb:{action}" for action in ("BatchWriteItem", "DeleteItem", "DescribeTable", "PutItem", "UpdateItem")
    }
    assert all(f"dynamodb:eu-west-1:{ACCOUNT}:table/" in json.dumps(resource) for resource in data["Resource"])
    assert stream["Resource"] == {"Fn::GetAtt": [next(iter(stream["Resource"].values()))[0], "StreamArn"]}
    assert own_key["Action"] == ["kms:Decrypt", "kms:DescribeKey"]


@pytest.mark.control("SEC-1")
def test_a_tenant_reaches_its_partitions_only_and_cannot_scan(made: Tables) -> None:
    _, data, describe = statements(made.template, "Tenant")
    assert data["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["${aws:PrincipalTag/tenant}"]}}
    # ForAllValues holds where there is no leading key at all: whatever has none must not be in the statement.
    assert not {"dynamodb:Scan", "dynamodb:DescribeTable"} & set(data["Action"])
    assert describe["Action"] == "dynamodb:DescribeTable"


def test_a_service_is_told_name_and_end(made: Tables) -> None:
    attachment = made.orders.attachment
    assert attachment.environment == {
        "ORDERS_TABLE": made.orders.name,
        "ORDERS_TTL_ATTRIBUTE": "expires_at",
        "ORDERS_RETENTION_SECONDS": str(DATA.personal.retention // timedelta(seconds=1)) if DATA.personal.retention else "",
    }
    assert attachment.port == 443
    assert attachment.secrets == {}
    assert list(made.carts.attachment.environment) == ["SHOPPING_CARTS_TABLE"]


# -- posture and data class ------------------------------------------------------------------------------------------


@pytest.mark.control("STORE-2")
def test_the_posture_decides_how_much(made: Tables) -> None:
    (cart,) = replicas_of(made.template, "Carts").values()
    assert cart["PointInTimeRecoverySpecification"]["RecoveryPeriodInDays"] == STAGING.tables.recovery_window.days == 7
    assert cart["ReadOnDemandThroughputSettings"] == {"MaxReadRequestUnits": STAGING.tables.max_read_units}
    assert cart["ContributorInsightsSpecification"] == {"Enabled": False}


@pytest.mark.parametrize(
    ("mode", "data_class", "shown"),
    [
        ("throttled", DATA.internal, {"Enabled": True, "Mode": "THROTTLED_KEYS"}),
        ("all", DATA.public, {"Enabled": True, "Mode": "ACCESSED_AND_THROTTLED_KEYS"}),
        ("off", DATA.public, {"Enabled": False}),
        ("all", DATA.personal, {"Enabled": False}),
        ("throttled", DATA.confidential, {"Enabled": False}),
    ],
)
def test_keys_are_shown_only_where_the_data_class_lets_them(mode: Any, data_class: Any, shown: dict[str, Any]) -> None:
    stack = new_stack()
    posture = replace(POSTURE, contributor_insights=mode)
    ProtectedTable(stack, "Table", schema=SCHEMA, posture=posture, data_class=data_class, replicas=REPLICAS)
    for replica in replicas_of(synth(stack), "Table").values():
        assert replica["ContributorInsightsSpecification"] == shown


@pytest.mark.control("STORE-6", "COST-2")
def test_the_data_class_is_written_on_everything(made: Tables) -> None:
    for replica in replicas_of(made.template).values():
        assert replica["Tags"] == [{"Key": "data-class", "Value": "personal"}]
    assert {"Key": "data-class", "Value": "personal"} in made.template.props("AWS::KMS::Key", "Orders")["Tags"]
    classes = [record["data_class"]["name"] for record in made.template.recorded("ProtectedTable")]
    assert classes == ["personal", "internal"]


def test_what_is_asked_for_is_there() -> None:
    stack = new_stack()
    key = kms.Key.from_key_arn(stack, "Theirs", key_in(REGION))
    changes = kinesis.Stream.from_stream_arn(stack, "Changes", f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/changes")
    table = ProtectedTable(
        stack,
        "Table",
        schema=PLAIN,
        posture=POSTURE,
        data_class=DATA.public,
        encryption_key=key,
        stream=dynamodb.StreamViewType.KEYS_ONLY,
        kinesis_stream=changes,
        infrequent_access=True,
    )
    assert table.key is key
    template = synth(stack)
    assert not template.of_type("AWS::KMS::Key")
    (only,) = replicas_of(template, "Table").values()
    assert only["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    assert only["KinesisStreamSpecification"] == {"StreamArn": changes.stream_arn}
    assert template.props("AWS::DynamoDB::GlobalTable")["StreamSpecification"] == {"StreamViewType": "KEYS_ONLY"}


# -- refuses ---------------------------------------------------------------------------------------------------------


def refused(message: str, *, region: str = REGION, **arguments: Any) -> None:
    given = {"schema": PLAIN, "posture": POSTURE, "data_class": DATA.public, **arguments}
    with pytest.raises(ConfigurationError, match=f"^{message}$"):
        ProtectedTable(new_stack(region=region), "Table", **given)


@pytest.mark.control("STORE-6")
def test_a_table_without_data_class_is_refused() -> None:
    refused(
        r"Stack/Table: data_class: got None; allowed: the class of the data it holds: .*; hand over posture\.data\.public, .*",
        data_class=None,
    )


@pytest.mark.control("STORE-6")
def test_data_that_ends_needs_an_attribute_to_end_by() -> None:
    refused(
        r"Stack/Table: schema\.ttl_attribute: got None; allowed: an attribute .* personal ends after 730 days; add ttl_attribute=.*",
        data_class=DATA.personal,
    )


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (
            TableSchema(partition_key=ID, indexes=(GlobalIndex(name="a", partition_key=MAIL), GlobalIndex(name="a", partition_key=AT))),
            r"schema\.indexes: got \['a'\]; allowed: each name once; give one of them another name",
        ),
        (
            TableSchema(partition_key=ID, indexes=(GlobalIndex(name="a", partition_key=dynamodb.Attribute(name="id", type=NUMBER)),)),
            r"schema: got \{'id': \['NUMBER', 'STRING'\]\}; allowed: one type for an attribute; use the same Attribute in every key",
        ),
        (
            TableSchema(partition_key=ID, sort_key=ID),
            r"schema\.sort_key: got 'id'; allowed: another attribute than the partition key; name another",
        ),
        (
            TableSchema(partition_key=ID, indexes=(LocalIndex(name="a", sort_key=AT),)),
            r"schema\.indexes: got \['a'\]; allowed: local indexes on a table with a sort key; add schema\.sort_key, or use a GlobalIndex",
        ),
        (
            TableSchema(partition_key=ID, indexes=tuple(GlobalIndex(name=f"a{n}", partition_key=MAIL) for n in range(21))),
            r"schema\.indexes: got '21 global indexes'; allowed: 20 at most; ask one index more questions",
        ),
        (
            TableSchema(partition_key=ID, sort_key=AT, indexes=tuple(LocalIndex(name=f"a{n}", sort_key=MAIL) for n in range(6))),
            r"schema\.indexes: got '6 local indexes'; allowed: 5 at most; ask one index more questions",
        ),
        (
            TableSchema(
                partition_key=ID,
                indexes=(GlobalIndex(name="a", partition_key=MAIL, projection=tuple(f"b{n}" for n in range(101))),),
            ),
            r"schema\.indexes: got '101 projected attributes'; allowed: 100 at most, over all indexes; project \"ALL\" where .*",
        ),
        (
            TableSchema(partition_key=ID, ttl_attribute="id"),
            r"schema\.ttl_attribute: got 'id'; allowed: an attribute that is no key: .*; add an attribute such as expires_at",
        ),
    ],
)
def test_a_schema_that_dynamodb_would_refuse_is_refused_first(schema: TableSchema, message: str) -> None:
    refused(f"Stack/Table: {message}", schema=schema)


def replica(region: str, key: str | None = None) -> TableReplica:
    return TableReplica(region=region, key_arn=key or key_in(region))


@pytest.mark.control("STORE-2")
@pytest.mark.parametrize(
    ("replicas", "message"),
    [
        (
            [replica(REGION)],
            r"replica in us-east-1: got 'us-east-1'; allowed: regions that the table is not in yet; name another .* us-east-1",
        ),
        (
            [replica("eu-west-1"), replica("eu-west-1")],
            r"replica in eu-west-1: got 'eu-west-1'; allowed: regions that the table is not in yet; name another region than eu-west-1, us-east-1",
        ),
        (
            [replica("eu-west-1", key_in(REGION))],
            r"replica in eu-west-1: key_arn: got 'arn:aws:kms:us-east-1:.*'; allowed: the ARN of a KMS key in eu-west-1: .*; make a DataKey .*",
        ),
    ],
)
def test_a_replica_is_elsewhere_and_has_a_key_there(replicas: list[TableReplica], message: str) -> None:
    refused(f"Stack/Table: {message}", replicas=replicas)


@pytest.mark.control("GOV-6")
def test_neither_table_nor_replica_leaves_the_allowed_regions() -> None:
    allowed = PRODUCTION.kept_in("eu-central-1", "eu-west-1").tables
    rest = r"; allowed: eu-central-1, eu-west-1: the posture's allowed_regions; put it into one of them, or allow the region .*"
    refused(r"Stack/Table: got 'us-east-1'" + rest, posture=allowed)
    refused(
        r"Stack/Table: replica in us-west-2: got 'us-west-2'" + rest, posture=allowed, region="eu-west-1", replicas=[replica("us-west-2")]
    )
    stack = new_stack(region="eu-west-1")
    ProtectedTable(stack, "Table", schema=PLAIN, posture=allowed, data_class=DATA.public, replicas=[replica("eu-central-1")])
    (record,) = synth(stack).recorded("ProtectedTable")
    assert record["allowed_regions"] == ["eu-central-1", "eu-west-1"]


def test_a_stack_must_state_its_region() -> None:
    stack = cdk.Stack(new_app(), "Anywhere")
    with pytest.raises(ConfigurationError, match=r"^Anywhere/Table: got 'a stack without a region'; allowed: .*; give the stack env=.*$"):
        ProtectedTable(stack, "Table", schema=PLAIN, posture=POSTURE, data_class=DATA.public)


def test_a_table_with_replicas_streams_both_images() -> None:
    refused(
        r"Stack/Table: stream: got 'KEYS_ONLY'; allowed: NEW_AND_OLD_IMAGES on a table with replicas, .*; leave stream out, .*",
        stream=dynamodb.StreamViewType.KEYS_ONLY,
        replicas=[replica("eu-west-1")],
    )


def test_a_grant_needs_something_to_be_granted() -> None:
    stack = new_stack()
    table = ProtectedTable(stack, "Table", schema=PLAIN, posture=POSTURE, data_class=DATA.public)
    role = ComposedRole(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"), description="test")
    with pytest.raises(
        ConfigurationError, match=r"^Stack/Table: grant_stream_read: got 'a table without a stream'; allowed: .*; add stream=.*$"
    ):
        table.grant_stream_read(role)
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Table: region: got 'eu-west-1'; allowed: a region the table is in: us-east-1; add a TableReplica there$",
    ):
        table.grant_read(role, region="eu-west-1")


# -- wakes, recovers -------------------------------------------------------------------------------------------------


@pytest.mark.control("STORE-2", "OPS-7")
def test_what_wakes_someone(made: Tables) -> None:
    specs = {spec.id: spec for spec in made.orders.alarm_specs}
    assert set(specs) == {
        *("ReadThrottled", "WriteThrottled", "ByMailReadThrottled", "ByMailWriteThrottled"),
        *("ReadNearLimit", "WriteNearLimit", "SystemErrors", "GetItemSlow", "PutItemSlow", "QuerySlow"),
        *("UsWest2ReplicaLate", "EuWest1ReplicaLate"),
    }
    critical = {name for name, spec in specs.items() if spec.severity is Severity.CRITICAL}
    assert critical == {name for name in specs if name.endswith("Throttled")} | {"SystemErrors"}
    assert {spec.missing_data for spec in specs.values()} == {"notBreaching"}
    # Four fifths of what a minute allows.
    assert specs["ReadNearLimit"].threshold == 0.8 * 60 * POSTURE.max_read_units
    assert specs["WriteNearLimit"].threshold == 0.8 * 60 * POSTURE.max_write_units
    assert specs["UsWest2ReplicaLate"].threshold == 60_000, "milliseconds"
    # DynamoDB's alarms ignore missing data whatever they say: every gap is filled, so that an alarm ends.
    assert all(isinstance(spec.metric, MathMetric) and "FILL(" in spec.metric.expression for spec in specs.values())
    index = specs["ByMailReadThrottled"].metric.using["m0"]
    assert index.dimensions == {"TableName": made.orders.name, "GlobalSecondaryIndexName": "by-mail"}
    errors = specs["SystemErrors"].metric
    assert not isinstance(errors, Metric)
    assert len(errors.using) == 10, "what one alarm may have"
    assert all(name in errors.expression for name in errors.using)
    assert all(made.orders.name in " ".join(spec.runbook.first_commands) for spec in specs.values())
    assert [graph.title for graph in made.orders.graphs] == [
        "Table units a minute",
        "Table throttles",
        "Table latency",
        "Table conflicts",
        "Replication",
    ]
    assert len(made.carts.graphs) == 4


def test_errors_of_users_are_counted_by_region_and_so_watched_when_asked() -> None:
    table = ProtectedTable(new_stack(), "Table", schema=PLAIN, posture=POSTURE, data_class=DATA.public)
    assert "UserErrorsSurge" not in {spec.id for spec in table.alarm_specs}
    table.watch_user_errors()
    surge = {spec.id: spec for spec in table.alarm_specs}["UserErrorsSurge"]
    assert isinstance(surge.metric, MathMetric)
    assert surge.metric.using["m0"].dimensions == {}


@pytest.mark.control("STORE-2", "DR-4")
def test_recovery_is_stated_with_commands_for_this_table(made: Tables) -> None:
    mistake, disaster = made.orders.recovery_facts
    assert mistake.recovery_point == timedelta(minutes=5)
    restore = next(command for command in mistake.restore_commands if "restore-table-to-point-in-time" in command)
    assert f"--source-table-name {made.orders.name}" in restore
    assert "KMSMasterKeyId=" in restore
    assert "35 days" in mistake.how
    assert any("AttributeName=expires_at" in command for command in mistake.restore_commands)
    assert disaster.recovery_point <= timedelta(minutes=1)
    assert SECOND_REGION in disaster.how
    assert made.orders.backup_arns == (made.orders.arn,)
    (only,) = made.carts.recovery_facts
    assert "7 days" in only.how
    orders, carts = made.template.recorded("ProtectedTable")
    assert [(fact["recovery_point"], fact["region_loss"]) for fact in orders["recovery"]] == [(300, False), (60, True)]
    assert orders["watchable"] is carts["watchable"] is True


@pytest.mark.control("STORE-2", "DR-4", "OPS-7")
def test_a_service_uses_it_a_plan_protects_it_and_somebody_watches() -> None:
    stack = new_stack()
    table = ProtectedTable(stack, "Orders", schema=SCHEMA, posture=POSTURE, data_class=DATA.confidential)
    image = ecs.ContainerImage.from_registry(IMAGE)
    service = WebService(stack, "Web", vpc=a_vpc(stack), image=image, posture=PRODUCTION.compute)
    service.connect_to(table)
    table.grant_read_write(service.task_role)
    copy_to = f"arn:aws:backup:{SECOND_REGION}:{ACCOUNT}:backup-vault:second"
    BackupPlan(stack, "Backup", posture=PRODUCTION.recovery, protecting=[table], copy_to_arn=copy_to)
    routes = Routes(stack, "Alerts", posture=PRODUCTION.monitoring, critical=("a@example.com",), warning=("b@example.com",))
    Watch(stack, "Watch", routes=routes, watching=[table, service, routes], runbook_base_url="https://runbooks.example.com")
    assert not [finding for finding in findings(stack) if "Stack/Orders" in finding or "Stack/Web/TaskRole" in finding]
    template = synth(stack)
    told = {
        setting["Name"]
        for container in template.props("AWS::ECS::TaskDefinition")["ContainerDefinitions"]
        for setting in container.get("Secrets", [])  # settings are read from parameters when a task starts
    }
    assert {"ORDERS_TABLE", "ORDERS_TTL_ATTRIBUTE", "ORDERS_RETENTION_SECONDS"} <= told
    (egress,) = template.props("AWS::EC2::SecurityGroup", "Web")["SecurityGroupEgress"]
    assert (egress["FromPort"], egress["ToPort"]) == (443, 443)
    assert not template.of_type("AWS::EC2::SecurityGroupEgress"), "nothing is opened that was not open"
    (selection,) = [one for name, one in template.of_type("AWS::Backup::BackupSelection").items() if "Protected" in name]
    assert "Orders" in str(selection["Properties"]["BackupSelection"]["Resources"])
    alarms = [name for name in template.of_type("AWS::CloudWatch::Alarm") if "Orders" in name]
    assert len(alarms) == len(table.alarm_specs)


# -- clean and bent --------------------------------------------------------------------------------------------------


@pytest.mark.control("GOV-1")
def test_no_pack_finds_anything(made: Tables) -> None:
    assert made.findings == []


@pytest.mark.control("STORE-2", "GOV-3")
@pytest.mark.parametrize(
    ("override", "value", "expected"),
    [
        (None, None, []),
        ("Replicas.0.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled", False, ["TableUnguarded[Recovery us-west-2]"]),
        ("Replicas.1.SSESpecification", None, ["TableUnguarded[Key us-east-1]"]),
        ("Replicas.1.DeletionProtectionEnabled", False, ["TableUnguarded[Deletion us-east-1]"]),
        ("Replicas.0.Region", "ap-south-1", ["OutsideAllowedRegions[ap-south-1]"]),
    ],
)
def test_what_is_bent_is_found(override: str | None, value: Any, expected: list[str]) -> None:
    app = new_app()
    stack = new_stack(app)
    posture = PRODUCTION.kept_in(REGION, SECOND_REGION).tables
    made = ProtectedTable(stack, "Table", schema=PLAIN, posture=posture, data_class=DATA.internal, replicas=[replica(SECOND_REGION)])
    resource = made.table.node.default_child
    assert isinstance(resource, dynamodb.CfnGlobalTable)
    if override and value is None:
        resource.add_property_deletion_override(override)
    elif override:
        resource.add_property_override(override, value)
    found = [
        finding.rule
        for finding in hardening_findings(Subject(assembly=read_assembly(Path(app.synth().directory))))
        if "/Table/Table" in finding.path
    ]
    assert found == [f"Prodready-{rule}" for rule in expected]


def test_a_table_costs_few_messages() -> None:
    stack = new_stack()

    def build(name: str) -> ProtectedTable:
        return ProtectedTable(stack, name, schema=SCHEMA, posture=POSTURE, data_class=DATA.personal)

    build("First")
    with counted() as counts:
        second = build("Second")
    assert total(counts) <= 19, counts
    with counted() as counts:
        described = [*second.alarm_specs, *second.graphs]
    assert total(counts) == 0
    assert described
