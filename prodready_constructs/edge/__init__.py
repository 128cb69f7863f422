"""Where traffic comes in: web ACLs, load balancers, REST APIs, websites and their names.

Names are loaded when they are first asked for: whoever takes a load balancer does not wait for CloudFront and API Gateway.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prodready_constructs.edge.balancer.load_balancer import ProtectedLoadBalancer as ProtectedLoadBalancer
    from prodready_constructs.edge.cdn.website import Website as Website
    from prodready_constructs.edge.dns.alarm_health_check import AlarmHealthCheck as AlarmHealthCheck
    from prodready_constructs.edge.dns.calculated_health_check import CalculatedHealthCheck as CalculatedHealthCheck
    from prodready_constructs.edge.dns.dns_zone import DnsZone as DnsZone
    from prodready_constructs.edge.dns.domain import Domain as Domain
    from prodready_constructs.edge.dns.health_check import HealthCheck as HealthCheck
    from prodready_constructs.edge.dns.routing import Failover as Failover
    from prodready_constructs.edge.dns.routing import Latency as Latency
    from prodready_constructs.edge.dns.routing import Weighted as Weighted
    from prodready_constructs.edge.rest_api.rest_api import ProtectedRestApi as ProtectedRestApi
    from prodready_constructs.edge.waf.rules import Exclusion as Exclusion
    from prodready_constructs.edge.waf.web_acl import WebAcl as WebAcl

__all__ = [
    "AlarmHealthCheck",
    "CalculatedHealthCheck",
    "DnsZone",
    "Domain",
    "Exclusion",
    "Failover",
    "HealthCheck",
    "Latency",
    "ProtectedLoadBalancer",
    "ProtectedRestApi",
    "WebAcl",
    "Website",
    "Weighted",
]

_HOMES = {
    "AlarmHealthCheck": "dns.alarm_health_check",
    "CalculatedHealthCheck": "dns.calculated_health_check",
    "DnsZone": "dns.dns_zone",
    "Domain": "dns.domain",
    "Exclusion": "waf.rules",
    "Failover": "dns.routing",
    "HealthCheck": "dns.health_check",
    "Latency": "dns.routing",
    "ProtectedLoadBalancer": "balancer.load_balancer",
    "ProtectedRestApi": "rest_api.rest_api",
    "WebAcl": "waf.web_acl",
    "Website": "cdn.website",
    "Weighted": "dns.routing",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
