"""What the emulator cannot show through an AWS API: the table behind the ``recorded`` rows of the read-back.

Data only, read by both sides. ``live`` is what the checks of ``readback`` read through an API; ``recorded`` is what stands here
(the CloudFormation engine resolved and kept the value, but no service acted on it, so it never counts as verified); every
other property is ``template-only``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_NO_API = "neither ministack nor moto has this API"
_NOT_TAKEN = "the API only lists these, and always none"

#: Whole types that are only recorded, and why. A type that is in no table at all is recorded too, and reported as unsupported.
RECORDED_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "AWS::ApiGateway::ClientCertificate": _NO_API,
        "AWS::ApplicationSignals::ServiceLevelObjective": _NO_API,
        "AWS::AppSync::DomainName": _NO_API,
        "AWS::AppSync::DomainNameApiAssociation": _NO_API,
        "AWS::ARCRegionSwitch::Plan": _NO_API,
        "AWS::Backup::Framework": _NOT_TAKEN,
        "AWS::Backup::LogicallyAirGappedBackupVault": _NOT_TAKEN,
        "AWS::Backup::RestoreTestingPlan": _NOT_TAKEN,
        "AWS::Backup::RestoreTestingSelection": _NOT_TAKEN,
        "AWS::CE::AnomalyMonitor": _NO_API,
        "AWS::CE::AnomalySubscription": _NO_API,
        "AWS::Chatbot::MicrosoftTeamsChannelConfiguration": _NO_API,
        "AWS::Chatbot::SlackChannelConfiguration": _NO_API,
        "AWS::CloudWatch::AlarmMuteRule": _NO_API,
        "AWS::CloudWatch::AnomalyDetector": _NO_API,
        "AWS::Cognito::LogDeliveryConfiguration": _NO_API,
        "AWS::Cognito::ManagedLoginBranding": _NO_API,
        "AWS::Cognito::UserPoolRiskConfigurationAttachment": _NO_API,
        "AWS::CodeDeploy::DeploymentConfig": _NO_API,
        "AWS::Config::ConformancePack": _NO_API,
        "AWS::IoT::AccountAuditConfiguration": _NO_API,
        "AWS::IoT::Logging": _NO_API,
        "AWS::IoT::ScheduledAudit": _NO_API,
        "AWS::IoT::SecurityProfile": _NO_API,
        "AWS::Logs::AccountPolicy": _NO_API,
        "AWS::Logs::LogAnomalyDetector": _NO_API,
        "AWS::Logs::QueryDefinition": _NO_API,
        "AWS::RUM::AppMonitor": _NO_API,
        "AWS::Route53::CidrCollection": _NO_API,
        "AWS::Route53::DNSSEC": _NO_API,
        "AWS::Route53::KeySigningKey": _NO_API,
        "AWS::Shield::DRTAccess": _NO_API,
        "AWS::Shield::ProactiveEngagement": _NO_API,
        "AWS::Shield::ProtectionGroup": _NO_API,
    }
)

_NOT_REPORTED = "the API does not report it"
_NOT_KEPT = "the API does not keep it"
_NO_WEIGHTS = "the API tells one target group and no weights"
#: What says from what a database is restored: in the emulator each begins empty, and what a real account would hold is taken to exist.
_RESTORED = dict.fromkeys(
    (
        "DBSnapshotIdentifier",
        "DBClusterSnapshotIdentifier",
        "SnapshotIdentifier",
        "SourceDBClusterIdentifier",
        "SourceDBInstanceAutomatedBackupsArn",
        "SourceDbiResourceId",
        "SourceRegion",
        "ReplicationSourceIdentifier",
        "RestoreTime",
        "RestoreToTime",
        "RestoreType",
        "UseLatestRestorableTime",
    ),
    "nothing is restored",
)
#: What RDS's own API does not tell either.
_UNTOLD = dict.fromkeys(("AllowMajorVersionUpgrade", "DeleteAutomatedBackups", "MasterUserAuthenticationType"), _NOT_REPORTED)
#: What watches a database.
_WATCHED = {
    "DatabaseInsightsMode": _NOT_REPORTED,
    "PerformanceInsightsEnabled": _NOT_REPORTED,
    "PerformanceInsightsKmsKeyId": _NOT_REPORTED,
    "PerformanceInsightsRetentionPeriod": _NOT_REPORTED,
    "MonitoringInterval": _NOT_REPORTED,
    "MonitoringRoleArn": _NOT_REPORTED,
    "EnableCloudwatchLogsExports": _NOT_REPORTED,
}

#: Properties of otherwise living types that ministack's CloudFormation drops and its API does not hold; with dots, a part of one that is read.
RECORDED_PROPERTIES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "AWS::ApiGatewayV2::Integration": {"TlsConfig": _NOT_KEPT},
        "AWS::AutoScaling::AutoScalingGroup": {
            "InstanceMaintenancePolicy": _NOT_KEPT,
            "MaxInstanceLifetime": _NOT_KEPT,
            "MetricsCollection": _NOT_KEPT,
        },
        "AWS::Backup::BackupVault": {
            "LockConfiguration": "the API has no vault lock",
            "AccessPolicy": "the API has no vault policy",
            "Notifications": "the API has no vault notifications",
        },
        "AWS::CloudWatch::Alarm": {"Metrics": "the API does not report metric math", "WarmUpConfiguration": _NOT_KEPT},
        "AWS::CloudWatch::CompositeAlarm": {f"ActionsSuppressor{name}": _NOT_KEPT for name in ("", "ExtensionPeriod", "WaitPeriod")},
        "AWS::EC2::FlowLog": {"DeliverLogsPermissionArn": _NOT_REPORTED, "MaxAggregationInterval": _NOT_REPORTED},
        "AWS::EC2::VPCEndpoint": {"PrivateDnsEnabled": _NOT_REPORTED, "SecurityGroupIds": _NOT_REPORTED},
        "AWS::EC2::LaunchTemplate": {
            "LaunchTemplateData.BlockDeviceMappings.0.Ebs.KmsKeyId": _NOT_REPORTED,
            "LaunchTemplateData.CreditSpecification": _NOT_REPORTED,
            "LaunchTemplateData.EbsOptimized": _NOT_REPORTED,
        },
        "AWS::ECS::Service": {"AvailabilityZoneRebalancing": _NOT_KEPT, "ServiceConnectConfiguration": _NOT_KEPT},
        "AWS::EC2::NatGateway": {"AvailabilityMode": "only zonal gateways are modelled"},
        "AWS::Cognito::UserPoolClient": {"RefreshTokenRotation": _NOT_KEPT},
        "AWS::ElastiCache::ReplicationGroup": {"KmsKeyId": _NOT_REPORTED},
        "AWS::ECR::Repository": {"ImageTagMutabilityExclusionFilters": _NOT_KEPT},
        "AWS::ElasticLoadBalancingV2::Listener": {"DefaultActions.0.ForwardConfig": _NO_WEIGHTS},
        "AWS::ElasticLoadBalancingV2::ListenerRule": {"Actions.0.ForwardConfig": _NO_WEIGHTS},
        "AWS::KinesisFirehose::DeliveryStream": {"ExtendedS3DestinationConfiguration.FileExtension": _NOT_REPORTED},
        "AWS::Lambda::EventSourceMapping": {"KmsKeyArn": _NOT_KEPT, "MetricsConfig": _NOT_KEPT},
        "AWS::Logs::LogGroup": dict.fromkeys(("DataProtectionPolicy", "DeletionProtectionEnabled", "FieldIndexPolicies"), _NOT_KEPT),
        "AWS::RDS::DBCluster": {
            **_WATCHED,
            **_RESTORED,
            **_UNTOLD,
            "AutoMinorVersionUpgrade": _NOT_REPORTED,
            "BacktrackWindow": _NOT_REPORTED,
            "EnableGlobalWriteForwarding": _NOT_REPORTED,
            "EnableLocalWriteForwarding": _NOT_REPORTED,
            "StorageType": _NOT_REPORTED,
        },
        "AWS::RDS::DBInstance": {
            "EnableCloudwatchLogsExports": "the API reports none",
            "ManageMasterUserPassword": "the secret is made, the instance does not name it",
            "MasterUserSecret": "the secret is made, the instance does not name it",
            "PerformanceInsightsKMSKeyId": _NOT_REPORTED,
            "DatabaseInsightsMode": _NOT_REPORTED,
            **_RESTORED,
            **_UNTOLD,
        },
        "AWS::Route53::HostedZone": {"QueryLoggingConfig": "the API has no query logging"},
        "AWS::S3::Bucket": {
            "AnalyticsConfigurations": _NO_API,
            "IntelligentTieringConfigurations": _NO_API,
            "MetricsConfigurations": _NO_API,
        },
        "AWS::SecretsManager::RotationSchedule": {"HostedRotationLambda": "the transform that makes the function is not run"},
        "AWS::SNS::Topic": {"DataProtectionPolicy": _NOT_KEPT, "DeliveryStatusLogging": _NOT_KEPT},
        "AWS::Shield::Protection": {
            "ApplicationLayerAutomaticResponseConfiguration": _NOT_KEPT,
            "HealthCheckArns": _NOT_KEPT,
        },
        "AWS::StepFunctions::StateMachine": {"TracingConfiguration": _NOT_KEPT},
        "AWS::Synthetics::Canary": {
            "Code.Script": "the API takes it packed, and does not report it",
            "KmsKeyArn": _NOT_KEPT,
            "ResourcesToReplicateTags": _NOT_REPORTED,
            "StartCanaryAfterCreation": "the API starts none",
        },
        "AWS::WAFv2::WebACL": {
            "AssociationConfig": _NOT_KEPT,
            "CustomResponseBodies": "the API does not keep them",
            "DataProtectionConfig": _NOT_KEPT,
        },
    }
)
