"""How a new device gets its own certificate, thing and policy, and nothing else.

Sources: https://docs.aws.amazon.com/iot/latest/developerguide/provision-template.html,
https://docs.aws.amazon.com/iot/latest/developerguide/provision-wo-cert.html
"""

from __future__ import annotations

from aws_cdk import aws_iot as iot
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from prodready_constructs.compute.devices.provisioning_template import DeviceProvisioning, template_body
from prodready_constructs.compute.devices.rules import prefix_of_names, trusted
from prodready_constructs.compute.devices.thing_policy import ARN
from prodready_constructs.foundation import ACCOUNT_ID, ComposedRole, Part
from prodready_constructs.waivers import waive

#: The longest name of a template (AWS::IoT::ProvisioningTemplate TemplateName).
LONGEST_NAME = 36
#: What a hook is told, and answers (AWS IoT developer guide, pre-provisioning hooks).
HOOK_PAYLOAD = "2020-04-01"


class ProvisioningTemplate(Part):
    """A provisioning template; made by ``DeviceIngest.add_provisioning``.

    Always: the role makes things of one beginning, in one group, with one policy; a claim can ask for a certificate and do nothing else.

    Args:
        provisioning: what a new device becomes.
        policy_name, group, billing_group: what it gets: names and ARNs.
        hook: asked before each device.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        provisioning: DeviceProvisioning,
        policy_name: str,
        group: tuple[str, str],
        billing_group: tuple[str, str],
        hook: lambda_.IFunction | None,
    ) -> None:
        super().__init__(scope, construct_id)
        by_claim = provisioning.by == "claim"
        #: The template's name: devices ask for it.
        self.name = prefix_of_names(self, LONGEST_NAME)
        #: May make what the template says and nothing else.
        self.role = self._role(provisioning, policy_name, (group[1], billing_group[1]))
        permission = hook and lambda_.CfnPermission(
            self,
            "AskHook",
            action="lambda:InvokeFunction",
            function_name=hook.function_arn,
            principal="iot.amazonaws.com",
            source_account=ACCOUNT_ID,
            source_arn=f"{ARN}:provisioningtemplate/{self.name}",
        )
        #: The L1.
        self.template = iot.CfnProvisioningTemplate(
            self,
            "Template",
            template_name=self.name,
            template_type="FLEET_PROVISIONING" if by_claim else "JITP",
            description=f"New devices {provisioning.thing_name}",
            enabled=True,
            provisioning_role_arn=self.role.role_arn,
            template_body=template_body(provisioning, policy_name, group[0], billing_group[0]),
            pre_provisioning_hook=iot.CfnProvisioningTemplate.ProvisioningHookProperty(
                target_arn=hook.function_arn, payload_version=HOOK_PAYLOAD
            )
            if hook
            else None,
        )
        if permission:
            # AWS IoT tries to call the hook when the template is made.
            self.template.add_resource_dependency(permission)
        #: The policy of the certificate that new devices are made with; None where each is made with its own.
        self.claim_policy = self._claim_policy() if by_claim else None

    def _role(self, provisioning: DeviceProvisioning, policy_name: str, groups: tuple[str, str]) -> ComposedRole:
        things, certificates = f"{ARN}:thing/{provisioning.beginning}*", f"{ARN}:cert/*"
        anywhere = ["iot:AttachThingPrincipal", "iot:ListPrincipalThings", "iot:ListThingPrincipals", "iot:RegisterThing"]
        if provisioning.by == "ca":
            anywhere.append("iot:RegisterCertificate")
        role = ComposedRole(
            self,
            "Role",
            assumed_by=trusted("*"),
            description=f"AWS IoT makes things {provisioning.beginning}... of new devices",
            statements=[
                {
                    "Action": [
                        "iot:AddThingToBillingGroup",
                        "iot:AddThingToThingGroup",
                        "iot:CreateThing",
                        "iot:DescribeBillingGroup",
                        "iot:DescribeThing",
                        "iot:DescribeThingGroup",
                        "iot:ListThingGroupsForThing",
                        "iot:UpdateThing",
                        "iot:UpdateThingGroupsForThing",
                    ],
                    "Resource": [things, *groups],
                },
                {
                    "Action": ["iot:AttachPolicy", "iot:AttachPrincipalPolicy", "iot:DescribeCertificate", "iot:UpdateCertificate"],
                    "Resource": certificates,
                },
                {"Action": ["iot:GetPolicy"], "Resource": f"{ARN}:policy/{policy_name}"},
                {"Action": sorted(anywhere), "Resource": "*"},
            ],
        )
        waive(
            role.policy,
            rule=[f"AwsSolutions-IAM5[Resource::{one}]" for one in (things, certificates, "*")],
            because="The things and certificates of new devices are made when they come, so that their names are not known before; things have one "
            "fixed beginning, and the four actions on * (registering, attaching and listing) take no resource; AWS IoT alone may use the role",
            owner="platform",
        )
        return role

    def _claim_policy(self) -> iot.CfnPolicy:
        """To connect under names that no device has, to ask for a certificate, and to register with this template; in JSON."""
        asked = ("$aws/certificates/create", "$aws/certificates/create-from-csr", f"$aws/provisioning-templates/{self.name}/provision")
        publish = [f"{one}/json" for one in asked]
        answers = [f"{one}/{answer}" for one in publish for answer in ("accepted", "rejected")]
        policy = iot.CfnPolicy(
            self,
            "ClaimPolicy",
            policy_document={
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Action": "iot:Connect", "Resource": f"{ARN}:client/{self.name}-*"},
                    {"Effect": "Allow", "Action": "iot:Publish", "Resource": [f"{ARN}:topic/{one}" for one in publish]},
                    {"Effect": "Allow", "Action": "iot:Subscribe", "Resource": [f"{ARN}:topicfilter/{one}" for one in answers]},
                    {"Effect": "Allow", "Action": "iot:Receive", "Resource": [f"{ARN}:topic/{one}" for one in answers]},
                ],
            },
        )
        waive(
            policy,
            rule="Prodready-DeviceOpen[Resources]",
            because="A claim is shared by devices that have no name yet: each connects under one that begins with the template's name, which no thing "
            "has, so that it can end no device's connection; it may publish to the topics that ask for a certificate and to no other",
            owner="platform",
        )
        return policy
