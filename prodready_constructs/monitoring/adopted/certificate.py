"""ACM certificates."""

from __future__ import annotations

from datetime import timedelta

from prodready_constructs.contracts import AnyAlarmSpec
from prodready_constructs.monitoring.adopted.data import CRITICAL, DAY, LEDGER, RECOMMENDED, WARNING, Service

#: A new certificate is not yet reported; ACM reports twice a day.
NEW = timedelta(days=2)


def certificate(arn: str) -> tuple[AnyAlarmSpec, ...]:
    """A certificate by its ARN."""
    of = Service("AWS/CertificateManager", {"CertificateArn": arn}, (f"aws acm describe-certificate --certificate-arn {arn}",), DAY)
    left = of.metric("DaysToExpiry", "Minimum")
    causes = ("the DNS record that proves the domain was removed", "the certificate was imported, and nobody renewed it")
    return (
        of.alarm(
            "Expiring",
            left,
            44,
            comparison="LessThanOrEqualToThreshold",
            severity=WARNING,
            source=RECOMMENDED,
            periods=1,
            missing_data="ignore",
            warm_up=NEW,
            meaning="ACM has not renewed the certificate, which it does 60 days before the end.",
            causes=causes,
        ),
        of.alarm(
            "NearlyExpired",
            left,
            30,
            comparison="LessThanThreshold",
            severity=CRITICAL,
            source=f"{LEDGER}: certificate below 30 days",
            periods=1,
            # An expired certificate is no longer reported: the alarm must not end by that.
            missing_data="ignore",
            warm_up=NEW,
            meaning="The certificate ends within 30 days; then browsers refuse the site.",
            causes=causes,
        ),
    )


ADOPTS = {
    "aws_certificatemanager.ICertificate": lambda found: certificate(found.certificate_arn),
    "aws_certificatemanager.CfnCertificate": lambda found: certificate(found.ref),
}
