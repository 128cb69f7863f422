"""CloudFront."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader, same


def _distribution(aws: Aws, physical_id: str, _: Properties) -> Any:
    return {"DistributionConfig": aws("cloudfront").get_distribution_config(Id=physical_id)["DistributionConfig"]}


def _headers(aws: Aws, physical_id: str, _: Properties) -> Any:
    policy = aws("cloudfront").get_response_headers_policy(Id=physical_id)["ResponseHeadersPolicy"]
    return {"ResponseHeadersPolicyConfig": policy["ResponseHeadersPolicyConfig"]}


def _access_control(aws: Aws, physical_id: str, _: Properties) -> Any:
    control = aws("cloudfront").get_origin_access_control(Id=physical_id)["OriginAccessControl"]
    return {"OriginAccessControlConfig": control["OriginAccessControlConfig"]}


def _vpc_origin(aws: Aws, physical_id: str, _: Properties) -> Any:
    return {"VpcOriginEndpointConfig": aws("cloudfront").get_vpc_origin(Id=physical_id)["VpcOrigin"]["VpcOriginEndpointConfig"]}


def _monitoring(aws: Aws, physical_id: str, properties: Properties) -> Any:
    return aws("cloudfront").get_monitoring_subscription(DistributionId=properties["DistributionId"])


def _function(aws: Aws, physical_id: str, properties: Properties) -> Any:
    described = aws("cloudfront").describe_function(Name=properties["Name"], Stage="LIVE")["FunctionSummary"]
    code = aws("cloudfront").get_function(Name=properties["Name"], Stage="LIVE")["FunctionCode"].read().decode()
    # Only a published function has a live stage to be read.
    return {"Name": described["Name"], "FunctionConfig": described["FunctionConfig"], "FunctionCode": code, "AutoPublish": True}


def _cache_policy(aws: Aws, physical_id: str, _: Properties) -> Any:
    return {"CachePolicyConfig": aws("cloudfront").get_cache_policy(Id=physical_id)["CachePolicy"]["CachePolicyConfig"]}


def _request_policy(aws: Aws, physical_id: str, _: Properties) -> Any:
    policy = aws("cloudfront").get_origin_request_policy(Id=physical_id)["OriginRequestPolicy"]
    return {"OriginRequestPolicyConfig": policy["OriginRequestPolicyConfig"]}


def _public_key(aws: Aws, physical_id: str, _: Properties) -> Any:
    return {"PublicKeyConfig": aws("cloudfront").get_public_key(Id=physical_id)["PublicKey"]["PublicKeyConfig"]}


def _key_group(aws: Aws, physical_id: str, _: Properties) -> Any:
    return {"KeyGroupConfig": aws("cloudfront").get_key_group(Id=physical_id)["KeyGroup"]["KeyGroupConfig"]}


def _counted(value: Any) -> Any:
    """The API counts its lists (``{"Quantity": 1, "Items": [...]}``); a template does not."""
    if (
        isinstance(value, Mapping)
        and {"Quantity", "Items"} & set(value)
        and set(value) <= {"Quantity", "Items", "Enabled", "CachedMethods"}
    ):
        return [_counted(item) for item in value.get("Items", [])]
    if isinstance(value, Mapping):
        return {name: _counted(item) for name, item in value.items()}
    return [_counted(item) for item in value] if isinstance(value, list) else value


def _found(path: str) -> Any:
    def read(live: Any) -> Any:
        value = live
        for step in path.split("."):
            value = value[step]
        return _counted(value)

    return read


def _config(*names: str) -> tuple[Check, ...]:
    return tuple(Check(f"DistributionConfig.{name}", _found(f"DistributionConfig.{name}")) for name in names)


_BEHAVIOR = (
    *("ViewerProtocolPolicy", "Compress", "TargetOriginId", "AllowedMethods", "CachePolicyId", "ResponseHeadersPolicyId"),
    *("OriginRequestPolicyId", "FunctionAssociations", "TrustedKeyGroups"),
)


def _behavior(value: Any) -> Any:
    return {name: value[name] for name in (*_BEHAVIOR, "PathPattern") if name in value}


def _origins(value: Any) -> Any:
    """Each origin by its name and the way it is reached: access control, VPC origin."""
    return [
        {
            "Id": each["Id"],
            **({"OriginAccessControlId": each["OriginAccessControlId"]} if "OriginAccessControlId" in each else {}),
            **({"VpcOriginConfig": {"VpcOriginId": each["VpcOriginConfig"]["VpcOriginId"]}} if "VpcOriginConfig" in each else {}),
        }
        for each in value
    ]


_RENAMED = {"AcmCertificateArn": "ACMCertificateArn", "SslSupportMethod": "SSLSupportMethod"}


def _certificate(value: Any) -> Any:
    return {_RENAMED.get(name, name): item for name, item in value.items()}


def _restrictions(value: Any) -> Any:
    geo = value["GeoRestriction"]
    countries = {"Items": geo["Locations"]} if geo.get("Locations") else {}
    return {"GeoRestriction": {"RestrictionType": geo["RestrictionType"], **countries}}


READERS = {
    "AWS::CloudFront::Distribution": Reader(
        _distribution,
        (
            *_config("Enabled", "Aliases", "DefaultRootObject", "HttpVersion", "PriceClass", "WebACLId"),
            Check("DistributionConfig.Restrictions", "DistributionConfig.Restrictions", _restrictions),
            Check("DistributionConfig.IPV6Enabled", "DistributionConfig.IsIPV6Enabled"),
            Check("DistributionConfig.ViewerCertificate", _found("DistributionConfig.ViewerCertificate"), _certificate),
            Check("DistributionConfig.DefaultCacheBehavior", _found("DistributionConfig.DefaultCacheBehavior"), _behavior),
            Check(
                "DistributionConfig.CacheBehaviors",
                _found("DistributionConfig.CacheBehaviors"),
                lambda value: [_behavior(each) for each in value],
            ),
            Check("DistributionConfig.Origins", _found("DistributionConfig.Origins"), _origins),
            Check("DistributionConfig.OriginGroups", _found("DistributionConfig.OriginGroups"), _counted),
            Check("DistributionConfig.CustomErrorResponses", _found("DistributionConfig.CustomErrorResponses")),
        ),
    ),
    "AWS::CloudFront::ResponseHeadersPolicy": Reader(
        _headers,
        (
            Check(
                "ResponseHeadersPolicyConfig.SecurityHeadersConfig",
                "ResponseHeadersPolicyConfig.SecurityHeadersConfig",
            ),
            Check(
                "ResponseHeadersPolicyConfig.CustomHeadersConfig.Items",
                "ResponseHeadersPolicyConfig.CustomHeadersConfig.Items",
            ),
            *(
                Check(f"ResponseHeadersPolicyConfig.{name}", _found(f"ResponseHeadersPolicyConfig.{name}"), _counted)
                for name in ("CorsConfig", "RemoveHeadersConfig")
            ),
        ),
    ),
    "AWS::CloudFront::OriginAccessControl": Reader(_access_control, same("OriginAccessControlConfig")),
    "AWS::CloudFront::VpcOrigin": Reader(
        _vpc_origin,
        (
            Check("VpcOriginEndpointConfig.Arn", "VpcOriginEndpointConfig.Arn"),
            Check("VpcOriginEndpointConfig.OriginProtocolPolicy", "VpcOriginEndpointConfig.OriginProtocolPolicy"),
            Check(
                "VpcOriginEndpointConfig.OriginSSLProtocols",
                lambda live: live["VpcOriginEndpointConfig"]["OriginSslProtocols"]["Items"],
            ),
        ),
    ),
    "AWS::CloudFront::CachePolicy": Reader(
        _cache_policy,
        (
            *(Check(f"CachePolicyConfig.{name}", f"CachePolicyConfig.{name}") for name in ("MinTTL", "DefaultTTL", "MaxTTL")),
            Check(
                "CachePolicyConfig.ParametersInCacheKeyAndForwardedToOrigin",
                _found("CachePolicyConfig.ParametersInCacheKeyAndForwardedToOrigin"),
            ),
        ),
    ),
    "AWS::CloudFront::OriginRequestPolicy": Reader(
        _request_policy,
        tuple(
            Check(f"OriginRequestPolicyConfig.{name}", _found(f"OriginRequestPolicyConfig.{name}"))
            for name in ("HeadersConfig", "CookiesConfig", "QueryStringsConfig")
        ),
    ),
    "AWS::CloudFront::PublicKey": Reader(_public_key, (Check("PublicKeyConfig.EncodedKey", "PublicKeyConfig.EncodedKey"),)),
    "AWS::CloudFront::KeyGroup": Reader(_key_group, (Check("KeyGroupConfig.Items", "KeyGroupConfig.Items"),)),
    "AWS::CloudFront::MonitoringSubscription": Reader(_monitoring, same("MonitoringSubscription")),
    "AWS::CloudFront::Function": Reader(
        _function, (*same("Name", "FunctionCode", "AutoPublish"), Check("FunctionConfig.Runtime", "FunctionConfig.Runtime"))
    ),
}
