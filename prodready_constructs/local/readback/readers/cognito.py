"""Cognito."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader, same


def _pool(aws: Aws, physical_id: str, _: Properties) -> Any:
    cognito = aws("cognito-idp")
    described = cognito.describe_user_pool(UserPoolId=physical_id)["UserPool"]
    mfa = cognito.get_user_pool_mfa_config(UserPoolId=physical_id)
    enabled = ["SOFTWARE_TOKEN_MFA"] if mfa.get("SoftwareTokenMfaConfiguration", {}).get("Enabled") else []
    passkeys = mfa.get("WebAuthnConfiguration", {})
    return {**described, "EnabledMfas": [*enabled, *(["SMS_MFA"] if mfa.get("SmsMfaConfiguration") else [])], "Passkeys": passkeys}


def _client(aws: Aws, physical_id: str, properties: Properties) -> Any:
    return aws("cognito-idp").describe_user_pool_client(UserPoolId=properties["UserPoolId"], ClientId=physical_id)["UserPoolClient"]


def _has_secret(live: Any) -> bool:
    return bool(live.get("ClientSecret"))


def _domain(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("cognito-idp").describe_user_pool_domain(Domain=physical_id)["DomainDescription"]


def _server(aws: Aws, _: str, properties: Properties) -> Any:
    named = {"UserPoolId": properties["UserPoolId"], "Identifier": properties["Identifier"]}
    return aws("cognito-idp").describe_resource_server(**named)["ResourceServer"]


def _group(aws: Aws, _: str, properties: Properties) -> Any:
    return aws("cognito-idp").get_group(UserPoolId=properties["UserPoolId"], GroupName=properties["GroupName"])["Group"]


def _identity_pool(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("cognito-identity").describe_identity_pool(IdentityPoolId=physical_id)


def _roles(aws: Aws, _: str, properties: Properties) -> Any:
    return aws("cognito-identity").get_identity_pool_roles(IdentityPoolId=properties["IdentityPoolId"])


def _mappings(value: Any) -> list[Any]:
    """Role mappings without the names of the providers: a template may give each an alias of its own."""
    return [{name: item for name, item in each.items() if name != "IdentityProvider"} for each in value.values()]


READERS = {
    "AWS::Cognito::UserPool": Reader(
        _pool,
        (
            *same("MfaConfiguration", "EnabledMfas", "DeletionProtection", "UserPoolTier", "UserPoolAddOns"),
            *same("AdminCreateUserConfig", "AccountRecoverySetting", "UserAttributeUpdateSettings", "AutoVerifiedAttributes"),
            *same("UsernameConfiguration", "DeviceConfiguration", "UsernameAttributes", "LambdaConfig"),
            Check("Policies.PasswordPolicy", "Policies.PasswordPolicy"),
            Check("Policies.SignInPolicy", "Policies.SignInPolicy"),
            Check("WebAuthnRelyingPartyID", "Passkeys.RelyingPartyId"),
            Check("WebAuthnUserVerification", "Passkeys.UserVerification"),
            Check("WebAuthnFactorConfiguration", "Passkeys.FactorConfiguration"),
        ),
    ),
    "AWS::Cognito::UserPoolClient": Reader(
        _client,
        (
            *same("PreventUserExistenceErrors", "ExplicitAuthFlows", "EnableTokenRevocation", "AuthSessionValidity"),
            *same("AccessTokenValidity", "IdTokenValidity", "RefreshTokenValidity", "TokenValidityUnits"),
            *same("AllowedOAuthFlows", "AllowedOAuthScopes", "AllowedOAuthFlowsUserPoolClient", "CallbackURLs", "LogoutURLs"),
            *same("SupportedIdentityProviders", "ReadAttributes", "WriteAttributes"),
            Check("GenerateSecret", _has_secret),
        ),
    ),
    "AWS::Cognito::UserPoolDomain": Reader(
        _domain,
        (
            *same("Domain", "ManagedLoginVersion", "UserPoolId"),
            Check("CustomDomainConfig.CertificateArn", "CustomDomainConfig.CertificateArn"),
        ),
    ),
    "AWS::Cognito::UserPoolResourceServer": Reader(_server, same("Identifier", "Name", "Scopes")),
    "AWS::Cognito::UserPoolGroup": Reader(_group, same("GroupName", "RoleArn", "Precedence", "Description")),
    "AWS::Cognito::IdentityPool": Reader(
        _identity_pool, same("AllowUnauthenticatedIdentities", "AllowClassicFlow", "CognitoIdentityProviders", "SamlProviderARNs")
    ),
    "AWS::Cognito::IdentityPoolRoleAttachment": Reader(
        _roles, (*same("Roles"), Check("RoleMappings", lambda live: _mappings(live["RoleMappings"]), _mappings))
    ),
}
