"""Groups of users that may call AWS: each with a role of its own, and nobody else."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_iam as iam
from constructs import Construct

from prodready_constructs.contracts import ControlClaim, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import REGION, URL_SUFFIX, ComposedRole, Part
from prodready_constructs.identity.user_directory import UserDirectory

CONTROLS = (
    ControlClaim(
        control="SEC-5",
        how="Identity pool without guests and without the classic flow: the group in the signed token chooses the role, a user of no "
        "group gets none, each role names its actions and resources and is trusted to this pool's signed-in users only",
        frameworks=("NIST 800-53 r5 AC-3(7)", "NIST 800-53 r5 AC-6", "HIPAA 164.312(a)(1)", "PCI DSS 3.2.1 7.1", "SOC 2 CC6.3"),
    ),
)
#: What Cognito takes as a group's name (AWS::Cognito::UserPoolGroup GroupName), less what a construct id cannot carry.
_GROUP = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,127}")
_ISSUER = "cognito-identity.amazonaws.com"


class GroupRoles(Part):
    """An identity pool that gives the members of each group temporary AWS credentials of the group's role.

    Always: no guests; the enhanced flow only, where Cognito chooses the role and the caller cannot; the role comes from the user's token, and who
    is in no group gets none; tokens of signed-out users are refused; a role trusts this pool and its signed-in users only; permissions
    name their actions and resources.

    Who is in several groups gets the role of the one that stands first in *groups*: Cognito calls that precedence.

    Args:
        directory: whose users.
        client: the app client whose tokens are taken: ``app.client`` or ``directory.web_client``.
        groups: group -> what its members may do: IAM statements as JSON (``Effect`` is ``Allow``) or ``iam.PolicyStatement``.

    Raises:
        ConfigurationError: no groups, a group without permissions, or a statement with wildcard actions or for every resource.

    Sources: https://docs.aws.amazon.com/cognito/latest/developerguide/role-based-access-control.html
        https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        directory: UserDirectory,
        client: cognito.IUserPoolClient,
        groups: Mapping[str, Sequence[Mapping[str, Any] | iam.PolicyStatement]],
    ) -> None:
        super().__init__(scope, construct_id)
        allowed = {name: _checked(f"{self.path}: groups[{name!r}]", name, statements) for name, statements in groups.items()}
        if not allowed:
            raise ConfigurationError(
                f"{self.path}: groups", given="none", allowed="one group or more", mend="name who may do what, or leave this construct out"
            )
        pool_id, client_id = directory.user_pool.user_pool_id, client.user_pool_client_id
        provider = f"cognito-idp.{REGION}.{URL_SUFFIX}/{pool_id}"
        #: The L1 itself; the CDK has no stable L2 for it.
        self.identity_pool = cognito.CfnIdentityPool(
            self,
            "Pool",
            allow_unauthenticated_identities=False,
            allow_classic_flow=False,
            cognito_identity_providers=[
                cognito.CfnIdentityPool.CognitoIdentityProviderProperty(
                    client_id=client_id, provider_name=provider, server_side_token_check=True
                )
            ],
        )
        identity_pool_id = self.identity_pool.ref
        trusted = iam.WebIdentityPrincipal(
            _ISSUER,
            {
                "StringEquals": {f"{_ISSUER}:aud": identity_pool_id},
                "ForAnyValue:StringLike": {f"{_ISSUER}:amr": "authenticated"},
            },
        )
        roles: dict[str, ComposedRole] = {}
        found: dict[str, cognito.CfnUserPoolGroup] = {}
        for place, (name, statements) in enumerate(allowed.items()):
            part = "".join(word[:1].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", name))
            role = ComposedRole(self, f"{part}Role", assumed_by=trusted, description=f"Members of the group {name}", statements=statements)
            roles[name] = role
            found[name] = cognito.CfnUserPoolGroup(
                self,
                f"{part}Group",
                user_pool_id=pool_id,
                group_name=name,
                description=f"May do what {part}Role may",
                precedence=place,
                role_arn=role.role_arn,
            )
        #: Group -> its role: grant to it (``bucket.grant_read(access.roles["admins"])``), waive at its ``policy``.
        self.roles: Mapping[str, ComposedRole] = roles
        #: Group -> the group in the directory.
        self.groups: Mapping[str, cognito.CfnUserPoolGroup] = found
        cognito.CfnIdentityPoolRoleAttachment(
            self,
            "Roles",
            identity_pool_id=identity_pool_id,
            # No default role, and none where the token names none.
            role_mappings={
                "Directory": cognito.CfnIdentityPoolRoleAttachment.RoleMappingProperty(
                    type="Token", ambiguous_role_resolution="Deny", identity_provider=f"{provider}:{client_id}"
                )
            },
        )
        record(self, controls=CONTROLS, tier="security", groups=list(allowed))


def _checked(where: str, name: str, statements: Sequence[Mapping[str, Any] | iam.PolicyStatement]) -> list[Mapping[str, Any]]:
    if not _GROUP.fullmatch(name):
        raise ConfigurationError(
            where, given=name, allowed="128 letters, digits and _ . + - at most, a letter or digit first", mend="write it as 'admins'"
        )
    if not statements:
        raise ConfigurationError(
            where,
            given="no permissions",
            allowed="one statement or more",
            mend="leave the group out: its members get no credentials, and still carry the group in their token",
        )
    return [_limited(where, each if isinstance(each, Mapping) else each.to_statement_json()) for each in statements]


def _limited(where: str, statement: Mapping[str, Any]) -> Mapping[str, Any]:
    if unknown := sorted(set(statement) - {"Sid", "Effect", "Action", "Resource", "Condition"}):
        raise ConfigurationError(
            where,
            given=", ".join(unknown),
            allowed="Sid, Effect, Action, Resource, Condition",
            mend="name what is allowed, not what is not",
        )
    if wide := [action for action in _listed(statement.get("Action")) if "*" in action or "?" in action]:
        raise ConfigurationError(
            where, given=f"the actions {', '.join(wide)}", allowed="actions by their full names", mend="list the actions that are used"
        )
    resources = _listed(statement.get("Resource"))
    if not _listed(statement.get("Action")) or not resources or any(set(resource) <= {"*", "?", ":"} for resource in resources):
        raise ConfigurationError(
            where,
            given=f"Action {statement.get('Action')}, Resource {statement.get('Resource')}",
            allowed="named actions on named resources",
            mend="write the ARN, such as f'{bucket.bucket_arn}/${cognito-identity.amazonaws.com:sub}/file'",
        )
    return statement


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [str(each) for each in value or ()]
