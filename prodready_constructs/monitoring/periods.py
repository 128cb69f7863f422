"""How often a metric comes: an alarm that looks more often sees mostly nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from prodready_constructs.contracts import Metric

#: Periods below a minute that an alarm may have; every other is a multiple of a minute (PutMetricAlarm, CloudWatch API reference).
SHORT_PERIODS = (timedelta(seconds=10), timedelta(seconds=20), timedelta(seconds=30))
_MINUTE, _FIVE = timedelta(minutes=1), timedelta(minutes=5)


class Published(NamedTuple):
    """How often AWS publishes, and where it says so."""

    every: timedelta
    source: str


_CREDITS = Published(_FIVE, "Amazon EC2 user guide: CPU credit metrics are available at a five-minute frequency only")
_BACKUP = Published(_FIVE, "AWS Backup developer guide: metrics are sent to CloudWatch every 5 minutes")
_S3_STORAGE = Published(timedelta(days=1), "Amazon S3 user guide: storage metrics are reported once a day")
_CAPACITY = Published(_FIVE, "Amazon DynamoDB developer guide: account and provisioned capacity are reported every five minutes")

#: AWS's own metrics come every minute at most; only what a program stores with a resolution of a second can be asked for more often.
#: Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html, Period
_STANDARD = Published(
    _MINUTE, "CloudWatch API reference, PutMetricAlarm: shorter periods are for metrics stored with a resolution of a second"
)
_OF_AWS = ("AWS/", "ECS/ContainerInsights", "CloudWatchSynthetics")
#: Publishes some metrics every ten seconds. Source: Amazon SageMaker AI developer guide, high-resolution metrics of endpoints.
_FAST = "AWS/SageMaker"

#: What comes less often than every minute: by namespace and metric, or by namespace alone. EC2's own metrics are not here: five minutes
#: apart with basic monitoring, one with detailed monitoring, and the metric does not say which.
SLOW: dict[tuple[str, str | None], Published] = {
    ("AWS/Backup", None): _BACKUP,
    ("AWS/Billing", None): Published(
        timedelta(hours=6), "Amazon CloudWatch user guide, billing alarm: charges are sent several times a day; a period of 6 hours"
    ),
    ("AWS/CertificateManager", None): Published(
        timedelta(hours=12), "AWS Certificate Manager user guide: DaysToExpiry is published twice a day"
    ),
    ("AWS/EFS", "StorageBytes"): Published(timedelta(minutes=15), "Amazon EFS user guide: StorageBytes is emitted every 15 minutes"),
    **{("AWS/S3", name): _S3_STORAGE for name in ("BucketSizeBytes", "NumberOfObjects")},
    **{
        (namespace, name): _CREDITS
        for namespace in ("AWS/EC2", "AWS/RDS", "AWS/ElastiCache")
        for name in ("CPUCreditBalance", "CPUCreditUsage", "CPUSurplusCreditBalance", "CPUSurplusCreditsCharged")
    },
    **{
        ("AWS/DynamoDB", name): _CAPACITY
        for name in (
            "AccountMaxReads",
            "AccountMaxTableLevelReads",
            "AccountMaxTableLevelWrites",
            "AccountMaxWrites",
            "AccountProvisionedReadCapacityUtilization",
            "AccountProvisionedWriteCapacityUtilization",
            "MaxProvisionedTableReadCapacityUtilization",
            "MaxProvisionedTableWriteCapacityUtilization",
            "ProvisionedReadCapacityUnits",
            "ProvisionedWriteCapacityUnits",
        )
    },
}


def valid(period: timedelta) -> bool:
    """Whether an alarm may have this period."""
    return period in SHORT_PERIODS or (period >= _MINUTE and period % _MINUTE == timedelta())


def published(metric: Metric) -> Published | None:
    """How often *metric* comes; None for a program's own, which may come every second."""
    found = SLOW.get((metric.namespace, metric.name)) or SLOW.get((metric.namespace, None))
    return found or (_STANDARD if metric.namespace.startswith(_OF_AWS) and not metric.namespace.startswith(_FAST) else None)
