"""The stack from our constructs: composition without decisions."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_s3 as s3

from prodready_constructs import PRODUCTION, MultiAzDatabase, PrivateNetwork, ProtectedLoadBalancer, Routes, Watch, WebService

IMAGE = "hashicorp/http-echo@sha256:fcb75f691c8b0414d670ae570240cbf95502cc18a9ba57e982ecac589760a186"
LOGS = "logs-of-example"
PAGER = "https://events.example.com/integration/shop/enqueue"
TEAM = "shop-team@example.com"
RUNBOOKS = "https://runbooks.example.com/shop"


def build(stack: cdk.Stack) -> None:
    """Network, database, service behind a load balancer, alarms."""
    network = PrivateNetwork(stack, "Network", posture=PRODUCTION.network)
    database = MultiAzDatabase(stack, "Orders", vpc=network.vpc, posture=PRODUCTION.database, database_name="orders")
    access_logs = s3.Bucket.from_bucket_name(stack, "AccessLogs", LOGS)
    front = ProtectedLoadBalancer(stack, "Front", vpc=network.vpc, posture=PRODUCTION.edge, access_logs=access_logs)
    service = WebService(
        stack,
        "Api",
        vpc=network.vpc,
        load_balancer=front,
        image=ecs.ContainerImage.from_registry(IMAGE),
        posture=PRODUCTION.compute,
        container_port=5678,
    )
    service.connect_to(database)
    routes = Routes(stack, "Alerts", posture=PRODUCTION.monitoring, critical=[PAGER], warning=[TEAM])
    watched = [network, database, front, front.web_acl, service, routes]
    Watch(stack, "Watch", routes=routes, watching=watched, runbook_base_url=RUNBOOKS)
