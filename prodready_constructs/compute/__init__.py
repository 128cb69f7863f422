"""What runs code: services and workers on Fargate, functions, schedules, devices.

Names are loaded when they are first asked for: whoever takes a function does not wait for ECS.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prodready_constructs.compute.devices.device_ingest import DeviceIngest as DeviceIngest
    from prodready_constructs.compute.devices.provisioning_template import DeviceProvisioning as DeviceProvisioning
    from prodready_constructs.compute.devices.targets import ToBucket as ToBucket
    from prodready_constructs.compute.devices.targets import ToDelivery as ToDelivery
    from prodready_constructs.compute.devices.targets import ToFunction as ToFunction
    from prodready_constructs.compute.devices.targets import ToQueue as ToQueue
    from prodready_constructs.compute.devices.targets import ToStream as ToStream
    from prodready_constructs.compute.devices.targets import ToTable as ToTable
    from prodready_constructs.compute.devices.targets import ToTopic as ToTopic
    from prodready_constructs.compute.devices.topics import DeviceTopics as DeviceTopics
    from prodready_constructs.compute.functions.code import FunctionCode as FunctionCode
    from prodready_constructs.compute.functions.hardened_function import HardenedFunction as HardenedFunction
    from prodready_constructs.compute.functions.placement import OutsideVpc as OutsideVpc
    from prodready_constructs.compute.functions.signing import CodeSigning as CodeSigning
    from prodready_constructs.compute.jobs.checks import Between as Between
    from prodready_constructs.compute.jobs.fargate_job import FargateJob as FargateJob
    from prodready_constructs.compute.jobs.scheduled_job import ScheduledJob as ScheduledJob
    from prodready_constructs.compute.jobs.targets import FunctionRun as FunctionRun
    from prodready_constructs.compute.service.smoke_test import SmokeTest as SmokeTest
    from prodready_constructs.compute.service.web_service import WebService as WebService
    from prodready_constructs.compute.tasks.image_release import ImageRelease as ImageRelease
    from prodready_constructs.compute.tasks.log_routes import LogsToBucket as LogsToBucket
    from prodready_constructs.compute.tasks.log_routes import LogsToFirehose as LogsToFirehose
    from prodready_constructs.compute.tasks.log_routes import LogsToGroup as LogsToGroup
    from prodready_constructs.compute.tasks.mesh import ServiceMesh as ServiceMesh
    from prodready_constructs.compute.tasks.sidecars import Sidecar as Sidecar
    from prodready_constructs.compute.workers.backlog import Pace as Pace
    from prodready_constructs.compute.workers.events import Batch as Batch
    from prodready_constructs.compute.workers.events import EventFilters as EventFilters
    from prodready_constructs.compute.workers.events import ForeignFunction as ForeignFunction
    from prodready_constructs.compute.workers.foreign_queue import ForeignQueue as ForeignQueue
    from prodready_constructs.compute.workers.queue_consumer import Pollers as Pollers
    from prodready_constructs.compute.workers.queue_consumer import QueueConsumer as QueueConsumer
    from prodready_constructs.compute.workers.queue_worker import QueueWorker as QueueWorker
    from prodready_constructs.compute.workers.redrive import Redrive as Redrive
    from prodready_constructs.compute.workers.stream_consumer import RecordStream as RecordStream
    from prodready_constructs.compute.workers.stream_consumer import StreamConsumer as StreamConsumer

__all__ = [
    "Batch",
    "Between",
    "CodeSigning",
    "DeviceIngest",
    "DeviceProvisioning",
    "DeviceTopics",
    "EventFilters",
    "FargateJob",
    "ForeignFunction",
    "ForeignQueue",
    "FunctionCode",
    "FunctionRun",
    "HardenedFunction",
    "ImageRelease",
    "LogsToBucket",
    "LogsToFirehose",
    "LogsToGroup",
    "OutsideVpc",
    "Pace",
    "Pollers",
    "QueueConsumer",
    "QueueWorker",
    "RecordStream",
    "Redrive",
    "ScheduledJob",
    "ServiceMesh",
    "Sidecar",
    "SmokeTest",
    "StreamConsumer",
    "ToBucket",
    "ToDelivery",
    "ToFunction",
    "ToQueue",
    "ToStream",
    "ToTable",
    "ToTopic",
    "WebService",
]

_HOMES = {
    "devices.device_ingest": "DeviceIngest",
    "devices.provisioning_template": "DeviceProvisioning",
    "devices.targets": "ToBucket ToDelivery ToFunction ToQueue ToStream ToTable ToTopic",
    "devices.topics": "DeviceTopics",
    "functions.code": "FunctionCode",
    "functions.hardened_function": "HardenedFunction",
    "functions.placement": "OutsideVpc",
    "functions.signing": "CodeSigning",
    "jobs.checks": "Between",
    "jobs.fargate_job": "FargateJob",
    "jobs.scheduled_job": "ScheduledJob",
    "jobs.targets": "FunctionRun",
    "service.smoke_test": "SmokeTest",
    "service.web_service": "WebService",
    "tasks.image_release": "ImageRelease",
    "tasks.log_routes": "LogsToBucket LogsToFirehose LogsToGroup",
    "tasks.mesh": "ServiceMesh",
    "tasks.sidecars": "Sidecar",
    "workers.backlog": "Pace",
    "workers.events": "Batch EventFilters ForeignFunction",
    "workers.foreign_queue": "ForeignQueue",
    "workers.queue_consumer": "Pollers QueueConsumer",
    "workers.queue_worker": "QueueWorker",
    "workers.redrive": "Redrive",
    "workers.stream_consumer": "RecordStream StreamConsumer",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
