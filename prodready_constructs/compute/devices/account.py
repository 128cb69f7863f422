"""What AWS IoT has once for each account and region: its logs, and Device Defender's audit."""

from __future__ import annotations

from typing import Any, Literal, cast
from weakref import WeakKeyDictionary

from aws_cdk import CfnResource
from aws_cdk import aws_iot as iot
from aws_cdk import aws_kms as kms
from constructs import Construct, IConstruct

from prodready_constructs.compute.devices.rules import trusted
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ACCOUNT_ID, ComposedRole, EncryptedLogGroup, Part
from prodready_constructs.posture import DevicePosture
from prodready_constructs.waivers import waive

#: Who makes what there is once.
Singleton = Literal["create", "existing"]
#: The group that AWS IoT writes to; no other can be chosen (AWS IoT developer guide, "Viewing AWS IoT logs").
LOG_GROUP = "AWSIotLogsV2"
_CHECK = iot.CfnAccountAuditConfiguration.AuditCheckConfigurationProperty
_AGE = iot.CfnAccountAuditConfiguration.DeviceCertAgeAuditCheckConfigurationProperty
#: Device Defender's checks -> what the CDK calls them. The critical ones let a stranger in, or a device speak for another.
#: Source: https://docs.aws.amazon.com/iot-device-defender/latest/devguide/device-defender-audit-checks.html
CRITICAL_CHECKS = {
    "AUTHENTICATED_COGNITO_ROLE_OVERLY_PERMISSIVE_CHECK": "authenticated_cognito_role_overly_permissive_check",
    "CA_CERTIFICATE_KEY_QUALITY_CHECK": "ca_certificate_key_quality_check",
    "DEVICE_CERTIFICATE_KEY_QUALITY_CHECK": "device_certificate_key_quality_check",
    "DEVICE_CERTIFICATE_SHARED_CHECK": "device_certificate_shared_check",
    "INTERMEDIATE_CA_REVOKED_FOR_ACTIVE_DEVICE_CERTIFICATES_CHECK": "intermediate_ca_revoked_for_active_device_certificates_check",
    "IOT_POLICY_OVERLY_PERMISSIVE_CHECK": "iot_policy_overly_permissive_check",
    "IOT_ROLE_ALIAS_OVERLY_PERMISSIVE_CHECK": "iot_role_alias_overly_permissive_check",
    "REVOKED_CA_CERTIFICATE_STILL_ACTIVE_CHECK": "revoked_ca_certificate_still_active_check",
    "UNAUTHENTICATED_COGNITO_ROLE_OVERLY_PERMISSIVE_CHECK": "unauthenticated_cognito_role_overly_permissive_check",
}
OTHER_CHECKS = {
    "CA_CERTIFICATE_EXPIRING_CHECK": "ca_certificate_expiring_check",
    "CONFLICTING_CLIENT_IDS_CHECK": "conflicting_client_ids_check",
    "DEVICE_CERTIFICATE_AGE_CHECK": "device_certificate_age_check",
    "DEVICE_CERTIFICATE_EXPIRING_CHECK": "device_certificate_expiring_check",
    "IOT_POLICY_POTENTIAL_MISCONFIGURATION_CHECK": "io_t_policy_potential_mis_configuration_check",
    "IOT_ROLE_ALIAS_ALLOWS_ACCESS_TO_UNUSED_SERVICES_CHECK": "iot_role_alias_allows_access_to_unused_services_check",
    "LOGGING_DISABLED_CHECK": "logging_disabled_check",
    "REVOKED_DEVICE_CERTIFICATE_STILL_ACTIVE_CHECK": "revoked_device_certificate_still_active_check",
}
#: What an audit reads: the actions of the managed policy AWSIoTDeviceDefenderAudit.
#: Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSIoTDeviceDefenderAudit.html
AUDIT_ACTIONS = (
    "cognito-identity:GetIdentityPoolRoles",
    "iam:GenerateServiceLastAccessedDetails",
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:GetServiceLastAccessedDetails",
    "iam:ListAttachedRolePolicies",
    "iam:ListRolePolicies",
    "iot:DescribeCACertificate",
    "iot:DescribeCertificate",
    "iot:DescribeRoleAlias",
    "iot:GetEffectivePolicies",
    "iot:GetLoggingOptions",
    "iot:GetPolicy",
    "iot:GetV2LoggingOptions",
    "iot:ListCACertificates",
    "iot:ListCertificates",
    "iot:ListPolicies",
    "iot:ListRoleAliases",
)
#: App -> (what, account, region) -> who makes it.
_made: WeakKeyDictionary[IConstruct, dict[tuple[str, str, str | None], str]] = WeakKeyDictionary()


def require_choice(where: str, keyword: str, choice: str) -> None:
    """Refuse a *choice* that is none."""
    if choice not in ("create", "existing"):
        raise ConfigurationError(
            f"{where}: {keyword}",
            given=choice,
            allowed="'create' or 'existing': an account has one in each region",
            mend="say 'existing' where somebody else makes it",
        )


