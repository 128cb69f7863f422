"""API Gateway."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader, camel


def _api(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("apigateway").get_rest_api(restApiId=physical_id)


def _stage(aws: Aws, physical_id: str, properties: Properties) -> Any:
    return aws("apigateway").get_stage(restApiId=properties["RestApiId"], stageName=physical_id)


def _method(aws: Aws, _: str, properties: Properties) -> Any:
    api = properties["RestApiId"]
    resource = properties["ResourceId"]
    if not isinstance(resource, str):
        # Fn::GetAtt RootResourceId
        resource = next(each["id"] for each in aws("apigateway").get_resources(restApiId=api)["items"] if each["path"] == "/")
    return aws("apigateway").get_method(restApiId=api, resourceId=resource, httpMethod=properties["HttpMethod"])


def _validator(aws: Aws, physical_id: str, properties: Properties) -> Any:
    return aws("apigateway").get_request_validator(restApiId=properties["RestApiId"], requestValidatorId=physical_id)


def _plan(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("apigateway").get_usage_plan(usagePlanId=physical_id)


def _authorizer(aws: Aws, physical_id: str, properties: Properties) -> Any:
    return aws("apigateway").get_authorizer(restApiId=properties["RestApiId"], authorizerId=physical_id)


def _gateway_response(aws: Aws, _: str, properties: Properties) -> Any:
    return aws("apigateway").get_gateway_response(restApiId=properties["RestApiId"], responseType=properties["ResponseType"])


def _domain(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("apigateway").get_domain_name(domainName=physical_id)


_SETTINGS = (
    "CacheDataEncrypted",
    "CacheTtlInSeconds",
    "CachingEnabled",
    "DataTraceEnabled",
    "LoggingLevel",
    "MetricsEnabled",
    "ThrottlingBurstLimit",
    "ThrottlingRateLimit",
)


def _method_settings(value: Any) -> Any:
    """The template's list as the map of the API: "*/*" for the whole stage, else path without its first slash and method."""
    settings = {}
    for item in value:
        path, method = item.get("ResourcePath", "/*"), item.get("HttpMethod", "*")
        key = "*/*" if (path, method) == ("/*", "*") else f"{path}/{method}"
        settings[key] = {name: item[name] for name in _SETTINGS if name in item}
    return settings


def _v2_api(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("apigatewayv2").get_api(ApiId=physical_id)


def _v2_stage(aws: Aws, physical_id: str, properties: Properties) -> Any:
    return aws("apigatewayv2").get_stage(ApiId=properties["ApiId"], StageName=properties["StageName"])


READERS = {
    "AWS::ApiGateway::RestApi": Reader(
        _api,
        (
            Check("Name", "name"),
            Check("Description", "description"),
            Check("EndpointConfiguration.Types", "endpointConfiguration.types"),
            Check("DisableExecuteApiEndpoint", "disableExecuteApiEndpoint"),
            Check("MinimumCompressionSize", "minimumCompressionSize"),
        ),
    ),
    "AWS::ApiGateway::Stage": Reader(
        _stage,
        (
            Check("TracingEnabled", "tracingEnabled"),
            Check("MethodSettings", "methodSettings", _method_settings),
            Check("AccessLogSetting", "accessLogSettings"),
            Check("CacheClusterEnabled", "cacheClusterEnabled"),
            Check("CacheClusterSize", "cacheClusterSize"),
            Check("ClientCertificateId", "clientCertificateId"),
            Check("StageName", "stageName"),
        ),
    ),
    "AWS::ApiGateway::Method": Reader(
        _method,
        (
            Check("AuthorizationType", "authorizationType"),
            Check("AuthorizerId", "authorizerId"),
            Check("ApiKeyRequired", "apiKeyRequired"),
            Check("RequestValidatorId", "requestValidatorId"),
            Check("HttpMethod", "httpMethod"),
            Check("AuthorizationScopes", "authorizationScopes"),
        ),
    ),
    "AWS::ApiGateway::RequestValidator": Reader(
        _validator,
        (
            Check("ValidateRequestBody", "validateRequestBody"),
            Check("ValidateRequestParameters", "validateRequestParameters"),
        ),
    ),
    "AWS::ApiGateway::UsagePlan": Reader(_plan, (Check("Throttle", "throttle"), Check("Quota", "quota", camel))),
    "AWS::ApiGateway::Authorizer": Reader(
        _authorizer,
        (
            Check("Type", "type"),
            Check("ProviderARNs", "providerARNs"),
            Check("IdentitySource", "identitySource"),
            Check("AuthorizerResultTtlInSeconds", "authorizerResultTtlInSeconds"),
        ),
    ),
    "AWS::ApiGateway::GatewayResponse": Reader(
        _gateway_response,
        (
            Check("ResponseType", "responseType"),
            Check("ResponseParameters", "responseParameters"),
            Check("StatusCode", "statusCode"),
        ),
    ),
    "AWS::ApiGateway::DomainName": Reader(
        _domain,
        (
            Check("SecurityPolicy", "securityPolicy"),
            Check("EndpointConfiguration.Types", "endpointConfiguration.types"),
            Check("RegionalCertificateArn", "regionalCertificateArn"),
            Check("DomainName", "domainName"),
        ),
    ),
    "AWS::ApiGatewayV2::Api": Reader(
        _v2_api,
        (Check("Name", "Name"), Check("ProtocolType", "ProtocolType"), Check("DisableExecuteApiEndpoint", "DisableExecuteApiEndpoint")),
    ),
    "AWS::ApiGatewayV2::Stage": Reader(_v2_stage, (Check("AutoDeploy", "AutoDeploy"), Check("StageName", "StageName"))),
}
