"""WAF."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Properties, Reader, same


def _named(aws: Aws, operation: str, member: str, physical_id: str) -> Any:
    name, identifier, scope = physical_id.split("|")
    return getattr(aws("wafv2"), operation)(Name=name, Id=identifier, Scope=scope)[member]


def _web_acl(aws: Aws, physical_id: str, _: Properties) -> Any:
    return _named(aws, "get_web_acl", "WebACL", physical_id)


def _ip_set(aws: Aws, physical_id: str, _: Properties) -> Any:
    return _named(aws, "get_ip_set", "IPSet", physical_id)


def _patterns(aws: Aws, physical_id: str, _: Properties) -> Any:
    found = _named(aws, "get_regex_pattern_set", "RegexPatternSet", physical_id)
    return {"RegularExpressionList": [each["RegexString"] for each in found["RegularExpressionList"]]}


def _rule_group(aws: Aws, physical_id: str, _: Properties) -> Any:
    return _named(aws, "get_rule_group", "RuleGroup", physical_id)


def _logging(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("wafv2").get_logging_configuration(ResourceArn=physical_id)["LoggingConfiguration"]


def _association(aws: Aws, physical_id: str, _: Properties) -> Any:
    # The physical id of an association is "web ACL ARN|resource ARN"; what the API says of the resource is the test.
    resource = physical_id.partition("|")[2]
    return {"WebACLArn": aws("wafv2").get_web_acl_for_resource(ResourceArn=resource)["WebACL"]["ARN"], "ResourceArn": resource}


READERS = {
    "AWS::WAFv2::WebACL": Reader(_web_acl, same("DefaultAction", "Rules", "VisibilityConfig", "Description")),
    "AWS::WAFv2::IPSet": Reader(_ip_set, same("IPAddressVersion", "Addresses")),
    "AWS::WAFv2::RegexPatternSet": Reader(_patterns, same("RegularExpressionList")),
    "AWS::WAFv2::RuleGroup": Reader(_rule_group, same("Rules", "Capacity", "VisibilityConfig")),
    "AWS::WAFv2::LoggingConfiguration": Reader(_logging, same("LogDestinationConfigs", "RedactedFields", "LoggingFilter")),
    "AWS::WAFv2::WebACLAssociation": Reader(_association, same("WebACLArn", "ResourceArn")),
}
