"""Only code that was signed runs."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import RemovalPolicy
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_signer as signer
from constructs import Construct

from prodready_constructs.contracts import ControlClaim, record
from prodready_constructs.foundation import Part

CONTROLS = (
    ControlClaim(
        control="FN-1",
        how="Lambda refuses a deployment package that no signing profile of the list has signed, or that was changed since",
        frameworks=("NIST 800-53 r5 CM-14", "NIST 800-53 r5 SI-7(15)", "SOC 2 CC8.1"),
    ),
)
PLATFORM = "AWSLambda-SHA384-ECDSA"


class CodeSigning(Part):
    """Which signatures functions accept. One serves all functions of a stack.

    Always: code without a valid signature is refused at the deployment (``Enforce``), never only warned about.

    Args:
        profiles: ARNs of signing profile *versions* whose signatures count, 20 at most; a profile of its own when there are none.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html
    """

    def __init__(self, scope: Construct, construct_id: str, *, profiles: Sequence[str] = ()) -> None:
        super().__init__(scope, construct_id)
        #: The signing profile; None where others' count.
        self.profile: signer.CfnSigningProfile | None = None
        trusted = list(profiles)
        if not trusted:
            self.profile = signer.CfnSigningProfile(self, "Profile", platform_id=PLATFORM)
            # What it signed stays deployable.
            self.profile.apply_removal_policy(RemovalPolicy.RETAIN)
            trusted = [self.profile.attr_profile_version_arn]
        config = lambda_.CfnCodeSigningConfig(
            self,
            "Config",
            description=f"{self.path}: signed code only"[:256],
            allowed_publishers=lambda_.CfnCodeSigningConfig.AllowedPublishersProperty(signing_profile_version_arns=trusted),
            code_signing_policies=lambda_.CfnCodeSigningConfig.CodeSigningPoliciesProperty(untrusted_artifact_on_deployment="Enforce"),
        )
        #: ARN of the code signing configuration.
        self.arn: str = config.attr_code_signing_config_arn
        record(self, controls=CONTROLS, tier="compute")
