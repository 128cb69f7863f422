"""IAM."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader, same


def _role(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("iam").get_role(RoleName=physical_id)["Role"]


def _managed_policy(aws: Aws, physical_id: str, _: Properties) -> Any:
    iam = aws("iam")
    policy = iam.get_policy(PolicyArn=physical_id)["Policy"]
    document = iam.get_policy_version(PolicyArn=physical_id, VersionId=policy["DefaultVersionId"])["PolicyVersion"]["Document"]
    roles = iam.list_entities_for_policy(PolicyArn=physical_id)["PolicyRoles"]
    return {**policy, "PolicyDocument": document, "Roles": [each["RoleName"] for each in roles]}


def _profile(aws: Aws, physical_id: str, _: Properties) -> Any:
    profile = aws("iam").get_instance_profile(InstanceProfileName=physical_id.rpartition("/")[2])["InstanceProfile"]
    return {**profile, "Roles": [each["RoleName"] for each in profile["Roles"]]}


def _inline_policy(aws: Aws, _: str, properties: Properties) -> Any:
    return aws("iam").get_role_policy(RoleName=properties["Roles"][0], PolicyName=properties["PolicyName"])


READERS = {
    "AWS::IAM::Role": Reader(
        _role,
        (
            *same("AssumeRolePolicyDocument", "MaxSessionDuration", "Description"),
            Check("PermissionsBoundary", "PermissionsBoundary.PermissionsBoundaryArn"),
        ),
    ),
    "AWS::IAM::ManagedPolicy": Reader(
        _managed_policy, (*same("PolicyDocument", "Roles", "Path"), Check("Description", lambda live: live.get("Description", "")))
    ),
    "AWS::IAM::InstanceProfile": Reader(_profile, same("Roles", "Path")),
    "AWS::IAM::Policy": Reader(_inline_policy, same("PolicyDocument")),
}
