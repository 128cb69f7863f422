"""What the emulator cannot show through an AWS API: the table behind the ``recorded`` rows of the read-back.

Data only, read by both sides. ``live`` is what the checks of ``readback`` read through an API; ``recorded`` is what stands here
(the CloudFormation engine resolved and kept the value, but no service acted on it, so it never counts as verified); every
other property is ``template-only``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_NO_API = "neither ministack nor moto has this API"

#: Whole types that are only recorded, and why. A type that is in no table at all is recorded too, and reported as unsupported.
RECORDED_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "AWS::ApiGateway::ClientCertificate": _NO_API,
        "AWS::AppSync::DomainName": _NO_API,
        "AWS::AppSync::DomainNameApiAssociation": _NO_API,
        "AWS::Backup::RestoreTestingPlan": _NO_API,
        "AWS::Backup::RestoreTestingSelection": _NO_API,
        "AWS::Cognito::LogDeliveryConfiguration": _NO_API,
        "AWS::Cognito::ManagedLoginBranding": _NO_API,
        "AWS::Cognito::UserPoolRiskConfigurationAttachment": _NO_API,
        "AWS::Config::ConformancePack": _NO_API,
        "AWS::Logs::QueryDefinition": _NO_API,
        "AWS::RDS::EventSubscription": _NO_API,
        "AWS::RUM::AppMonitor": _NO_API,
        "AWS::Route53::CidrCollection": _NO_API,
        "AWS::Route53::DNSSEC": _NO_API,
        "AWS::Route53::KeySigningKey": _NO_API,
        "AWS::Shield::DRTAccess": _NO_API,
        "AWS::Shield::ProactiveEngagement": _NO_API,
        "AWS::Shield::ProtectionGroup": _NO_API,
    }
)

#: Properties of otherwise living types that ministack's CloudFormation drops and its API does not hold.
RECORDED_PROPERTIES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "AWS::ApiGatewayV2::Integration": {"TlsConfig": "the API does not keep it"},
        "AWS::Backup::BackupVault": {
            "LockConfiguration": "the API has no vault lock",
            "AccessPolicy": "the API has no vault policy",
            "Notifications": "the API has no vault notifications",
        },
        "AWS::CloudWatch::Alarm": {"Metrics": "the API does not report metric math"},
        "AWS::EC2::VPCEndpoint": {"PrivateDnsEnabled": "the API does not report it"},
        "AWS::EC2::NatGateway": {"AvailabilityMode": "only zonal gateways are modelled"},
        "AWS::Cognito::UserPoolClient": {"RefreshTokenRotation": "the API does not keep it"},
        "AWS::ElastiCache::ReplicationGroup": {"KmsKeyId": "the API does not report it"},
        "AWS::RDS::DBInstance": {
            "EnableCloudwatchLogsExports": "the API reports none",
            "ManageMasterUserPassword": "the secret is made, the instance does not name it",
            "MasterUserSecret": "the secret is made, the instance does not name it",
            "PerformanceInsightsKMSKeyId": "the API does not report it",
            "PerformanceInsightsRetentionPeriod": "the API does not report it",
            "DatabaseInsightsMode": "the API does not report it",
            "CACertificateIdentifier": "the API reports its default",
        },
        "AWS::Route53::HostedZone": {"QueryLoggingConfig": "the API has no query logging"},
        "AWS::Scheduler::Schedule": {"KmsKeyArn": "the API does not report it"},
        "AWS::Shield::Protection": {
            "ApplicationLayerAutomaticResponseConfiguration": "the API does not keep it",
            "HealthCheckArns": "the API does not keep it",
        },
        "AWS::WAFv2::WebACL": {
            "AssociationConfig": "the API does not keep it",
            "CustomResponseBodies": "the API does not keep them",
            "DataProtectionConfig": "the API does not keep it",
        },
    }
)
