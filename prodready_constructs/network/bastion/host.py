"""The machine behind the tunnels: always the newest image, replaced instead of patched, gone when nobody works."""

from __future__ import annotations

import base64
from datetime import timedelta

from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, REGION, URL_SUFFIX, ComposedRole
from prodready_constructs.network.bastion.documents import SHELL_USER
from prodready_constructs.posture import BastionPosture, OffHours
from prodready_constructs.waivers import waive

#: Resolved whenever an instance starts: nobody has to look it up, or to remember to.
IMAGE = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
#: The size of Amazon Linux 2023's own snapshot; nothing is kept on it.
_DISK_GIB = 8
#: What the agent of Session Manager does; no action of it takes a resource known beforehand.
_CHANNELS = (
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)
#: No SSH server, whatever a security group may say one day; and a user for shells who may do nothing.
_AT_START = f"""#!/bin/bash
set -euo pipefail
systemctl mask --now sshd.service
useradd --create-home --shell /bin/bash {SHELL_USER}
"""


def disk_statement() -> dict[str, object]:
    """Lets Auto Scaling start instances with disks under the key: this role, in this account, through EC2, and nobody else.

    By its name in a condition and not as the principal: KMS refuses a principal that does not exist, and the service-linked role comes to be with
    the first Auto Scaling group of an account.

    Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html
    """
    role = f"arn:{PARTITION}:iam::{ACCOUNT_ID}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
    return {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [
            "kms:CreateGrant",
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKeyWithoutPlaintext",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
        ],
        "Resource": "*",  # in a key's own policy: this key
        "Condition": {
            "StringEquals": {"kms:CallerAccount": ACCOUNT_ID, "kms:ViaService": f"ec2.{REGION}.{URL_SUFFIX}"},
            "ArnEquals": {"aws:PrincipalArn": role},
        },
    }


def instance_role(scope: Construct, *, log_group_arn: str, key_arn: str) -> ComposedRole:
    """What the agent needs for sessions, and not the rest of AmazonSSMManagedInstanceCore: it reads every parameter of the account.

    Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html
    """
    role = ComposedRole(
        scope,
        "Role",
        assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
        description="Sessions of the bastion, and their logs; no other right",
        statements=[
            {
                "Action": [*_CHANNELS, "logs:DescribeLogGroups"],
                "Resource": "*",
                "Condition": {"StringEquals": {"aws:RequestedRegion": REGION}},
            },
            {"Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"], "Resource": log_group_arn},
            {"Action": "kms:Decrypt", "Resource": key_arn},
        ],
    )
    waive(
        role.policy,
        rule="AwsSolutions-IAM5[Resource::*]",
        because="the channels of Session Manager, the agent's report and logs:DescribeLogGroups take no resource, or an instance that does not "
        "exist yet; writing logs and the key name their resource",
        owner="platform",
    )
    return role


def launch_template(
    scope: Construct, *, posture: BastionPosture, role: ComposedRole, security_group: ec2.ISecurityGroup, key_arn: str, name: str
) -> ec2.CfnLaunchTemplate:
    """How an instance of the bastion starts.

    Sources: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-options.html,
        https://docs.aws.amazon.com/autoscaling/ec2/userguide/using-systems-manager-parameters.html
    """
    template, tag = ec2.CfnLaunchTemplate, ec2.CfnLaunchTemplate.TagSpecificationProperty
    profile = iam.CfnInstanceProfile(scope, "Profile", roles=[role.role_name])
    named = {"key": "Name", "value": name}
    return template(
        scope,
        "Template",
        launch_template_data=template.LaunchTemplateDataProperty(
            image_id=IMAGE,
            instance_type=posture.instance_type,
            # A busy tunnel is slow, never dear.
            credit_specification=template.CreditSpecificationProperty(cpu_credits="standard") if _bursts(posture) else None,
            ebs_optimized=True,
            block_device_mappings=[
                template.BlockDeviceMappingProperty(
                    device_name="/dev/xvda",
                    ebs=template.EbsProperty(
                        volume_type="gp3", volume_size=_DISK_GIB, encrypted=True, kms_key_id=key_arn, delete_on_termination=True
                    ),
                )
            ],
            metadata_options=template.MetadataOptionsProperty(
                http_endpoint="enabled",
                http_tokens="required",
                http_put_response_hop_limit=1,
                http_protocol_ipv6="disabled",
                instance_metadata_tags="disabled",
            ),
            monitoring=template.MonitoringProperty(enabled=True),
            iam_instance_profile=template.IamInstanceProfileProperty(arn=profile.attr_arn),
            network_interfaces=[
                template.NetworkInterfaceProperty(
                    device_index=0, associate_public_ip_address=False, delete_on_termination=True, groups=[security_group.security_group_id]
                )
            ],
            user_data=base64.b64encode(_AT_START.encode()).decode(),
            tag_specifications=[tag(resource_type=kind, tags=[named]) for kind in ("instance", "volume")],
        ),
    )


