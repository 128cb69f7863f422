"""Cognito."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader, same


def _pool(aws: Aws, physical_id: str, _: Properties) -> Any:
    cognito = aws("cognito-idp")
    described = cognito.describe_user_pool(UserPoolId=physical_id)["UserPool"]
    mfa = cognito.get_user_pool_mfa_config(UserPoolId=physical_id)
    enabled = ["SOFTWARE_TOKEN_MFA"] if mfa.get("SoftwareTokenMfaConfiguration", {}).get("Enabled") else []
    return {**described, "EnabledMfas": [*enabled, *(["SMS_MFA"] if mfa.get("SmsMfaConfiguration") else [])]}


def _client(aws: Aws, physical_id: str, properties: Properties) -> Any:
    return aws("cognito-idp").describe_user_pool_client(UserPoolId=properties["UserPoolId"], ClientId=physical_id)["UserPoolClient"]


READERS = {
    "AWS::Cognito::UserPool": Reader(
        _pool,
        (
            *same("MfaConfiguration", "EnabledMfas", "DeletionProtection", "UserPoolTier", "UserPoolAddOns"),
            *same("AdminCreateUserConfig", "AccountRecoverySetting", "UserAttributeUpdateSettings", "AutoVerifiedAttributes"),
            *same("UsernameConfiguration", "DeviceConfiguration", "UsernameAttributes"),
            Check("Policies.PasswordPolicy", "Policies.PasswordPolicy"),
        ),
    ),
    "AWS::Cognito::UserPoolClient": Reader(
        _client,
        same(
            "PreventUserExistenceErrors",
            "ExplicitAuthFlows",
            "EnableTokenRevocation",
            "AccessTokenValidity",
            "IdTokenValidity",
            "RefreshTokenValidity",
            "TokenValidityUnits",
            "AllowedOAuthFlows",
            "AllowedOAuthScopes",
            "AllowedOAuthFlowsUserPoolClient",
            "CallbackURLs",
            "LogoutURLs",
            "SupportedIdentityProviders",
        ),
    ),
}
