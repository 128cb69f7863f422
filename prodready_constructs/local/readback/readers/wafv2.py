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


def _association(aws: Aws, physical_id: str, _: Properties) -> Any:
    # The physical id of an association is "web ACL ARN|resource ARN"; what the API says of the resource is the test.
    resource = physical_id.partition("|")[2]
    return {"WebACLArn": aws("wafv2").get_web_acl_for_resource(ResourceArn=resource)["WebACL"]["ARN"], "ResourceArn": resource}


READERS = {
    "AWS::WAFv2::WebACL": Reader(_web_acl, same("DefaultAction", "Rules", "VisibilityConfig", "Description")),
    "AWS::WAFv2::IPSet": Reader(_ip_set, same("IPAddressVersion", "Addresses")),
    "AWS::WAFv2::WebACLAssociation": Reader(_association, same("WebACLArn", "ResourceArn")),
}
