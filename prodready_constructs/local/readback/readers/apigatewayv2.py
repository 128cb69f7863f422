"""API Gateway: HTTP and WebSocket APIs, and the VPC links that REST APIs use too."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Properties, Reader, same


def _api(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("apigatewayv2").get_api(ApiId=physical_id)


def _stage(aws: Aws, _: str, properties: Properties) -> Any:
    return aws("apigatewayv2").get_stage(ApiId=properties["ApiId"], StageName=properties["StageName"])


def _route(aws: Aws, physical_id: str, properties: Properties) -> Any:
    return aws("apigatewayv2").get_route(ApiId=properties["ApiId"], RouteId=physical_id.rpartition("/")[2])


def _integration(aws: Aws, physical_id: str, properties: Properties) -> Any:
    return aws("apigatewayv2").get_integration(ApiId=properties["ApiId"], IntegrationId=physical_id)


def _authorizer(aws: Aws, physical_id: str, properties: Properties) -> Any:
    return aws("apigatewayv2").get_authorizer(ApiId=properties["ApiId"], AuthorizerId=physical_id)


def _domain(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("apigatewayv2").get_domain_name(DomainName=physical_id)


def _mapping(aws: Aws, physical_id: str, properties: Properties) -> Any:
    return aws("apigatewayv2").get_api_mapping(DomainName=properties["DomainName"], ApiMappingId=physical_id)


def _link(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("apigatewayv2").get_vpc_link(VpcLinkId=physical_id)


READERS = {
    "AWS::ApiGatewayV2::Api": Reader(
        _api, same("Name", "Description", "ProtocolType", "DisableExecuteApiEndpoint", "CorsConfiguration", "RouteSelectionExpression")
    ),
    "AWS::ApiGatewayV2::Stage": Reader(
        _stage, same("AutoDeploy", "StageName", "AccessLogSettings", "DefaultRouteSettings", "RouteSettings")
    ),
    "AWS::ApiGatewayV2::Route": Reader(
        _route, same("RouteKey", "AuthorizationType", "AuthorizerId", "AuthorizationScopes", "Target", "ApiKeyRequired")
    ),
    "AWS::ApiGatewayV2::Integration": Reader(
        _integration,
        (
            *same("IntegrationType", "IntegrationUri", "IntegrationMethod", "ConnectionType", "ConnectionId", "PayloadFormatVersion"),
            *same("TimeoutInMillis", "RequestParameters"),
        ),
    ),
    "AWS::ApiGatewayV2::Authorizer": Reader(
        _authorizer,
        (
            *same("Name", "AuthorizerType", "IdentitySource", "JwtConfiguration", "AuthorizerUri", "AuthorizerResultTtlInSeconds"),
            *same("EnableSimpleResponses", "AuthorizerPayloadFormatVersion", "AuthorizerCredentialsArn"),
        ),
    ),
    "AWS::ApiGatewayV2::DomainName": Reader(
        _domain, same("DomainName", "DomainNameConfigurations", "RoutingMode", "MutualTlsAuthentication")
    ),
    "AWS::ApiGatewayV2::ApiMapping": Reader(_mapping, same("ApiId", "Stage", "ApiMappingKey")),
    "AWS::ApiGatewayV2::VpcLink": Reader(_link, same("Name", "SecurityGroupIds", "SubnetIds")),
}
