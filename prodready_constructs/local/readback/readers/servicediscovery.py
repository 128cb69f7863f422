"""Cloud Map."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader, same


def _namespace(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("servicediscovery").get_namespace(Id=physical_id)["Namespace"]


def _service(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("servicediscovery").get_service(Id=physical_id)["Service"]


READERS = {
    **dict.fromkeys(
        ("AWS::ServiceDiscovery::HttpNamespace", "AWS::ServiceDiscovery::PrivateDnsNamespace"),
        Reader(_namespace, same("Name", "Description")),
    ),
    "AWS::ServiceDiscovery::Service": Reader(
        _service,
        (
            *same("Name", "HealthCheckCustomConfig"),
            Check("DnsConfig.DnsRecords", "DnsConfig.DnsRecords"),
            Check("NamespaceId", "NamespaceId"),
        ),
    ),
}
