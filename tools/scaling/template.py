"""The scaling that the library states, read from synthesized templates, so that no number of it is written here."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_s3 as s3

from prodready_constructs import PRODUCTION, PrivateNetwork, ProtectedLoadBalancer, ReliableQueue, WebService
from prodready_constructs.compute.workers.backlog import Pace
from prodready_constructs.compute.workers.queue_worker import QueueWorker
from tools.scaling.autoscaling import DEFAULT_COOLDOWN, Policy, Rules

#: Two seconds of work a message, which may wait for two minutes: what the page and its tests are about.
PACE = Pace(seconds_per_message=2, acceptable_wait=timedelta(minutes=2))
IMAGE = f"public.ecr.aws/example/app@sha256:{'0' * 64}"
#: A part of the metric's name -> what the simulation calls the policy.
METRICS = {
    "CPUUtilization": "cpu",
    "MemoryUtilization": "memory",
    "RequestCount": "requests",
    "FILL(visible": "backlog",
    "FILL(sent": "flow",
}


class _Stack(cdk.Stack):
    @property
    def availability_zones(self) -> list[str]:
        return [f"us-east-1{letter}" for letter in "abc"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What the templates of production say."""

    service: Rules
    worker: Rules
    #: Seconds: of the load balancer's health check, of its patience with a leaving target.
    health_interval: int
    health_timeout: int
    unhealthy_after: int
    drain: int
    #: Seconds a container has between SIGTERM and SIGKILL.
    stop_timeout: int


def _rules(resources: dict[str, Any], containing: str) -> Rules:
    def of_type(kind: str) -> list[tuple[str, dict[str, Any]]]:
        return [(name, one["Properties"]) for name, one in resources.items() if one["Type"] == f"AWS::ApplicationAutoScaling::{kind}"]

    ((target, bounds),) = [pair for pair in of_type("ScalableTarget") if pair[0].startswith(containing)]
    stated = [
        one["TargetTrackingScalingPolicyConfiguration"]
        for _, one in of_type("ScalingPolicy")
        if one["ScalingTargetId"] == {"Ref": target} and one["PolicyType"] == "TargetTrackingScaling"
    ]
    (cooldowns,) = {
        (one.get("ScaleOutCooldown", DEFAULT_COOLDOWN), one.get("ScaleInCooldown", DEFAULT_COOLDOWN))
        # A policy that never scales in has no say in when others do.
        for one in stated
        if not one.get("DisableScaleIn")
    }
    policies = [
        Policy(name=name, target=one["TargetValue"], scales_in=not one.get("DisableScaleIn", False))
        for one in stated
        for part, name in METRICS.items()
        if part in json.dumps(one)
    ]
    return Rules(
        least=bounds["MinCapacity"],
        most=bounds["MaxCapacity"],
        policies=tuple(policies),
        out_cooldown=cooldowns[0],
        in_cooldown=cooldowns[1],
    )


def stated() -> Stated:
    """Synthesize a service and a worker of production, and read."""
    app = cdk.App(outdir=tempfile.mkdtemp(prefix="scaling-"), builtin_cloud_formation_validation=False, analytics_reporting=False)
    stack = _Stack(app, "Scaling", env=cdk.Environment(account="111122223333", region="us-east-1"))
    vpc, image = PrivateNetwork(stack, "Network", posture=PRODUCTION.network).vpc, ecs.ContainerImage.from_registry(IMAGE)
    front = ProtectedLoadBalancer(stack, "Front", vpc=vpc, posture=PRODUCTION.edge, access_logs=s3.Bucket(stack, "AccessLogs"))
    WebService(stack, "Service", vpc=vpc, load_balancer=front, image=image, posture=PRODUCTION.compute)
    queue = ReliableQueue(stack, "Work", posture=PRODUCTION.messaging, data_class=PRODUCTION.data.internal)
    QueueWorker(stack, "Worker", vpc=vpc, image=image, queue=queue, pace=PACE, posture=PRODUCTION.workers, tasks=PRODUCTION.compute)
    resources = json.loads(Path(app.synth().directory, "Scaling.template.json").read_text())["Resources"]
    groups = [one["Properties"] for one in resources.values() if one["Type"] == "AWS::ElasticLoadBalancingV2::TargetGroup"]
    attributes = {one["Key"]: one["Value"] for one in groups[0]["TargetGroupAttributes"]}
    (definition,) = [
        one["Properties"] for name, one in resources.items() if one["Type"] == "AWS::ECS::TaskDefinition" and name.startswith("Service")
    ]
    return Stated(
        service=_rules(resources, "Service"),
        worker=_rules(resources, "Worker"),
        health_interval=groups[0]["HealthCheckIntervalSeconds"],
        health_timeout=groups[0]["HealthCheckTimeoutSeconds"],
        unhealthy_after=groups[0]["UnhealthyThresholdCount"],
        drain=int(attributes["deregistration_delay.timeout_seconds"]),
        stop_timeout=definition["ContainerDefinitions"][0]["StopTimeout"],
    )
