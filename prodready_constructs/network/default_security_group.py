"""The default security group of a VPC, emptied.

AWS makes it with the VPC, open among its members and to the world outward, and CloudFormation can neither own it nor take a
rule from it. The CDK closes it by a custom resource, whose Lambda function belongs to the stack and comes without limits,
own policy or kept logs: here it gets them.
"""

from __future__ import annotations

from typing import cast

from aws_cdk import CfnResource, CustomResource
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns

from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, REGION, EncryptedLogGroup, Part
from prodready_constructs.posture import NetworkPosture

#: The CDK's names, pinned by a test: a release that renames them fails ours and not the user's audit.
CLOSER = "RestrictDefaultSecurityGroupCustomResource"
PROVIDER = "Custom::VpcRestrictDefaultSGCustomResourceProvider"
#: The function works for seconds; CloudFormation would otherwise wait an hour for a function that died.
PATIENCE_SECONDS = 300


def harden_closing(scope: Part, *, vpc: ec2.Vpc, encryption_key: kms.IKey, posture: NetworkPosture) -> None:
    """Harden the function that closes the default security group of *vpc*; what it needs stands under *scope*, in the same stack.

    Always: a policy for this one security group and its own log group only, no AWS managed policy, one execution at a time, encrypted
    logs that are kept, failed runs told to an encrypted topic, CloudFormation waits minutes and not an hour.

    Args:
        vpc: an L2 made with ``restrict_default_security_group=True``.
        encryption_key: a key that admits CloudWatch Logs.
    """
    part = Part(scope, "DefaultSecurityGroup")
    closer = cast("CustomResource", vpc.node.find_child(CLOSER))
    provider = scope.stack.node.find_child(PROVIDER).node
    function = cast("CfnResource", provider.find_child("Handler"))
    role = cast("CfnResource", provider.find_child("Role"))

    log_group = EncryptedLogGroup(part, "Logs", retention=posture.flow_log_retention, encryption_key=encryption_key).log_group
    # Runs that AWS Lambda gave up on, with the answer address that CloudFormation waits at.
    failures_arn = sns.Topic(part, "Failures", master_key=encryption_key, enforce_ssl=True).topic_arn
    # An L1 with a plain policy document: the role is a bare CfnResource, which the L2's ``roles`` does not take.
    policy = iam.CfnManagedPolicy(
        part,
        "Policy",
        description="Close and reopen the default security group of one VPC",
        roles=[role.ref],
        policy_document={
            "Version": "2012-10-17",
            "Statement": [
                _allow(
                    f"arn:{PARTITION}:ec2:{REGION}:{ACCOUNT_ID}:security-group/{vpc.vpc_default_security_group}",
                    "ec2:AuthorizeSecurityGroupEgress",
                    "ec2:AuthorizeSecurityGroupIngress",
                    "ec2:RevokeSecurityGroupEgress",
                    "ec2:RevokeSecurityGroupIngress",
                ),
                _allow(log_group.log_group_arn, "logs:CreateLogStream", "logs:PutLogEvents"),
                _allow(failures_arn, "sns:Publish"),
                _allow(encryption_key.key_arn, "kms:Decrypt", "kms:GenerateDataKey"),
            ],
        },
    )

    role.add_property_deletion_override("Policies")
    role.add_property_deletion_override("ManagedPolicyArns")
    function.add_override(
        "Properties",
        {
            "ReservedConcurrentExecutions": 1,
            "DeadLetterConfig": {"TargetArn": failures_arn},
            "LoggingConfig": {"LogFormat": "JSON", "LogGroup": log_group.log_group_name},
        },
    )
    # The policy is no part of the role here, and AWS Lambda refuses a function whose role may not publish its dead letters.
    # An override, because the CDK's own list names the role, which the function refers to anyway (cfn-lint W3005).
    function.add_override("DependsOn", [policy.logical_id])
    request = cast("CfnResource", closer.node.default_child)
    request.add_resource_dependency(policy)
    request.add_property_override("ServiceTimeout", PATIENCE_SECONDS)


def _allow(resource: str, *actions: str) -> dict[str, object]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}
