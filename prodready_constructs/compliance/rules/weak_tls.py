"""A door of our own name that still speaks a TLS version with known breaks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, mappings

#: Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies.html,
#: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/secure-connections-supported-viewer-protocols-ciphers.html,
#: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
API_POLICIES = ("TLS_1_2", "SecurityPolicy_TLS12_", "SecurityPolicy_TLS13_")
SITE_POLICIES = ("TLSv1.2_2021", "TLSv1.2_2025", "TLSv1.3_2025")
BALANCER_POLICIES = (
    "ELBSecurityPolicy-TLS13-1-2-",
    "ELBSecurityPolicy-TLS13-1-3-",
    "ELBSecurityPolicy-TLS-1-2-",
    "ELBSecurityPolicy-FS-1-2-",
)


def _is_weak(policy: Any, strong: tuple[str, ...]) -> bool:
    """Whether *policy* is none of *strong*: what is decided at deployment is not known to be."""
    return policy is None or (isinstance(policy, str) and not policy.startswith(strong))


def _find(subject: Subject) -> Iterator[Hit]:
    for domain in subject.of_type("AWS::ApiGateway::DomainName", "AWS::ApiGateway::DomainNameV2"):
        if _is_weak(policy := domain.get("SecurityPolicy"), API_POLICIES):
            yield hit(domain, note=f"Its policy is {policy or 'not stated'}.")
    for domain in subject.of_type("AWS::ApiGatewayV2::DomainName"):
        for each in mappings(domain.get("DomainNameConfigurations")):
            if _is_weak(policy := each.get("SecurityPolicy"), API_POLICIES):
                yield hit(domain, note=f"Its policy is {policy or 'not stated'}.")
    for site in subject.of_type("AWS::CloudFront::Distribution"):
        certificate = site.get("DistributionConfig", "ViewerCertificate") or {}
        # CloudFront's own certificate comes with CloudFront's own choice, which nobody can change.
        own = certificate.get("AcmCertificateArn") or certificate.get("IamCertificateId")
        if own and _is_weak(policy := certificate.get("MinimumProtocolVersion"), SITE_POLICIES):
            yield hit(site, note=f"It accepts {policy or 'SSLv3'} and later.")
    for listener in subject.of_type("AWS::ElasticLoadBalancingV2::Listener"):
        if listener.get("Protocol") in ("HTTPS", "TLS") and _is_weak(policy := listener.get("SslPolicy"), BALANCER_POLICIES):
            yield hit(listener, note=f"Its policy is {policy or 'ELBSecurityPolicy-2016-08, the default'}.")


RULE = Rule(
    name="WeakTls",
    controls=("WEB-2", "WEB-5", "WEB-7", "WEB-8"),
    why="A connection may fall back to TLS 1.1 or older, which can be read.",
    fix="TLS 1.2 at least: SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09 (an API's domain), TLSv1.2_2021 (CloudFront), "
    "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09 (a load balancer), as the constructs of edge have",
    find=_find,
)
