"""AppSync: GraphQL and event APIs."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader


def _last(physical_id: str) -> str:
    return physical_id.rpartition("/")[2]


def _graphql(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("appsync").get_graphql_api(apiId=physical_id)["graphqlApi"]


def _schema(aws: Aws, _: str, properties: Properties) -> Any:
    return aws("appsync").get_introspection_schema(apiId=properties["ApiId"], format="SDL")["schema"].read().decode()


def _data_source(aws: Aws, _: str, properties: Properties) -> Any:
    return aws("appsync").get_data_source(apiId=properties["ApiId"], name=properties["Name"])["dataSource"]


def _resolver(aws: Aws, _: str, properties: Properties) -> Any:
    names = {"typeName": properties["TypeName"], "fieldName": properties["FieldName"]}
    return aws("appsync").get_resolver(apiId=properties["ApiId"], **names)["resolver"]


def _function(aws: Aws, physical_id: str, properties: Properties) -> Any:
    return aws("appsync").get_function(apiId=properties["ApiId"], functionId=_last(physical_id))["functionConfiguration"]


def _cache(aws: Aws, _: str, properties: Properties) -> Any:
    return aws("appsync").get_api_cache(apiId=properties["ApiId"])["apiCache"]


def _key(aws: Aws, physical_id: str, properties: Properties) -> Any:
    keys = aws("appsync").list_api_keys(apiId=properties["ApiId"])["apiKeys"]
    return next(each for each in keys if each["id"] == _last(physical_id))


def _events(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("appsync").get_api(apiId=_last(physical_id))["api"]


def _channel(aws: Aws, _: str, properties: Properties) -> Any:
    return aws("appsync").get_channel_namespace(apiId=properties["ApiId"], name=properties["Name"])["channelNamespace"]


def _camel(*properties: str) -> tuple[Check, ...]:
    """Properties that the API spells with a small first letter."""
    return tuple(Check(name, name[:1].lower() + name[1:]) for name in properties)


def _fields(definition: Any) -> list[str]:
    """The words of a schema, in order: the API may lay it out in another way."""
    return str(definition).split()


READERS = {
    "AWS::AppSync::GraphQLApi": Reader(
        _graphql,
        (
            *_camel("AuthenticationType", "Name", "XrayEnabled", "IntrospectionConfig", "QueryDepthLimit", "ResolverCountLimit"),
            *_camel("LogConfig", "UserPoolConfig", "LambdaAuthorizerConfig", "OpenIDConnectConfig", "AdditionalAuthenticationProviders"),
            *_camel("Visibility", "EnhancedMetricsConfig"),
        ),
    ),
    "AWS::AppSync::GraphQLSchema": Reader(_schema, (Check("Definition", _fields, _fields),)),
    "AWS::AppSync::DataSource": Reader(
        _data_source,
        (*_camel("Name", "Type", "ServiceRoleArn", "LambdaConfig", "HttpConfig"), Check("DynamoDBConfig", "dynamodbConfig")),
    ),
    "AWS::AppSync::Resolver": Reader(_resolver, _camel("DataSourceName", "Kind", "Runtime", "Code", "PipelineConfig", "CachingConfig")),
    "AWS::AppSync::FunctionConfiguration": Reader(_function, _camel("Name", "DataSourceName", "Runtime", "Code")),
    "AWS::AppSync::ApiCache": Reader(
        _cache, _camel("AtRestEncryptionEnabled", "TransitEncryptionEnabled", "ApiCachingBehavior", "Ttl", "Type", "HealthMetricsConfig")
    ),
    "AWS::AppSync::ApiKey": Reader(_key, _camel("Expires", "Description")),
    "AWS::AppSync::Api": Reader(_events, _camel("Name", "EventConfig")),
    "AWS::AppSync::ChannelNamespace": Reader(_channel, _camel("Name", "PublishAuthModes", "SubscribeAuthModes", "CodeHandlers")),
}
