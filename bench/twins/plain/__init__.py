"""The stack in plain Python CDK code, written by hand: L2 constructs, L1 where there is no L2 that does it."""

from __future__ import annotations

import aws_cdk as cdk

from bench.twins.plain.alerts import add_alarms, add_topics
from bench.twins.plain.database import add_database
from bench.twins.plain.front import add_load_balancer
from bench.twins.plain.network import add_network
from bench.twins.plain.service import add_service


def build(stack: cdk.Stack) -> None:
    """Network, database, service behind a load balancer, alarms."""
    network = add_network(stack)
    database = add_database(stack, network.vpc)
    front = add_load_balancer(stack, network.vpc)
    service = add_service(stack, network.vpc, front, database)
    topics = add_topics(stack)
    add_alarms(stack, network=network, database=database, front=front, service=service, topics=topics)
