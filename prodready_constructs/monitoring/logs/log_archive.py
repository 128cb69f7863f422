"""Log lines that outlive CloudWatch Logs: every line of a group, compressed, in S3."""

from __future__ import annotations

from datetime import timedelta

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from prodready_constructs.contracts import AlarmSpec, ControlClaim, GraphSpec, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, REGION, ComposedRole, DataKey, EncryptedLogGroup, Part, class_facts
from prodready_constructs.monitoring.logs.archive_alarms import archive_graphs, forwarding_alarms, stream_alarms
from prodready_constructs.monitoring.logs.kept_logs import KeptLogs
from prodready_constructs.posture import DataClass, MonitoringPosture
from prodready_constructs.waivers import waive

CONTROLS = (
    ControlClaim(
        control="OPS-5",
        how="Every line of the subscribed groups is delivered to S3, encrypted on its way and at rest, and its end is a lifecycle rule",
        frameworks=("NIST 800-53 r5 AU-4", "NIST 800-53 r5 AU-11", "HIPAA 164.316(b)(2)", "PCI DSS 3.2.1 10.7", "SOC 2 CC7.2"),
    ),
)
#: As much as Firehose waits for: fewer and larger objects are cheaper to write, to read and to move to Glacier. Source: BufferingHints.
LONGEST_WAIT, LARGEST_OBJECT_MB = timedelta(minutes=15), 128
#: Subscription filters that one group may have. Source: CloudWatch Logs quotas.
MOST_SUBSCRIPTIONS = 2
#: What Firehose does to one object. Source: Firehose developer guide, "Grant Firehose access to an Amazon S3 destination".
_OBJECTS = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"]
_BUCKET = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"]


