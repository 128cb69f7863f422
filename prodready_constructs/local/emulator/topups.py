"""Properties that ministack's CloudFormation handlers drop although its APIs hold them: applied again after the handler."""

from __future__ import annotations

import base64
from typing import Any

from ministack.core.responses import get_account_id, get_region

from prodready_constructs.local.emulator import bucket_topups
from prodready_constructs.local.emulator.calls import call, camel, client
from prodready_constructs.local.emulator.registration import Made, Properties, create_instead, divert, made_name, respell, top_up

Attributes = dict[str, Any]
_WAF_NAMES = {"Arn": "ARN"}
_PASSKEYS = {"RelyingPartyID": "RelyingPartyId", "UserVerification": "UserVerification", "FactorConfiguration": "FactorConfiguration"}


def install() -> None:
    """Wrap ministack's handlers of these types."""
    top_up("AWS::S3::Bucket", bucket_topups.complete)
    top_up("AWS::SNS::Topic", _topic)
    top_up("AWS::Events::EventBus", _bus)
    top_up("AWS::Lambda::Function", _function)
    top_up("AWS::Lambda::EventSourceMapping", _mapping)
    top_up("AWS::StepFunctions::StateMachine", _machine)
    divert("AWS::CloudWatch::Alarm", lambda properties: bool(properties.get("Metrics")), _math_alarm)
    create_instead("AWS::ECS::Service", _service)
    top_up("AWS::Scheduler::Schedule", _schedule)
    respell("AWS::WAFv2::WebACL", as_waf_spells)
    respell("AWS::ApiGateway::RestApi", _endpoint_configuration)
    respell("AWS::ApiGatewayV2::Api", lambda properties: _in_camel(properties, "CorsConfiguration"))
    respell("AWS::ApiGatewayV2::Stage", lambda properties: _in_camel(properties, "DefaultRouteSettings", "RouteSettings"))
    top_up("AWS::Cognito::UserPool", _user_pool)
    top_up("AWS::ApiGateway::RestApi", _api)
    top_up("AWS::ApiGateway::Method", _method)
    top_up("AWS::ApiGateway::Stage", _stage)
    top_up("AWS::ElasticLoadBalancingV2::Listener", _listener)


_TOPIC_ATTRIBUTES = ("KmsMasterKeyId", "TracingConfig", "SignatureVersion")
_FIFO_ATTRIBUTES = ("FifoTopic", "ContentBasedDeduplication", "FifoThroughputScope", "ArchivePolicy")


def _topic(arn: str, properties: Properties, _: Attributes) -> None:
    for name in (*_TOPIC_ATTRIBUTES, *_FIFO_ATTRIBUTES):
        if name in properties:
            call("sns", "set_topic_attributes", {"TopicArn": arn, "AttributeName": name, "AttributeValue": properties[name]})


def _bus(name: str, properties: Properties, _: Attributes) -> None:
    if properties.get("KmsKeyIdentifier"):
        client("events").update_event_bus(Name=name, KmsKeyIdentifier=properties["KmsKeyIdentifier"])


def _function(name: str, properties: Properties, _: Attributes) -> None:
    if "ReservedConcurrentExecutions" in properties:
        reserved = int(properties["ReservedConcurrentExecutions"])
        client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=reserved)
    # A template says KmsKeyArn where the API says KMSKeyArn.
    dropped: Properties = {key: properties[key] for key in ("DeadLetterConfig", "KmsKeyArn", "VpcConfig") if key in properties}
    if dropped:
        call("lambda", "update_function_configuration", {"FunctionName": name, **dropped})
    if "RecursiveLoop" in properties:
        client("lambda").put_function_recursion_config(FunctionName=name, RecursiveLoop=properties["RecursiveLoop"])


def _mapping(uuid: str, properties: Properties, _: Attributes) -> None:
    if str(properties.get("Enabled", True)).lower() == "false":
        client("lambda").update_event_source_mapping(UUID=uuid, Enabled=False)


def _machine(arn: str, properties: Properties, _: Attributes) -> None:
    if properties.get("LoggingConfiguration"):
        wanted = {"stateMachineArn": arn, "loggingConfiguration": properties["LoggingConfiguration"]}
        call("stepfunctions", "update_state_machine", wanted)


def _math_alarm(logical_id: str, properties: Properties, stack: str) -> Made:
    name = properties.get("AlarmName") or made_name(stack, logical_id, longest=255)
    wanted = {key: value for key, value in properties.items() if key != "Tags"}
    call("cloudwatch", "put_metric_alarm", {**wanted, "AlarmName": name})
    return name, {"Arn": f"arn:aws:cloudwatch:{get_region()}:{get_account_id()}:alarm:{name}"}


