"""What is asked of a task costs in messages to the jsii kernel: no more than this, on any machine.

A number here may fall. Where it must rise, say in the commit what the messages buy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import aws_ecr as ecr

from bench.messages import counted, total
from prodready_constructs.compute.service.web_service import WebService
from prodready_constructs.compute.tasks.image_release import ImageRelease
from prodready_constructs.compute.tasks.log_routes import LogsToGroup
from prodready_constructs.compute.tasks.mesh import ServiceMesh
from prodready_constructs.compute.tasks.sidecars import Sidecar
from prodready_constructs.posture import STAGING
from tests.compute.tasks.parts import AUTHORITY, a_service, image
from tests.support.synthesis import new_stack


def _mesh(one: WebService, other: WebService) -> None:
    mesh = ServiceMesh(one, "Mesh", name="shop", certificate_authority=AUTHORITY)
    mesh.offer(other, name="orders")
    mesh.connect(one, other)


def _release(one: WebService, other: WebService) -> None:
    ImageRelease(one, "Release", service=one, repository=ecr.Repository.from_repository_name(one, "Images", "shop"), setting="settings")


@pytest.mark.parametrize(
    ("ask", "messages"),
    [
        (lambda one, other: one.add_sidecar(Sidecar(name="Proxy", image=image(), memory_mib=70, before_app="START")), 14),
        (lambda one, other: one.add_tracing(), 67),
        (lambda one, other: one.route_logs(LogsToGroup(one.log_group)), 30),
        (lambda one, other: one.add_scratch("/cache", memory_mib=8), 2),
        (lambda one, other: one.add_scratch("/work", disk_gib=30), 5),
        (lambda one, other: one.scale_off_hours(), 7),
        (_mesh, 50),
        (_release, 22),
    ],
    ids=["sidecar", "tracing", "log route", "memory", "disk", "hours", "mesh", "release"],
)
def test_no_more_messages_than(ask: Callable[[WebService, WebService], Any], messages: int) -> None:
    stack = new_stack()
    one, other = (a_service(stack, name, posture=STAGING.compute, cpu=512, memory_mib=1024) for name in ("One", "Other"))
    with counted() as counts:
        ask(one, other)
    assert total(counts) <= messages, counts
    assert counts["callback"] <= 9, "statements for the execution role, whose policy is ours"
