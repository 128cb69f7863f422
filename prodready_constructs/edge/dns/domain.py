"""A name on the internet: its certificate, its records, and an alarm before the certificate runs out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_route53 as route53
from constructs import Construct

from prodready_constructs.contracts import (
    AlarmSpec,
    AnyAlarmSpec,
    ControlClaim,
    GraphSpec,
    Metric,
    RunbookSpec,
    Severity,
    record,
)
from prodready_constructs.edge.regions import CLOUDFRONT_REGION, stated
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part

CONTROLS = (
    ControlClaim(
        control="WEB-8",
        how="ACM certificate by DNS validation, renewed by ACM, with an alarm 30 days before it expires; alias A and AAAA records",
        frameworks=("NIST 800-53 r5 SC-8", "NIST 800-53 r5 SC-17", "HIPAA 164.312(e)(1)", "PCI DSS 3.2.1 4.1", "SOC 2 CC6.7"),
    ),
)
#: ACM renews 60 days before expiry (ACM user guide, "Managed renewal"): with 30 days left, renewal has failed for a month.
LEAST_DAYS = 30
#: ACM's default quota of names in one certificate (ACM user guide, "Quotas").
MOST_NAMES = 10
#: What ACM takes as the first name of a certificate, in characters (ACM API reference, RequestCertificate).
LONGEST_NAME = 64
#: Asked for once: each reading is a message to the jsii kernel.
_RSA_2048 = acm.KeyAlgorithm.RSA_2048
#: A domain name as certificates and zones take it.
DOMAIN_NAME = re.compile(r"(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


class Domain(Part):
    """A domain name with its certificate.

    Always: the certificate is validated by DNS (so that ACM renews it without anybody's help), logged for certificate
    transparency, and watched for expiry. It is made in the stack's region: CloudFront wants us-east-1, everything else its own region.

    Args:
        name: the domain name, such as ``shop.example.com``; equal to the zone's name or beneath it.
        hosted_zone: the public Route 53 zone of the name; ``HostedZone.from_hosted_zone_attributes`` needs no look-up.
        alternative_names: further names of the same certificate, in the same zone (``*.example.com`` is one).

    Raises:
        ConfigurationError: a name outside the zone, malformed, twice, or more names than ACM takes.

    Sources: https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, name: str, hosted_zone: route53.IHostedZone, alternative_names: Sequence[str] = ()
    ) -> None:
        super().__init__(scope, construct_id)
        names = (name, *alternative_names)
        _require_names(self.path, names, hosted_zone.zone_name)
        #: The domain name.
        self.name = name
        #: All names of the certificate.
        self.names = names
        #: The zone that its records go to.
        self.hosted_zone = hosted_zone
        #: The certificate of all names.
        self.certificate = acm.Certificate(
            self,
            "Certificate",
            domain_name=name,
            subject_alternative_names=list(alternative_names) or None,
            validation=acm.CertificateValidation.from_dns(hosted_zone),
            key_algorithm=_RSA_2048,
            transparency_logging_enabled=True,
        )
        self._certificate_arn = self.certificate.certificate_arn
        #: The region of the certificate; None where the stack does not state one.
        self.region = self.stated_region
        record(self, controls=CONTROLS, tier="edge", watchable=True, name=name)

    def alias(
        self, target: route53.IAliasRecordTarget, *, scope: Construct | None = None, name: str | None = None
    ) -> tuple[route53.ARecord, route53.AaaaRecord]:
        """Point the name at *target*, for IPv4 and IPv6.

        Args:
            target: for example ``targets.CloudFrontTarget(distribution)``.
            scope: where the records are made, for a target of another stack (the records belong beside it); this construct when None.
            name: one of the alternative names; the domain's name when None.

        Raises:
            ConfigurationError: a name that the certificate does not cover.
        """
        chosen = name or self.name
        if chosen not in self.names and f"*.{chosen.partition('.')[2]}" not in self.names:
            raise ConfigurationError(
                f"{self.path}: alias",
                given=chosen,
                allowed=f"a name of the certificate: {', '.join(self.names)}",
                mend="add it to them",
            )
        home = scope or self
        which = "" if chosen == self.name else "".join(part.capitalize() for part in re.findall(r"[a-z0-9]+", chosen))
        to = route53.RecordTarget.from_alias(target)
        return (
            route53.ARecord(home, f"Alias{which}", zone=self.hosted_zone, record_name=chosen, target=to),
            route53.AaaaRecord(home, f"AliasIpv6{which}", zone=self.hosted_zone, record_name=chosen, target=to),
        )

    def require_region(self, region: str | None, *, wanted_by: Construct) -> acm.ICertificate:
        """The certificate, when it stands in *region*; a region that a stack does not state is taken on trust.

        Raises:
            ConfigurationError: the certificate is of another region.
        """
        if self.region and stated(region) and self.region != region:
            raise ConfigurationError(
                f"{wanted_by.node.path}: domain",
                given=f"a certificate in {self.region}",
                allowed=f"a certificate in {region}",
                mend=f"make the Domain in a stack of {region}",
            )
        return self.certificate

    def require_us_east_1(self, *, wanted_by: Construct) -> acm.ICertificate:
        """The certificate for CloudFront, which takes certificates of us-east-1 only."""
        return self.require_region(CLOUDFRONT_REGION, wanted_by=wanted_by)

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """The certificate is about to expire."""
        arn = self._certificate_arn
        return (
            AlarmSpec(
                id="CertificateExpiry",
                metric=self._days_to_expiry(),
                threshold=LEAST_DAYS,
                comparison="LessThanThreshold",
                severity=Severity.CRITICAL,
                periods=1,
                # ACM reports twice a day; after the expiry it falls silent, and the alarm must then stay as it is.
                missing_data="ignore",
                source="Ledger WEB-8 and OPS-2; ACM renews 60 days before expiry, so 30 days left mean that renewal has failed for a month",
                runbook=RunbookSpec(
                    meaning=f"The certificate of {self.name} expires in less than {LEAST_DAYS} days; then browsers refuse the site.",
                    causes=(
                        "the validation CNAME record was removed from the hosted zone",
                        "the domain's name servers do not point to the hosted zone any more",
                        "a CAA record forbids Amazon to issue the certificate",
                    ),
                    first_commands=(
                        f"aws acm describe-certificate --certificate-arn {arn} --query 'Certificate.[NotAfter,RenewalSummary]'",
                        f"aws route53 list-resource-record-sets --hosted-zone-id {self.hosted_zone.hosted_zone_id} "
                        "--query \"ResourceRecordSets[?Type=='CNAME' || Type=='CAA']\"",
                        f"dig +short NS {self.name.removeprefix('*.')}",
                    ),
                ),
            ),
        )

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Days until the certificate expires."""
        return (GraphSpec(title=f"Certificate {self.name}", metrics=(self._days_to_expiry(),), unit="days"),)

    def _days_to_expiry(self) -> Metric:
        return Metric(
            namespace="AWS/CertificateManager",
            name="DaysToExpiry",
            dimensions={"CertificateArn": self._certificate_arn},
            statistic="Minimum",
            period=timedelta(days=1),
            label="Days to expiry",
            region=self.region,
        )


def _require_names(where: str, names: Sequence[str], zone: str) -> None:
    zone_is_stated = "${Token[" not in zone
    for name in names:
        if not DOMAIN_NAME.fullmatch(name):
            raise ConfigurationError(
                f"{where}: name",
                given=name,
                allowed="a domain name in small letters, digits and hyphens, such as 'shop.example.com' or '*.example.com'",
                mend="leave out the scheme, the path and the closing dot",
            )
        if zone_is_stated and name != zone and not name.endswith(f".{zone}"):
            raise ConfigurationError(
                f"{where}: name",
                given=name,
                allowed=f"{zone!r} or a name beneath it, because the certificate is validated in that zone",
                mend="hand over the hosted zone of this name, or choose a name of the zone",
            )
    if len(names[0]) > LONGEST_NAME:
        raise ConfigurationError(
            f"{where}: name",
            given=names[0],
            allowed=f"{LONGEST_NAME} characters in the first name of a certificate",
            mend="put a shorter name first and this one into alternative_names",
        )
    if len(set(names)) < len(names) or len(names) > MOST_NAMES:
        raise ConfigurationError(
            f"{where}: alternative_names",
            given=", ".join(names),
            allowed=f"each name once, {MOST_NAMES} names at most (ACM's quota)",
            mend="leave out the repeated ones; a wildcard covers all names of one level",
        )
