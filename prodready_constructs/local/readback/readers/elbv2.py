"""Elastic Load Balancing."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader, as_map, same

_attributes = as_map("Key", "Value")


def _load_balancer(aws: Aws, physical_id: str, _: Properties) -> Any:
    elb = aws("elbv2")
    described = elb.describe_load_balancers(LoadBalancerArns=[physical_id])["LoadBalancers"][0]
    attributes = elb.describe_load_balancer_attributes(LoadBalancerArn=physical_id)["Attributes"]
    return {**described, "Attributes": _attributes(attributes)}


def _listener(aws: Aws, physical_id: str, _: Properties) -> Any:
    elb = aws("elbv2")
    attributes = elb.describe_listener_attributes(ListenerArn=physical_id)["Attributes"]
    return {**elb.describe_listeners(ListenerArns=[physical_id])["Listeners"][0], "Attributes": _attributes(attributes)}


def _target_group(aws: Aws, physical_id: str, _: Properties) -> Any:
    elb = aws("elbv2")
    described = elb.describe_target_groups(TargetGroupArns=[physical_id])["TargetGroups"][0]
    return {**described, "Attributes": _attributes(elb.describe_target_group_attributes(TargetGroupArn=physical_id)["Attributes"])}


def _rule(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("elbv2").describe_rules(RuleArns=[physical_id])["Rules"][0]


def _actions(value: Any) -> Any:
    """Actions by their type and where they lead: of several target groups, the emulator tells the first and no weight."""
    shown = []
    for each in value:
        groups = each.get("ForwardConfig", {}).get("TargetGroups", [])
        first = each.get("TargetGroupArn") or next((group["TargetGroupArn"] for group in groups), None)
        told = {name: each[name] for name in ("Type", "FixedResponseConfig", "RedirectConfig") if name in each}
        shown.append({**told, **({"TargetGroupArn": first} if first else {})})
    return shown


READERS = {
    "AWS::ElasticLoadBalancingV2::LoadBalancer": Reader(
        _load_balancer,
        (
            *same("Scheme", "Type", "IpAddressType", "SecurityGroups"),
            Check("LoadBalancerAttributes", "Attributes", _attributes),
            Check("Subnets", lambda live: [zone["SubnetId"] for zone in live["AvailabilityZones"]]),
        ),
    ),
    "AWS::ElasticLoadBalancingV2::Listener": Reader(
        _listener,
        (
            *same("Port", "Protocol", "SslPolicy", "LoadBalancerArn"),
            Check("Certificates", "Certificates"),
            Check("ListenerAttributes", "Attributes", _attributes),
            Check("DefaultActions", "DefaultActions", _actions),
        ),
    ),
    "AWS::ElasticLoadBalancingV2::ListenerRule": Reader(
        _rule, (*same("Priority"), Check("Actions", "Actions", _actions), Check("Conditions", "Conditions"))
    ),
    "AWS::ElasticLoadBalancingV2::TargetGroup": Reader(
        _target_group,
        (
            *same("Port", "Protocol", "TargetType", "HealthCheckPath", "HealthCheckIntervalSeconds", "HealthCheckTimeoutSeconds"),
            *same("HealthyThresholdCount", "UnhealthyThresholdCount", "HealthCheckProtocol", "HealthCheckPort", "Matcher", "VpcId"),
            Check("TargetGroupAttributes", "Attributes", _attributes),
        ),
    ),
}
