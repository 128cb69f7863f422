"""A name of your own for the endpoint that devices connect to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from aws_cdk import aws_iot as iot
from aws_cdk import aws_route53 as route53
from constructs import Construct

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part

if TYPE_CHECKING:
    from aws_cdk import aws_certificatemanager as acm

#: TLS 1.3, and 1.2 with forward secrecy for devices that know no other.
#: Source: https://docs.aws.amazon.com/iot/latest/developerguide/transport-security.html
TLS_POLICY = "IotSecurityPolicy_TLS13_1_2_2022_10"
#: Seconds: devices look the name up again when they connect again.
_TTL = "300"
#: ``aws iot describe-endpoint --endpoint-type iot:Data-ATS``.
_ENDPOINT = re.compile(r"[a-z0-9]+-ats\.iot\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?")


class RegionalDomain(Protocol):
    """A name with its certificate in a region: ``edge.Domain``."""

    name: str
    hosted_zone: route53.IHostedZone

    def require_region(self, region: str | None, *, wanted_by: Construct) -> acm.ICertificate: ...


class DeviceEndpoint(Part):
    """The endpoint of devices under a name of yours; made by ``DeviceIngest.add_domain``.

    Always: TLS 1.2 or better, certificates of devices asked for, MQTT alone, the state of the server's certificate stapled (OCSP).

    Args:
        domain: the name, with its certificate in this region.
        endpoint: of this account and region, as ``aws iot describe-endpoint --endpoint-type iot:Data-ATS`` shows it.

    Raises:
        ConfigurationError: an endpoint of another form or region; a certificate of another region.

    Sources: https://docs.aws.amazon.com/iot/latest/developerguide/iot-custom-endpoints-configurable-custom.html,
        https://docs.aws.amazon.com/iot/latest/developerguide/iot-custom-endpoints-cert-config.html
    """

    def __init__(self, scope: Construct, construct_id: str, *, domain: RegionalDomain, endpoint: str) -> None:
        super().__init__(scope, construct_id)
        match, region = _ENDPOINT.fullmatch(endpoint), self.stated_region
        if match is None or (region and match["region"] != region):
            raise ConfigurationError(
                f"{self.path}: endpoint",
                given=endpoint,
                allowed=f"<letters>-ats.iot.{region or '<region>'}.amazonaws.com: the data endpoint of this account and region",
                mend="copy what this prints: aws iot describe-endpoint --endpoint-type iot:Data-ATS",
            )
        certificate = domain.require_region(region, wanted_by=self)
        #: The name that devices connect to.
        self.host = domain.name
        #: The L1.
        self.configuration = iot.CfnDomainConfiguration(
            self,
            "Configuration",
            service_type="DATA",
            domain_name=domain.name,
            domain_configuration_status="ENABLED",
            server_certificate_arns=[certificate.certificate_arn],
            server_certificate_config=iot.CfnDomainConfiguration.ServerCertificateConfigProperty(enable_ocsp_check=True),
            tls_config=iot.CfnDomainConfiguration.TlsConfigProperty(security_policy=TLS_POLICY),
            authentication_type="AWS_X509",
            application_protocol="SECURE_MQTT",
        )
        #: Leads the name to the endpoint.
        self.record = route53.CfnRecordSet(
            self,
            "Record",
            hosted_zone_id=domain.hosted_zone.hosted_zone_id,
            name=f"{domain.name}.",
            type="CNAME",
            ttl=_TTL,
            resource_records=[endpoint],
        )
