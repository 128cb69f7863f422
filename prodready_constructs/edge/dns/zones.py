"""What a hosted zone is called, asked for once however many names it has: each reading is a message to the jsii kernel."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from aws_cdk import aws_route53 as route53

_names: WeakKeyDictionary[route53.IHostedZone, str] = WeakKeyDictionary()
_ids: WeakKeyDictionary[route53.IHostedZone, str] = WeakKeyDictionary()


def zone_name(hosted_zone: route53.IHostedZone) -> str:
    """``example.com``."""
    if hosted_zone not in _names:
        _names[hosted_zone] = hosted_zone.zone_name
    return _names[hosted_zone]


def zone_id(hosted_zone: route53.IHostedZone) -> str:
    """``Z0123456789ABCDEFGHIJ``."""
    if hosted_zone not in _ids:
        _ids[hosted_zone] = hosted_zone.hosted_zone_id
    return _ids[hosted_zone]
