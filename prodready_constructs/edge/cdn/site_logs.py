"""CloudFront's access logs as JSON in CloudWatch Logs, where they can be asked."""

from __future__ import annotations

from aws_cdk import Names
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from prodready_constructs.contracts import ControlClaim, record
from prodready_constructs.edge.cdn.door import CloudFrontDoor
from prodready_constructs.edge.regions import CLOUDFRONT_REGION
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, DataKey, EncryptedLogGroup, Part
from prodready_constructs.posture import EdgePosture

CONTROLS = (
    ControlClaim(
        control="WEB-7",
        how="Every request to the distribution as JSON in an encrypted log group with a retention, without cookies and query strings",
        frameworks=("NIST 800-53 r5 AU-2", "NIST 800-53 r5 AU-11", "HIPAA 164.312(b)", "PCI DSS 3.2.1 10.2", "SOC 2 CC7.2"),
    ),
)
#: What is written of a request. Left out on purpose: ``cs(Cookie)`` and ``cs-uri-query``, which hold sessions, tokens and the signatures of
#: signed URLs. Source: Amazon CloudFront developer guide, "Standard logging reference", log file fields.
FIELDS = (
    *("timestamp(ms)", "DistributionId", "date", "time", "x-edge-location", "c-ip", "c-country", "asn", "cs-method", "cs(Host)"),
    *("x-host-header", "cs-uri-stem", "cache-behavior-path-pattern", "cs-protocol", "cs-protocol-version", "cs-bytes", "cs(Referer)"),
    *("cs(User-Agent)", "sc-status", "sc-bytes", "sc-content-type", "x-edge-result-type", "x-edge-response-result-type"),
    *("x-edge-detailed-result-type", "x-edge-request-id", "time-taken", "time-to-first-byte", "origin-fbl", "origin-lbl"),
    *("ssl-protocol", "ssl-cipher", "x-forwarded-for"),
)


class SiteLogs(Part):
    """Access logs of a distribution as JSON in CloudWatch Logs, beside the files that CloudFront always writes to S3.

    Always: an encrypted log group that survives its stack; no cookies, no query strings. *posture* decides how long logs are kept.

    Args:
        site: a ``Website`` or ``ProtectedDistribution``, of this stack or another.
        posture: log retention.
        encryption_key: must admit CloudWatch Logs of us-east-1 (``DataKey(..., encrypts_logs=True)``); its own when None.

    Raises:
        ConfigurationError: a stack outside us-east-1, where CloudFront delivers its logs from.

    Sources: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        site: CloudFrontDoor,
        posture: EdgePosture,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        where = self.path
        if self.stated_region not in (None, CLOUDFRONT_REGION):
            raise ConfigurationError(
                where,
                given=f"a stack of {self.stated_region}",
                allowed=f"a stack of {CLOUDFRONT_REGION}, where CloudFront delivers its logs from",
                mend=f"make it in the {CLOUDFRONT_REGION} stack that watches the site; the site itself may stay where it is",
            )
        key = encryption_key or DataKey(self, "Key", description=f"Access logs of {site.path}", encrypts_logs=True).key
        group = EncryptedLogGroup(self, "Logs", retention=posture.log_retention, encryption_key=key)
        #: The log group; CloudWatch Logs adds the policy that admits its delivery service.
        self.log_group = group.log_group
        name = Names.unique_resource_name(self, max_length=50, separator="-")
        source = logs.CfnDeliverySource(
            self,
            "Source",
            name=name,
            log_type="ACCESS_LOGS",
            resource_arn=f"arn:{PARTITION}:cloudfront::{ACCOUNT_ID}:distribution/{site.distribution_id}",
        )
        destination = logs.CfnDeliveryDestination(
            self,
            "Destination",
            name=f"{name}-logs",
            destination_resource_arn=self.log_group.log_group_arn,
            output_format="json",
        )
        delivery = logs.CfnDelivery(
            self,
            "Delivery",
            delivery_source_name=name,
            delivery_destination_arn=destination.attr_arn,
            record_fields=list(FIELDS),
        )
        # The name alone makes no dependency.
        delivery.add_resource_dependency(source)
        record(self, controls=CONTROLS, tier="edge", site=site.path)
