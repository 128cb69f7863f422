"""AWS CDK constructs whose defaults already pass the audit.

This is the front door: every public name can be imported from here. Names are loaded when they are first asked for, so
importing the package, or the posture alone, loads no AWS module.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prodready_constructs.compliance import PRODUCTION_PACKS as PRODUCTION_PACKS
    from prodready_constructs.compliance import STAGING_PACKS as STAGING_PACKS
    from prodready_constructs.compliance import Finding as Finding
    from prodready_constructs.compliance import GuardError as GuardError
    from prodready_constructs.compliance import HardeningRules as HardeningRules
    from prodready_constructs.compliance import guard as guard
    from prodready_constructs.compute import WebService as WebService
    from prodready_constructs.database import MYSQL_8_4 as MYSQL_8_4
    from prodready_constructs.database import POSTGRESQL_16 as POSTGRESQL_16
    from prodready_constructs.database import POSTGRESQL_17 as POSTGRESQL_17
    from prodready_constructs.database import Engine as Engine
    from prodready_constructs.database import MultiAzDatabase as MultiAzDatabase
    from prodready_constructs.edge import AccountCreation as AccountCreation
    from prodready_constructs.edge import AccountTakeover as AccountTakeover
    from prodready_constructs.edge import AddressList as AddressList
    from prodready_constructs.edge import AlarmHealthCheck as AlarmHealthCheck
    from prodready_constructs.edge import ApiLogs as ApiLogs
    from prodready_constructs.edge import AppSyncAuthorization as AppSyncAuthorization
    from prodready_constructs.edge import BotControl as BotControl
    from prodready_constructs.edge import CachedField as CachedField
    from prodready_constructs.edge import CalculatedHealthCheck as CalculatedHealthCheck
    from prodready_constructs.edge import Callers as Callers
    from prodready_constructs.edge import ChannelCode as ChannelCode
    from prodready_constructs.edge import CloudMapTarget as CloudMapTarget
    from prodready_constructs.edge import ContentSecurityPolicy as ContentSecurityPolicy
    from prodready_constructs.edge import Countries as Countries
    from prodready_constructs.edge import CustomRule as CustomRule
    from prodready_constructs.edge import DnsZone as DnsZone
    from prodready_constructs.edge import Domain as Domain
    from prodready_constructs.edge import Exclusion as Exclusion
    from prodready_constructs.edge import Failover as Failover
    from prodready_constructs.edge import GraphqlSchema as GraphqlSchema
    from prodready_constructs.edge import HealthCheck as HealthCheck
    from prodready_constructs.edge import IamSignatures as IamSignatures
    from prodready_constructs.edge import JwtIssuer as JwtIssuer
    from prodready_constructs.edge import LabelException as LabelException
    from prodready_constructs.edge import LambdaCheck as LambdaCheck
    from prodready_constructs.edge import Latency as Latency
    from prodready_constructs.edge import ManagedGroup as ManagedGroup
    from prodready_constructs.edge import OpenApi as OpenApi
    from prodready_constructs.edge import OpenApiRestApi as OpenApiRestApi
    from prodready_constructs.edge import OriginCertificate as OriginCertificate
    from prodready_constructs.edge import OriginSecret as OriginSecret
    from prodready_constructs.edge import OwnDistribution as OwnDistribution
    from prodready_constructs.edge import ProtectedDistribution as ProtectedDistribution
    from prodready_constructs.edge import ProtectedEventApi as ProtectedEventApi
    from prodready_constructs.edge import ProtectedGraphqlApi as ProtectedGraphqlApi
    from prodready_constructs.edge import ProtectedHttpApi as ProtectedHttpApi
    from prodready_constructs.edge import ProtectedLoadBalancer as ProtectedLoadBalancer
    from prodready_constructs.edge import ProtectedRestApi as ProtectedRestApi
    from prodready_constructs.edge import RateLimit as RateLimit
    from prodready_constructs.edge import RealUserMonitoring as RealUserMonitoring
    from prodready_constructs.edge import ResolverCode as ResolverCode
    from prodready_constructs.edge import ShieldAdvanced as ShieldAdvanced
    from prodready_constructs.edge import ShieldContact as ShieldContact
    from prodready_constructs.edge import ShieldProtection as ShieldProtection
    from prodready_constructs.edge import ShieldResponseTeam as ShieldResponseTeam
    from prodready_constructs.edge import SiteLogs as SiteLogs
    from prodready_constructs.edge import SitePath as SitePath
    from prodready_constructs.edge import SiteRouting as SiteRouting
    from prodready_constructs.edge import WafLogs as WafLogs
    from prodready_constructs.edge import WebAcl as WebAcl
    from prodready_constructs.edge import Website as Website
    from prodready_constructs.edge import Weighted as Weighted
    from prodready_constructs.errors import ConfigurationError as ConfigurationError
    from prodready_constructs.foundation import ComposedRole as ComposedRole
    from prodready_constructs.foundation import DataKey as DataKey
    from prodready_constructs.foundation import EncryptedLogGroup as EncryptedLogGroup
    from prodready_constructs.identity import ApiScopes as ApiScopes
    from prodready_constructs.identity import ClientSecretRotation as ClientSecretRotation
    from prodready_constructs.identity import GroupRoles as GroupRoles
    from prodready_constructs.identity import Passkeys as Passkeys
    from prodready_constructs.identity import ServiceAccount as ServiceAccount
    from prodready_constructs.identity import SesSender as SesSender
    from prodready_constructs.identity import SignInPage as SignInPage
    from prodready_constructs.identity import TokenLives as TokenLives
    from prodready_constructs.identity import UserDirectory as UserDirectory
    from prodready_constructs.identity import WebApp as WebApp
    from prodready_constructs.monitoring import Dashboard as Dashboard
    from prodready_constructs.monitoring import Routes as Routes
    from prodready_constructs.monitoring import Watch as Watch
    from prodready_constructs.network import PrivateNetwork as PrivateNetwork
    from prodready_constructs.posture import PRODUCTION as PRODUCTION
    from prodready_constructs.posture import STAGING as STAGING
    from prodready_constructs.posture import Posture as Posture
    from prodready_constructs.recovery import BackupPlan as BackupPlan
    from prodready_constructs.recovery import BackupVault as BackupVault
    from prodready_constructs.security import AppSecret as AppSecret
    from prodready_constructs.security import RandomRotation as RandomRotation
    from prodready_constructs.storage import LogBucket as LogBucket
    from prodready_constructs.storage import ReplicaBucket as ReplicaBucket
    from prodready_constructs.storage import SecureBucket as SecureBucket
    from prodready_constructs.waivers import waive as waive

# Sorted as `sorted` does it, by a test.
__all__ = [  # noqa: RUF022
    "AccountCreation",
    "AccountTakeover",
    "AddressList",
    "AlarmHealthCheck",
    "ApiLogs",
    "ApiScopes",
    "AppSecret",
    "AppSyncAuthorization",
    "BackupPlan",
    "BackupVault",
    "BotControl",
    "CachedField",
    "CalculatedHealthCheck",
    "Callers",
    "ChannelCode",
    "ClientSecretRotation",
    "CloudMapTarget",
    "ComposedRole",
    "ConfigurationError",
    "ContentSecurityPolicy",
    "Countries",
    "CustomRule",
    "Dashboard",
    "DataKey",
    "DnsZone",
    "Domain",
    "EncryptedLogGroup",
    "Engine",
    "Exclusion",
    "Failover",
    "Finding",
    "GraphqlSchema",
    "GroupRoles",
    "GuardError",
    "HardeningRules",
    "HealthCheck",
    "IamSignatures",
    "JwtIssuer",
    "LabelException",
    "LambdaCheck",
    "Latency",
    "LogBucket",
    "MYSQL_8_4",
    "ManagedGroup",
    "MultiAzDatabase",
    "OpenApi",
    "OpenApiRestApi",
    "OriginCertificate",
    "OriginSecret",
    "OwnDistribution",
    "POSTGRESQL_16",
    "POSTGRESQL_17",
    "PRODUCTION",
    "PRODUCTION_PACKS",
    "Passkeys",
    "Posture",
    "PrivateNetwork",
    "ProtectedDistribution",
    "ProtectedEventApi",
    "ProtectedGraphqlApi",
    "ProtectedHttpApi",
    "ProtectedLoadBalancer",
    "ProtectedRestApi",
    "RandomRotation",
    "RateLimit",
    "RealUserMonitoring",
    "ReplicaBucket",
    "ResolverCode",
    "Routes",
    "STAGING",
    "STAGING_PACKS",
    "SecureBucket",
    "ServiceAccount",
    "SesSender",
    "ShieldAdvanced",
    "ShieldContact",
    "ShieldProtection",
    "ShieldResponseTeam",
    "SignInPage",
    "SiteLogs",
    "SitePath",
    "SiteRouting",
    "TokenLives",
    "UserDirectory",
    "WafLogs",
    "Watch",
    "WebAcl",
    "WebApp",
    "WebService",
    "Website",
    "Weighted",
    "guard",
    "waive",
]

_HOMES = {
    "compliance": (
        "Finding",
        "GuardError",
        "HardeningRules",
        "PRODUCTION_PACKS",
        "STAGING_PACKS",
        "guard",
    ),
    "compute": ("WebService",),
    "database": (
        "Engine",
        "MYSQL_8_4",
        "MultiAzDatabase",
        "POSTGRESQL_16",
        "POSTGRESQL_17",
    ),
    "edge": (
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
    ),
    "errors": ("ConfigurationError",),
    "foundation": (
        "ComposedRole",
        "DataKey",
        "EncryptedLogGroup",
    ),
    "identity": (
        "ApiScopes",
        "ClientSecretRotation",
        "GroupRoles",
        "Passkeys",
        "ServiceAccount",
        "SesSender",
        "SignInPage",
        "TokenLives",
        "UserDirectory",
        "WebApp",
    ),
    "monitoring": (
        "Dashboard",
        "Routes",
        "Watch",
    ),
    "network": ("PrivateNetwork",),
    "posture": (
        "PRODUCTION",
        "Posture",
        "STAGING",
    ),
    "recovery": (
        "BackupPlan",
        "BackupVault",
    ),
    "security": (
        "AppSecret",
        "RandomRotation",
    ),
    "storage": (
        "LogBucket",
        "ReplicaBucket",
        "SecureBucket",
    ),
    "waivers": ("waive",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    try:
        home = _HOME_OF[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