def claim(part: Part, what: str, keyword: str) -> None:
    """Note that *part* makes what there is once; refuse a second one in this app."""
    taken = _made.setdefault(part.node.root, {})
    place = (what, part.stack.account, part.stated_region)
    if place in taken:
        raise ConfigurationError(
            f"{part.path}: {keyword}",
            given=f"'create', as {taken[place]} says already",
            allowed=f"one in each account and region: AWS IoT has one {what}, and the deployment of a second one would fail",
            mend=f"hand over {keyword}='existing' to all but one",
        )
    taken[place] = part.path


class DeviceLogs(Part):
    """What AWS IoT writes down of all devices of this account and region, in an encrypted group.

    Always: on; the group is kept. *posture* decides the level and the retention.

    Args:
        encryption_key: its policy admits CloudWatch Logs.

    Source: https://docs.aws.amazon.com/iot/latest/developerguide/configure-logging.html
    """

    def __init__(self, scope: Construct, construct_id: str, *, posture: DevicePosture, encryption_key: kms.IKey) -> None:
        super().__init__(scope, construct_id)
        #: The log group, under the only name that AWS IoT writes to.
        self.log_group = EncryptedLogGroup(
            self, "Logs", retention=posture.log_retention, encryption_key=encryption_key, name=LOG_GROUP, goes_with_failed_creation=True
        ).log_group
        #: May write to this group and to nothing else; not change how long it is kept.
        self.role = ComposedRole(
            self,
            "Role",
            assumed_by=trusted("*"),
            description="AWS IoT writes its logs",
            statements=[
                {"Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], "Resource": self.log_group.log_group_arn}
            ],
        )
        #: The L1: one in each account and region.
        self.logging = iot.CfnLogging(
            self, "Logging", account_id=ACCOUNT_ID, default_log_level=posture.log_level, role_arn=self.role.role_arn
        )
        _after(self.logging, self.role)


class DeviceAudit(Part):
    """Device Defender's audit of this account and region: every check, by the clock.

    Always: all checks; findings go to an encrypted topic. *posture* decides how often.

    Args:
        topic_arn: hears of findings; notify_role_arn: may publish there.

    Source: https://docs.aws.amazon.com/iot-device-defender/latest/devguide/device-defender-audit.html
    """

    def __init__(self, scope: Construct, construct_id: str, *, posture: DevicePosture, topic_arn: str, notify_role_arn: str) -> None:
        super().__init__(scope, construct_id)
        #: May read what the checks ask for, and change nothing.
        self.role = ComposedRole(
            self,
            "Role",
            assumed_by=trusted("*"),
            description="Device Defender reads what its audit checks",
            statements=[{"Action": list(AUDIT_ACTIONS), "Resource": "*"}],
        )
        waive(
            self.role.policy,
            rule="AwsSolutions-IAM5[Resource::*]",
            because="An audit looks at every certificate, policy and role of the account, or it is none; the role reads, spelt out action by "
            "action as in AWS's own policy for audits, changes nothing, and nobody but AWS IoT of this account may use it",
            owner="platform",
        )
        #: The L1: one in each account and region.
        self.configuration = iot.CfnAccountAuditConfiguration(
            self,
            "Configuration",
            account_id=ACCOUNT_ID,
            role_arn=self.role.role_arn,
            audit_check_configurations=_every_check(),
            audit_notification_target_configurations=iot.CfnAccountAuditConfiguration.AuditNotificationTargetConfigurationsProperty(
                sns=iot.CfnAccountAuditConfiguration.AuditNotificationTargetProperty(
                    enabled=True, role_arn=notify_role_arn, target_arn=topic_arn
                )
            ),
        )
        _after(self.configuration, self.role)
        #: When it happens.
        self.schedule = iot.CfnScheduledAudit(
            self,
            "Schedule",
            frequency=posture.audit,
            # Found on a Monday, mended in the week.
            day_of_week="MON" if posture.audit == "WEEKLY" else None,
            target_check_names=[*CRITICAL_CHECKS, *OTHER_CHECKS],
        )
        self.schedule.add_resource_dependency(self.configuration)
        #: Its name, as its metrics have it.
        self.schedule_name: str = self.schedule.ref


def _after(resource: CfnResource, role: ComposedRole) -> None:
    """AWS IoT tries the role when it is named: what it may must be there. Only that: the role itself is referred to (cfn-lint W3005)."""
    resource.add_resource_dependency(cast("CfnResource", role.policy.node.default_child))


def _every_check() -> iot.CfnAccountAuditConfiguration.AuditCheckConfigurationsProperty:
    on: dict[str, Any] = dict.fromkeys((*CRITICAL_CHECKS.values(), *OTHER_CHECKS.values()), _CHECK(enabled=True))
    # Of another type than the rest; without a threshold it is a year (AWS IoT Device Defender, device certificate age check).
    on[OTHER_CHECKS["DEVICE_CERTIFICATE_AGE_CHECK"]] = _AGE(enabled=True)
    return iot.CfnAccountAuditConfiguration.AuditCheckConfigurationsProperty(**on)
