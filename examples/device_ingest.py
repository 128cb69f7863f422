"""Devices of a fleet: each speaks for itself alone, and no message is lost without somebody hearing of it."""

from datetime import timedelta

import aws_cdk as cdk

from prodready_constructs import (
    PRODUCTION,
    DataKey,
    DeviceIngest,
    DeviceProvisioning,
    DeviceTopics,
    ReliableQueue,
    Routes,
    ToQueue,
    Watch,
    guard,
)

app = cdk.App()
tags = {"application": "boilers", "environment": "production", "owner": "heat", "cost-centre": "4711", "data-class": "internal"}
place = cdk.Environment(account="111122223333", region="eu-central-1")
stack = cdk.Stack(app, "Boilers", env=place, tags=tags, termination_protection=True)

key = DataKey(stack, "ReadingsKey", description="readings of boilers").key
readings = ReliableQueue(stack, "Readings", posture=PRODUCTION.messaging, data_class=PRODUCTION.data.internal, encryption_key=key)

devices = DeviceIngest(stack, "Devices", posture=PRODUCTION.devices, topics=DeviceTopics(publish=("telemetry",), subscribe=("commands/#",)))
devices.add_rule(
    "Telemetry",
    sql="SELECT *, topic(2) AS boiler, timestamp() AS at FROM 'devices/+/telemetry' WHERE isUndefined(test)",
    to=ToQueue(readings.queue),
    silent_after=timedelta(minutes=15),
)
devices.add_provisioning("Maker", DeviceProvisioning(thing_name="boiler-{SerialNumber}", by="ca"), hook=None)

routes = Routes(stack, "Routes", posture=PRODUCTION.monitoring, critical=["on-call@example.com"], warning=["team@example.com"])
Watch(stack, "Watch", routes=routes, watching=[devices, readings, routes], runbook_base_url="https://runbooks.example.com")

guard(app)