class LogArchive(Part):
    """A Firehose stream that writes log lines to S3 for years, where a gigabyte costs a fraction of CloudWatch Logs.

    Always: encrypted in the stream and in the bucket, GZIP, one folder a day, lines as the group has them (masked ones stay masked), what
    cannot be delivered under ``errors/`` beside them, Firehose's own errors in a log group, roles for exactly this stream and prefix.

    Args:
        bucket: of this region, such as ``LogBucket.bucket``. A bucket of this app gets the lifecycle rules of *prefix*; one from elsewhere
            needs them from its owner. Without a default Object Lock retention: Firehose is not documented to write to such a bucket.
        data_class: of what the lines are about: ``archive_after`` (Glacier Instant Retrieval) and ``retention``.
        posture: how long Firehose's own errors are kept.
        prefix: the folder in the bucket.
        encryption_key: of the stream and of the error log; its policy must admit CloudWatch Logs; its own when None.

    Raises:
        ConfigurationError: a prefix that is no folder.

    Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html,
        https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html,
        https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket: s3.IBucket,
        data_class: DataClass,
        posture: MonitoringPosture,
        prefix: str = "archive/",
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        if not prefix.endswith("/") or prefix.startswith("/") or "*" in prefix or "!" in prefix:
            raise ConfigurationError(
                f"{self.path}: prefix",
                given=prefix,
                allowed="a folder: it ends with / , does not begin with it and has no * and no !",
                mend="write it like 'archive/'",
            )
        key = encryption_key or DataKey(self, "Key", description=f"{self.path}: log lines on their way", encrypts_logs=True).key
        self._arn, self._prefix = bucket.bucket_arn, prefix
        errors = EncryptedLogGroup(self, "Errors", retention=posture.findings_retention, encryption_key=key).log_group
        errors_name = errors.log_group_name
        stream_name = "S3Delivery"
        log_stream = logs.CfnLogStream(self, "ErrorStream", log_group_name=errors_name, log_stream_name=stream_name)
        log_stream.apply_removal_policy(RemovalPolicy.RETAIN)
        key_arns = [key.key_arn]
        if (bucket_key := bucket.encryption_key) is not None:
            key_arns.append(bucket_key.key_arn)
        #: What Firehose may do.
        self.role = ComposedRole(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("firehose.amazonaws.com", conditions={"StringEquals": {"sts:ExternalId": ACCOUNT_ID}}),
            description=f"{self.path}: writes log lines to S3"[:1000],
            statements=[
                {"Action": _OBJECTS, "Resource": f"{self._arn}/{prefix}*"},
                {"Action": _BUCKET, "Resource": self._arn},
                {"Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": key_arns},
                {"Action": "logs:PutLogEvents", "Resource": errors.log_group_arn},
            ],
        )
        waive(
            self.role.policy,
            rule=f"AwsSolutions-IAM5[Resource::{self._arn}/{prefix}*]",
            because="Firehose names each object itself, by day and a random suffix; the role reaches no other prefix of the bucket and nothing else",
            owner="platform",
        )
        #: The L1 itself: with the L2 every one of its values would be set by a bind of its own.
        self.stream = firehose.CfnDeliveryStream(
            self,
            "Stream",
            delivery_stream_type="DirectPut",
            delivery_stream_encryption_configuration_input=firehose.CfnDeliveryStream.DeliveryStreamEncryptionConfigurationInputProperty(
                key_type="CUSTOMER_MANAGED_CMK", key_arn=key_arns[0]
            ),
            extended_s3_destination_configuration=firehose.CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty(
                bucket_arn=self._arn,
                role_arn=self.role.role_arn,
                prefix=f"{prefix}lines/!{{timestamp:yyyy/MM/dd}}/",
                error_output_prefix=f"{prefix}errors/!{{firehose:error-output-type}}/!{{timestamp:yyyy/MM/dd}}/",
                buffering_hints=firehose.CfnDeliveryStream.BufferingHintsProperty(
                    interval_in_seconds=int(LONGEST_WAIT.total_seconds()), size_in_m_bs=LARGEST_OBJECT_MB
                ),
                # What CloudWatch Logs sends is compressed already; opened here, it is written as one compressed object that others can read.
                compression_format="GZIP",
                file_extension=".json.gz",
                encryption_configuration=firehose.CfnDeliveryStream.EncryptionConfigurationProperty(
                    kms_encryption_config=firehose.CfnDeliveryStream.KMSEncryptionConfigProperty(awskms_key_arn=key_arns[-1])
                ),
                cloud_watch_logging_options=firehose.CfnDeliveryStream.CloudWatchLoggingOptionsProperty(
                    enabled=True, log_group_name=errors_name, log_stream_name=stream_name
                ),
                processing_configuration=firehose.CfnDeliveryStream.ProcessingConfigurationProperty(
                    enabled=True,
                    processors=[
                        _processor("Decompression", CompressionFormat="GZIP"),
                        _processor("AppendDelimiterToRecord", Delimiter="\\n"),
                    ],
                ),
                s3_backup_mode="Disabled",
            ),
        )
        self.stream.node.add_dependency(self.role.policy, log_stream)
        self._stream_arn, self._stream_name, self._errors_name = self.stream.attr_arn, self.stream.ref, errors_name
        self._forwarder: ComposedRole | None = None
        self._groups: list[tuple[str, str, str]] = []
        if isinstance(bucket, s3.Bucket):
            _end(bucket, prefix, data_class)
        record(
            self,
            controls=CONTROLS,
            tier="monitoring",
            watchable=True,
            data_class=class_facts(data_class),
            lifecycle="set here" if isinstance(bucket, s3.Bucket) else "the bucket owner's",
        )

    def archive(self, construct_id: str, log_group: logs.ILogGroup | KeptLogs, *, pattern: str = "") -> logs.CfnSubscriptionFilter:
        """Send what comes into *log_group* from now on to the archive. A group may have two subscriptions.

        Args:
            construct_id: PascalCase, once in this construct.
            log_group: of class Standard, in this region and account.
            pattern: only lines that match this filter pattern; all when empty.

        Raises:
            ConfigurationError: a group of the Infrequent Access class, which has no subscriptions, or a second subscription of the same group here.
        """
        if isinstance(log_group, KeptLogs):
            if log_group.infrequent_access:
                raise ConfigurationError(
                    f"{self.path}: archive",
                    given=f"{log_group.path} of class Infrequent Access",
                    allowed="a group of class Standard: the other has no subscriptions",
                    mend="make the group without infrequent_access=True; the class cannot be changed later",
                )
            log_group = log_group.log_group
        name = log_group.log_group_name
        if any(name == known for _, known, _ in self._groups):
            raise ConfigurationError(
                f"{self.path}: archive",
                given=f"{construct_id}, of a group that is archived here",
                allowed=f"each group once: it has room for {MOST_SUBSCRIPTIONS} subscriptions in all",
                mend="leave the second out, or widen the pattern of the first",
            )
        if self._forwarder is None:
            # The condition names every group of the account that may come, so that one role serves them all.
            self._forwarder = ComposedRole(
                self,
                "Forwarder",
                assumed_by=iam.ServicePrincipal(
                    "logs.amazonaws.com",
                    conditions={"StringLike": {"aws:SourceArn": f"arn:{PARTITION}:logs:{REGION}:{ACCOUNT_ID}:*"}},
                ),
                description=f"{self.path}: hands log lines to the stream"[:1000],
                statements=[{"Action": ["firehose:PutRecord", "firehose:PutRecordBatch"], "Resource": self._stream_arn}],
            )
        filter_name = f"{self.path}/{construct_id}".replace(":", "-")
        subscription = logs.CfnSubscriptionFilter(
            self,
            construct_id,
            log_group_name=name,
            filter_name=filter_name,
            filter_pattern=pattern,
            destination_arn=self._stream_arn,
            role_arn=self._forwarder.role_arn,
        )
        subscription.node.add_dependency(self._forwarder.policy)
        self._groups.append((construct_id, name, filter_name))
        return subscription

    @property
    def alarm_specs(self) -> tuple[AlarmSpec, ...]:
        """Lines that come late, are throttled, or do not leave their group."""
        forwarding = (forwarding_alarms(*group, stream=self._stream_name) for group in self._groups)
        return (
            *stream_alarms(self._stream_name, errors=self._errors_name, wait=LONGEST_WAIT),
            *(alarm for alarms in forwarding for alarm in alarms),
        )

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """How old the oldest line is that is not in S3 yet, how much comes, and of which groups."""
        return archive_graphs(self._stream_name, self._groups)


def _processor(kind: str, **parameters: str) -> firehose.CfnDeliveryStream.ProcessorProperty:
    return firehose.CfnDeliveryStream.ProcessorProperty(
        type=kind,
        parameters=[
            firehose.CfnDeliveryStream.ProcessorParameterProperty(parameter_name=name, parameter_value=value)
            for name, value in parameters.items()
        ],
    )


def _end(bucket: s3.Bucket, prefix: str, data_class: DataClass) -> None:
    """Archive and end what is under *prefix* as the class says; a version that was overwritten goes as other versions do."""
    archive, retention = data_class.archive_after, data_class.retention
    bucket.add_lifecycle_rule(
        id=f"Archive-{prefix.strip('/').replace('/', '-')}",
        enabled=True,
        prefix=prefix,
        expiration=Duration.days(retention.days) if retention else None,
        noncurrent_version_expiration=Duration.days(data_class.noncurrent_retention.days),
        transitions=[s3.Transition(storage_class=s3.StorageClass.GLACIER_INSTANT_RETRIEVAL, transition_after=Duration.days(archive.days))]
        if archive
        else None,
    )
