"""Where traffic comes in: web ACLs, load balancers, REST APIs, websites and their names.

Names are loaded when they are first asked for: whoever takes a load balancer does not wait for CloudFront and API Gateway.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prodready_constructs.edge.dns_zone import DnsZone as DnsZone
    from prodready_constructs.edge.domain import Domain as Domain
    from prodready_constructs.edge.load_balancer import ProtectedLoadBalancer as ProtectedLoadBalancer
    from prodready_constructs.edge.rest_api import ProtectedRestApi as ProtectedRestApi
    from prodready_constructs.edge.web_acl import WebAcl as WebAcl
    from prodready_constructs.edge.web_acl_rules import Exclusion as Exclusion
    from prodready_constructs.edge.website import Website as Website

__all__ = ["DnsZone", "Domain", "Exclusion", "ProtectedLoadBalancer", "ProtectedRestApi", "WebAcl", "Website"]

_HOMES = {
    "DnsZone": "dns_zone",
    "Domain": "domain",
    "Exclusion": "web_acl_rules",
    "ProtectedLoadBalancer": "load_balancer",
    "ProtectedRestApi": "rest_api",
    "WebAcl": "web_acl",
    "Website": "website",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
