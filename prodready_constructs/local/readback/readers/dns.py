"""Route 53 and certificates."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader, same
from prodready_constructs.local.readback.values import matches


def _zone(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("route53").get_hosted_zone(Id=physical_id)["HostedZone"]


def _record(aws: Aws, _: str, properties: Properties) -> Any:
    zone = properties.get("HostedZoneId") or _zone_id(aws, str(properties["HostedZoneName"]))
    records = aws("route53").list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    wanted = {"Type": properties["Type"], "SetIdentifier": properties.get("SetIdentifier")}
    same_name = (each for each in records if matches(_qualified(properties["Name"]), each["Name"]))
    return next(each for each in same_name if all(matches(value, each.get(name)) for name, value in wanted.items()))


def _qualified(name: Any) -> Any:
    """Route 53 ends its names with a dot."""
    return f"{name.rstrip('.')}." if isinstance(name, str) else name


def _zone_id(aws: Aws, name: str) -> str:
    found = aws("route53").list_hosted_zones_by_name(DNSName=name)["HostedZones"]
    return str(found[0]["Id"])


def _health_check(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("route53").get_health_check(HealthCheckId=physical_id)["HealthCheck"]


def _certificate(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("acm").describe_certificate(CertificateArn=physical_id)["Certificate"]


def _unqualified(name: Any) -> Any:
    return name.rstrip(".") if isinstance(name, str) else name


READERS = {
    "AWS::Route53::HostedZone": Reader(_zone, (Check("Name", "Name", _qualified), Check("HostedZoneConfig.Comment", "Config.Comment"))),
    "AWS::Route53::RecordSet": Reader(
        _record,
        (
            *same("Type", "TTL", "SetIdentifier", "Weight", "Failover", "Region", "HealthCheckId", "GeoLocation"),
            Check("Name", "Name", _qualified),
            Check("AliasTarget.DNSName", lambda live: live["AliasTarget"]["DNSName"].rstrip("."), _unqualified),
            Check("AliasTarget.EvaluateTargetHealth", "AliasTarget.EvaluateTargetHealth"),
            Check("ResourceRecords", lambda live: [each["Value"] for each in live["ResourceRecords"]]),
        ),
    ),
    "AWS::Route53::HealthCheck": Reader(_health_check, same("HealthCheckConfig")),
    "AWS::CertificateManager::Certificate": Reader(
        _certificate,
        (
            *same("DomainName"),
            # A certificate that nobody validated stays PENDING_VALIDATION and carries no traffic.
            Check("ValidationMethod", "Status", lambda _: "ISSUED"),
            Check("SubjectAlternativeNames", lambda live: [n for n in live["SubjectAlternativeNames"] if n != live["DomainName"]]),
        ),
    ),
}
