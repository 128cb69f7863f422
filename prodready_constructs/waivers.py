"""A waiver: one rule, one construct, a reason, an owner and perhaps an end. The only way past a rule."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct

from prodready_constructs.errors import ConfigurationError

METADATA_KEY = "prodready:waiver"
#: A reason shorter than this says nothing to an auditor.
SHORTEST_REASON = 40
#: The rules of CDK's own CloudFormation validation: ``CloudFormation-E3012``. Its plugin's name is longer than a rule id.
_PLUGINS = {"CloudFormation": "CloudFormation-Validate"}
_RULE = re.compile(r"^[A-Za-z0-9.]+(-[A-Za-z0-9]+)*(\[.+\])?$")


def waive(construct: IConstruct, *, rule: str | Sequence[str], because: str, owner: str, expires: date | None = None) -> None:
    """Accept one finding of *rule* on *construct*, in writing; of each rule where one fact is reported by several packs.

    ``compliance.guard`` honours it, and so do cdk-nag and the CDK's own validation in an app without the guard.

    Always: recorded in the construct's metadata, listed in the report and in the waiver register; a waiver that no finding
    uses, that has expired, or that covers more than one resource fails the synth.

    Args:
        construct: the exact resource (L1 or the L2 that holds just it); a stack or an app is refused by the guard.
        rule: the rule (or rules, for one reason) with its finding, such as ``AwsSolutions-IAM5[Resource::*]`` or
            ``HIPAA.Security-S3BucketReplicationEnabled``; a value known at deployment only may stand in it:
            ``f"AwsSolutions-IAM5[Resource::{bucket.bucket_arn}/*]"``.
        because: why the finding is acceptable here, for a sceptical auditor: at least 40 characters.
        owner: who answers for it.
        expires: the last day on which it holds; None where the reason cannot go away.

    Raises:
        ConfigurationError: a rule that is no rule id, a reason too short, or no owner.
    """
    node = construct.node
    rules = [rule] if isinstance(rule, str) else list(rule)
    for name in rules:
        if not _RULE.match(name):
            raise ConfigurationError(
                node.path, given=name, allowed="a rule id, with its finding in brackets if it has one", mend="copy it from the finding"
            )
    if len(because.strip()) < SHORTEST_REASON:
        raise ConfigurationError(
            node.path,
            given=because,
            allowed=f"a reason of at least {SHORTEST_REASON} characters",
            mend="say why the risk is met another way",
        )
    if not owner.strip():
        raise ConfigurationError(node.path, given=owner, allowed="a person or team", mend="name who answers for this waiver")
    # For an app without the guard: cdk-nag and the CDK honour it too. The qualified form leaves the finding in their reports.
    # (Not with a token in it: that becomes an intrinsic function, which the guard reads as cdk-nag writes it and no acknowledgement can.)
    acknowledged = [
        Acknowledgment(id=acknowledgement_id(name), reason=f"{because} ({owner})")
        for name in rules
        if not name.startswith("Annotation[") and "${Token[" not in name
    ]
    if acknowledged:
        Validations.of(construct).acknowledge(*acknowledged)
    # All rules of one reason in one entry: each entry is a message to the jsii kernel.
    node.add_metadata(
        METADATA_KEY,
        {"rules": rules, "because": because, "owner": owner, "expires": expires.isoformat() if expires else None},
    )


def acknowledgement_id(rule: str) -> str:
    """*rule* as the CDK's acknowledgements write it: qualified by the plugin that reports it."""
    namespace = rule.split("[", 1)[0].split("-", 1)[0]
    qualified = f"{_PLUGINS[namespace]}::{rule.partition('-')[2]}" if namespace in _PLUGINS else f"{namespace}::{rule}"
    return qualified.replace(" ", "-")
