"""Lambda, and what CloudFormation has a function do: custom resources."""

from __future__ import annotations

import json
from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader, same
from prodready_constructs.local.readback.values import matches


def _function(aws: Aws, physical_id: str, _: Properties) -> Any:
    api = aws("lambda")
    reserved = api.get_function_concurrency(FunctionName=physical_id).get("ReservedConcurrentExecutions")
    loop = api.get_function_recursion_config(FunctionName=physical_id)["RecursiveLoop"]
    configuration = api.get_function_configuration(FunctionName=physical_id)
    return {**configuration, "ReservedConcurrentExecutions": reserved, "RecursiveLoop": loop}


def _version(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("lambda").get_function_configuration(FunctionName=physical_id)


def _alias(aws: Aws, physical_id: str, properties: Properties) -> Any:
    api, function = aws("lambda"), _named(aws, properties["FunctionName"])
    alias = api.get_alias(FunctionName=function, Name=properties["Name"])
    if "ProvisionedConcurrencyConfig" in properties:
        named = {"FunctionName": function, "Qualifier": properties["Name"]}
        alias["ProvisionedConcurrencyConfig"] = api.get_provisioned_concurrency_config(**named)
    return {**alias, "FunctionName": alias["AliasArn"].split(":")[6]}


def _named(aws: Aws, value: Any) -> str:
    """The name of the function that a template means, by name or by ARN."""
    if isinstance(value, str):
        return value
    pages = aws("lambda").get_paginator("list_functions").paginate()
    return str(next(each["FunctionName"] for page in pages for each in page["Functions"] if matches(value, each["FunctionArn"])))


def _statement(aws: Aws, physical_id: str, properties: Properties) -> Any:
    """The statement of the function's policy that the permission became: it is named by the last part of the permission's id."""
    policy = json.loads(aws("lambda").get_policy(FunctionName=_named(aws, properties["FunctionName"]))["Policy"])
    names = {physical_id, physical_id.rpartition("|")[2]}
    return next(each for each in policy["Statement"] if each["Sid"] in names)


def _principal(live: Any) -> Any:
    principal = live["Principal"]
    return next(iter(principal.values())) if isinstance(principal, dict) else principal


def _condition(operator: str, key: str) -> Any:
    return lambda live: live["Condition"][operator][key]


def _retries(aws: Aws, _: str, properties: Properties) -> Any:
    named = {"FunctionName": _named(aws, properties["FunctionName"]), "Qualifier": properties["Qualifier"]}
    return aws("lambda").get_function_event_invoke_config(**named)


def _mapping(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("lambda").get_event_source_mapping(UUID=physical_id)


def _called(live: Any) -> str:
    """The function of a mapping as its template may name it: an alias or a version by its ARN, else by its name."""
    arn: str = live["FunctionArn"]
    return arn if arn.count(":") > 6 else arn.rpartition(":")[2]


def _answered(aws: Aws, _: str, properties: Properties) -> Any:
    """The function of a custom resource, when its log shows that it ran."""
    function = aws("lambda").get_function_configuration(FunctionName=_named(aws, properties["ServiceToken"]))
    group = function.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{function['FunctionName']}"
    streams = aws("logs").describe_log_streams(logGroupName=group)["logStreams"]
    return {"Function": function["FunctionArn"] if streams else "a function that did not run"}


READERS = {
    "AWS::Lambda::Function": Reader(
        _function,
        (
            *same("Description", "RecursiveLoop"),
            *same("Runtime", "Handler", "Timeout", "MemorySize", "ReservedConcurrentExecutions", "Architectures"),
            *same("Role", "DeadLetterConfig", "LoggingConfig", "EphemeralStorage"),
            Check("KmsKeyArn", "KMSKeyArn"),
            Check("TracingConfig.Mode", "TracingConfig.Mode"),
            Check("Environment.Variables", "Environment.Variables"),
            Check("VpcConfig.SubnetIds", "VpcConfig.SubnetIds"),
            Check("VpcConfig.SecurityGroupIds", "VpcConfig.SecurityGroupIds"),
        ),
    ),
    "AWS::Lambda::Permission": Reader(
        _statement,
        (
            *same("Action"),
            Check("Principal", _principal),
            Check("SourceArn", _condition("ArnLike", "AWS:SourceArn")),
            Check("SourceAccount", _condition("StringEquals", "AWS:SourceAccount")),
        ),
    ),
    "AWS::Lambda::Version": Reader(_version, same("FunctionName")),
    "AWS::Lambda::Alias": Reader(
        _alias,
        (
            *same("Name", "FunctionName", "FunctionVersion", "RoutingConfig"),
            Check(
                "ProvisionedConcurrencyConfig.ProvisionedConcurrentExecutions",
                "ProvisionedConcurrencyConfig.RequestedProvisionedConcurrentExecutions",
            ),
        ),
    ),
    "AWS::Lambda::EventInvokeConfig": Reader(
        _retries,
        (
            *same("MaximumEventAgeInSeconds", "MaximumRetryAttempts", "DestinationConfig"),
            Check("FunctionName", lambda live: live["FunctionArn"].split(":")[6]),
            Check("Qualifier", lambda live: live["FunctionArn"].split(":")[-1]),
        ),
    ),
    "AWS::Lambda::EventSourceMapping": Reader(
        _mapping,
        (
            *same("BatchSize", "EventSourceArn", "FunctionResponseTypes", "ScalingConfig", "DestinationConfig", "FilterCriteria"),
            *same("MaximumRetryAttempts", "MaximumRecordAgeInSeconds", "BisectBatchOnFunctionError", "StartingPosition"),
            *same("MaximumBatchingWindowInSeconds", "ParallelizationFactor"),
            Check("FunctionName", _called),
            Check("Enabled", lambda live: live["State"] in ("Enabled", "Enabling", "Creating")),
        ),
    ),
    "AWS::CloudFormation::CustomResource": Reader(_answered, (Check("ServiceToken", "Function"),)),
}
