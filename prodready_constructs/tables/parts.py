"""The L2 table, with every property that matters said aloud."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb

from prodready_constructs.tables.replicas import TableReplica
from prodready_constructs.tables.schema import TableSchema, project

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kinesis as kinesis
    from aws_cdk import aws_kms as kms

    from prodready_constructs.foundation import Part
    from prodready_constructs.posture import TablePosture
    from prodready_constructs.posture.tables import ContributorInsights

#: Off, it would give every new replica the policy of the table, which DynamoDB does not take in the update that creates the replica.
POLICY_PER_REPLICA = "@aws-cdk/aws-dynamodb:resourcePolicyPerReplica"
_MODES = {
    "throttled": dynamodb.ContributorInsightsMode.THROTTLED_KEYS,
    "all": dynamodb.ContributorInsightsMode.ACCESSED_AND_THROTTLED_KEYS,
}


def table_of(
    scope: Part,
    *,
    schema: TableSchema,
    posture: TablePosture,
    replicas: Sequence[TableReplica],
    key: kms.IKey,
    stream: dynamodb.StreamViewType | None,
    kinesis_stream: kinesis.IStream | None,
    infrequent_access: bool,
    insights: ContributorInsights,
    policy: Callable[[], iam.PolicyDocument],
) -> dynamodb.TableV2:
    """The table of *scope*, in all its regions; the context :data:`POLICY_PER_REPLICA` is on."""
    shown = dynamodb.ContributorInsightsSpecification(enabled=insights != "off", mode=_MODES.get(insights))
    if replicas:
        stream = dynamodb.StreamViewType.NEW_AND_OLD_IMAGES
    return dynamodb.TableV2(
        scope,
        "Table",
        partition_key=schema.partition_key,
        sort_key=schema.sort_key,
        time_to_live_attribute=schema.ttl_attribute,
        global_secondary_indexes=_global_indexes(schema, posture) or None,
        local_secondary_indexes=_local_indexes(schema) or None,
        dynamo_stream=stream,
        kinesis_stream=kinesis_stream,
        table_class=dynamodb.TableClass.STANDARD_INFREQUENT_ACCESS if infrequent_access else dynamodb.TableClass.STANDARD,
        # Always: no argument reaches these.
        deletion_protection=True,
        encryption=dynamodb.TableEncryptionV2.customer_managed_key(key, {replica.region: replica.key_arn for replica in replicas}),
        removal_policy=RemovalPolicy.RETAIN,
        resource_policy=policy(),
        # How much: every value below comes from the posture.
        billing=dynamodb.Billing.on_demand(max_read_request_units=posture.max_read_units, max_write_request_units=posture.max_write_units),
        contributor_insights_specification=shown,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True, recovery_period_in_days=posture.recovery_window.days
        ),
        replicas=[
            dynamodb.ReplicaTableProps(
                region=replica.region,
                contributor_insights_specification=shown,
                resource_policy=policy() if replica.settled else None,
            )
            for replica in replicas
        ]
        or None,
    )


def _global_indexes(schema: TableSchema, posture: TablePosture) -> list[dynamodb.GlobalSecondaryIndexPropsV2]:
    made = []
    for index in schema.global_indexes:
        kind, attributes = project(index.projection)
        made.append(
            dynamodb.GlobalSecondaryIndexPropsV2(
                index_name=index.name,
                partition_key=index.partition_key,
                sort_key=index.sort_key,
                projection_type=kind,
                non_key_attributes=attributes,
                # An index is billed and limited by itself.
                max_read_request_units=posture.max_read_units,
                max_write_request_units=posture.max_write_units,
            )
        )
    return made


def _local_indexes(schema: TableSchema) -> list[dynamodb.LocalSecondaryIndexProps]:
    made = []
    for index in schema.local_indexes:
        kind, attributes = project(index.projection)
        made.append(
            dynamodb.LocalSecondaryIndexProps(
                index_name=index.name, sort_key=index.sort_key, projection_type=kind, non_key_attributes=attributes
            )
        )
    return made
