"""What the AppSync constructs cost in messages to the jsii kernel: no more than this, on any machine."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb

from prodready_constructs import PRODUCTION
from prodready_constructs.edge import (
    AppSyncAuthorization,
    Domain,
    GraphqlSchema,
    ProtectedEventApi,
    ProtectedGraphqlApi,
    ResolverCode,
    WebAcl,
)
from tests.edge.parts import a_domain
from tests.support.messages import at_most, begun_stack

POSTURE = PRODUCTION.edge
SERVICES = AppSyncAuthorization.iam()


@pytest.fixture
def stack() -> cdk.Stack:
    return begun_stack()


def a_name(stack: cdk.Stack, named: bool) -> Domain | None:
    return a_domain(stack) if named else None


@pytest.mark.parametrize(("named", "messages"), [(True, 41), (False, 35)], ids=["domain", "trial"])
def test_graphql_api(stack: cdk.Stack, named: bool, messages: int) -> None:
    acl, domain = WebAcl(stack, "Acl", posture=POSTURE), a_name(stack, named)
    schema = GraphqlSchema.from_text("type Query { order(id: ID!): String  other(id: ID!): String }")
    table = dynamodb.TableV2(stack, "Table", partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING))
    with at_most(messages):
        api = ProtectedGraphqlApi(stack, "Api", posture=POSTURE, schema=schema, web_acl=acl, domain=domain)
    with at_most(0):
        assert api.alarm_specs and api.graphs  # noqa: PT018
    with at_most(8):
        orders = api.add_table("orders", table)
    with at_most(6):
        api.resolve("Query", "order", orders, code=ResolverCode.get_item(key={"id": "id"}))
    with at_most(3):
        api.resolve("Query", "other", orders, code=ResolverCode.get_item(key={"id": "id"}))


@pytest.mark.parametrize(("named", "messages"), [(True, 32), (False, 26)], ids=["domain", "trial"])
def test_event_api(stack: cdk.Stack, named: bool, messages: int) -> None:
    acl, domain = WebAcl(stack, "Acl", posture=POSTURE), a_name(stack, named)
    with at_most(messages):
        api = ProtectedEventApi(stack, "Events", posture=POSTURE, web_acl=acl, domain=domain)
    with at_most(1):
        api.add_namespace("orders", publish=[SERVICES], subscribe=[SERVICES])
    with at_most(0):
        assert api.alarm_specs and api.graphs  # noqa: PT018
