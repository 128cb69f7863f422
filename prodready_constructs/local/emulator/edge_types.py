"""CloudFront, Route 53 and log delivery: types that ministack's CloudFormation lacks and its APIs have."""

from __future__ import annotations

from typing import Any

from ministack.services import route53

from prodready_constructs.local.emulator.calls import call, camel, client
from prodready_constructs.local.emulator.registration import Made, Properties, creates, made_name


def _delete_vpc_origin(physical_id: str, _: Properties) -> None:
    cloudfront = client("cloudfront")
    cloudfront.delete_vpc_origin(Id=physical_id, IfMatch=cloudfront.get_vpc_origin(Id=physical_id)["ETag"])


@creates("AWS::CloudFront::VpcOrigin", delete=_delete_vpc_origin)
def vpc_origin(logical_id: str, properties: Properties, stack: str) -> Made:
    config = _cloudfront_lists(dict(properties["VpcOriginEndpointConfig"]))
    made = call("cloudfront", "create_vpc_origin", {"VpcOriginEndpointConfig": config})["VpcOrigin"]
    return made["Id"], {"Id": made["Id"], "Arn": made.get("Arn", ""), "Status": made.get("Status", "Deployed")}


def _cloudfront_lists(config: dict[str, Any]) -> dict[str, Any]:
    """CloudFront's API counts its lists; its template spelling does not."""
    protocols = config.pop("OriginSSLProtocols", None)
    if protocols is not None:
        config["OriginSslProtocols"] = {"Quantity": len(protocols), "Items": protocols}
    config.setdefault("HTTPPort", 80)
    config.setdefault("HTTPSPort", 443)
    config.setdefault("OriginProtocolPolicy", "match-viewer")
    return config


def _delete_public_key(physical_id: str, _: Properties) -> None:
    cloudfront = client("cloudfront")
    cloudfront.delete_public_key(Id=physical_id, IfMatch=cloudfront.get_public_key(Id=physical_id)["ETag"])


@creates("AWS::CloudFront::PublicKey", delete=_delete_public_key)
def public_key(logical_id: str, properties: Properties, stack: str) -> Made:
    made = call("cloudfront", "create_public_key", properties)["PublicKey"]
    return made["Id"], {"Id": made["Id"], "CreatedTime": str(made["CreatedTime"])}


def _delete_key_group(physical_id: str, _: Properties) -> None:
    cloudfront = client("cloudfront")
    cloudfront.delete_key_group(Id=physical_id, IfMatch=cloudfront.get_key_group(Id=physical_id)["ETag"])


@creates("AWS::CloudFront::KeyGroup", delete=_delete_key_group)
def key_group(logical_id: str, properties: Properties, stack: str) -> Made:
    made = call("cloudfront", "create_key_group", properties)["KeyGroup"]
    return made["Id"], {"Id": made["Id"], "LastModifiedTime": str(made["LastModifiedTime"])}


@creates(
    "AWS::CloudFront::MonitoringSubscription",
    delete=lambda _, properties: client("cloudfront").delete_monitoring_subscription(DistributionId=properties["DistributionId"]),
)
def monitoring_subscription(logical_id: str, properties: Properties, stack: str) -> Made:
    call("cloudfront", "create_monitoring_subscription", properties)
    return properties["DistributionId"], {}


@creates("AWS::Route53::HealthCheck", delete=lambda physical_id, _: client("route53").delete_health_check(HealthCheckId=physical_id))
def health_check(logical_id: str, properties: Properties, stack: str) -> Made:
    wanted = {"CallerReference": made_name(stack, logical_id, longest=64), "HealthCheckConfig": properties["HealthCheckConfig"]}
    made = call("route53", "create_health_check", wanted)["HealthCheck"]["Id"]
    return made, {"HealthCheckId": made}


def read_health_checks() -> None:
    """ministack reads the lists of a health check one level too deep, and writes its truths in Python's spelling."""
    original = route53._parse_health_check_config

    def parse(element: Any) -> dict[str, Any]:
        config: dict[str, Any] = original(element)
        for child in element:
            name = child.tag.rpartition("}")[2]
            if name in ("ChildHealthChecks", "Regions"):
                config[name] = [item.text for item in child]
        return {name: str(value).lower() if isinstance(value, bool) else value for name, value in config.items()}

    route53._parse_health_check_config = parse


@creates("AWS::Logs::DeliverySource", delete=lambda physical_id, _: client("logs").delete_delivery_source(name=physical_id))
def delivery_source(logical_id: str, properties: Properties, stack: str) -> Made:
    made = call("logs", "put_delivery_source", camel(_without_tags(properties)))["deliverySource"]
    return made["name"], {"Arn": made["arn"], "Service": made.get("service", ""), "ResourceArns": made.get("resourceArns", [])}


@creates("AWS::Logs::DeliveryDestination", delete=lambda physical_id, _: client("logs").delete_delivery_destination(name=physical_id))
def delivery_destination(logical_id: str, properties: Properties, stack: str) -> Made:
    wanted = camel(_without_tags(properties))
    target = wanted.pop("destinationResourceArn", None)
    if target:
        wanted["deliveryDestinationConfiguration"] = {"destinationResourceArn": target}
    made = call("logs", "put_delivery_destination", wanted)["deliveryDestination"]
    return made["name"], {"Arn": made["arn"], "DeliveryDestinationType": made.get("deliveryDestinationType", "CWL")}


@creates("AWS::Logs::Delivery", delete=lambda physical_id, _: client("logs").delete_delivery(id=physical_id))
def delivery(logical_id: str, properties: Properties, stack: str) -> Made:
    wanted = camel(_without_tags(properties))
    if "s3SuffixPath" in wanted or "s3EnableHiveCompatiblePath" in wanted:
        wanted["s3DeliveryConfiguration"] = {
            "suffixPath": wanted.pop("s3SuffixPath", ""),
            "enableHiveCompatiblePath": wanted.pop("s3EnableHiveCompatiblePath", False),
        }
    made = call("logs", "create_delivery", wanted)["delivery"]
    return made["id"], {"DeliveryId": made["id"], "Arn": made["arn"], "DeliveryDestinationType": made.get("deliveryDestinationType", "CWL")}


def _without_tags(properties: Properties) -> Properties:
    return {name: value for name, value in properties.items() if name != "Tags"}
