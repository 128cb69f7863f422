"""AppSync and API Gateway: types that ministack's CloudFormation lacks, or only draws an id for, and its APIs, or moto's, have."""

from __future__ import annotations

from ministack.core.responses import get_account_id, get_region
from ministack.services import appsync_events

from prodready_constructs.local.emulator.calls import call, client, moto_client
from prodready_constructs.local.emulator.registration import Made, Properties, creates, divert, made_name


def _delete_function(physical_id: str, properties: Properties) -> None:
    client("appsync").delete_function(apiId=properties["ApiId"], functionId=physical_id.rpartition("/")[2])


@creates("AWS::AppSync::FunctionConfiguration", delete=_delete_function, instead=True)
def resolver_function(logical_id: str, properties: Properties, stack: str) -> Made:
    # ministack's own handler draws an id and stores nothing.
    made = call("appsync", "create_function", properties)["functionConfiguration"]
    arn = f"arn:aws:appsync:{get_region()}:{get_account_id()}:apis/{properties['ApiId']}/functions/{made['functionId']}"
    attributes = {"FunctionArn": arn, "FunctionId": made["functionId"], "Name": made["name"], "DataSourceName": made["dataSourceName"]}
    return arn, attributes


@creates("AWS::AppSync::ApiCache", delete=lambda _, properties: client("appsync").delete_api_cache(apiId=properties["ApiId"]))
def api_cache(logical_id: str, properties: Properties, stack: str) -> Made:
    call("appsync", "create_api_cache", properties)
    return f"{properties['ApiId']}-cache", {"Id": properties["ApiId"]}


@creates("AWS::AppSync::Api", delete=lambda physical_id, _: client("appsync").delete_api(apiId=physical_id.rpartition("/")[2]))
def event_api(logical_id: str, properties: Properties, stack: str) -> Made:
    made = call("appsync", "create_api", properties)["api"]
    dns = made["dns"]
    return made["apiArn"], {
        "ApiArn": made["apiArn"],
        "ApiId": made["apiId"],
        "Dns.Http": dns.get("HTTP", ""),
        "Dns.Realtime": dns.get("REALTIME", ""),
    }


def divert_event_keys() -> None:
    """ministack's own handler keeps the key of an event API beside the GraphQL APIs, where no call finds it."""
    divert("AWS::AppSync::ApiKey", lambda properties: properties["ApiId"] in appsync_events._apis, _event_key)


def _event_key(logical_id: str, properties: Properties, stack: str) -> Made:
    key = call("appsync", "create_api_key", properties)["apiKey"]["id"]
    arn = f"arn:aws:appsync:{get_region()}:{get_account_id()}:apis/{properties['ApiId']}/apikeys/{key}"
    return key, {"ApiKeyId": key, "ApiKey": key, "Arn": arn}


def _delete_channel(_: str, properties: Properties) -> None:
    client("appsync").delete_channel_namespace(apiId=properties["ApiId"], name=properties["Name"])


@creates("AWS::AppSync::ChannelNamespace", delete=_delete_channel)
def channel_namespace(logical_id: str, properties: Properties, stack: str) -> Made:
    arn = call("appsync", "create_channel_namespace", properties)["channelNamespace"]["channelNamespaceArn"]
    return arn, {"ChannelNamespaceArn": arn}


@creates(
    "AWS::ApiGatewayV2::VpcLink",
    backing="moto",
    delete=lambda physical_id, _: moto_client("apigatewayv2").delete_vpc_link(VpcLinkId=physical_id),
)
def vpc_link(logical_id: str, properties: Properties, stack: str) -> Made:
    wanted = {"Name": made_name(stack, logical_id), **properties}
    made = call("apigatewayv2", "create_vpc_link", wanted, api=moto_client("apigatewayv2"))["VpcLinkId"]
    return made, {"VpcLinkId": made}


@creates(
    "AWS::ApiGateway::VpcLink",
    backing="moto",
    delete=lambda physical_id, _: moto_client("apigateway").delete_vpc_link(vpcLinkId=physical_id),
)
def network_link(logical_id: str, properties: Properties, stack: str) -> Made:
    made = call("apigateway", "create_vpc_link", properties, api=moto_client("apigateway"))["id"]
    return made, {"VpcLinkId": made}
