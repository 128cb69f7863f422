"""The Fargate service."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Aws, Duration, Size, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from bench.twins.plain.database import PORT as DATABASE_PORT
from bench.twins.plain.database import Database
from bench.twins.plain.front import Front
from bench.twins.plain.keys import FOR_LOGS, REGION, URL_SUFFIX, new_key, new_log_group
from bench.twins.plain.release import PORT, Release, add_release, follow_requests

ERRORS = ("error", "ERROR", "Error", "critical", "CRITICAL", "Critical", "fatal", "FATAL", "Fatal")
WARNINGS = ("warn", "WARN", "Warn", "warning", "WARNING", "Warning")
_OF_ERRORS = f"filter level in [{', '.join(repr(level) for level in ERRORS)}]"
QUERIES = {
    "RecentErrors": "fields @timestamp, level, coalesce(message, msg) as text, @logStream\n"
    f"| {_OF_ERRORS}\n| sort @timestamp desc\n| limit 100",
    "ErrorsByMessage": f"{_OF_ERRORS}\n| stats count(*) as lines, max(@timestamp) as last by coalesce(message, msg) as text\n"
    "| sort lines desc\n| limit 50",
    "SlowestRequests": "fields @timestamp, method, path, status, duration_ms, @logStream\n"
    "| filter ispresent(duration_ms)\n| sort duration_ms desc\n| limit 50",
}


@dataclass(frozen=True)
class Service:
    """What the alarms need."""

    cluster: ecs.Cluster
    service: ecs.FargateService
    release: Release


def add_service(stack: Stack, vpc: ec2.Vpc, front: Front, database: Database) -> Service:
    """Cluster, task, service, scaling, and its place behind the load balancer and in front of the database."""
    home = Construct(stack, "Api")
    key = new_key(home, "Shop/Api: logs and temporary disks", FOR_LOGS)
    cluster = _cluster(home, vpc, key)
    log_group = new_log_group(home, "Logs", key, logs.RetentionDays.ONE_MONTH)
    _count_lines(home, log_group.log_group_name)
    settings = Construct(home, "Settings")
    host = ssm.StringParameter(settings, "DATABASE_HOST6c950280", string_value=database.instance.db_instance_endpoint_address)
    port = ssm.StringParameter(settings, "DATABASE_PORT0d9dbea5", string_value=str(DATABASE_PORT))
    name = ssm.StringParameter(settings, "DATABASE_NAME6b93dcf0", string_value="orders")
    execution_role = _execution_role(home, log_group, [host.parameter_arn, name.parameter_arn, port.parameter_arn], database)
    task = ecs.FargateTaskDefinition(
        home,
        "Task",
        cpu=512,
        memory_limit_mib=1024,
        runtime_platform=ecs.RuntimePlatform(
            cpu_architecture=ecs.CpuArchitecture.ARM64, operating_system_family=ecs.OperatingSystemFamily.LINUX
        ),
        task_role=iam.Role(
            home,
            "TaskRole",
            assumed_by=iam.ServicePrincipal(
                "ecs-tasks.amazonaws.com",
                conditions={
                    "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                    "ArnLike": {"aws:SourceArn": f"arn:{Aws.PARTITION}:ecs:{Aws.REGION}:{Aws.ACCOUNT_ID}:*"},
                },
            ),
            description="Shop/Api: what the application may do",
        ),
        # Its policy is written out above; the grants of the task definition would make an inline one.
        execution_role=execution_role.without_policy_updates(),
    )
    linux = ecs.LinuxParameters(home, "Linux", init_process_enabled=True)
    linux.drop_capabilities(ecs.Capability.ALL)
    linux.add_tmpfs(
        ecs.Tmpfs(
            container_path="/tmp",
            size=64,
            mount_options=[ecs.TmpfsMountOption.NOSUID, ecs.TmpfsMountOption.NODEV, ecs.TmpfsMountOption.NOEXEC],
        )
    )
    # By its ARN alone: granted by the secret itself, the role would be written into the policy of the secret's key as well.
    secret = secretsmanager.Secret.from_secret_complete_arn(home, "Secret", database.secret.secret_arn)
    task.add_container(
        "App",
        image=ecs.ContainerImage.from_registry(
            "hashicorp/http-echo@sha256:fcb75f691c8b0414d670ae570240cbf95502cc18a9ba57e982ecac589760a186"
        ),
        essential=True,
        linux_parameters=linux,
        logging=ecs.LogDriver.aws_logs(
            stream_prefix="app", log_group=log_group, mode=ecs.AwsLogDriverMode.NON_BLOCKING, max_buffer_size=Size.mebibytes(25)
        ),
        port_mappings=[ecs.PortMapping(container_port=PORT, protocol=ecs.Protocol.TCP)],
        privileged=False,
        readonly_root_filesystem=True,
        secrets={
            "DATABASE_HOST": ecs.Secret.from_ssm_parameter(host),
            "DATABASE_PORT": ecs.Secret.from_ssm_parameter(port),
            "DATABASE_NAME": ecs.Secret.from_ssm_parameter(name),
            "DATABASE_USER": ecs.Secret.from_secrets_manager(secret, "username"),
            "DATABASE_PASSWORD": ecs.Secret.from_secrets_manager(secret, "password"),
        },
        stop_timeout=Duration.seconds(60),
        user="1000:1000",
        version_consistency=ecs.VersionConsistency.ENABLED,
    )
    group = ec2.SecurityGroup(home, "SecurityGroup", vpc=vpc, allow_all_outbound=False, description="Tasks of Shop/Api")
    group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "HTTPS to AWS and to others")
    service = ecs.FargateService(
        home,
        "Service",
        cluster=cluster,
        task_definition=task,
        assign_public_ip=False,
        availability_zone_rebalancing=ecs.AvailabilityZoneRebalancing.ENABLED,
        circuit_breaker=ecs.DeploymentCircuitBreaker(enable=True, rollback=True),
        enable_ecs_managed_tags=True,
        enable_execute_command=False,
        health_check_grace_period=Duration.seconds(60),
        max_healthy_percent=200,
        min_healthy_percent=100,
        platform_version=ecs.FargatePlatformVersion.LATEST,
        propagate_tags=ecs.PropagatedTagSource.SERVICE,
        security_groups=[group],
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
    )
    service.node.add_dependency(execution_role)
    release = add_release(home, vpc, front, service, key)
    scaling = service.auto_scale_task_count(min_capacity=2, max_capacity=10)
    out, back = Duration.seconds(60), Duration.seconds(300)
    scaling.scale_on_cpu_utilization("Cpu", target_utilization_percent=70, scale_out_cooldown=out, scale_in_cooldown=back)
    scaling.scale_on_memory_utilization(
        "Memory", target_utilization_percent=80, disable_scale_in=True, scale_out_cooldown=out, scale_in_cooldown=back
    )
    follow_requests(home, service, release)
    service.connections.allow_to(database.security_group, ec2.Port.tcp(DATABASE_PORT))
    return Service(cluster=cluster, service=service, release=release)


def _count_lines(home: Construct, log_group: str) -> None:
    for kind, levels in (("Errors", ERRORS), ("Warnings", WARNINGS)):
        logs.CfnMetricFilter(
            home,
            f"{kind}Filter",
            log_group_name=log_group,
            filter_pattern="{ " + " || ".join(f'$.level = "{level}"' for level in levels) + " }",
            metric_transformations=[
                logs.CfnMetricFilter.MetricTransformationProperty(
                    metric_namespace="ProdReady/WebService",
                    metric_name=f"Shop/Api-{kind}",
                    metric_value="1",
                    default_value=0,
                    unit="Count",
                )
            ],
        )
    for name, query in QUERIES.items():
        logs.CfnQueryDefinition(home, f"{name}Query", name=f"Shop/Api/{name}", log_group_names=[log_group], query_string=query)


def _cluster(home: Construct, vpc: ec2.Vpc, key: kms.Key) -> ecs.Cluster:
    sessions = new_log_group(home, "ExecSessions", key, logs.RetentionDays.ONE_MONTH)
    return ecs.Cluster(
        home,
        "Cluster",
        vpc=vpc,
        container_insights_v2=ecs.ContainerInsights.ENHANCED,
        execute_command_configuration=ecs.ExecuteCommandConfiguration(
            kms_key=key,
            logging=ecs.ExecuteCommandLogging.OVERRIDE,
            log_configuration=ecs.ExecuteCommandLogConfiguration(cloud_watch_log_group=sessions, cloud_watch_encryption_enabled=True),
        ),
        managed_storage_configuration=ecs.ManagedStorageConfiguration(fargate_ephemeral_storage_kms_key=key),
    )


def _execution_role(home: Construct, log_group: logs.LogGroup, parameters: list[str], database: Database) -> iam.Role:
    role = iam.Role(
        home,
        "ExecutionRole",
        assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"),
        description="Shop/Api: what starting a task needs",
    )
    iam.ManagedPolicy(
        role,
        "Policy",
        roles=[role],
        statements=[
            iam.PolicyStatement(actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[log_group.log_group_arn]),
            iam.PolicyStatement(
                actions=["ssm:DescribeParameters", "ssm:GetParameter", "ssm:GetParameterHistory", "ssm:GetParameters"], resources=parameters
            ),
            iam.PolicyStatement(
                actions=["kms:Decrypt"],
                resources=[database.key.key_arn],
                conditions={"StringEquals": {"kms:ViaService": f"secretsmanager.{REGION}.{URL_SUFFIX}"}},
            ),
            iam.PolicyStatement(
                actions=["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], resources=[database.secret.secret_arn]
            ),
        ],
    )
    return role
