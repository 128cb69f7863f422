"""What threat protection does about a sign-in: *enforced* alone only switches it on."""

from __future__ import annotations

from aws_cdk import aws_cognito as cognito
from constructs import Construct


def block_risky_sign_ins(scope: Construct, *, pool_id: str) -> cognito.CfnUserPoolRiskConfigurationAttachment:
    """Block breached passwords and likely account take-over, ask for the second factor at lower risk, for every client of the pool."""
    risk = cognito.CfnUserPoolRiskConfigurationAttachment
    second_factor = risk.AccountTakeoverActionTypeProperty(event_action="MFA_REQUIRED", notify=False)
    return risk(
        scope,
        "RiskConfiguration",
        user_pool_id=pool_id,
        client_id="ALL",
        compromised_credentials_risk_configuration=risk.CompromisedCredentialsRiskConfigurationTypeProperty(
            actions=risk.CompromisedCredentialsActionsTypeProperty(event_action="BLOCK"),
            event_filter=["SIGN_IN", "PASSWORD_CHANGE", "SIGN_UP"],
        ),
        account_takeover_risk_configuration=risk.AccountTakeoverRiskConfigurationTypeProperty(
            actions=risk.AccountTakeoverActionsTypeProperty(
                low_action=second_factor,
                medium_action=second_factor,
                high_action=risk.AccountTakeoverActionTypeProperty(event_action="BLOCK", notify=False),
            )
        ),
    )
