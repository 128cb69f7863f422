"""AWS CDK constructs whose defaults already pass the audit.

This is the front door: every public name can be imported from here. Names are loaded when they are first asked for, so
importing the package, or the posture alone, loads no AWS module. Type checkers read ``__init__.pyi``, which says the same.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

#: Part of the package -> the public names that live there.
_HOMES = {
    "cache": "CacheAccess CacheEngine CachePasswordRotation IamCacheUser REDIS_7 ReplicatedCache ServerlessCache VALKEY_8",
    "compliance": "Finding GuardError HardeningRules PRODUCTION_PACKS STAGING_PACKS guard",
    "compute": (
        "Batch Between CodeSigning DeviceIngest DeviceProvisioning DeviceTopics EventFilters FargateJob ForeignFunction "
        "ForeignQueue FunctionCode FunctionRun HardenedFunction ImageRelease LogsToBucket LogsToFirehose LogsToGroup OutsideVpc "
        "Pace Pollers QueueConsumer QueueWorker RecordStream Redrive ScheduledJob ServiceMesh Sidecar SmokeTest StreamConsumer "
        "ToBucket ToDelivery ToFunction ToQueue ToStream ToTable ToTopic WebService"
    ),
    "contracts": (
        "AlarmSpec EventSpec GoodAndBad GoodMinutes GraphSpec MathMetric Metric ProcedureSpec ProcedureStep RecoveryFact RunbookSpec "
        "SecretField Severity"
    ),
    "database": (
        "AURORA_MYSQL_3 AURORA_POSTGRESQL_16 AURORA_POSTGRESQL_17 AuroraDatabase AuroraEngine AuroraSecondary DatabaseProxy "
        "DatabaseUser DatabaseUserRotation Engine MYSQL_8_4 MigrationTask MultiAzDatabase POSTGRESQL_16 POSTGRESQL_17 POSTGRESQL_18 ReadReplica Restore"
    ),
    "edge": (
        "AccountCreation AccountTakeover AddressList AlarmHealthCheck ApiLogs AppSyncAuthorization BotControl CachedField "
        "CalculatedHealthCheck Callers ChannelCode CloudMapTarget ContentSecurityPolicy Countries CustomRule DnsZone Domain "
        "Exclusion Failover GraphqlSchema HealthCheck IamSignatures JwtIssuer LabelException LambdaCheck Latency ManagedGroup "
        "OpenApi OpenApiRestApi OriginCertificate OriginSecret OwnDistribution ProtectedDistribution ProtectedEventApi "
        "ProtectedGraphqlApi ProtectedHttpApi ProtectedLoadBalancer ProtectedRestApi RateLimit RealUserMonitoring ResolverCode "
        "ShieldAdvanced ShieldContact ShieldProtection ShieldResponseTeam SiteLogs SitePath SiteRouting WafLogs WebAcl Website "
        "Weighted"
    ),
    "errors": "ConfigurationError",
    "foundation": "ComposedRole DataKey EncryptedLogGroup Schedule",
    "identity": "ApiScopes ClientSecretRotation GroupRoles Passkeys ServiceAccount SesSender SignInPage TokenLives UserDirectory WebApp",
    "images": "ImageRegistry ImageRepository",
    "messaging": "Fifo Match MessageFilter ProtectedTopic ReliableQueue",
    "monitoring": (
        "AccountEvents AccountMasking AgreedDowntime BusinessMetric BusinessMetrics Canary CanarySecret CanaryStep Change "
        "CountedLogs Dashboard DashboardVariable KeptLogs LogArchive LogMasking Opsgenie PagerDuty Routes SlackChannel Slo "
        "Spending TeamsChannel Watch Webhook adopt"
    ),
    "network": "PrivateEndpoints PrivateNetwork SessionBastion",
    "posture": "DataClass OffHours PRODUCTION Posture Release STAGING",
    "recovery": (
        "AirGappedVault Approve Automation BackupAudit BackupPlan BackupTimes BackupVault BucketCheck Counterpart CutOffZone "
        "DatabaseCheck Drill Drills Expectation FailOverCluster FailOverDatabase FunctionDelay FunctionErrors "
        "InterruptCachePower Measured Objectives Procedures PromoteAurora PromoteReplica RegionSwitch RegionalService RestoreTest "
        "ScaleService SecretReplica ServiceRecovery StandbyPlan StandbyService StopTasks SwitchNames SwitchedName "
        "TableCheck ZonePowerLoss prepare_function"
    ),
    "security": "AppSecret RandomRotation",
    "storage": "LogBucket ReplicaBucket SecureBucket",
    "tables": "GlobalIndex LocalIndex ProtectedTable TableReplica TableSchema",
    "waivers": "waive",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = sorted(_HOME_OF)  # noqa: PLE0605 - type checkers read the stub


def __getattr__(name: str) -> Any:
    try:
        home = _HOME_OF[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
