"""The findings that a public load balancer, and one without a domain, cannot meet: each with its reason, on the exact resource."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import IConstruct

from prodready_constructs.waivers import waive

OWNER = "platform"
#: Every listener has a certificate.
_NO_CERTIFICATE = [f"{pack}-ELBv2ACMCertificateRequired" for pack in ("HIPAA.Security", "NIST.800.53.R5", "PCI.DSS.321")]
#: An HTTP listener redirects to HTTPS.
_NO_REDIRECT = [f"{pack}-ALBHttpToHttpsRedirection" for pack in ("HIPAA.Security", "NIST.800.53.R4", "NIST.800.53.R5", "PCI.DSS.321")]


def waive_public(security_group: ec2.SecurityGroup, redirect: elbv2.ApplicationListener) -> None:
    """What follows from visitors of the whole internet."""
    waive(
        _resource(security_group),
        rule="AwsSolutions-EC23",
        because="The load balancer is the public entry, asked for with internet_facing=True: anybody may come to 443, and to 80 only to be sent "
        "to 443. A web ACL judges every request, and nothing behind it is open.",
        owner=OWNER,
    )
    waive(
        _resource(redirect),
        rule=_NO_CERTIFICATE,
        because="This listener answers every request with a permanent redirect to HTTPS and reaches no target; Elastic Load Balancing takes "
        "no certificate on an HTTP listener. The HTTPS listener beside it has an ACM certificate.",
        owner=OWNER,
    )


def waive_trial(listener: elbv2.ApplicationListener) -> None:
    """What follows from having no domain, and so no certificate."""
    waive(
        _resource(listener),
        rule=_NO_CERTIFICATE + _NO_REDIRECT,
        because="A trial without a domain (the synth warns): no certificate can be issued for a load balancer's own name. The load balancer is "
        "internal, only CloudFront's VPC origin reaches it inside AWS's network, and visitors speak HTTPS to CloudFront.",
        owner=OWNER,
    )


def _resource(construct: IConstruct) -> IConstruct:
    return construct.node.default_child or construct
