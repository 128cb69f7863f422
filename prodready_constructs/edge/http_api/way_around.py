"""What would leave a way around CloudFront, refused before anything is built."""

from __future__ import annotations

from prodready_constructs.edge.balancer.load_balancer import ProtectedLoadBalancer
from prodready_constructs.edge.dns.domain import Domain
from prodready_constructs.edge.http_api.front import OwnDistribution, SitePath
from prodready_constructs.edge.http_api.link import CloudMapTarget
from prodready_constructs.edge.http_api.origin_certificate import OriginCertificate
from prodready_constructs.edge.http_api.origin_secret import OriginSecret
from prodready_constructs.errors import ConfigurationError


def require_closed(
    where: str,
    *,
    target: ProtectedLoadBalancer | CloudMapTarget,
    front: OwnDistribution | SitePath,
    domain: Domain | None,
    proof: OriginSecret | OriginCertificate | None,
) -> None:
    """Refuse a proof that nothing demands.

    Raises:
        ConfigurationError: a secret before a target without a web ACL, or of another target; a certificate without a name to ask for
            it; one name for the distribution and what is behind it.
    """
    if isinstance(target, CloudMapTarget) and not isinstance(proof, OriginCertificate):
        raise ConfigurationError(
            f"{where}: proof",
            given="an origin secret",
            allowed="OriginCertificate(...) for a Cloud Map service, because there is no web ACL behind API Gateway to demand the secret",
            mend="hand over proof=OriginCertificate(...), or put a ProtectedLoadBalancer before the service",
        )
    if isinstance(proof, OriginSecret) and proof.load_balancer is not target:
        raise ConfigurationError(
            f"{where}: proof",
            given=f"a secret that {proof.load_balancer.path} demands",
            allowed="the secret of the load balancer behind this API",
            mend="make OriginSecret(load_balancer=...) for this target",
        )
    if isinstance(proof, OriginCertificate) and domain is None:
        raise ConfigurationError(
            f"{where}: domain",
            given="None beside an OriginCertificate",
            allowed="a domain: API Gateway asks for certificates at a name of the API's own only",
            mend="hand over domain=Domain(...)",
        )
    if domain and isinstance(front, OwnDistribution) and front.domain and front.domain.name == domain.name:
        raise ConfigurationError(
            f"{where}: domain",
            given=f"{domain.name}, which is the name of its distribution",
            allowed="a name of its own, which only CloudFront calls, such as 'origin-api.example.com'",
            mend="keep the public name in front= and give the API another one",
        )
