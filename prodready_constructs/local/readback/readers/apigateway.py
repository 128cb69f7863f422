"""API Gateway."""

from __future__ import annotations

import json
from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader, camel, same

_INTEGRATION = ("Type", "Uri", "ConnectionType", "ConnectionId", "IntegrationTarget", "TimeoutInMillis", "RequestParameters")
_OPERATIONS = frozenset(
    ("get", "put", "post", "delete", "patch", "head", "options", "x-amazon-apigateway-any-method"),
)


def _api(aws: Aws, physical_id: str, properties: Properties) -> Any:
    api = aws("apigateway")
    live = api.get_rest_api(restApiId=physical_id)
    if "Body" in properties:
        pages = api.get_paginator("get_resources").paginate(restApiId=physical_id, embed=["methods"])
        methods = {
            f"{method} {resource['path']}": described.get("authorizationType")
            for page in pages
            for resource in page["items"]
            for method, described in resource.get("resourceMethods", {}).items()
        }
        live["guarded"] = {name: kind not in (None, "NONE") for name, kind in methods.items()}
    return live


def _unescaped(policy: Any) -> Any:
    """API Gateway answers with a policy whose quotes are escaped once more."""
    return json.loads(f'"{policy}"') if isinstance(policy, str) and policy.startswith('{\\"') else policy


def _guarded_operations(body: Any) -> dict[str, bool]:
    """Every operation of an imported definition, and whether it asks who calls."""
    names = {"x-amazon-apigateway-any-method": "ANY"}
    return {
        f"{names.get(method, method.upper())} {path}": any(operation.get("security", body.get("security")) or ())
        for path, operations in body["paths"].items()
        for method, operation in operations.items()
        if method in _OPERATIONS
    }


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


def _stages(value: Any) -> Any:
    return [{"apiId": each["ApiId"], "stage": each["Stage"]} for each in value]


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


def _model(aws: Aws, physical_id: str, properties: Properties) -> Any:
    return aws("apigateway").get_model(restApiId=properties["RestApiId"], modelName=physical_id)


def _key(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("apigateway").get_api_key(apiKey=physical_id)


def _plan_key(aws: Aws, _: str, properties: Properties) -> Any:
    key = aws("apigateway").get_usage_plan_key(usagePlanId=properties["UsagePlanId"], keyId=properties["KeyId"])
    return {"KeyId": key["id"], "KeyType": key["type"]}


def _link(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("apigateway").get_vpc_link(vpcLinkId=physical_id)


def _account(aws: Aws, _: str, __: Properties) -> Any:
    return aws("apigateway").get_account()


def _base_path(aws: Aws, _: str, properties: Properties) -> Any:
    base = properties.get("BasePath") or "(none)"
    return aws("apigateway").get_base_path_mapping(domainName=properties["DomainName"], basePath=base)


READERS = {
    "AWS::ApiGateway::RestApi": Reader(
        _api,
        (
            Check("Name", "name"),
            Check("Description", "description"),
            Check("EndpointConfiguration.Types", "endpointConfiguration.types"),
            Check("DisableExecuteApiEndpoint", "disableExecuteApiEndpoint"),
            Check("EndpointAccessMode", "endpointAccessMode"),
            Check("SecurityPolicy", "securityPolicy"),
            Check("MinimumCompressionSize", "minimumCompressionSize"),
            Check("Policy", lambda live: _unescaped(live["policy"])),
            Check("Body", "guarded", _guarded_operations),
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
            *(Check(f"Integration.{name}", f"methodIntegration.{name[:1].lower()}{name[1:]}") for name in _INTEGRATION),
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
    "AWS::ApiGateway::UsagePlan": Reader(
        _plan, (Check("Throttle", "throttle"), Check("Quota", "quota", camel), Check("ApiStages", "apiStages", _stages))
    ),
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
            Check("ResponseTemplates", "responseTemplates"),
        ),
    ),
    "AWS::ApiGateway::DomainName": Reader(
        _domain,
        (
            Check("SecurityPolicy", "securityPolicy"),
            Check("EndpointAccessMode", "endpointAccessMode"),
            Check("EndpointConfiguration.Types", "endpointConfiguration.types"),
            Check("RegionalCertificateArn", "regionalCertificateArn"),
            Check("DomainName", "domainName"),
        ),
    ),
    "AWS::ApiGateway::Model": Reader(_model, (Check("ContentType", "contentType"), Check("Schema", "schema"))),
    "AWS::ApiGateway::Account": Reader(_account, (Check("CloudWatchRoleArn", "cloudwatchRoleArn"),)),
    "AWS::ApiGateway::ApiKey": Reader(_key, (Check("Enabled", "enabled"), Check("Name", "name"))),
    "AWS::ApiGateway::UsagePlanKey": Reader(_plan_key, same("KeyId", "KeyType")),
    "AWS::ApiGateway::VpcLink": Reader(_link, (Check("Name", "name"), Check("TargetArns", "targetArns"))),
    "AWS::ApiGateway::BasePathMapping": Reader(_base_path, (Check("RestApiId", "restApiId"), Check("Stage", "stage"))),
}
