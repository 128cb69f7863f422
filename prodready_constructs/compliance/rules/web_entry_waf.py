"""A web entry without a web application firewall."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.http_origins import apis_behind
from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, mappings
from prodready_constructs.evidence.assembly import Resource, flat


def _open_entries(subject: Subject) -> Iterator[Resource]:
    """What the internet can reach and WAF can stand before: HTTP APIs and network load balancers cannot have one."""
    # A user pool answers sign-ins at its own API address, with or without a sign-in page.
    yield from subject.of_type("AWS::AppSync::Api", "AWS::Cognito::UserPool")
    for balancer in subject.of_type("AWS::ElasticLoadBalancingV2::LoadBalancer"):
        if balancer.get("Type") in (None, "application") and balancer.get("Scheme") != "internal":
            yield balancer
    for stage in subject.of_type("AWS::ApiGateway::Stage"):
        apis = subject.targets(stage, stage.get("RestApiId"))
        if not any("PRIVATE" in (api.get("EndpointConfiguration", "Types") or []) for api in apis):
            yield stage
    for api in subject.of_type("AWS::AppSync::GraphQLApi"):
        if api.get("Visibility") != "PRIVATE":
            yield api


def _behind_cloudfront(subject: Subject) -> set[Resource]:
    """The HTTP APIs that a distribution with a web ACL passes requests to."""
    return {
        api
        for site in subject.of_type("AWS::CloudFront::Distribution")
        if site.get("DistributionConfig", "WebACLId")
        for origin in mappings(site.get("DistributionConfig", "Origins"))
        for api in apis_behind(subject, site, origin)
    }


def _find(subject: Subject) -> Iterator[Hit]:
    associations = subject.of_type("AWS::WAFv2::WebACLAssociation")
    protected = {target for one in associations for target in subject.targets(one, one.get("ResourceArn"))}
    arns = [flat(one.get("ResourceArn")) for one in associations]
    for entry in _open_entries(subject):
        # A stage named in the ARN by its literal name, beside a reference to its API.
        by_name = f"/stages/{entry.get('StageName')}" if entry.type == "AWS::ApiGateway::Stage" else None
        apis = subject.targets(entry, entry.get("RestApiId"))
        if entry not in protected and not (by_name and protected.intersection(apis) and any(arn.endswith(by_name) for arn in arns)):
            yield hit(entry)
    shielded = _behind_cloudfront(subject)
    for api in subject.of_type("AWS::ApiGatewayV2::Api"):
        if api.get("ProtocolType") != "WEBSOCKET" and api not in shielded:
            yield hit(api, note="An HTTP API takes no web ACL, and no CloudFront distribution with one stands before it.")
    yield from (hit(site) for site in subject.of_type("AWS::CloudFront::Distribution") if not site.get("DistributionConfig", "WebACLId"))


RULE = Rule(
    name="WebEntryWithoutWaf",
    controls=("WEB-1", "WEB-2", "WEB-5", "WEB-6", "WEB-7", "SEC-5"),
    why="Anyone on the internet reaches this entry and no web application firewall stands before it.",
    fix="associate a web ACL: edge.WebAcl, or an AWS::WAFv2::WebACLAssociation (CloudFront: web_acl_id) in the entry's own stack; "
    "an HTTP API stands behind a distribution that has one",
    find=_find,
)
