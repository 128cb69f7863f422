"""Which HTTP APIs lie behind an origin of a distribution: named by their own address, or by a domain that is mapped to them."""

from __future__ import annotations

from typing import Any

from prodready_constructs.compliance.rules.rule import Subject
from prodready_constructs.evidence.assembly import Resource, flat


def apis_behind(subject: Subject, site: Resource, origin: dict[str, Any]) -> set[Resource]:
    """The APIs of type ``AWS::ApiGatewayV2::Api`` that *origin* of *site* passes requests to."""
    named = flat(origin.get("DomainName"))
    reached = set(subject.targets(site, origin.get("DomainName")))
    for mapping in subject.of_type("AWS::ApiGatewayV2::ApiMapping"):
        domain = mapping.get("DomainName")
        domains = subject.targets(mapping, domain)
        names = {flat(domain), *(flat(one.get("DomainName")) for one in domains)} - {""}
        if reached.intersection(domains) or named in names:
            reached.update(subject.targets(mapping, mapping.get("ApiId")))
    return {one for one in reached if one.type == "AWS::ApiGatewayV2::Api"}
