"""Log lines by another way than straight into the log group: a router beside the application, AWS for Fluent Bit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct, IConstruct

from prodready_constructs.compute.tasks.container import log_stream
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import REGION
from prodready_constructs.foundation.tasks.hardened import TMP_MIB, USER, restricted_linux
from prodready_constructs.waivers import waive

if TYPE_CHECKING:
    from aws_cdk import aws_kinesisfirehose as firehose
    from aws_cdk import aws_s3 as s3

#: AWS for Fluent Bit 3.4.15, the index of both architectures; releases: https://github.com/aws/aws-for-fluent-bit/releases
ROUTER = "public.ecr.aws/aws-observability/aws-for-fluent-bit@sha256:88e1b56cedb230486afeca6eeb26c5f6bd59c48879d0054d1674d5a58838c607"
#: What the router may take of the task's memory, the files it keeps at /tmp until they are sent included.
MEMORY_MIB = 192
#: The driver keeps so many lines for the router while it is away (fluentd-buffer-limit of the AWS FireLens guide).
BUFFERED_LINES = 8_192
_PREFIX = re.compile(r"[A-Za-z0-9!_.*'()/-]{0,200}")


class LogRoute(Protocol):
    """Where lines go: :class:`LogsToGroup`, :class:`LogsToFirehose` or :class:`LogsToBucket`."""

    @property
    def options(self) -> Mapping[str, str]:
        """The output plugin of Fluent Bit, and its settings."""

    @property
    def rights(self) -> Sequence[Mapping[str, Any]]:
        """What the task role needs for it."""

    @property
    def wildcard(self) -> str | None:
        """The resource of those rights that names more than one thing."""


@dataclass(frozen=True, slots=True)
class LogsToGroup:
    """To CloudWatch Logs; the service's own log group is the usual one, so that alarms and queries go on counting.

    Source: https://docs.fluentbit.io/manual/pipeline/outputs/cloudwatch
    """

    log_group: logs.ILogGroup

    @property
    def options(self) -> Mapping[str, str]:
        """The plugin, without the right to make a log group: that has a key and a retention."""
        return {
            "Name": "cloudwatch_logs",
            "region": REGION,
            "log_group_name": self.log_group.log_group_name,
            "log_stream_prefix": "app/",
            "auto_create_group": "false",
            "log_key": "log",
        }

    @property
    def rights(self) -> Sequence[Mapping[str, Any]]:
        """Streams of this one group."""
        return [
            {
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                "Resource": self.log_group.log_group_arn,
            }
        ]

    @property
    def wildcard(self) -> str | None:
        """The ARN of a log group ends with its streams already."""
        return None


@dataclass(frozen=True, slots=True)
class LogsToFirehose:
    """To a Firehose delivery stream, and on to wherever that delivers. Alarms and queries of the log group see nothing of it.

    Source: https://docs.fluentbit.io/manual/pipeline/outputs/firehose
    """

    stream: firehose.IDeliveryStream

    @property
    def options(self) -> Mapping[str, str]:
        """The plugin."""
        return {"Name": "kinesis_firehose", "region": REGION, "delivery_stream": self.stream.delivery_stream_name}

    @property
    def rights(self) -> Sequence[Mapping[str, Any]]:
        """Records into this one stream."""
        return [{"Effect": "Allow", "Action": "firehose:PutRecordBatch", "Resource": self.stream.delivery_stream_arn}]

    @property
    def wildcard(self) -> str | None:
        """One stream."""
        return None


@dataclass(frozen=True, slots=True)
class LogsToBucket:
    """To objects of an S3 bucket below *prefix*, every minute. Alarms and queries of the log group see nothing of it.

    Source: https://docs.fluentbit.io/manual/pipeline/outputs/s3
    """

    bucket: s3.IBucket
    prefix: str = "tasks"

    def __post_init__(self) -> None:
        if not _PREFIX.fullmatch(self.prefix) or self.prefix.startswith("/") or self.prefix.endswith("/"):
            raise ConfigurationError(
                "LogsToBucket.prefix",
                given=self.prefix,
                allowed="up to 200 characters of an object key, without / at either end",
                mend="write 'tasks/orders'",
            )

    @property
    def options(self) -> Mapping[str, str]:
        """The plugin; what waits to be sent must have room at /tmp."""
        return {
            "Name": "s3",
            "region": REGION,
            "bucket": self.bucket.bucket_name,
            "use_put_object": "On",
            "compression": "gzip",
            "total_file_size": "8M",
            "upload_timeout": "1m",
            "store_dir": "/tmp/fluent-bit",
            "store_dir_limit_size": f"{TMP_MIB // 2}M",
            "s3_key_format": f"/{self.prefix}/%Y/%m/%d/%H/%M%S-$UUID.gz",
        }

    @property
    def rights(self) -> Sequence[Mapping[str, Any]]:
        """Objects below the prefix, and their key."""
        rights: list[Mapping[str, Any]] = [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": self.wildcard}]
        if (key := self.bucket.encryption_key) is not None:
            rights.append({"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": key.key_arn})
        return rights

    @property
    def wildcard(self) -> str | None:
        """Keys have a random part."""
        return f"{self.bucket.bucket_arn}/{self.prefix}/*"


def log_router(
    scope: Construct,
    *,
    definition: ecs.FargateTaskDefinition,
    route: LogRoute,
    role: iam.IRole,
    log_group: logs.ILogGroup,
) -> ecs.FirelensLogRouter:
    """Run the router in *definition*, and let the application's container write to it.

    Always: no root user (Fargate gives the router's socket to its user), no capabilities, a read-only root file system; the task ends with
    it, for nobody would hear of an application whose lines go nowhere; its own lines go to *log_group*.

    Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_firelens.html,
        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/firelens-taskdef.html
    """
    router = definition.add_firelens_log_router(
        "LogRouter",
        firelens_config=ecs.FirelensConfig(
            type=ecs.FirelensLogRouterType.FLUENTBIT, options=ecs.FirelensOptions(enable_ecs_log_metadata=True)
        ),
        image=ecs.ContainerImage.from_registry(ROUTER),
        essential=True,
        linux_parameters=restricted_linux(scope, "LogRouterLinux"),
        logging=log_stream("router", log_group),
        memory_limit_mib=MEMORY_MIB,
        privileged=False,
        readonly_root_filesystem=True,
        user=USER,
        version_consistency=ecs.VersionConsistency.ENABLED,
    )
    # The application has its driver since it was made: that of the router takes its place.
    cfn = cast("ecs.CfnTaskDefinition", definition.node.default_child)
    cfn.add_property_override("ContainerDefinitions.0.LogConfiguration.LogDriver", "awsfirelens")
    for option in ("awslogs-group", "awslogs-stream-prefix", "awslogs-region", "mode", "max-buffer-size"):
        cfn.add_property_deletion_override(f"ContainerDefinitions.0.LogConfiguration.Options.{option}")
    # One by one: an override of all of them would take the deletions back.
    for option, value in {**route.options, "log-driver-buffer-limit": str(BUFFERED_LINES)}.items():
        cfn.add_property_override(f"ContainerDefinitions.0.LogConfiguration.Options.{option}", value)
    # A policy of its own, so that the waiver covers nothing that the application is granted.
    policy = iam.ManagedPolicy(
        scope, "LogRoutePolicy", document=iam.PolicyDocument.from_json({"Statement": list(route.rights)}), roles=[role]
    )
    if route.wildcard is not None:
        waive(
            cast("IConstruct", policy.node.default_child),
            rule=f"AwsSolutions-IAM5[Resource::{route.wildcard}]",
            because="The router names every object by its time and a random part; it may only add objects below this one prefix.",
            owner="platform",
        )
    return router
