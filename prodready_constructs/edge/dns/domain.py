"""A name on the internet: its certificate, its records, and an alarm before the certificate runs out."""

from __future__ import annotations

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
from prodready_constructs.edge.dns.names import require_names
from prodready_constructs.edge.dns.records import is_on_cloudfront, make_aliases, require_target, routed, suffix, take
from prodready_constructs.edge.dns.routing import Routing, require_routing
from prodready_constructs.edge.dns.zones import zone_id, zone_name
from prodready_constructs.edge.regions import CLOUDFRONT_REGION, stated
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part

_NAMED = ControlClaim(
    control="WEB-8",
    how="ACM certificate by DNS validation, renewed by ACM, with an alarm 30 days before it expires; alias A and AAAA records",
    frameworks=("NIST 800-53 r5 SC-8", "NIST 800-53 r5 SC-17", "HIPAA 164.312(e)(1)", "PCI DSS 3.2.1 4.1", "SOC 2 CC6.7"),
)
_ROUTED = ControlClaim(
    control="WEB-9",
    how="The A and AAAA records of the name are chosen by weight, failover or latency, and follow the health of their target",
    frameworks=("NIST 800-53 r5 CP-10", "NIST 800-53 r5 SC-22", "HIPAA 164.308(a)(7)(ii)(C)", "SOC 2 A1.2"),
)
CONTROLS = (_NAMED, _ROUTED)
#: ACM renews 60 days before expiry (ACM user guide, "Managed renewal"): with 30 days left, renewal has failed for a month.
LEAST_DAYS = 30
#: Asked for once: each reading is a message to the jsii kernel.
_RSA_2048 = acm.KeyAlgorithm.RSA_2048


class Domain(Part):
    """A domain name with its certificate, and how visitors are led to what answers for it.

    Always: the certificate is validated by DNS (so that ACM renews it without anybody's help), logged for certificate
    transparency, and watched for expiry. It is made in the stack's region: CloudFront wants us-east-1, everything else its own region.

    Args:
        name: the domain name, such as ``shop.example.com``; equal to the zone's name or beneath it.
        hosted_zone: the public Route 53 zone of the name; ``HostedZone.from_hosted_zone_attributes`` needs no look-up.
        also: names that visitors use as well (``www.example.com``): in the certificate, and every alias is made for them too.
        alternative_names: names of the certificate alone, in the same zone (``*.example.com`` is one); ``alias(name=...)`` points them.
        routing: how Route 53 chooses among several targets of the name: ``Weighted(...)``, ``Failover(...)``, ``Latency(...)``; one
            target when None.

    Raises:
        ConfigurationError: a name outside the zone, malformed, twice, or more names than ACM takes; a routing that Route 53 would refuse,
            or whose health check asks the very name it routes.

    Sources: https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
        https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        hosted_zone: route53.IHostedZone,
        also: Sequence[str] = (),
        alternative_names: Sequence[str] = (),
        routing: Routing | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        names = (name, *also)
        others = (*also, *alternative_names)
        self._zone_name = zone_name(hosted_zone)
        require_names(self.path, (name, *others), self._zone_name)
        if routing is not None:
            require_routing(self.path, routing, names)
        #: The domain name.
        self.name = name
        #: The names that visitors use: the domain name, and those of *also*.
        self.names = names
        #: All names of the certificate.
        self.certificate_names = (name, *others)
        #: How its records are chosen; None for a single target.
        self.routing = routing
        #: The zone that its records go to.
        self.hosted_zone = hosted_zone
        #: The certificate of all names.
        self.certificate = acm.Certificate(
            self,
            "Certificate",
            domain_name=name,
            subject_alternative_names=list(others) or None,
            validation=acm.CertificateValidation.from_dns(hosted_zone),
            key_algorithm=_RSA_2048,
            transparency_logging_enabled=True,
        )
        self._certificate_arn = self.certificate.certificate_arn
        #: The region of the certificate; None where the stack does not state one.
        self.region = self.stated_region
        record(
            self, controls=CONTROLS if routing else (_NAMED,), tier="edge", watchable=True, name=name, routing=routing and routing.policy
        )

    def alias(
        self,
        target: route53.IAliasRecordTarget,
        *,
        scope: Construct | None = None,
        name: str | None = None,
        on_cloudfront: bool | None = None,
    ) -> tuple[route53.RecordSet, ...]:
        """Point the domain's names at *target*, for IPv4 and IPv6, with its routing.

        Args:
            target: for example ``targets.CloudFrontTarget(distribution)``.
            scope: where the records are made, for a target of another stack (the records belong beside it); this construct when None.
            name: one name of the certificate alone. Of ``alternative_names``, it gets plain records: the name that always means this target.
            on_cloudfront: whether the target is a distribution inside; told by its class when None.

        Raises:
            ConfigurationError: a name that the certificate does not cover; records that cannot stand beside those the name has; several
                names for a target that answers under one; failover or latency to CloudFront.
        """
        names = (name,) if name else self.names
        if name and name not in self.certificate_names and f"*.{name.partition('.')[2]}" not in self.certificate_names:
            raise ConfigurationError(
                f"{self.path}: alias",
                given=name,
                allowed=f"a name of the certificate: {', '.join(self.certificate_names)}",
                mend="add it to them",
            )
        routing = self.routing if names[0] in self.names else None
        cloudfront = is_on_cloudfront(target) if on_cloudfront is None else on_cloudfront
        require_target(self.path, target, names=names, routing=routing, cloudfront=cloudfront)
        home, to = scope or self, route53.RecordTarget.from_alias(target)
        properties = routed(routing, cloudfront=cloudfront) if routing else None
        records: list[route53.RecordSet] = []
        for each in names:
            take(home, self.path, zone=self._zone_name, name=each, routing=routing)
            which = "" if each == self.name else suffix(each)
            records += make_aliases(home, which, zone=self.hosted_zone, name=each, target=to, properties=properties)
        return tuple(records)

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
                        f"aws route53 list-resource-record-sets --hosted-zone-id {zone_id(self.hosted_zone)} "
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
