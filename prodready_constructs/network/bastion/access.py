"""Who may open sessions: on this bastion only, with its own documents only, and end none but one's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from aws_cdk import aws_iam as iam
from constructs import Construct

from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, REGION
from prodready_constructs.waivers import waive

_INSTANCES = f"arn:{PARTITION}:ec2:{REGION}:{ACCOUNT_ID}:instance/*"
_SESSIONS = f"arn:{PARTITION}:ssm:{REGION}:{ACCOUNT_ID}:session/*"
#: As AWS's own example writes it: the identity of whoever opened the session.
_OWN_CHANNELS = f"arn:{PARTITION}:ssm:{REGION}:{ACCOUNT_ID}:session/${{aws:userid}}-*"
#: Without it a caller who names no document gets the account's default shell.
_ASKED_FOR = {"BoolIfExists": {"ssm:SessionDocumentAccessCheck": "true"}}


def document_arn(name: str) -> str:
    """The ARN of a session document of this account."""
    return f"arn:{PARTITION}:ssm:{REGION}:{ACCOUNT_ID}:document/{name}"


def may_start(document: str, *, mfa: bool) -> dict[str, Any]:
    """Allows sessions with *document*; on which instances says another statement."""
    return _allow("ssm:StartSession", document_arn(document), _ASKED_FOR, mfa=mfa)


def session_policy(scope: Construct, *, group: str, group_arn: str, may_wake: bool, mfa: bool) -> iam.ManagedPolicy:
    """The policy of those who may use the bastion; what they may open is added with each tunnel.

    The instance is told by the tag that Auto Scaling gives it and that nobody else can give: names that begin with ``aws:`` are AWS's.

    Sources: https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-restrict-access-examples.html,
        https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-specify-session-document.html
    """
    here = {"StringEquals": {"ssm:resourceTag/aws:autoscaling:groupName": group}}
    own = {"StringLike": {"ssm:resourceTag/aws:ssmmessages:session-id": "${aws:userid}"}}
    statements = [
        _allow("ssm:StartSession", _INSTANCES, {**here, **_ASKED_FOR}, mfa=mfa),
        _allow(["ssm:ResumeSession", "ssm:TerminateSession"], _SESSIONS, own),
        _allow("ssmmessages:OpenDataChannel", _OWN_CHANNELS),
        # Which instance it is just now; the action takes no resource.
        _allow("autoscaling:DescribeAutoScalingGroups", "*"),
    ]
    if may_wake:
        statements.append(_allow("autoscaling:SetDesiredCapacity", group_arn, mfa=mfa))
    policy = iam.ManagedPolicy(
        scope,
        "SessionPolicy",
        description="Sessions on one bastion, through its own documents",
        document=iam.PolicyDocument.from_json({"Version": "2012-10-17", "Statement": statements}),
    )
    waive(
        policy,
        # As cdk-nag writes a policy variable: <aws:userid>.
        rule=[
            f"AwsSolutions-IAM5[Resource::{one}]"
            for one in ("*", _INSTANCES, _SESSIONS, _OWN_CHANNELS.replace("${aws:userid}", "<aws:userid>"))
        ],
        because="instances and sessions have names that nobody knows beforehand: the tag of the bastion's own group, and the caller's identity, "
        "stand in their place; DescribeAutoScalingGroups takes no resource",
        owner="platform",
    )
    return policy


def _allow(
    actions: str | list[str], resource: str, condition: Mapping[str, Mapping[str, str]] | None = None, *, mfa: bool = False
) -> dict[str, Any]:
    conditions: dict[str, Mapping[str, str]] = dict(condition or {})
    if mfa:
        conditions["Bool"] = {"aws:MultiFactorAuthPresent": "true"}
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **({"Condition": conditions} if conditions else {})}


def attach(policy: iam.ManagedPolicy, grantee: iam.IRole | iam.IUser | iam.IGroup) -> iam.ManagedPolicy:
    """*policy*, attached to *grantee* from its own side: an imported role, too, takes it then."""
    if hasattr(grantee, "role_name"):
        policy.attach_to_role(cast("iam.IRole", grantee))
    elif hasattr(grantee, "user_name"):
        policy.attach_to_user(cast("iam.IUser", grantee))
    else:
        policy.attach_to_group(grantee)
    return policy
