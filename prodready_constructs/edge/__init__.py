"""Where traffic comes in: web ACLs, load balancers, REST APIs, websites and their names."""

from prodready_constructs.edge.dns_zone import DnsZone
from prodready_constructs.edge.domain import Domain
from prodready_constructs.edge.load_balancer import ProtectedLoadBalancer
from prodready_constructs.edge.rest_api import ProtectedRestApi
from prodready_constructs.edge.web_acl import WebAcl
from prodready_constructs.edge.web_acl_rules import Exclusion
from prodready_constructs.edge.website import Website

__all__ = ["DnsZone", "Domain", "Exclusion", "ProtectedLoadBalancer", "ProtectedRestApi", "WebAcl", "Website"]
