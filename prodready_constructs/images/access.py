"""Who reaches a repository: its own account, those that are named, nobody without TLS."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast

from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import PARTITION, ComposedRole
from prodready_constructs.waivers import METADATA_KEY, waive

#: What pulling needs of a repository.
PULL = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
#: The finding about ``ecr:GetAuthorizationToken``.
SIGN_IN_RULE = "AwsSolutions-IAM5[Resource::*]"
_ACCOUNT, _ORGANIZATION = re.compile(r"\d{12}"), re.compile(r"o-[a-z0-9]{10,32}")


def deny_without_tls(repository: ecr.Repository) -> None:
    """Answer nothing without TLS."""
    _add(
        repository,
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "ecr:*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    )


def allow_accounts(where: str, repository: ecr.Repository, account_ids: Sequence[str]) -> None:
    """Let the IAM of other accounts decide who of them pulls."""
    unknown = [one for one in account_ids if not _ACCOUNT.fullmatch(one)]
    if not account_ids or unknown:
        raise ConfigurationError(where, given=list(account_ids), allowed="AWS account ids, of 12 digits", mend="name the accounts")
    roots = [f"arn:{PARTITION}:iam::{one}:root" for one in account_ids]
    _add(repository, {"Effect": "Allow", "Principal": {"AWS": roots}, "Action": PULL})


def allow_organization(where: str, repository: ecr.Repository, organization_id: str) -> None:
    """Let the IAM of every account of an organization decide who of them pulls.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalorgid
    """
    if not _ORGANIZATION.fullmatch(organization_id):
        raise ConfigurationError(
            where, given=organization_id, allowed="an organization id: o-a1b2c3d4e5", mend="take it from AWS Organizations"
        )
    _add(
        repository,
        {
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": PULL,
            "Condition": {"StringEquals": {"aws:PrincipalOrgID": organization_id}},
        },
    )
    waive(
        repository,
        rule="AwsSolutions-ECR1",
        because="Pulling is limited to principals of one AWS organization by aws:PrincipalOrgID, for which the principal element has to be "
        "a star: IAM has no way to name an organization there",
        owner="platform",
    )


def waive_sign_in(grantee: iam.IGrantable) -> None:
    """Waive, once for a role, that signing in to the registry has no resource.

    A ``WebService`` waives it for itself where it runs an image of ECR.
    """
    if not isinstance(grantee, ComposedRole):
        return
    policy = grantee.policy
    entries = [(entry.type, entry.data) for one in (policy, policy.node.default_child) if one for entry in cast("Any", one).node.metadata]
    if any(kind == METADATA_KEY and SIGN_IN_RULE in data["rules"] for kind, data in entries):
        return
    waive(
        policy,
        rule=SIGN_IN_RULE,
        because="ecr:GetAuthorizationToken, which signs in to the registry, has no resource-level permission; pulling and pushing are limited "
        "to the repositories that were granted",
        owner="platform",
    )


def _add(repository: ecr.Repository, statement: dict[str, Any]) -> None:
    repository.add_to_resource_policy(iam.PolicyStatement.from_json(statement))
