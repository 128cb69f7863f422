"""The reference service in production: `cdk.json` says `"app": "python app_stack.py"`."""

import aws_cdk as cdk
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_s3 as s3

from prodready_constructs import (
    PRODUCTION,
    Domain,
    LogBucket,
    PrivateNetwork,
    ProtectedLoadBalancer,
    Routes,
    SmokeTest,
    Watch,
    WebService,
    guard,
)


class Hello(cdk.Stack):
    @property
    def availability_zones(self) -> list[str]:
        return [f"us-east-1{letter}" for letter in "abc"]


# What your build pushed: `docker buildx build --push --platform linux/arm64 .` says its digest.
IMAGE = "public.ecr.aws/example/reference-service@sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"

app = cdk.App()
tags = {"application": "hello", "environment": "production", "owner": "hello-team", "cost-centre": "4711", "data-class": "internal"}
stack = Hello(app, "Hello", env=cdk.Environment(account="111122223333", region="us-east-1"), tags=tags, termination_protection=True)
zone = route53.HostedZone.from_hosted_zone_attributes(stack, "Zone", hosted_zone_id="Z0123456789ABCDEFGHIJ", zone_name="example.com")
domain = Domain(stack, "Domain", name="hello.example.com", hosted_zone=zone)
network = PrivateNetwork(stack, "Network", posture=PRODUCTION.network)
logs = LogBucket(stack, "Logs", posture=PRODUCTION.storage, object_ownership=s3.ObjectOwnership.OBJECT_WRITER)
front = ProtectedLoadBalancer(stack, "Front", vpc=network.vpc, posture=PRODUCTION.edge, access_logs=logs.bucket, domain=domain)
image = ecs.ContainerImage.from_registry(IMAGE)
service = WebService(stack, "Service", vpc=network.vpc, load_balancer=front, image=image, posture=PRODUCTION.compute)
service.add_smoke_test(SmokeTest(path="/health/deep"))
alerts = Routes(stack, "Alerts", posture=PRODUCTION.monitoring, critical=["oncall@example.com"], warning=["hello-team@example.com"])
watched = [alerts, domain, network, logs, front, front.web_acl, service]
Watch(stack, "Watch", routes=alerts, watching=watched, runbook_base_url="https://runbooks.example.com/hello")
guard(app)
