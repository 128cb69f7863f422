"""What monitoring, recovery, storage and compute cost in messages to the jsii kernel: no more than this, on any machine.

A number here may fall. Where it must rise, say in the commit what the messages buy. What is asked once in a process or in a stack is no cost of
the construct, so each is built twice and counted the second time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_s3 as s3

from bench.messages import counted, total
from prodready_constructs import PRODUCTION
from prodready_constructs.compute import WebService
from prodready_constructs.foundation import Part
from prodready_constructs.monitoring import Dashboard, Routes, Watch
from prodready_constructs.recovery import BackupPlan, BackupVault
from prodready_constructs.storage import LogBucket, ReplicaBucket, SecureBucket
from tests.compute.support import IMAGE, a_store, a_vpc
from tests.monitoring.watched import CPU, ERRORS, FAILOVER, LATENCY, STOPPED
from tests.recovery.stores import BACKUP, STANDBY
from tests.support.synthesis import new_stack

STORAGE = PRODUCTION.storage
COPY_TO = "arn:aws:backup:us-west-2:111122223333:backup-vault:second"
#: Builds one construct of the given id; prepared with what it needs, so that nothing else is counted.
Build = Callable[[str], Any]


class Thing(Part):
    """Watched and protected at no cost: alarms, graphs and facts as data."""

    alarm_specs = (CPU, LATENCY, ERRORS, STOPPED, FAILOVER)
    graphs = ()
    backup_arns = ("arn:aws:rds:us-east-1:111122223333:db:orders",)
    recovery_facts = (STANDBY, BACKUP)


def routes(stack: cdk.Stack) -> Build:
    return lambda name: Routes(stack, name, posture=PRODUCTION.monitoring, critical=("a@example.com",), warning=("b@example.com",))


def watch(stack: cdk.Stack, *, things: int = 1) -> Build:
    watched = [Thing(stack, f"Thing{number}") for number in range(things)]
    alerts = routes(stack)("Alerts")
    return lambda name: Watch(stack, name, routes=alerts, watching=watched, runbook_base_url="https://runbooks.example.com")


def dashboard(stack: cdk.Stack) -> Build:
    watched = watch(stack)("Watch")
    shown = [Thing(stack, f"Shown{number}") for number in range(10)]
    return lambda name: Dashboard(stack, name, posture=PRODUCTION.monitoring, title=name, watching=shown, watches=[watched])


def backup_vault(stack: cdk.Stack) -> Build:
    return lambda name: BackupVault(stack, name, posture=PRODUCTION.recovery)


def backup_plan(stack: cdk.Stack) -> Build:
    store = Thing(stack, "Store")
    return lambda name: BackupPlan(stack, name, posture=PRODUCTION.recovery, protecting=[store], copy_to_arn=COPY_TO)


def some_logs(stack: cdk.Stack) -> s3.IBucket:
    return s3.Bucket.from_bucket_name(stack, "Logs", "logs")


def log_bucket(stack: cdk.Stack) -> Build:
    return lambda name: LogBucket(stack, name, posture=STORAGE)


def copied_log_bucket(stack: cdk.Stack) -> Build:
    make = replica_bucket(stack)
    replicas = {name: make(f"Replica{name}") for name in ("First", "Second")}
    return lambda name: LogBucket(stack, name, posture=STORAGE, replica=replicas[name])


def replica_bucket(stack: cdk.Stack) -> Build:
    logs = some_logs(stack)
    return lambda name: ReplicaBucket(stack, name, posture=STORAGE, access_logs=logs)


def secure_bucket(stack: cdk.Stack) -> Build:
    logs = some_logs(stack)
    return lambda name: SecureBucket(stack, name, posture=STORAGE, access_logs=logs)


def copied_secure_bucket(stack: cdk.Stack) -> Build:
    logs = some_logs(stack)
    replica = ReplicaBucket(stack, "Replica", posture=STORAGE, access_logs=logs)
    return lambda name: SecureBucket(stack, name, posture=STORAGE, access_logs=logs, replica=replica, key_prefix=f"{name}/")


def web_service(stack: cdk.Stack) -> Build:
    vpc, image = a_vpc(stack), ecs.ContainerImage.from_registry(IMAGE)
    return lambda name: WebService(stack, name, vpc=vpc, image=image, posture=PRODUCTION.compute)


def connected(stack: cdk.Stack) -> Build:
    make, stores = web_service(stack), iter([a_store(cdk.Stack(stack, name), a_vpc(cdk.Stack(stack, f"{name}Net"))) for name in "AB"])
    services = {name: make(name) for name in ("First", "Second")}
    return lambda name: services[name].connect_to(next(stores))


@pytest.mark.parametrize(
    ("prepare", "messages"),
    [
        (routes, 51),
        (watch, 13),
        (dashboard, 7),
        (backup_vault, 13),
        (backup_plan, 31),
        (log_bucket, 29),
        (copied_log_bucket, 23),
        (replica_bucket, 33),
        (secure_bucket, 25),
        (copied_secure_bucket, 19),
        # One of them reads the image, to refuse a tag.
        (web_service, 43),
        (connected, 28),
    ],
)
def test_no_more_messages_than(prepare: Callable[[cdk.Stack], Build], messages: int) -> None:
    build = prepare(new_stack())
    build("First")
    with counted() as counts:
        build("Second")
    assert total(counts) <= messages, counts


@pytest.mark.parametrize("prepare", [log_bucket, copied_log_bucket, secure_bucket, copied_secure_bucket, backup_plan])
def test_alarms_and_graphs_are_data(prepare: Callable[[cdk.Stack], Build]) -> None:
    made = prepare(new_stack())("First")
    with counted() as counts:
        described = [*made.alarm_specs, *made.graphs]
    assert total(counts) == 0
    assert described or isinstance(made, LogBucket), "only a log bucket without a copy has nothing to say"


def test_an_alarm_is_one_message() -> None:
    """Ten more things of three alarms, an event rule and an event subscription: one message a resource, nothing besides."""

    def cost(things: int) -> int:
        build = watch(new_stack(), things=things)
        with counted() as counts:
            build("Watch")
        return total(counts)

    assert cost(11) - cost(1) == 10 * len(Thing.alarm_specs)
