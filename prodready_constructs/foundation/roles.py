"""An IAM role whose grants land in one customer-managed policy instead of inline policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jsii
from aws_cdk import aws_iam as iam
from constructs import Construct

from prodready_constructs.errors import ConfigurationError

#: Wildcard actions that the CDK's grants use, spelt out. Source: the AWS service authorization reference.
WILDCARD_ACTIONS: dict[str, tuple[str, ...]] = {
    "kms:ReEncrypt*": ("kms:ReEncryptFrom", "kms:ReEncryptTo"),
    "kms:GenerateDataKey*": (
        "kms:GenerateDataKey",
        "kms:GenerateDataKeyPair",
        "kms:GenerateDataKeyPairWithoutPlaintext",
        "kms:GenerateDataKeyWithoutPlaintext",
    ),
    "s3:GetObject*": ("s3:GetObject", "s3:GetObjectAttributes", "s3:GetObjectTagging", "s3:GetObjectVersion"),
    "s3:GetBucket*": ("s3:GetBucketLocation",),
    "s3:List*": ("s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:ListMultipartUploadParts"),
    "s3:DeleteObject*": ("s3:DeleteObject", "s3:DeleteObjectTagging", "s3:DeleteObjectVersion"),
    "s3:Abort*": ("s3:AbortMultipartUpload",),
}


class ComposedRole(iam.Role):
    """An IAM role whose grants land in one customer-managed policy.

    Always: no inline policy (NIST 800-53, HIPAA and PCI packs forbid them), and the wildcard actions of CDK's grant methods spelt out.
    The policy is made with the first statement or grant, because IAM refuses an empty one.

    This is the one place of the library where an L2 is inherited from: grants call ``add_to_principal_policy`` on the
    role itself, and overriding it is the only way to decide where they land.

    Args:
        assumed_by: who may assume the role.
        description: what the role is for.
        statements: what the role may do from the start, as IAM writes it (``Effect`` is ``Allow``): all of it is two messages to the
            jsii kernel, where each statement object is three.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        assumed_by: iam.IPrincipal,
        description: str,
        statements: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(scope, construct_id, assumed_by=assumed_by, description=description)
        self._policy: iam.ManagedPolicy | None = None
        if statements:
            document = {"Statement": [_spelt_out({"Effect": "Allow", **statement}) for statement in statements]}
            self._policy = iam.ManagedPolicy(self, "Policy", document=iam.PolicyDocument.from_json(document), roles=[self])

    @property
    def policy(self) -> iam.ManagedPolicy:
        """The customer-managed policy: where a finding about a grant is waived.

        Raises:
            ConfigurationError: nothing has been granted yet, and so there is none.
        """
        if self._policy is None:
            raise ConfigurationError(
                f"{self.node.path}: policy", given="a role that may do nothing yet", allowed="a role with a grant", mend="grant first"
            )
        return self._policy

    def allow(self, *statements: Mapping[str, Any]) -> None:
        """Let the role do more, as IAM writes it (``Effect`` is ``Allow``): fewer messages than statement objects and their grants."""
        made = [iam.PolicyStatement.from_json(_spelt_out({"Effect": "Allow", **statement})) for statement in statements]
        self._add(made)

    @jsii.member(jsii_name="addToPrincipalPolicy")
    def add_to_principal_policy(self, statement: iam.PolicyStatement) -> iam.AddToPrincipalPolicyResult:
        """Add *statement* to the role's own customer-managed policy. Called by every ``grant_*`` of the CDK."""
        written = statement.to_statement_json()
        explicit = _spelt_out(written)
        if explicit is not written:
            statement = iam.PolicyStatement.from_json(explicit)
        self._add([statement])
        return iam.AddToPrincipalPolicyResult(statement_added=True, policy_dependable=self._policy)

    @jsii.member(jsii_name="addToPolicy")
    def add_to_policy(self, statement: iam.PolicyStatement) -> bool:
        """Like :meth:`add_to_principal_policy`, for callers of the older name."""
        return bool(self.add_to_principal_policy(statement).statement_added)

    def _add(self, statements: Sequence[iam.PolicyStatement]) -> None:
        if self._policy is None:
            self._policy = iam.ManagedPolicy(self, "Policy", statements=list(statements), roles=[self])
        else:
            self._policy.add_statements(*statements)


def _spelt_out(statement: dict[str, Any]) -> dict[str, Any]:
    """*statement* itself, or one without the wildcard actions it has."""
    actions = statement.get("Action", [])
    actions = [actions] if isinstance(actions, str) else actions
    if not any(action in WILDCARD_ACTIONS for action in actions):
        return statement
    return {**statement, "Action": [explicit for action in actions for explicit in WILDCARD_ACTIONS.get(action, (action,))]}
