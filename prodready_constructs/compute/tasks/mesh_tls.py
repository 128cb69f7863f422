"""What Amazon ECS may do to make the certificates of a mesh, and to renew them."""

from __future__ import annotations

from typing import cast

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct, IConstruct

from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, REGION, ComposedRole
from prodready_constructs.waivers import waive


def infrastructure_role(scope: Construct, *, path: str, authority: str, key: kms.IKey) -> ComposedRole:
    """The rights of AmazonECSInfrastructureRolePolicyForServiceConnectTransportLayerSecurity, for this account and *authority* alone.

    Sources: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonECSInfrastructureRolePolicyForServiceConnectTransportLayerSecurity.html,
        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/infrastructure_IAM_role.html
    """
    secrets = f"arn:{PARTITION}:secretsmanager:{REGION}:{ACCOUNT_ID}:secret:ecs-sc!*"
    services = f"arn:{PARTITION}:ecs:{REGION}:{ACCOUNT_ID}:"
    role = ComposedRole(
        scope,
        "InfrastructureRole",
        assumed_by=iam.ServicePrincipal("ecs.amazonaws.com"),
        description=f"{path}: certificates of Service Connect",
        statements=[
            {
                "Action": ["secretsmanager:CreateSecret", "secretsmanager:TagResource"],
                "Resource": secrets,
                "Condition": {
                    "ArnLike": {"aws:RequestTag/AmazonECSCreated": [f"{services}service/*/*", f"{services}task-set/*/*"]},
                    "StringEquals": {"aws:RequestTag/AmazonECSManaged": "true"},
                },
            },
            {
                "Action": [
                    "secretsmanager:DeleteSecret",
                    "secretsmanager:GetSecretValue",
                    "secretsmanager:PutSecretValue",
                    "secretsmanager:RotateSecret",
                    "secretsmanager:UpdateSecret",
                    "secretsmanager:UpdateSecretVersionStage",
                ],
                "Resource": secrets,
                "Condition": {"StringEquals": {"secretsmanager:ResourceTag/aws:secretsmanager:owningService": "ecs-sc"}},
            },
            {"Action": "secretsmanager:DescribeSecret", "Resource": secrets},
            {
                "Action": ["acm-pca:DescribeCertificateAuthority", "acm-pca:GetCertificate", "acm-pca:GetCertificateAuthorityCertificate"],
                "Resource": authority,
            },
            {
                "Action": "acm-pca:IssueCertificate",
                "Resource": authority,
                "Condition": {"StringEquals": {"acm-pca:TemplateArn": f"arn:{PARTITION}:acm-pca:::template/EndEntityCertificate/V1"}},
            },
            {"Action": ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyPair"], "Resource": key.key_arn},
        ],
    )
    waive(
        cast("IConstruct", role.policy.node.default_child),
        rule="AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:ecs-sc!*]",
        because="Amazon ECS names the secrets of its certificates itself; the statement is held to its own prefix and to secrets that it made and tagged.",
        owner="platform",
    )
    return role
