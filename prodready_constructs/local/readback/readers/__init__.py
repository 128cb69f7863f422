"""How each resource type is read back; one module a service, no construct's name in any of them."""

from __future__ import annotations

from collections.abc import Mapping

from prodready_constructs.local.readback.checks import Reader
from prodready_constructs.local.readback.readers import (
    apigateway,
    apigatewayv2,
    appsync,
    aurora,
    autoscaling,
    backup,
    budgets,
    cloudfront,
    cloudwatch,
    codedeploy,
    cognito,
    dns,
    dynamodb,
    ec2,
    ecr,
    ecs,
    elasticache,
    elbv2,
    firehose,
    fis,
    iam,
    iot,
    kms,
    lambda_,
    logs,
    messaging,
    rds,
    s3,
    scheduler,
    secretsmanager,
    servicediscovery,
    sessions,
    shield,
    stepfunctions,
    synthetics,
    wafv2,
)

_MODULES = (
    apigateway,
    apigatewayv2,
    appsync,
    aurora,
    autoscaling,
    backup,
    budgets,
    cloudfront,
    cloudwatch,
    codedeploy,
    cognito,
    dns,
    dynamodb,
    ec2,
    ecr,
    ecs,
    elasticache,
    elbv2,
    firehose,
    fis,
    iam,
    iot,
    kms,
    lambda_,
    logs,
    messaging,
    rds,
    s3,
    scheduler,
    secretsmanager,
    servicediscovery,
    sessions,
    shield,
    stepfunctions,
    synthetics,
    wafv2,
)

#: Resource type -> how it is read.
READERS: Mapping[str, Reader] = {name: reader for module in _MODULES for name, reader in module.READERS.items()}


def reader_of(type_name: str) -> Reader | None:
    """How resources of *type_name* are read; whoever made up a ``Custom::`` type, it is a custom resource."""
    return READERS.get("AWS::CloudFormation::CustomResource" if type_name.startswith("Custom::") else type_name)