def _bursts(posture: BastionPosture) -> bool:
    return posture.instance_type.startswith("t")


def scaling_group(
    scope: Construct, *, posture: BastionPosture, template: ec2.CfnLaunchTemplate, subnet_ids: list[str]
) -> autoscaling.CfnAutoScalingGroup:
    """One instance, in whichever zone has room, replaced when it fails or grows old.

    Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-max-instance-lifetime.html
    """
    of = autoscaling.CfnAutoScalingGroup
    group = of(
        scope,
        "Group",
        # Off hours are a number of none. No desired number is stated: a deployment at night would wake the bastion.
        min_size="0" if posture.off_hours else "1",
        max_size="1",
        vpc_zone_identifier=subnet_ids,
        launch_template=of.LaunchTemplateSpecificationProperty(
            launch_template_id=template.ref, version=template.attr_latest_version_number
        ),
        health_check_type="EC2",
        health_check_grace_period=120,
        max_instance_lifetime=int(posture.max_lifetime.total_seconds()),
        # The old one goes first: there is never a second one.
        instance_maintenance_policy=of.InstanceMaintenancePolicyProperty(min_healthy_percentage=0, max_healthy_percentage=100),
        metrics_collection=[
            of.MetricsCollectionProperty(granularity="1Minute", metrics=["GroupDesiredCapacity", "GroupInServiceInstances"])
        ],
    )
    # As an override: one message, where the CDK's own way is three.
    group.add_override(
        "UpdatePolicy",
        {
            "AutoScalingRollingUpdate": {
                "MaxBatchSize": 1,
                "MinInstancesInService": 0,
                "SuspendProcesses": ["HealthCheck", "ReplaceUnhealthy", "AZRebalance", "ScheduledActions"],
            },
            "AutoScalingScheduledAction": {"IgnoreUnmodifiedGroupSizeProperties": True},
        },
    )
    waive(
        group,
        rule="AwsSolutions-AS3",
        because="the group is one instance that comes and goes with the working day: a message for each would be read by nobody. A failed start, "
        "an instance that is missing and one that was left running have alarms",
        owner="platform",
    )
    return group


def keep_hours(scope: Construct, group: str, hours: OffHours) -> None:
    """There on working days; gone every evening, also after a day on which somebody woke it."""
    start, stop = (moment.split(":") for moment in (hours.start, hours.stop))
    for name, (hour, minute), days, capacity in (
        ("Morning", start, ",".join(hours.days), 1),
        ("Evening", stop, "*", 0),
    ):
        autoscaling.CfnScheduledAction(
            scope,
            name,
            auto_scaling_group_name=group,
            desired_capacity=capacity,
            recurrence=f"{int(minute)} {int(hour)} * * {days}",
            time_zone=hours.time_zone,
        )


def longest_day(hours: OffHours) -> timedelta:
    """How long the bastion is there on a working day, in whole hours."""
    (start, minute), (stop, until) = (map(int, moment.split(":")) for moment in (hours.start, hours.stop))
    length = timedelta(hours=stop, minutes=until) - timedelta(hours=start, minutes=minute)
    return timedelta(hours=-(-length // timedelta(hours=1)))
