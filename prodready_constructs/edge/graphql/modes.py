"""The ways callers are known, as the two kinds of AppSync API want them written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from aws_cdk import aws_appsync as appsync

from prodready_constructs.edge.graphql.authorization import DIRECTIVES, AppSyncAuthorization
from prodready_constructs.errors import ConfigurationError

if TYPE_CHECKING:
    from prodready_constructs.edge.graphql.schema import GraphqlSchema

_Graphql, _Events = appsync.CfnGraphQLApi, appsync.CfnApi


def graphql_options(authorization: Sequence[AppSyncAuthorization]) -> dict[str, Any]:
    """What ``CfnGraphQLApi`` is told: the first way, and the additional ones."""
    first, *others = authorization
    pool = first.user_pool
    return {
        "authentication_type": first.mode,
        "user_pool_config": _Graphql.UserPoolConfigProperty(
            user_pool_id=pool.user_pool_id,
            aws_region=pool.env.region,
            app_id_client_regex=first.client_pattern,
            # Whoever is signed in may ask; the schema's groups say who may not.
            default_action="ALLOW",
        )
        if pool
        else None,
        "open_id_connect_config": _openid(first),
        "lambda_authorizer_config": _decided(first),
        "additional_authentication_providers": [
            _Graphql.AdditionalAuthenticationProviderProperty(
                authentication_type=one.mode,
                user_pool_config=_Graphql.CognitoUserPoolConfigProperty(
                    user_pool_id=one.user_pool.user_pool_id,
                    aws_region=one.user_pool.env.region,
                    app_id_client_regex=one.client_pattern,
                )
                if one.user_pool
                else None,
                open_id_connect_config=_openid(one),
                lambda_authorizer_config=_decided(one),
            )
            for one in others
        ]
        or None,
    }


def event_providers(authorization: Sequence[AppSyncAuthorization]) -> list[appsync.CfnApi.AuthProviderProperty]:
    """What ``CfnApi`` is told."""
    return [
        _Events.AuthProviderProperty(
            auth_type=one.mode,
            cognito_config=_Events.CognitoConfigProperty(
                user_pool_id=one.user_pool.user_pool_id, aws_region=one.user_pool.env.region, app_id_client_regex=one.client_pattern
            )
            if one.user_pool
            else None,
            open_id_connect_config=_Events.OpenIDConnectConfigProperty(issuer=one.issuer, client_id=one.client_pattern)
            if one.issuer
            else None,
            lambda_authorizer_config=_Events.LambdaAuthorizerConfigProperty(
                authorizer_uri=one.decided_by.function_arn,
                authorizer_result_ttl_in_seconds=int(one.decision_life.total_seconds()),
                identity_validation_expression=one.token_pattern,
            )
            if one.decided_by
            else None,
        )
        for one in authorization
    ]


def _openid(one: AppSyncAuthorization) -> appsync.CfnGraphQLApi.OpenIDConnectConfigProperty | None:
    return _Graphql.OpenIDConnectConfigProperty(issuer=one.issuer, client_id=one.client_pattern) if one.issuer else None


def _decided(one: AppSyncAuthorization) -> appsync.CfnGraphQLApi.LambdaAuthorizerConfigProperty | None:
    if not one.decided_by:
        return None
    return _Graphql.LambdaAuthorizerConfigProperty(
        authorizer_uri=one.decided_by.function_arn,
        authorizer_result_ttl_in_seconds=int(one.decision_life.total_seconds()),
        identity_validation_expression=one.token_pattern,
    )


def require_modes(where: str, schema: GraphqlSchema, authorization: Sequence[AppSyncAuthorization]) -> None:
    """Refuse a directive of *schema* that AppSync would not accept or not enforce."""
    modes = {one.mode for one in authorization}
    for directive, place in schema.directives.items():
        if DIRECTIVES[directive] not in modes:
            raise ConfigurationError(
                place,
                given=f"@{directive}",
                allowed=f"directives of the ways {where} knows callers: {', '.join(sorted(modes))}",
                mend="add that way to authorization=, or take the directive away",
            )
        if directive == "aws_auth" and len(authorization) > 1:
            raise ConfigurationError(
                place,
                given="@aws_auth beside a second way to be known",
                allowed="@aws_cognito_user_pools: AppSync does not enforce @aws_auth there",
                mend="write @aws_cognito_user_pools(cognito_groups: [...])",
            )
