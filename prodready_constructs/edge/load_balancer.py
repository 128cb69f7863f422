"""An Application Load Balancer, internal behind CloudFront or facing the internet."""

from __future__ import annotations

from datetime import timedelta

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from prodready_constructs.edge.domain import Domain
from prodready_constructs.edge.web_acl import WebAcl
from prodready_constructs.posture import EdgePosture


class ProtectedLoadBalancer(Construct):
    """A load balancer (first form)."""

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
    ) -> None:
        super().__init__(scope, construct_id)
        #: The L2 itself.
        self.load_balancer = elbv2.ApplicationLoadBalancer(self, "LoadBalancer", vpc=vpc, internet_facing=internet_facing)
        #: The listener that services attach to.
        self.listener = self.load_balancer.add_listener(
            "Listener", port=80, open=False, default_action=elbv2.ListenerAction.fixed_response(404)
        )

    def route_to(
        self, service: ecs.FargateService, *, container_port: int, health_check_path: str, drain: timedelta
    ) -> elbv2.ApplicationTargetGroup:
        """Send requests to *service*."""
        return self.listener.add_targets(
            "Targets",
            port=container_port,
            protocol=elbv2.ApplicationProtocol.HTTP,
            targets=[service],
            health_check=elbv2.HealthCheck(path=health_check_path),
            deregistration_delay=Duration.seconds(int(drain.total_seconds())),
        )
