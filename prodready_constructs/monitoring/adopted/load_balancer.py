"""Application Load Balancers and their target groups."""

from __future__ import annotations

from typing import Any

from aws_cdk import Fn

from prodready_constructs.contracts import AnyAlarmSpec
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.monitoring.adopted.data import CRITICAL, LEDGER, WARNING, Service

_ERRORS = ("the last release", "targets that cannot reach a store", "no healthy target in a zone")


def load_balancer(arn: str, name: str) -> tuple[AnyAlarmSpec, ...]:
    """*name*: ``app/<name>/<id>``, as its metrics call it."""
    of = Service(
        "AWS/ApplicationELB",
        {"LoadBalancer": name},
        (
            f"aws elbv2 describe-target-groups --load-balancer-arn {arn} --query 'TargetGroups[].TargetGroupArn'",
            f"aws elbv2 describe-load-balancer-attributes --load-balancer-arn {arn}",
        ),
    )
    requests = of.metric("RequestCount")
    errors = of.percent((of.metric("HTTPCode_Target_5XX_Count"), of.metric("HTTPCode_ELB_5XX_Count")), requests, "5xx, % of requests")
    return (
        of.alarm(
            "ServerErrors",
            errors,
            5,
            severity=CRITICAL,
            source=f"{LEDGER}: 5xx rate above 5 %",
            datapoints=3,
            # No visitors, no datapoints: silence is calm. So in all of this file.
            missing_data="notBreaching",
            meaning="More than one request in twenty is answered with 5xx.",
            causes=_ERRORS,
        ),
        of.alarm(
            "SlowResponses",
            of.metric("TargetResponseTime", "p95"),
            0.5,
            severity=WARNING,
            source=f"{LEDGER}: latency above 500 ms (p95)",
            missing_data="notBreaching",
            meaning="One request in twenty waits longer than half a second for the targets.",
            causes=("a slow query or store", "targets short of CPU", "a slow service of others"),
        ),
        of.alarm(
            "RejectedConnections",
            of.metric("RejectedConnectionCount"),
            0,
            severity=CRITICAL,
            source="Elastic Load Balancing user guide: connections are rejected when the load balancer has reached its maximum",
            periods=3,
            missing_data="notBreaching",
            meaning="The load balancer turns visitors away: it has as many connections as it can hold.",
            causes=("an attack", "clients that never close their connections", "a surge faster than it scales"),
        ),
    )


def target_group(arn: str, name: str, load_balancer_name: str) -> tuple[AnyAlarmSpec, ...]:
    """A target group behind the load balancer *load_balancer_name*."""
    of = Service(
        "AWS/ApplicationELB",
        {"TargetGroup": name, "LoadBalancer": load_balancer_name},
        (f"aws elbv2 describe-target-health --target-group-arn {arn}",),
    )
    return (
        of.alarm(
            "UnhealthyHosts",
            of.metric("UnHealthyHostCount", "Maximum"),
            0,
            severity=CRITICAL,
            source=f"{LEDGER}: unhealthy hosts",
            # A group without targets sends nothing: NoHealthyHosts says so while there are any, and all are sick.
            missing_data="notBreaching",
            meaning="A target has failed its health check for five minutes.",
            causes=("the health path depends on a store that is down", "the target is overloaded", "a security group was changed"),
        ),
        of.alarm(
            "NoHealthyHosts",
            of.metric("HealthyHostCount", "Minimum"),
            1,
            comparison="LessThanThreshold",
            severity=CRITICAL,
            source="Our reason: without a healthy target every request fails, or goes to a sick one",
            periods=2,
            missing_data="notBreaching",
            meaning="No target is healthy in at least one zone: requests fail.",
            causes=("a release that fails its health check", "the health path is wrong", "no capacity"),
        ),
    )


def name_of(found: Any) -> str:
    """What its metrics call an L2, made here or imported."""
    return getattr(found, "load_balancer_full_name", None) or Fn.select(1, Fn.split(":loadbalancer/", found.load_balancer_arn))


def _of_target_group(found: Any) -> tuple[AnyAlarmSpec, ...]:
    try:
        name = found.first_load_balancer_full_name
    except (AttributeError, RuntimeError):
        raise ConfigurationError(
            "adopt",
            given="a target group without a load balancer",
            allowed="groups that a listener in this app sends requests to: their metrics carry the load balancer's name",
            mend="adopt it after adding it to a listener",
        ) from None
    return target_group(found.target_group_arn, found.target_group_full_name, name)


ADOPTS = {
    "aws_elasticloadbalancingv2.IApplicationLoadBalancer": lambda found: load_balancer(found.load_balancer_arn, name_of(found)),
    "aws_elasticloadbalancingv2.CfnLoadBalancer": lambda found: load_balancer(found.ref, found.attr_load_balancer_full_name),
    "aws_elasticloadbalancingv2.IApplicationTargetGroup": _of_target_group,
}
