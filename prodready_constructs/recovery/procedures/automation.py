"""One Automation runbook with its role."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from prodready_constructs.contracts import ControlClaim, record
from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, REGION, ComposedRole, Part
from prodready_constructs.recovery.procedures.document import Action, content

CONTROLS = (
    ControlClaim(
        control="DR-6",
        how="A recovery step as an Automation runbook: its role may do this to this resource only, and what interrupts or undoes is approved",
        frameworks=("NIST 800-53 r5 CP-10", "HIPAA 164.308(a)(7)(ii)(C)", "SOC 2 A1.2"),
    ),
)


class Automation(Part):
    """One SSM document of type Automation; made by the verbs of ``Procedures``.

    Always: a role for nothing else, which only Automation of this account may take; inputs checked by a pattern; the first failure ends it;
    a changed document is a new version of the same one.

    Args:
        action: what it does. about: the construct path of what it does it to.
        approvers: ARNs; topic_arn: where they are told, or None.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, action: Action, about: str, approvers: Sequence[str], topic_arn: str | None
    ) -> None:
        super().__init__(scope, construct_id)
        told = ({"Action": ["sns:Publish"], "Resource": topic_arn},) if action.approved and topic_arn else ()
        #: What Automation may do here.
        self.role = ComposedRole(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "ssm.amazonaws.com",
                # https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-setup-iam.html
                conditions={
                    "StringEquals": {"aws:SourceAccount": ACCOUNT_ID},
                    "ArnLike": {"aws:SourceArn": f"arn:{PARTITION}:ssm:{REGION}:{ACCOUNT_ID}:automation-execution/*"},
                },
            ),
            description=f"Automation: {self.path}"[:1000],
            statements=[*action.statements, *told],
        )
        role_arn = self.role.role_arn
        #: The document.
        self.document = ssm.CfnDocument(
            self,
            "Document",
            document_type="Automation",
            document_format="JSON",
            update_method="NewVersion",
            content=content(action, role_arn=role_arn, approvers=approvers, topic_arn=topic_arn),
        )
        #: Its name, which CloudFormation makes up.
        self.name: str = self.document.ref
        self._role_arn = role_arn
        record(
            self,
            controls=CONTROLS,
            tier="recovery",
            automation={
                "document": self.name,
                "about": about,
                "kinds": list(action.kinds),
                "does": action.does,
                "inputs": dict(action.inputs),
                "approved": action.approved,
            },
        )

    def grant_start(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* start it and follow it: two statements, of this document and this role."""
        iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["iam:PassRole"],
            resource_arns=[self._role_arn],
            conditions={"StringEquals": {"iam:PassedToService": "ssm.amazonaws.com"}},
        )
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["ssm:StartAutomationExecution"],
            resource_arns=[
                f"arn:{PARTITION}:ssm:{REGION}:{ACCOUNT_ID}:automation-definition/{self.name}:$DEFAULT",
                f"arn:{PARTITION}:ssm:{REGION}:{ACCOUNT_ID}:document/{self.name}",
            ],
        )
