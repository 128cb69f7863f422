"""Whom a load balancer lets in: everybody, or CloudFront alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Annotations
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from prodready_constructs.edge.balancer.cloudfront_addresses import prefix_list
from prodready_constructs.edge.balancer.waivers import waive_public
from prodready_constructs.foundation import Part

if TYPE_CHECKING:
    from prodready_constructs.edge.dns.domain import Domain

#: The id of the warning of a load balancer without a domain.
NO_DOMAIN = "prodready:no-domain"
TRIAL = (
    "This load balancer has no domain: CloudFront reaches it by plain HTTP inside AWS's network. That does for a trial; "
    "production wants domain=Domain(...), whose certificate turns HTTPS on."
)


def admit_everybody(balancer: elbv2.ApplicationLoadBalancer, security_group: ec2.SecurityGroup) -> None:
    """By HTTPS; who comes by HTTP is sent there."""
    security_group.add_ingress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "HTTPS from anywhere")
    security_group.add_ingress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(80), "HTTP from anywhere, only to be redirected")
    redirect = balancer.add_listener(
        "Redirect",
        port=80,
        protocol=elbv2.ApplicationProtocol.HTTP,
        open=False,
        default_action=elbv2.ListenerAction.redirect(protocol="HTTPS", port="443", permanent=True),
    )
    waive_public(security_group, redirect)


def admit_cloudfront(construct: Part, security_group: ec2.SecurityGroup, *, domain: Domain | None, prefix_list_id: str | None) -> None:
    """From the addresses of its VPC origins: by HTTPS, or in a trial without a *domain* by HTTP, with a warning."""
    if domain is None:
        Annotations.of(construct).add_warning_v2(NO_DOMAIN, TRIAL)
    cloudfront = ec2.Peer.prefix_list(prefix_list_id or prefix_list(construct))
    security_group.add_ingress_rule(cloudfront, ec2.Port.tcp(443 if domain else 80), "CloudFront VPC origins")
