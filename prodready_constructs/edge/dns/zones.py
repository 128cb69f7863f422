"""What a hosted zone is called, asked for once however many names it has."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from aws_cdk import aws_route53 as route53

_zones: WeakKeyDictionary[route53.IHostedZone, tuple[str, str]] = WeakKeyDictionary()


def zone_of(hosted_zone: route53.IHostedZone) -> tuple[str, str]:
    """Its name and its id: each reading is a message to the jsii kernel."""
    if hosted_zone not in _zones:
        _zones[hosted_zone] = (hosted_zone.zone_name, hosted_zone.hosted_zone_id)
    return _zones[hosted_zone]
