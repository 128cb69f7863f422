"""A certificate that only CloudFront has, and without which API Gateway speaks to nobody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_s3 as s3
from constructs import Construct

from prodready_constructs.contracts import AlarmSpec, AnyAlarmSpec, ControlClaim, GraphSpec, Metric, RunbookSpec, Severity, record
from prodready_constructs.edge.regions import CLOUDFRONT_REGION
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part

CONTROLS = (
    ControlClaim(
        control="WEB-5",
        how="Mutual TLS on the HTTP API's own name: without CloudFront's client certificate the handshake fails, and the default endpoint is off",
        frameworks=("NIST 800-53 r5 SC-7", "NIST 800-53 r5 SC-8", "NIST 800-53 r5 IA-3", "SOC 2 CC6.6"),
    ),
)
#: ACM does not renew what was imported; this is the time to issue and import anew.
LEAST_DAYS = 30


class OriginCertificate(Part):
    """Closes the way around CloudFront at API Gateway itself: mutual TLS, so that nobody else gets as far as the authorizer.

    The certificate comes from a certificate authority of yours that signs nothing else: API Gateway trusts whatever the authorities
    in the truststore have signed, and asks no revocation list. ACM issues none that CloudFront takes, so it is imported, and imported anew
    under the same ARN before it expires: no deployment, and two certificates are valid at a time.

    Args:
        client_certificate_arn: in ACM of us-east-1, imported with its key and chain; RSA 2048 or P-256, extended key usage *client authentication*.
        truststore: a bucket with the certificates of the authorities, one PEM file, in the API's region.
        truststore_key: the file.
        truststore_version: the version of the file, so that a change of whom the API trusts is a change of the template.

    Raises:
        ConfigurationError: a certificate that is not ACM's of us-east-1, or a truststore without key or version.

    Sources: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/origin-enable-mtls-distributions.html
        https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-mutual-tls.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        client_certificate_arn: str,
        truststore: s3.IBucket,
        truststore_key: str,
        truststore_version: str,
    ) -> None:
        super().__init__(scope, construct_id)
        if not client_certificate_arn.startswith("${Token[") and f":acm:{CLOUDFRONT_REGION}:" not in client_certificate_arn:
            raise ConfigurationError(
                f"{self.path}: client_certificate_arn",
                given=client_certificate_arn,
                allowed=f"a certificate of ACM in {CLOUDFRONT_REGION}, where CloudFront looks for it",
                mend=f"aws acm import-certificate --region {CLOUDFRONT_REGION}",
            )
        for name, value in (("truststore_key", truststore_key), ("truststore_version", truststore_version)):
            if not value:
                raise ConfigurationError(
                    f"{self.path}: {name}",
                    given=value,
                    allowed="the name and the version of one file in a versioned bucket",
                    mend="aws s3api list-object-versions says both",
                )
        #: What CloudFront shows.
        self.client_certificate_arn = client_certificate_arn
        #: Whom API Gateway trusts.
        self.truststore = apigatewayv2.MTLSConfig(bucket=truststore, key=truststore_key, version=truststore_version)
        #: CloudFront adds no header.
        self.origin_headers: Mapping[str, str] = {}
        #: API Gateway adds no header.
        self.integration_parameters: Mapping[str, str] = {}
        #: Nothing that CloudFront must wait for.
        self.demanded_by: Construct | None = None
        record(self, controls=CONTROLS, tier="edge", watchable=True)

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """The certificate is about to expire."""
        return (
            AlarmSpec(
                id="ClientCertificateExpiry",
                metric=self._days_to_expiry(),
                threshold=LEAST_DAYS,
                comparison="LessThanThreshold",
                severity=Severity.CRITICAL,
                periods=1,
                # ACM reports twice a day; after the expiry it falls silent, and the alarm must then stay as it is.
                missing_data="ignore",
                source="Our reason: nobody renews an imported certificate, and without it API Gateway refuses CloudFront: the whole API is down",
                runbook=RunbookSpec(
                    meaning=f"CloudFront's client certificate expires in less than {LEAST_DAYS} days; then every call fails with 502.",
                    causes=("It was not issued anew in time: ACM does not renew imported certificates",),
                    first_commands=(
                        f"aws acm describe-certificate --region {CLOUDFRONT_REGION} --certificate-arn {self.client_certificate_arn} "
                        "--query 'Certificate.[NotAfter,Subject,Issuer]'",
                        f"aws acm import-certificate --region {CLOUDFRONT_REGION} --certificate-arn {self.client_certificate_arn} "
                        "--certificate fileb://new.pem --private-key fileb://new.key --certificate-chain fileb://chain.pem",
                    ),
                ),
            ),
        )

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Days until the certificate expires."""
        return (GraphSpec(title="CloudFront's client certificate", metrics=(self._days_to_expiry(),), unit="days"),)

    def _days_to_expiry(self) -> Metric:
        return Metric(
            namespace="AWS/CertificateManager",
            name="DaysToExpiry",
            dimensions={"CertificateArn": self.client_certificate_arn},
            statistic="Minimum",
            period=timedelta(days=1),
            label="Days to expiry",
            region=CLOUDFRONT_REGION,
        )
