"""Where a load balancer listens: for visitors, and beside them for the tests of a release."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from prodready_constructs.edge.balancer.waivers import waive_trial

if TYPE_CHECKING:
    from prodready_constructs.edge.dns.domain import Domain

#: Of the side door: with a certificate, and in a trial. Nothing else of ours listens there.
TEST_PORTS = (8443, 8080)


def visitors_listener(
    balancer: elbv2.ApplicationLoadBalancer, *, domain: Domain | None, hsts_max_age: timedelta
) -> elbv2.ApplicationListener:
    """For visitors: 443 with the certificate of *domain*, or 80 in a trial."""
    listener = _listen(balancer, "Https" if domain else "Http", port=443 if domain else 80, domain=domain)
    if domain:
        listener.set_attribute(
            "routing.http.response.strict_transport_security.header_value",
            f"max-age={int(hsts_max_age.total_seconds())}; includeSubDomains",
        )
    _say_little(listener)
    return listener


def side_listener(balancer: elbv2.ApplicationLoadBalancer, *, domain: Domain | None) -> elbv2.ApplicationListener:
    """For the tests of a release, on a port of its own: as the visitors' one, and closed until somebody is let in."""
    listener = _listen(balancer, "TestHttps" if domain else "TestHttp", port=TEST_PORTS[0 if domain else 1], domain=domain)
    _say_little(listener)
    return listener


def _listen(balancer: elbv2.ApplicationLoadBalancer, construct_id: str, *, port: int, domain: Domain | None) -> elbv2.ApplicationListener:
    nothing_here = elbv2.ListenerAction.fixed_response(404, content_type="text/plain", message_body="Not found")
    if domain:
        return balancer.add_listener(
            construct_id,
            port=port,
            protocol=elbv2.ApplicationProtocol.HTTPS,
            certificates=[domain.certificate],
            ssl_policy=elbv2.SslPolicy.TLS13_12_RES_PQ,
            open=False,
            default_action=nothing_here,
        )
    listener = balancer.add_listener(
        construct_id, port=port, protocol=elbv2.ApplicationProtocol.HTTP, open=False, default_action=nothing_here
    )
    waive_trial(listener)
    return listener


def _say_little(listener: elbv2.ApplicationListener) -> None:
    listener.set_attribute("routing.http.response.server.enabled", "false")
    listener.set_attribute("routing.http.response.x_content_type_options.header_value", "nosniff")
