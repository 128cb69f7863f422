"""Plain resources of the CDK, as somebody without this library has them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_appsync as appsync
from aws_cdk import aws_backup as backup
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_rds as rds
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as stepfunctions
from aws_cdk import aws_wafv2 as wafv2

ARN = "arn:aws:{}:us-east-1:111122223333:{}"


class Strangers:
    """One L2 of every kind in *stack*, with one network for all."""

    def __init__(self, stack: cdk.Stack) -> None:
        self.stack = stack
        self.vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0)
        self.balancer = elbv2.ApplicationLoadBalancer(stack, "Balancer", vpc=self.vpc)
        self.group = elbv2.ApplicationTargetGroup(stack, "Group", vpc=self.vpc, port=80, target_type=elbv2.TargetType.IP)
        self.balancer.add_listener("Http", port=80, open=False, default_target_groups=[self.group])
        self.dead = sqs.Queue(stack, "Dead")
        self.queue = sqs.Queue(stack, "Queue", dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead, max_receive_count=3))

    def all(self) -> list[Any]:
        """Every L2."""
        stack = self.stack
        return [
            self.balancer,
            self.group,
            self.queue,
            self._service(),
            rds.DatabaseInstance(
                stack,
                "Database",
                engine=rds.DatabaseInstanceEngine.postgres(version=rds.PostgresEngineVersion.VER_16),
                vpc=self.vpc,
                vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
                allocated_storage=200,
            ),
            rds.DatabaseCluster(
                stack,
                "Cluster",
                engine=rds.DatabaseClusterEngine.aurora_postgres(version=rds.AuroraPostgresEngineVersion.VER_16_4),
                writer=rds.ClusterInstance.serverless_v2("Writer"),
                vpc=self.vpc,
                vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
            ),
            lambda_.Function(
                stack,
                "Function",
                runtime=lambda_.Runtime.PYTHON_3_13,
                handler="index.handler",
                code=lambda_.Code.from_inline("def handler(event, context): ..."),
            ),
            dynamodb.Table(stack, "Table", partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)),
            dynamodb.TableV2(stack, "Global", partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)),
            self._rest_api(),
            apigatewayv2.HttpApi(stack, "HttpApi"),
            cloudfront.Distribution(
                stack, "Site", default_behavior=cloudfront.BehaviorOptions(origin=origins.HttpOrigin("shop.example.com"))
            ),
            backup.BackupVault(stack, "Vault"),
            acm.Certificate(stack, "Certificate", domain_name="shop.example.com", validation=acm.CertificateValidation.from_dns()),
            cognito.UserPool(stack, "Pool"),
            appsync.GraphqlApi(stack, "Graph", name="shop", definition=appsync.Definition.from_schema(_schema())),
            kinesis.Stream(stack, "Stream"),
            stepfunctions.StateMachine(
                stack, "Steps", definition_body=stepfunctions.DefinitionBody.from_chainable(stepfunctions.Pass(stack, "Pass"))
            ),
        ]

    def _service(self) -> ecs.FargateService:
        task = ecs.FargateTaskDefinition(self.stack, "Task")
        task.add_container("App", image=ecs.ContainerImage.from_registry("public.ecr.aws/nginx/nginx"))
        return ecs.FargateService(
            self.stack, "Service", cluster=ecs.Cluster(self.stack, "Machines", vpc=self.vpc), task_definition=task, assign_public_ip=True
        )

    def _rest_api(self) -> apigateway.RestApi:
        api = apigateway.RestApi(self.stack, "RestApi", cloud_watch_role=False)
        api.root.add_method("GET")
        return api


def _schema() -> appsync.ISchema:
    return appsync.SchemaFile.from_asset(str(Path(__file__).with_name("schema.graphql")))


#: The L1s, each with the least that CloudFormation takes.
PLAIN: dict[str, Callable[[cdk.Stack], Any]] = {
    "LoadBalancer": lambda stack: elbv2.CfnLoadBalancer(stack, "LoadBalancer", subnets=["subnet-1", "subnet-2"]),
    "Service": lambda stack: ecs.CfnService(stack, "Service", cluster="machines", task_definition="app:1"),
    "Instance": lambda stack: rds.CfnDBInstance(stack, "Instance", allocated_storage="100", engine="postgres"),
    "Cluster": lambda stack: rds.CfnDBCluster(stack, "Cluster", engine="aurora-postgresql"),
    "Function": lambda stack: lambda_.CfnFunction(stack, "Function", code=lambda_.CfnFunction.CodeProperty(zip_file="..."), role="role"),
    "Queue": lambda stack: sqs.CfnQueue(stack, "Queue"),
    "Table": lambda stack: dynamodb.CfnTable(stack, "Table", key_schema=[]),
    "RestApi": lambda stack: apigateway.CfnRestApi(stack, "RestApi", name="shop"),
    "HttpApi": lambda stack: apigatewayv2.CfnApi(stack, "HttpApi", name="shop", protocol_type="HTTP"),
    "Replicas": lambda stack: elasticache.CfnReplicationGroup(
        stack, "Replicas", replication_group_description="shop", num_cache_clusters=3
    ),
    "Shards": lambda stack: elasticache.CfnReplicationGroup(
        stack, "Shards", replication_group_description="shop", num_node_groups=2, replicas_per_node_group=1
    ),
    "Memcached": lambda stack: elasticache.CfnCacheCluster(
        stack, "Memcached", cache_node_type="cache.t4g.small", engine="memcached", num_cache_nodes=2
    ),
    "Serverless": lambda stack: elasticache.CfnServerlessCache(stack, "Serverless", engine="valkey", serverless_cache_name="shop"),
    "Nat": lambda stack: ec2.CfnNatGateway(stack, "Nat", subnet_id="subnet-1"),
    "Acl": lambda stack: wafv2.CfnWebACL(
        stack,
        "Acl",
        scope="REGIONAL",
        default_action=wafv2.CfnWebACL.DefaultActionProperty(allow=wafv2.CfnWebACL.AllowActionProperty()),
        visibility_config=wafv2.CfnWebACL.VisibilityConfigProperty(
            cloud_watch_metrics_enabled=True, metric_name="shop-acl", sampled_requests_enabled=True
        ),
    ),
    "Vault": lambda stack: backup.CfnBackupVault(stack, "Vault", backup_vault_name="shop"),
    "Certificate": lambda stack: acm.CfnCertificate(stack, "Certificate", domain_name="shop.example.com"),
    "Pool": lambda stack: cognito.CfnUserPool(stack, "Pool"),
    "Graph": lambda stack: appsync.CfnGraphQLApi(stack, "Graph", name="shop", authentication_type="AWS_IAM"),
    "Stream": lambda stack: kinesis.CfnStream(stack, "Stream"),
    "Steps": lambda stack: stepfunctions.CfnStateMachine(stack, "Steps", role_arn=ARN.format("iam", "role/steps")),
}

#: Imported resources: nothing of them is in the template.
IMPORTED: dict[str, Callable[[cdk.Stack], Any]] = {
    "Queue": lambda stack: sqs.Queue.from_queue_arn(stack, "Queue", ARN.format("sqs", "orders")),
    "Balancer": lambda stack: elbv2.ApplicationLoadBalancer.from_application_load_balancer_attributes(
        stack,
        "Balancer",
        load_balancer_arn=ARN.format("elasticloadbalancing", "loadbalancer/app/shop/50dc6c495c0c9188"),
        security_group_id="sg-1",
    ),
    "Database": lambda stack: rds.DatabaseInstance.from_database_instance_attributes(
        stack, "Database", instance_identifier="orders", instance_endpoint_address="orders.example.com", port=5432, security_groups=[]
    ),
    "Function": lambda stack: lambda_.Function.from_function_name(stack, "Function", "orders"),
    "Table": lambda stack: dynamodb.Table.from_table_name(stack, "Table", "orders"),
    "Certificate": lambda stack: acm.Certificate.from_certificate_arn(stack, "Certificate", ARN.format("acm", "certificate/1")),
    "Stream": lambda stack: kinesis.Stream.from_stream_arn(stack, "Stream", ARN.format("kinesis", "stream/orders")),
    "Pool": lambda stack: cognito.UserPool.from_user_pool_id(stack, "Pool", "us-east-1_abc"),
    "Vault": lambda stack: backup.BackupVault.from_backup_vault_name(stack, "Vault", "orders"),
    "Steps": lambda stack: stepfunctions.StateMachine.from_state_machine_name(stack, "Steps", "orders"),
}
