"""The rows of the requirements ledger, in our words, and the rules of cdk-nag that judge them too."""

from __future__ import annotations

from dataclasses import dataclass

AREAS = {
    "NET": "Network",
    "DB": "Database",
    "CACHE": "Cache",
    "STORE": "Storage",
    "SEC": "Secrets, keys, identity",
    "WEB": "Doors",
    "FN": "Functions, jobs and devices",
    "OPS": "Monitoring",
    "DR": "Recovery",
    "CD": "Delivery",
    "COST": "Cost",
    "GOV": "Rules and evidence",
    "LIB": "The library",
}


@dataclass(frozen=True)
class Row:
    """One row of the ledger: what is required, and the rules of cdk-nag that judge it too."""

    what: str
    nag: tuple[str, ...] = ()
    #: False where only a part of the row is built so far; it is listed, and nothing is demanded of it.
    whole: bool = True


LEDGER: dict[str, Row] = {
    "NET-1": Row(
        "A VPC over several zones with private and isolated tiers; its address block is checked", ("VPCNoUnrestrictedRouteToIGW",)
    ),
    "NET-2": Row("Egress that survives the loss of a zone, or none"),
    "NET-3": Row("Flow logs of all traffic, encrypted and kept", ("VPCFlowLogsEnabled",)),
    "NET-4": Row("Gateway and interface endpoints, which admit only the VPC"),
    "NET-5": Row(
        "A default security group without rules, no automatic public addresses, no network ACL open to the world",
        ("VPCDefaultSecurityGroupClosed", "VPCSubnetAutoAssignPublicIpDisabled", "VPCNoNACLs"),
    ),
    "NET-6": Row(
        "Security groups by reference, nothing else open", ("EC2RestrictedInbound", "EC2RestrictedCommonPorts", "EC2RestrictedSSH")
    ),
    "NET-7": Row("A way in without keys or open ports: Session Manager, its sessions encrypted and kept"),
    "NET-8": Row("An existing VPC is accepted, and checked for what is needed"),
    "DB-1": Row("PostgreSQL and MySQL, instances and Aurora, with one API"),
    "DB-2": Row("A standby in a second zone; isolated subnets, never public", ("RDSMultiAZSupport", "RDSInstancePublicAccess")),
    "DB-3": Row("Storage, snapshots, insights and credentials under customer-managed keys", ("RDSStorageEncrypted",)),
    "DB-4": Row("Generated credentials that rotate, never in a template", ("SecretsManagerRotationEnabled", "SecretsManagerUsingKMSKey")),
    "DB-5": Row(
        "Automated backups, snapshot on delete, deletion and termination protection",
        ("RDSInstanceBackupEnabled", "RDSInstanceDeletionProtectionEnabled"),
    ),
    "DB-6": Row("TLS forced, logs exported, another port where wanted", ("RDSLoggingEnabled", "RDSNonDefaultPort")),
    "DB-7": Row(
        "Storage autoscaling, minor upgrades, enhanced monitoring, IAM sign-in",
        ("RDSAutomaticMinorVersionUpgradeEnabled", "RDSEnhancedMonitoringEnabled"),
    ),
    "DB-8": Row("Read replicas here and in another region, global databases"),
    "DB-9": Row("A pool of connections in front: TLS required, sign-in by IAM"),
    "DB-10": Row("Alarms on every way a database fails"),
    "DB-11": Row("Schema migrations in the deployment, before traffic; a failure stops it"),
    "DB-12": Row("Point-in-time restore with commands filled in, and by the same construct"),
    "CACHE-1": Row(
        "Valkey and Redis OSS, with nodes and serverless: isolated, TLS, keys, users with rights",
        ("ElastiCacheRedisClusterEncryption", "ElastiCacheRedisClusterRedisAuth"),
    ),
    "CACHE-2": Row(
        "A replica in another zone takes over; snapshots", ("ElastiCacheRedisClusterMultiAZ", "ElastiCacheRedisClusterAutomaticBackup")
    ),
    "CACHE-3": Row("Alarms on processor, memory, evictions, connections and hits"),
    "STORE-1": Row(
        "Buckets private, TLS only, encrypted, versioned, logged, with a lifecycle and a copy",
        (
            "S3BucketLevelPublicAccessProhibited",
            "S3BucketSSLRequestsOnly",
            "S3DefaultEncryptionKMS",
            "S3BucketVersioningEnabled",
            "S3BucketLoggingEnabled",
            "S3BucketReplicationEnabled",
            "S3BucketDefaultLockEnabled",
        ),
    ),
    "STORE-2": Row("Tables: on demand with a limit, point-in-time recovery, keys, copies in other regions", ("DynamoDBPITREnabled",)),
    "STORE-3": Row("Queues with dead letters, encrypted, TLS only; alarms on depth and age", ("SQSQueueSSLRequestsOnly",)),
    "STORE-4": Row("Topics encrypted, TLS only", ("SNSEncryptedKMS", "SNSTopicSSLPublishOnly")),
    "STORE-5": Row("Image repositories: scanned, tags that stay, keys, lifecycle"),
    "STORE-6": Row("Retention declared once for a class of data, and followed by lifecycles, logs and backups"),
    "SEC-1": Row("Least privilege: no wildcard action, no inline policy", ("IAMNoWildcardPermissions", "IAMNoInlinePolicy"), whole=False),
    "SEC-2": Row(
        "Application secrets generated or supplied later, rotated, never a plain value",
        ("SecretsManagerRotationEnabled", "ECSTaskDefinitionNoEnvironmentVariables"),
    ),
    "SEC-5": Row(
        "A user directory: multi-factor, strong passwords, service accounts, roles by group",
        ("CognitoUserPoolMFA", "CognitoUserPoolStrongPasswordPolicy"),
    ),
    "SEC-8": Row("One rotating key for each domain of data, retained", ("KMSBackingKeyRotationEnabled",)),
    "SEC-9": Row("Shield Advanced where it is asked for, its price said"),
    "WEB-1": Row("A web ACL: rate limits, managed groups, geography, logs without credentials", ("WAFv2LoggingEnabled",)),
    "WEB-2": Row(
        "A load balancer: HTTPS of today, no invalid header, logs, web ACL, health check",
        (
            "ALBHttpDropInvalidHeaderEnabled",
            "ALBHttpToHttpsRedirection",
            "ALBWAFEnabled",
            "ELBDeletionProtectionEnabled",
            "ELBLoggingEnabled",
            "ELBv2ACMCertificateRequired",
        ),
    ),
    "WEB-3": Row(
        "A Fargate service: private, unprivileged, scaling, rolled back when it fails",
        ("ECSClusterCloudWatchContainerInsights", "ECSTaskDefinitionContainerLogging"),
    ),
    "WEB-4": Row("Blue-green, canary and linear releases of services and functions, brought back by alarms"),
    "WEB-5": Row(
        "A REST API: authorised, validated, throttled, logged, private behind",
        (
            "APIGWAuthorization",
            "APIGWRequestValidation",
            "APIGWAccessLogging",
            "APIGWExecutionLoggingEnabled",
            "APIGWAssociatedWithWAF",
            "APIGWCacheEnabledAndEncrypted",
            "APIGWXrayEnabled",
            "APIGWSSLEnabled",
        ),
    ),
    "WEB-6": Row(
        "GraphQL and event APIs: web ACL, known callers, logs of each field, no introspection in production, limits of depth and resolvers",
        ("AppSyncGraphQLRequestLogging",),
    ),
    "WEB-7": Row(
        "A website on CloudFront: private content, HTTPS of today, security headers, web ACL",
        (
            "CloudFrontDistributionS3OriginAccessControl",
            "CloudFrontDistributionHttpsViewerNoOutdatedSSL",
            "CloudFrontDistributionNoOutdatedSSL",
            "CloudFrontDistributionWAFIntegration",
            "CloudFrontDistributionAccessLogging",
            "CloudFrontDistributionGeoRestrictions",
        ),
    ),
    "WEB-8": Row("Lasting names: alias records, certificates by DNS, an alarm before one ends"),
    "WEB-9": Row("Health checks over HTTPS, failover between regions, and a switch-over by weights"),
    "WEB-10": Row("Works without a domain too, for a trial, with a warning"),
    "FN-1": Row(
        "A function: own role, kept logs, traces, reserved concurrency, dead letters, today's runtime",
        ("LambdaConcurrency", "LambdaDLQ", "LambdaInsideVPC"),
    ),
    "FN-2": Row("Published versions behind an alias, released step by step and brought back by alarms"),
    "FN-3": Row("Alarms on errors, throttles, duration, concurrency, dead letters and the age of what is read"),
    "FN-4": Row("Schedules with time zone, retries and dead letters; an alarm on a missed run"),
    "FN-5": Row("Consumers of queues and streams: on Fargate by backlog, on Lambda by partial batches"),
    "FN-6": Row("Devices that speak for themselves alone; rules that keep what they cannot deliver; logs and audit"),
    "OPS-1": Row(
        "Two routes for alerts, to pagers, mail, chat and webhooks: one that wakes somebody, one that waits", ("CloudWatchAlarmAction",)
    ),
    "OPS-2": Row("Alarms by default, each with its own treatment of missing data", ("CloudWatchAlarmAction",)),
    "OPS-3": Row("Every alarm has a runbook with this resource's names"),
    "OPS-4": Row("One dashboard an environment: status and promises first, then each service, store and queue, the business and the cost"),
    "OPS-5": Row(
        "Log groups with an end and a key; lines counted, masked and archived",
        ("CloudWatchLogGroupEncrypted", "CloudWatchLogGroupRetentionPeriod"),
    ),
    "OPS-6": Row("Traces, canaries on critical paths, what visitors meet, and promises with an error budget"),
    "OPS-7": Row("What can fail and is not watched fails the build"),
    "OPS-8": Row("Learned bands where they are asked for; quiet during deployments and maintenance"),
    "DR-1": Row(
        "A backup plan with a locked vault and copies in a second region", ("RDSInBackupPlan", "DynamoDBInBackupPlan", "EFSInBackupPlan")
    ),
    "DR-2": Row("A restore every month, and a look into what came back"),
    "DR-3": Row("Alarms on failed backup, copy and restore jobs, and on a day without a backup"),
    "DR-4": Row("Objectives for recovery time and point that every store and service must keep, with the source of each number"),
    "DR-5": Row("A second region that has a counterpart for every store; drills with stop alarms"),
    "DR-6": Row("A runbook with real names for every way back, as a page and where it can be as an automation"),
    "CD-3": Row("Images named by digest; a service says what a build pushes and where the digest goes", whole=False),
    "CD-4": Row("One settings file an environment", whole=False),
    "COST-1": Row("Budgets and cost anomalies tell the alert topics; spending on the dashboard"),
    "COST-2": Row("Cost-allocation tags on everything taggable", whole=False),
    "COST-4": Row("Staging sized down by its posture, asleep off-hours; Spot and ARM where it is safe"),
    "GOV-1": Row("Rule packs at synth; a violation stops it with place, rule, reason and mend"),
    "GOV-2": Row("Acknowledgements with reason, owner and end; the rest fails"),
    "GOV-3": Row("Our own rules for what no pack covers, for any CDK app"),
    "GOV-4": Row("A change that replaces or deletes something stateful fails unless approved by name"),
    "GOV-6": Row("Stores, replicas and copies stay in the regions that the posture allows"),
    "LIB-1": Row("Installable, typed, with interfaces from elsewhere accepted and the L2s exposed"),
    "LIB-2": Row("Clear errors for bad input: what was given, what is allowed, how to mend"),
    "LIB-3": Row("Logical ids of stateful resources are stable"),
    "LIB-4": Row("Readable snapshots"),
    "LIB-5": Row("The CDK's own commands work from a clean clone"),
    "LIB-6": Row("Works in stages, several regions and accounts, several times in a stack, with what others made"),
}
