"""One name in two regions: the second answers while Route 53 gets no good answer from the first."""

import aws_cdk as cdk
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets

from prodready_constructs import (
    PRODUCTION,
    Domain,
    Failover,
    HealthCheck,
    LogBucket,
    PrivateNetwork,
    ProtectedLoadBalancer,
    Routes,
    Watch,
    WebService,
    guard,
)

EAST, WEST = "use1.orders.example.com", "usw2.orders.example.com"


class Orders(cdk.Stack):
    @property
    def availability_zones(self) -> list[str]:
        return [f"{self.region}{letter}" for letter in "abc"]

    def build(self, home: str, routing: Failover, *checks: HealthCheck) -> None:
        """The service: under the shared name as *routing* says, and always under *home*, its own."""
        zone = route53.HostedZone.from_hosted_zone_attributes(self, "Zone", hosted_zone_id="Z0123456789ABCDEFGHIJ", zone_name="example.com")
        domain = Domain(self, "Domain", name="orders.example.com", alternative_names=[home], hosted_zone=zone, routing=routing)
        logs = LogBucket(self, "Logs", posture=PRODUCTION.storage)
        network = PrivateNetwork(self, "Network", posture=PRODUCTION.network, public_tier=True)
        vpc = network.vpc
        front = ProtectedLoadBalancer(
            self, "Front", vpc=vpc, posture=PRODUCTION.edge, access_logs=logs.bucket, domain=domain, internet_facing=True
        )
        image = ecs.ContainerImage.from_registry(
            "hashicorp/http-echo@sha256:fcb75f691c8b0414d670ae570240cbf95502cc18a9ba57e982ecac589760a186"
        )
        service = WebService(self, "Service", vpc=vpc, load_balancer=front, image=image, posture=PRODUCTION.compute, container_port=5678)
        domain.alias(targets.LoadBalancerTarget(front.load_balancer))
        domain.alias(targets.LoadBalancerTarget(front.load_balancer), name=home)
        alerts = Routes(self, "Alerts", posture=PRODUCTION.monitoring, critical=["oncall@example.com"], warning=["orders@example.com"])
        watching = (alerts, domain, logs, network, front, front.web_acl, service, *checks)
        Watch(self, "Watch", routes=alerts, watching=watching, runbook_base_url="https://runbooks.example.com/orders")


app = cdk.App()
tags = {"application": "orders", "environment": "production", "owner": "orders-team", "cost-centre": "4711", "data-class": "confidential"}
places = [cdk.Environment(account="111122223333", region=region) for region in ("us-east-1", "us-west-2")]
east, west = (Orders(app, f"Orders-{place.region}", env=place, tags=tags, termination_protection=True) for place in places)
# Checks are of no region, but CloudWatch hears of them in us-east-1: both are made and watched there.
first, second = HealthCheck(east, "First", host=EAST), HealthCheck(east, "Second", host=WEST)
east.build(EAST, Failover("PRIMARY", first), first, second)
# Without a check of its own the second answers whenever the first does not; its load balancer's health still counts.
west.build(WEST, Failover("SECONDARY"))
guard(app)
