"""An Application Load Balancer: internal behind CloudFront, or facing the internet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from prodready_constructs.contracts import AnyAlarmSpec, ControlClaim, GoodAndBad, GraphSpec, Route, record
from prodready_constructs.edge.balancer import alarms
from prodready_constructs.edge.balancer.attributes import set_attributes
from prodready_constructs.edge.balancer.listeners import side_listener, visitors_listener
from prodready_constructs.edge.balancer.routes import EVERYTHING, Routes, Target
from prodready_constructs.edge.balancer.visitors import admit_cloudfront, admit_everybody
from prodready_constructs.edge.waf.web_acl import WebAcl
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part, require_subnets
from prodready_constructs.posture import EdgePosture

if TYPE_CHECKING:
    from prodready_constructs.edge.dns.domain import Domain

CONTROLS = (
    ControlClaim(
        control="WEB-2",
        how="HTTPS with an ACM certificate and a TLS 1.2/1.3 policy, invalid headers dropped, desync mitigation strictest, deletion "
        "protection, access, connection and health check logs, web ACL attached",
        frameworks=("NIST 800-53 r5 SC-8", "NIST 800-53 r5 SC-7", "NIST 800-53 r5 AU-2", "HIPAA 164.312(e)(1)", "PCI DSS 3.2.1 4.1"),
    ),
    ControlClaim(
        control="NET-6",
        how="Internal: 443 from CloudFront's addresses only; public: 443 from anywhere, 80 only to redirect; out to its targets only",
        frameworks=("NIST 800-53 r5 SC-7", "PCI DSS 3.2.1 1.2.1", "SOC 2 CC6.6"),
    ),
    ControlClaim(
        control="NET-8", how="Takes any VPC, and refuses one without the subnets it needs in two zones", frameworks=("NIST 800-53 r5 SC-7",)
    ),
)
TRIAL_CONTROLS = (
    ControlClaim(control="WEB-10", how="Works without a domain for a trial: internal HTTP behind CloudFront's HTTPS, with a synth warning"),
)


@jsii.implements(ec2.IConnectable)
class ProtectedLoadBalancer(Part):
    """An Application Load Balancer with a web ACL, that answers 404 until a service stands behind it.

    Always: HTTPS with today's TLS policy (1.3, and 1.2 with forward secrecy, both with post-quantum key exchange); invalid headers dropped;
    desync mitigation strictest; deletion protection; access, connection and health check logs; a web ACL; zonal shift; closed when the web
    ACL cannot be asked. *posture* decides how much: what the web ACL lets through and how long browsers remember HTTPS.

    Args:
        vpc: needs private subnets in two zones (public ones where *internet_facing*).
        access_logs: a bucket of this region that lets ``logdelivery.elasticloadbalancing.amazonaws.com`` write, encrypted with S3's own keys.
        domain: its certificate; without one the load balancer is a trial: internal, HTTP behind CloudFront's HTTPS, with a warning.
        internet_facing: visitors connect themselves, from anywhere; otherwise only CloudFront's VPC origins do.
        web_acl: a regional one, ``BEHIND_CLOUDFRONT`` unless *internet_facing*; one of its own when None.
        encryption_key: for the logs of its own web ACL.
        cloudfront_prefix_list: the id of CloudFront's managed prefix list, in a region where the library does not know it.

    Raises:
        ConfigurationError: too few subnets, public without a domain, a certificate of another region, a web ACL that stands elsewhere.

    Sources: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html (Security Hub ELB.1 to ELB.17)
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        posture: EdgePosture,
        access_logs: s3.IBucket,
        domain: Domain | None = None,
        internet_facing: bool = False,
        web_acl: WebAcl | None = None,
        encryption_key: kms.IKey | None = None,
        cloudfront_prefix_list: str | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        subnets = require_subnets(self, vpc, tier="public" if internet_facing else "private")
        self._refuse(domain, internet_facing, web_acl)
        #: Where it stands.
        self.vpc = vpc
        #: Its name and certificate; None in a trial.
        self.domain = domain
        #: Whether visitors connect themselves; otherwise only CloudFront's VPC origins do.
        self.internet_facing = internet_facing
        #: Admits 443 and nothing else; who may come besides is said with ``connections``.
        self.security_group = ec2.SecurityGroup(
            self, "SecurityGroup", vpc=vpc, description="Load balancer: in from visitors, out to targets", allow_all_outbound=False
        )
        #: The L2 itself. Whatever is changed through it is still judged at synth.
        self.load_balancer = elbv2.ApplicationLoadBalancer(
            self,
            "LoadBalancer",
            vpc=vpc,
            vpc_subnets=subnets,
            internet_facing=internet_facing,
            security_group=self.security_group,
            ip_address_type=elbv2.IpAddressType.IPV4,
            deletion_protection=True,
            drop_invalid_header_fields=True,
            desync_mitigation_mode=elbv2.DesyncMitigationMode.STRICTEST,
            http2_enabled=True,
            cross_zone_enabled=True,
            preserve_host_header=True,
            xff_header_processing_mode=elbv2.XffHeaderProcessingMode.APPEND,
        )
        set_attributes(self, self.load_balancer, access_logs)
        #: Where visitors arrive, and services attach.
        self.listener = visitors_listener(self.load_balancer, domain=domain, hsts_max_age=posture.hsts_max_age)
        if internet_facing:
            admit_everybody(self.load_balancer, self.security_group)
        else:
            admit_cloudfront(self, self.security_group, domain=domain, prefix_list_id=cloudfront_prefix_list)
        #: What stands in front of it.
        self.web_acl = web_acl or WebAcl(
            self,
            "WebAcl",
            posture=posture,
            placement="REGIONAL" if internet_facing else "BEHIND_CLOUDFRONT",
            encryption_key=encryption_key,
        )
        #: Its ARN.
        self.arn = self.load_balancer.load_balancer_arn
        self.web_acl.protect(self, self.arn)
        self._full_name = self.load_balancer.load_balancer_full_name
        self._routes = Routes(self.listener, vpc)
        record(self, controls=CONTROLS if domain else (*CONTROLS[1:], *TRIAL_CONTROLS), tier="edge", watchable=True, public=internet_facing)

    def route_to(
        self,
        service: ecs.FargateService,
        *,
        container_port: int,
        health_check_path: str,
        drain: timedelta,
        paths: Sequence[str] = EVERYTHING,
    ) -> elbv2.ApplicationTargetGroup:
        """Send requests to *service*: its target group, its listener rule and the security group rules between both.

        They are made beside the service, so that a service in a stack of its own takes them with it.

        Args:
            container_port: where the service's default container listens, without TLS: the connection stays inside the VPC.
            health_check_path: asked every 30 seconds, answered with 2xx within 5; 2 answers make a target healthy, 3 failures unhealthy.
            drain: how long a stopping target may finish its requests, up to an hour.
            paths: the path patterns of this service, at most 5 (``/orders/*``); everything that no other service takes, when not given.
                The first service named wins where patterns overlap.

        Raises:
            ConfigurationError: a path without ``/``, a drain over an hour, more than 5 patterns, or a second service for everything else.
        """
        target = Target(container_port=container_port, health_check_path=health_check_path, drain=drain, paths=tuple(paths))
        return self._routes.attach(service, target)

    def shift_to(
        self,
        service: ecs.FargateService,
        *,
        container_port: int,
        health_check_path: str,
        drain: timedelta,
        paths: Sequence[str] = EVERYTHING,
    ) -> Route:
        """Like :meth:`route_to`, for a *service* whose versions take turns in two target groups, which Amazon ECS weighs.

        The rules say "all to the first group" and never anything else: CloudFormation writes a rule only where its template changes, and
        writing it undoes what ECS decided. The rule on the :attr:`test_listener` takes any path, of requests that carry its header.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/alb-resources-for-blue-green.html
        """
        target = Target(container_port=container_port, health_check_path=health_check_path, drain=drain, paths=tuple(paths))
        return self._routes.shift(
            service,
            target,
            beside=self.test_listener,
            address=self.dns_name,
            server_name=self.domain.name if self.domain else None,
            interfaces=f"ELB {self._full_name}" if self.internet_facing else None,
        )

    def _refuse(self, domain: Domain | None, internet_facing: bool, web_acl: WebAcl | None) -> None:
        where = self.path
        if internet_facing and domain is None:
            raise ConfigurationError(
                f"{where}: internet_facing",
                given="True without a domain",
                allowed="a public load balancer with a Domain, because without a certificate it would speak plain HTTP to the internet",
                mend="hand over a Domain, or leave it internal behind CloudFront for the trial",
            )
        if domain:
            domain.require_region(self.stated_region, wanted_by=self)
        wanted = "REGIONAL" if internet_facing else "BEHIND_CLOUDFRONT"
        if web_acl and web_acl.placement != wanted:
            raise ConfigurationError(
                f"{where}: web_acl",
                given=f"placement={web_acl.placement!r}",
                allowed=f"placement={wanted!r}: {'visitors connect themselves' if internet_facing else 'all requests connect from CloudFront'}",
                mend=f"make it with placement={wanted!r}, or leave it out",
            )

    @cached_property
    def test_listener(self) -> elbv2.ApplicationListener:
        """Where new versions answer before visitors meet them; made when the first service asks for it, and closed but to its smoke test."""
        return side_listener(self.load_balancer, domain=self.domain)

    @property
    def connections(self) -> ec2.Connections:
        """Who may come: ``connections.allow_default_port_from(vpc_link_security_group)``."""
        return self.listener.connections

    @cached_property
    def dns_name(self) -> str:
        """Its own name on the internet, which no certificate has."""
        return self.load_balancer.load_balancer_dns_name

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """Errors of the load balancer itself, refused connections, targets out of reach, failed handshakes."""
        return alarms.specs(self._full_name, self.arn)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Requests, errors, latency, connections."""
        return alarms.graphs(self._full_name)

    @property
    def service_level(self) -> GoodAndBad:
        """Requests that ended in 5xx, of all, those it had no target for too: ``Slo(of=balancer)``."""
        return alarms.service_level(self._full_name)
