"""Where callers meet a REST API: in its region, or at the edge location next to them; under its own name, or API Gateway's."""

from __future__ import annotations

from typing import Literal, cast

from aws_cdk import Annotations
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_route53_targets as targets

from prodready_constructs.edge.dns.domain import Domain
from prodready_constructs.edge.waf.web_acl import WebAcl
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part

Endpoint = Literal["REGIONAL", "EDGE"]
TYPES = {"REGIONAL": apigateway.EndpointType.REGIONAL, "EDGE": apigateway.EndpointType.EDGE}
#: Source of both: API Gateway developer guide, "Supported security policies".
SECURITY_POLICIES = {
    # TLS 1.3, and 1.2 with forward secrecy, both with post-quantum key exchange. Of TLS 1.3 alone there is a policy too: without
    # post-quantum key exchange, and shut to CloudFront, which calls its origins by TLS 1.2.
    "REGIONAL": apigateway.SecurityPolicy.TLS13_1_2_PFS_PQ_2025_09,
    # TLS 1.3 alone: nothing of ours calls an edge-optimised API by less.
    "EDGE": apigateway.SecurityPolicy.TLS13_2025_EDGE,
}


def require_endpoint(construct: Part, endpoint: Endpoint, *, domain: Domain | None, web_acl: WebAcl | None) -> acm.ICertificate | None:
    """The certificate for *endpoint*; refuse a type unknown, a certificate elsewhere, and one CloudFront in front of another."""
    if endpoint not in TYPES:
        raise ConfigurationError(
            f"{construct.path}: endpoint",
            given=endpoint,
            allowed="'REGIONAL' or 'EDGE'",
            mend="take REGIONAL unless callers are all over the world",
        )
    if endpoint == "EDGE" and web_acl and web_acl.placement == "BEHIND_CLOUDFRONT":
        raise ConfigurationError(
            f"{construct.path}: endpoint",
            given="EDGE with a web ACL that stands BEHIND_CLOUDFRONT",
            allowed="REGIONAL behind a Website, EDGE where callers come themselves",
            mend="an edge-optimised API has a CloudFront of its own in front: take endpoint='REGIONAL', or a web ACL that is 'REGIONAL'",
        )
    if domain is None:
        return None
    # API Gateway's own CloudFront serves the name of an edge-optimised API.
    return (
        domain.require_us_east_1(wanted_by=construct)
        if endpoint == "EDGE"
        else domain.require_region(construct.stated_region, wanted_by=construct)
    )


def name_it(construct: Part, api: apigateway.RestApi, endpoint: Endpoint, *, domain: Domain, certificate: acm.ICertificate) -> None:
    """Serve *api* under *domain*, with alias records beside it."""
    name = api.add_domain_name(
        "DomainName",
        domain_name=domain.name,
        certificate=certificate,
        endpoint_type=TYPES[endpoint],
        security_policy=SECURITY_POLICIES[endpoint],
        endpoint_access_mode=apigateway.EndpointAccessMode.STRICT,
    )
    domain.alias(targets.ApiGatewayDomain(name), scope=construct)


def keep_default_name(construct: Part, api: apigateway.RestApi, endpoint: Endpoint) -> None:
    """API Gateway's own name, with the TLS of a name of one's own and a word about it."""
    resource = cast("apigateway.CfnRestApi", api.node.default_child)
    resource.security_policy = f"SecurityPolicy_{SECURITY_POLICIES[endpoint].name}"
    resource.endpoint_access_mode = apigateway.EndpointAccessMode.STRICT.name
    Annotations.of(construct).add_warning_v2(
        "prodready:no-domain",
        f"{construct.path}: callers use API Gateway's own name, which changes when the API is made anew; production wants domain=",
    )