def _service(logical_id: str, properties: Properties, stack: str) -> Made:
    wanted = {"ServiceName": made_name(stack, logical_id), "DesiredCount": 1, **properties}
    made = call("ecs", "create_service", wanted)["service"]
    return made["serviceArn"], {"ServiceArn": made["serviceArn"], "Name": made["serviceName"]}


def _schedule(name: str, properties: Properties, _: Attributes) -> None:
    call("scheduler", "update_schedule", {**properties, "Name": name})


def as_waf_spells(value: Any) -> Any:
    """The API carries the search strings of a web ACL in base64, a template in plain text; the API says ARN, a template Arn."""
    if isinstance(value, dict):
        return {_WAF_NAMES.get(name, name): _waf_value(name, item) for name, item in value.items()}
    return [as_waf_spells(item) for item in value] if isinstance(value, list) else value


def _waf_value(name: str, value: Any) -> Any:
    if name == "SearchString" and isinstance(value, str):
        return base64.b64encode(value.encode()).decode()
    return as_waf_spells(value)


def _endpoint_configuration(properties: Properties) -> Properties:
    given = properties.get("EndpointConfiguration")
    return {**properties, "EndpointConfiguration": camel(given)} if given else properties


def _in_camel(properties: Properties, *names: str) -> Properties:
    """These properties as the API spells them; the keys of route settings are routes and stay."""
    spelt = {name: camel(properties[name]) for name in names if name in properties}
    if "RouteSettings" in spelt:
        spelt["RouteSettings"] = {route: camel(item) for route, item in properties["RouteSettings"].items()}
    return {**properties, **spelt}


def _user_pool(pool: str, properties: Properties, _: Attributes) -> None:
    passkeys = {name: properties[f"WebAuthn{given}"] for given, name in _PASSKEYS.items() if f"WebAuthn{given}" in properties}
    if passkeys:
        mfa = properties.get("MfaConfiguration", "OFF")
        client("cognito-idp").set_user_pool_mfa_config(UserPoolId=pool, WebAuthnConfiguration=passkeys, MfaConfiguration=mfa)


def _api(api: str, properties: Properties, _: Attributes) -> None:
    operations = _replacing(properties, "DisableExecuteApiEndpoint", "EndpointAccessMode", "SecurityPolicy")
    if operations:
        client("apigateway").update_rest_api(restApiId=api, patchOperations=operations)


def _replacing(properties: Properties, *names: str) -> list[dict[str, str]]:
    """Patch operations that set these properties, where they are given."""
    given = {f"/{name[:1].lower()}{name[1:]}": properties[name] for name in names if properties.get(name) is not None}
    values = {path: str(value).lower() if isinstance(value, bool) else str(value) for path, value in given.items()}
    return [{"op": "replace", "path": path, "value": value} for path, value in values.items()]


def _method(_: str, properties: Properties, __: Attributes) -> None:
    names = {"restApiId": properties["RestApiId"], "resourceId": properties["ResourceId"], "httpMethod": properties["HttpMethod"]}
    if operations := _replacing(properties, "RequestValidatorId"):
        client("apigateway").update_method(**names, patchOperations=operations)
    if operations := _replacing(properties.get("Integration", {}), "ConnectionId", "IntegrationTarget"):
        client("apigateway").update_integration(**names, patchOperations=operations)


def _listener(arn: str, properties: Properties, _: Attributes) -> None:
    if properties.get("ListenerAttributes"):
        call("elbv2", "modify_listener_attributes", {"ListenerArn": arn, "Attributes": properties["ListenerAttributes"]})


_STAGE_FIELDS = {
    "AccessLogSetting": "/accessLogSettings",
    "CacheClusterEnabled": "/cacheClusterEnabled",
    "CacheClusterSize": "/cacheClusterSize",
    "ClientCertificateId": "/clientCertificateId",
}


def _stage(name: str, properties: Properties, _: Attributes) -> None:
    operations = []
    for field, path in _STAGE_FIELDS.items():
        value = camel(properties.get(field))
        if isinstance(value, dict):
            operations += [{"op": "replace", "path": f"{path}/{member}", "value": str(item)} for member, item in value.items()]
        elif value is not None:
            operations.append({"op": "replace", "path": path, "value": str(value).lower() if isinstance(value, bool) else str(value)})
    if operations:
        client("apigateway").update_stage(restApiId=properties["RestApiId"], stageName=name, patchOperations=operations)
