"""Which of the two emulators answers, and how the readers of doors see what the API tells in another form."""

from __future__ import annotations

import json
from typing import Any

import pytest

from prodready_constructs.local.coverage import RECORDED_PROPERTIES, RECORDED_TYPES
from prodready_constructs.local.emulator.endpoints import belongs_to_moto
from prodready_constructs.local.readback.readers import READERS, apigateway, cloudfront, dns
from prodready_constructs.local.readback.values import matches


@pytest.mark.parametrize(
    ("service", "request_line", "moto"),
    [
        ("shield", "/ AWSShield_20160616.CreateProtection", True),
        ("application-autoscaling", "/ AnyScaleFrontendService.PutScalingPolicy", True),
        ("apigateway", "/v2/vpclinks ", True),
        ("apigateway", "/v2/vpclinks/abc ", True),
        ("apigateway", "/vpclinks ", True),
        ("apigateway", "/v2/apis/abc ", False),
        ("apigateway", "/restapis/abc/vpclinks ", False),
        ("wafv2", "/ AWSWAF_20190729.PutLoggingConfiguration", True),
        ("wafv2", "/ AWSWAF_20190729.ListLoggingConfigurations", True),
        ("wafv2", "/ AWSWAF_20190729.GetWebACL", False),
        ("s3", "/vpclinks ", False),
        ("s3", "/orders?id=weekly&inventory ", True),
        ("s3", "/orders/?inventory&id=weekly ", True),
        ("s3", "/orders/inventory ", False),
        ("s3", "/orders/inventory?versions ", False),
        ("s3", "/orders?prefix=inventory ", False),
        ("rds", "/ CreateEventSubscription", True),
        ("rds", "/ DescribeEventSubscriptions", True),
        ("rds", "/ DescribeEvents", False),
        ("ecr", "/ AmazonEC2ContainerRegistry_V20150921.PutRegistryScanningConfiguration", True),
        ("ecr", "/ AmazonEC2ContainerRegistry_V20150921.GetRegistryPolicy", True),
        ("ecr", "/ AmazonEC2ContainerRegistry_V20150921.DescribeRegistry", True),
        ("ecr", "/ AmazonEC2ContainerRegistry_V20150921.PutReplicationConfiguration", True),
        ("ecr", "/ AmazonEC2ContainerRegistry_V20150921.PutImageScanningConfiguration", False),
        ("codedeploy", "/ CodeDeploy_20141006.CreateDeploymentGroup", True),
        ("iot", "/billing-groups/devices ", True),
        ("iot", "/rules/billing-groups ", False),
        ("ssm", "/ AmazonSSM.CreateDocument", True),
        ("ssm", "/ AmazonSSM.UpdateDocumentDefaultVersion", True),
        ("ssm", "/ AmazonSSM.GetParameter", False),
        ("", "/ ", False),
    ],
)
def test_moto_answers_what_ministack_lacks(service: str, request_line: str, moto: bool) -> None:
    assert belongs_to_moto(service, request_line) is moto


def test_no_type_is_recorded_and_read() -> None:
    assert set(RECORDED_TYPES) & set(READERS) == set()
    for type_name, properties in RECORDED_PROPERTIES.items():
        read = {check.property for check in READERS[type_name].checks} if type_name in READERS else set()
        # A part of a property may be recorded while the rest is read.
        assert read & set(properties) == set()


@pytest.mark.parametrize(
    ("body", "guarded"),
    [
        ({"paths": {"/a": {"get": {"security": [{"users": []}]}}}}, {"GET /a": True}),
        ({"paths": {"/a": {"get": {}}}, "security": [{"users": []}]}, {"GET /a": True}),
        ({"paths": {"/a": {"get": {"security": []}, "parameters": []}}}, {"GET /a": False}),
        ({"paths": {"/a": {"x-amazon-apigateway-any-method": {"security": [{}]}}}}, {"ANY /a": False}),
    ],
)
def test_an_imported_operation_is_guarded_or_not(body: dict[str, Any], guarded: dict[str, bool]) -> None:
    assert apigateway._guarded_operations(body) == guarded


def test_a_policy_with_escaped_quotes_is_read() -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Resource": 'execute-api:/"'}]}
    escaped = json.dumps(json.dumps(policy))[1:-1]
    assert matches(policy, apigateway._unescaped(escaped))
    assert apigateway._unescaped(json.dumps(policy)) == json.dumps(policy)


def test_counted_lists_are_lists() -> None:
    assert cloudfront._counted({"AllowedMethods": {"Quantity": 1, "Items": ["GET"]}, "Keys": {"Quantity": 0, "Enabled": False}}) == {
        "AllowedMethods": ["GET"],
        "Keys": [],
    }
    assert cloudfront._counted({"Items": [{"Header": "Server"}]}) == [{"Header": "Server"}]


def test_names_end_as_route53_ends_them() -> None:
    assert dns._qualified("shop.example.com") == dns._qualified("shop.example.com.") == "shop.example.com."
