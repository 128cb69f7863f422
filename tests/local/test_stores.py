"""How requests are told apart by the operation in their body, and how the readers of stores see what the API tells in another form."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from prodready_constructs.local.emulator import proxy
from prodready_constructs.local.readback.readers import dynamodb, rds, reader_of, s3
from prodready_constructs.local.readback.values import matches


def scope(path: str = "/", query: str = "", target: str = "") -> dict[str, Any]:
    return {"path": path, "query_string": query.encode(), "headers": [(b"x-amz-target", target.encode())] if target else []}


@pytest.mark.parametrize(
    ("asked", "form", "request_line"),
    [
        (scope(target="AWSWAF_20190729.GetWebACL"), b"", "/ AWSWAF_20190729.GetWebACL"),
        (scope(), b"Action=DescribeEventSubscriptions&Version=2014-10-31", "/ DescribeEventSubscriptions"),
        (scope(), b"Version=2014-10-31&Action=DescribeEvents", "/ DescribeEvents"),
        (scope(), b"Version=2014-10-31&SubAction=Fake", "/ "),
        (scope("/orders", "inventory&id=weekly"), b"", "/orders?inventory&id=weekly "),
    ],
)
def test_a_request_names_its_operation(asked: dict[str, Any], form: bytes, request_line: str) -> None:
    assert proxy.request_of(asked, form) == request_line


def test_a_body_that_was_looked_at_is_handed_on() -> None:
    arriving = [{"body": b"Action=", "more_body": True}, {"body": b"DescribeEvents"}, {"type": "http.disconnect"}]

    async def receive() -> Any:
        return arriving.pop(0)

    async def both() -> tuple[bytes, list[Any]]:
        body, again = await proxy.taken(receive)
        return body, [await again(), await again()]

    body, handed = asyncio.run(both())
    assert body == b"Action=DescribeEvents"
    assert handed == [{"type": "http.request", "body": body, "more_body": False}, {"type": "http.disconnect"}]


def test_whatever_a_custom_resource_is_called_it_is_read() -> None:
    assert reader_of("Custom::Migration") is reader_of("AWS::CloudFormation::CustomResource") is not None
    assert reader_of("AWS::Unheard::Of") is None


def test_a_source_is_named_by_id_or_by_arn() -> None:
    assert rds.name_of("arn:aws:rds:us-west-2:123456789012:db:orders") == rds.name_of("orders") == "orders"


def test_notifications_are_spelt_as_the_api_spells_them() -> None:
    template = {
        "EventBridgeConfiguration": {"EventBridgeEnabled": True},
        "LambdaConfigurations": [{"Event": "s3:ObjectCreated:*", "Function": "arn:f"}],
        "QueueConfigurations": [{"Event": "s3:ObjectRemoved:*", "Queue": "arn:q"}],
    }
    live = {
        "EventBridgeConfiguration": {},
        "LambdaFunctionConfigurations": [{"Id": "1", "Events": ["s3:ObjectCreated:*"], "LambdaFunctionArn": "arn:f"}],
        "QueueConfigurations": [{"Id": "2", "Events": ["s3:ObjectRemoved:*"], "QueueArn": "arn:q"}],
    }
    assert matches(s3._notifications(template), live)
    assert not matches(s3._notifications(template), {**live, "EventBridgeConfiguration": None})
    assert s3._notifications({"EventBridgeConfiguration": {"EventBridgeEnabled": False}}) == {}


def test_a_replica_is_compared_by_what_an_api_keeps() -> None:
    asked = {
        "Region": "us-west-2",
        "DeletionProtectionEnabled": True,
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 35},
        "Tags": [{"Key": "team", "Value": "orders"}],
    }
    live = {"DeletionProtectionEnabled": True, "Recovery": True}
    assert matches(dynamodb._replicas([asked]), [dynamodb._as_template("us-west-2", asked, live)])
    assert not matches(dynamodb._replicas([asked]), [dynamodb._as_template("us-west-2", asked, {**live, "Recovery": False})])
