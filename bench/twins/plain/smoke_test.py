"""The function that asks a new version before visitors meet it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from constructs import Construct

from bench.twins.plain.front import Front
from bench.twins.plain.keys import REGION, new_log_group

#: Where it asks, and the header by which the listener knows whom it asks for.
TEST_PORT, HEADER, NAME = 8080, "X-Release-Test", "Shop/Api/Service"
#: The same source as ours: what is compared is infrastructure code.
CODE = Path(__file__).parents[3] / "prodready_constructs" / "compute" / "service" / "handlers" / "smoke_test"


def new_smoke_test(home: Construct, vpc: ec2.Vpc, front: Front, key: kms.Key) -> lambda_.Function:
    """It asks by the test listener, and Amazon ECS waits for what it says."""
    scope = Construct(home, "SmokeTest")
    log_group = new_log_group(scope, "Logs", key, logs.RetentionDays.ONE_MONTH)
    failures = sns.Topic(scope, "Failures", master_key=key, enforce_ssl=True)
    role = iam.Role(
        scope,
        "Role",
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        description="Shop/Api/SmokeTest: asks new versions",
    )
    interfaces = [
        *("AssignPrivateIpAddresses", "CreateNetworkInterface", "DeleteNetworkInterface"),
        *("DescribeNetworkInterfaces", "DescribeSubnets", "UnassignPrivateIpAddresses"),
    ]
    policy = iam.ManagedPolicy(
        role,
        "Policy",
        roles=[role],
        statements=[
            iam.PolicyStatement(
                actions=[f"ec2:{one}" for one in interfaces],
                resources=["*"],
                conditions={"StringEquals": {"aws:RequestedRegion": REGION}},
            ),
            iam.PolicyStatement(actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[log_group.log_group_arn]),
            iam.PolicyStatement(actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[key.key_arn]),
            iam.PolicyStatement(actions=["sns:Publish"], resources=[failures.topic_arn]),
            iam.PolicyStatement(actions=["xray:PutTelemetryRecords", "xray:PutTraceSegments"], resources=["*"]),
        ],
    )
    group = ec2.SecurityGroup(
        scope, "SecurityGroup", vpc=vpc, description="Shop/Api/SmokeTest: out to the test listener", allow_all_outbound=False
    )
    settings = {
        "address": front.load_balancer.load_balancer_dns_name,
        "port": TEST_PORT,
        "server_name": None,
        "headers": {HEADER: NAME},
        "interfaces": None,
        "delay": 30,
        "tests": [{"path": "/health", "status": 200, "body": None, "attempts": 5, "timeout": 5}],
    }
    function = lambda_.Function(
        scope,
        "Function",
        description="Shop/Api/SmokeTest: asks new versions before visitors meet them",
        code=lambda_.Code.from_asset(str(CODE), exclude=["__pycache__", "*.pyc"]),
        handler="index.handler",
        runtime=lambda_.Runtime.PYTHON_3_14,
        architecture=lambda_.Architecture.ARM_64,
        memory_size=128,
        timeout=Duration.seconds(120),
        # Its policy is written out above; the grants of the function would make an inline one.
        role=role.without_policy_updates(),
        vpc=vpc,
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
        security_groups=[group],
        reserved_concurrent_executions=1,
        dead_letter_topic=failures,
        log_group=log_group,
        logging_format=lambda_.LoggingFormat.JSON,
        tracing=lambda_.Tracing.ACTIVE,
        environment={"SMOKE_TEST": json.dumps(settings)},
        environment_encryption=key,
    )
    group.connections.allow_to(front.load_balancer, ec2.Port.tcp(TEST_PORT), "Smoke test of a release")
    made = cast("lambda_.CfnFunction", function.node.default_child)
    made.add_override("DependsOn", [cast("iam.CfnManagedPolicy", policy.node.default_child).logical_id])
    return function
