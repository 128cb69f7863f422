"""Where traffic comes in: web ACLs, load balancers, REST APIs, websites and their names.

Names are loaded when they are first asked for: whoever takes a load balancer does not wait for CloudFront and API Gateway.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prodready_constructs.edge.balancer.load_balancer import ProtectedLoadBalancer as ProtectedLoadBalancer
    from prodready_constructs.edge.cdn.content_security_policy import ContentSecurityPolicy as ContentSecurityPolicy
    from prodready_constructs.edge.cdn.protected_distribution import ProtectedDistribution as ProtectedDistribution
    from prodready_constructs.edge.cdn.real_user_monitoring import RealUserMonitoring as RealUserMonitoring
    from prodready_constructs.edge.cdn.routing import SiteRouting as SiteRouting
    from prodready_constructs.edge.cdn.site_logs import SiteLogs as SiteLogs
    from prodready_constructs.edge.cdn.website import Website as Website
    from prodready_constructs.edge.dns.alarm_health_check import AlarmHealthCheck as AlarmHealthCheck
    from prodready_constructs.edge.dns.calculated_health_check import CalculatedHealthCheck as CalculatedHealthCheck
    from prodready_constructs.edge.dns.dns_zone import DnsZone as DnsZone
    from prodready_constructs.edge.dns.domain import Domain as Domain
    from prodready_constructs.edge.dns.health_check import HealthCheck as HealthCheck
    from prodready_constructs.edge.dns.routing import Failover as Failover
    from prodready_constructs.edge.dns.routing import Latency as Latency
    from prodready_constructs.edge.dns.routing import Weighted as Weighted
    from prodready_constructs.edge.graphql.authorization import AppSyncAuthorization as AppSyncAuthorization
    from prodready_constructs.edge.graphql.code import ChannelCode as ChannelCode
    from prodready_constructs.edge.graphql.code import ResolverCode as ResolverCode
    from prodready_constructs.edge.graphql.event_api import ProtectedEventApi as ProtectedEventApi
    from prodready_constructs.edge.graphql.graphql_api import ProtectedGraphqlApi as ProtectedGraphqlApi
    from prodready_constructs.edge.graphql.resolving import CachedField as CachedField
    from prodready_constructs.edge.graphql.schema import GraphqlSchema as GraphqlSchema
    from prodready_constructs.edge.http_api.authorizers import IamSignatures as IamSignatures
    from prodready_constructs.edge.http_api.authorizers import JwtIssuer as JwtIssuer
    from prodready_constructs.edge.http_api.authorizers import LambdaCheck as LambdaCheck
    from prodready_constructs.edge.http_api.front import OwnDistribution as OwnDistribution
    from prodready_constructs.edge.http_api.front import SitePath as SitePath
    from prodready_constructs.edge.http_api.http_api import ProtectedHttpApi as ProtectedHttpApi
    from prodready_constructs.edge.http_api.link import CloudMapTarget as CloudMapTarget
    from prodready_constructs.edge.http_api.origin_certificate import OriginCertificate as OriginCertificate
    from prodready_constructs.edge.http_api.origin_secret import OriginSecret as OriginSecret
    from prodready_constructs.edge.rest_api.callers import Callers as Callers
    from prodready_constructs.edge.rest_api.logs import ApiLogs as ApiLogs
    from prodready_constructs.edge.rest_api.openapi.specification import OpenApi as OpenApi
    from prodready_constructs.edge.rest_api.openapi_rest_api import OpenApiRestApi as OpenApiRestApi
    from prodready_constructs.edge.rest_api.rest_api import ProtectedRestApi as ProtectedRestApi
    from prodready_constructs.edge.waf.addresses import AddressList as AddressList
    from prodready_constructs.edge.waf.addresses import Countries as Countries
    from prodready_constructs.edge.waf.limits import RateLimit as RateLimit
    from prodready_constructs.edge.waf.logs import WafLogs as WafLogs
    from prodready_constructs.edge.waf.managed import Exclusion as Exclusion
    from prodready_constructs.edge.waf.managed import LabelException as LabelException
    from prodready_constructs.edge.waf.managed import ManagedGroup as ManagedGroup
    from prodready_constructs.edge.waf.rule import CustomRule as CustomRule
    from prodready_constructs.edge.waf.shield import ShieldAdvanced as ShieldAdvanced
    from prodready_constructs.edge.waf.shield_values import ShieldContact as ShieldContact
    from prodready_constructs.edge.waf.shield_values import ShieldProtection as ShieldProtection
    from prodready_constructs.edge.waf.shield_values import ShieldResponseTeam as ShieldResponseTeam
    from prodready_constructs.edge.waf.threats import AccountCreation as AccountCreation
    from prodready_constructs.edge.waf.threats import AccountTakeover as AccountTakeover
    from prodready_constructs.edge.waf.threats import BotControl as BotControl
    from prodready_constructs.edge.waf.web_acl import WebAcl as WebAcl

__all__ = [
    "AccountCreation",
    "AccountTakeover",
    "AddressList",
    "AlarmHealthCheck",
    "ApiLogs",
    "AppSyncAuthorization",
    "BotControl",
    "CachedField",
    "CalculatedHealthCheck",
    "Callers",
    "ChannelCode",
    "CloudMapTarget",
    "ContentSecurityPolicy",
    "Countries",
    "CustomRule",
    "DnsZone",
    "Domain",
    "Exclusion",
    "Failover",
    "GraphqlSchema",
    "HealthCheck",
    "IamSignatures",
    "JwtIssuer",
    "LabelException",
    "LambdaCheck",
    "Latency",
    "ManagedGroup",
    "OpenApi",
    "OpenApiRestApi",
    "OriginCertificate",
    "OriginSecret",
    "OwnDistribution",
    "ProtectedDistribution",
    "ProtectedEventApi",
    "ProtectedGraphqlApi",
    "ProtectedHttpApi",
    "ProtectedLoadBalancer",
    "ProtectedRestApi",
    "RateLimit",
    "RealUserMonitoring",
    "ResolverCode",
    "ShieldAdvanced",
    "ShieldContact",
    "ShieldProtection",
    "ShieldResponseTeam",
    "SiteLogs",
    "SitePath",
    "SiteRouting",
    "WafLogs",
    "WebAcl",
    "Website",
    "Weighted",
]

_HOMES = {
    "AccountCreation": "waf.threats",
    "AccountTakeover": "waf.threats",
    "AddressList": "waf.addresses",
    "AlarmHealthCheck": "dns.alarm_health_check",
    "ApiLogs": "rest_api.logs",
    "AppSyncAuthorization": "graphql.authorization",
    "BotControl": "waf.threats",
    "CachedField": "graphql.resolving",
    "CalculatedHealthCheck": "dns.calculated_health_check",
    "Callers": "rest_api.callers",
    "ChannelCode": "graphql.code",
    "CloudMapTarget": "http_api.link",
    "ContentSecurityPolicy": "cdn.content_security_policy",
    "Countries": "waf.addresses",
    "CustomRule": "waf.rule",
    "DnsZone": "dns.dns_zone",
    "Domain": "dns.domain",
    "Exclusion": "waf.managed",
    "Failover": "dns.routing",
    "GraphqlSchema": "graphql.schema",
    "HealthCheck": "dns.health_check",
    "IamSignatures": "http_api.authorizers",
    "JwtIssuer": "http_api.authorizers",
    "LabelException": "waf.managed",
    "LambdaCheck": "http_api.authorizers",
    "Latency": "dns.routing",
    "ManagedGroup": "waf.managed",
    "OpenApi": "rest_api.openapi.specification",
    "OpenApiRestApi": "rest_api.openapi_rest_api",
    "OriginCertificate": "http_api.origin_certificate",
    "OriginSecret": "http_api.origin_secret",
    "OwnDistribution": "http_api.front",
    "ProtectedDistribution": "cdn.protected_distribution",
    "ProtectedEventApi": "graphql.event_api",
    "ProtectedGraphqlApi": "graphql.graphql_api",
    "ProtectedHttpApi": "http_api.http_api",
    "ProtectedLoadBalancer": "balancer.load_balancer",
    "ProtectedRestApi": "rest_api.rest_api",
    "RateLimit": "waf.limits",
    "RealUserMonitoring": "cdn.real_user_monitoring",
    "ResolverCode": "graphql.code",
    "ShieldAdvanced": "waf.shield",
    "ShieldContact": "waf.shield_values",
    "ShieldProtection": "waf.shield_values",
    "ShieldResponseTeam": "waf.shield_values",
    "SiteLogs": "cdn.site_logs",
    "SitePath": "http_api.front",
    "SiteRouting": "cdn.routing",
    "WafLogs": "waf.logs",
    "WebAcl": "waf.web_acl",
    "Website": "cdn.website",
    "Weighted": "dns.routing",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
