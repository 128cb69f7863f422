"""What a real account would already hold: hosted zones that a stack imports by their id."""

from __future__ import annotations

from ministack.services import route53

from prodready_constructs.local.emulator.registration import Properties, respell


def install() -> None:
    """Records in an imported zone find it; a zone that the app creates is there before its records."""
    respell("AWS::Route53::RecordSet", _with_its_zone)


def _with_its_zone(properties: Properties) -> Properties:
    zone_id = properties.get("HostedZoneId")
    if isinstance(zone_id, str) and zone_id not in route53._zones:
        # The name is not told by the id: the registered domain of the first record stands in.
        name = ".".join(str(properties.get("Name", "imported.example.")).rstrip(".").split(".")[-2:]) + "."
        zone = {"id": zone_id, "name": name, "caller_reference": zone_id, "comment": "imported", "private": False, "vpcs": []}
        with route53._lock:
            route53._zones.setdefault(zone_id, zone)
            route53._records.setdefault(zone_id, route53._default_records(name))
    return properties
