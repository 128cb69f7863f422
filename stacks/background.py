"""What works without a visitor asking: the queue's workers, the followers of changes, schedules, devices."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from aws_cdk import aws_ecs as ecs
from constructs import Construct

from prodready_constructs import (
    DataKey,
    DeviceIngest,
    DeviceTopics,
    FargateJob,
    FunctionCode,
    FunctionRun,
    HardenedFunction,
    Pace,
    Posture,
    QueueWorker,
    RecordStream,
    Redrive,
    ScheduledJob,
    StreamConsumer,
    ToQueue,
    Watch,
)
from prodready_constructs.contracts import Watchable
from stacks.base import EnvironmentStack
from stacks.data import DataStack
from stacks.settings import Settings

FUNCTIONS = Path(__file__).parent / "functions"


class BackgroundStack(EnvironmentStack):
    """Workers, functions, jobs and devices, in the network of the data. One key encrypts their logs and temporary disks."""

    def __init__(self, scope: Construct, construct_id: str, *, posture: Posture, settings: Settings, data: DataStack) -> None:
        super().__init__(scope, construct_id, settings=settings, region=settings.region, description="Workers, functions, jobs and devices")
        vpc, stores = data.network.vpc, data.stores
        key = DataKey(self, "Key", description="Logs and temporary disks of what works in the background", encrypts_logs=True).key
        image = ecs.ContainerImage.from_registry(settings.service.image)

        self.fulfilment = QueueWorker(
            self,
            "Fulfilment",
            vpc=vpc,
            image=image,
            queue=stores.work,
            pace=Pace(seconds_per_message=1, acceptable_wait=timedelta(minutes=5)),
            posture=posture.workers,
            tasks=posture.compute,
            encryption_key=key,
        )
        self.fulfilment.connect_to(stores.user)
        self.again = Redrive(
            self, "Again", queue=stores.work, posture=posture.workers, functions=posture.functions, vpc=vpc, encryption_key=key
        )
        self.carts = HardenedFunction(
            self,
            "Carts",
            code=FunctionCode.zip(FUNCTIONS / "carts", handler="index.handler", runtime="python3.14"),
            posture=posture.functions,
            vpc=vpc,
            encryption_key=key,
        )
        # A new version is asked this before any change is shown to it.
        self.carts.add_smoke_check({"Records": []}, expects={"batchItemFailures": []})
        self.changes = StreamConsumer(
            self,
            "Changes",
            stream=RecordStream.of_table(stores.carts),
            function=self.carts,
            failures=self.carts.dead_letters,
            posture=posture.workers,
            starting_position="LATEST",
        )

        self.report = FargateJob(
            self, "Report", vpc=vpc, image=image, posture=posture.compute, command=settings.service.migrate, encryption_key=key
        )
        self.report.connect_to(stores.user)
        self.nightly = ScheduledJob(
            self, "Nightly", schedule="cron(15 3 * * ? *)", time_zone="Europe/Berlin", target=self.report, posture=posture.jobs
        )
        self.hourly = ScheduledJob(
            self, "Hourly", schedule="rate(1 hour)", target=FunctionRun(function=self.again, limit=self.again.timeout), posture=posture.jobs
        )
        self.scanners = DeviceIngest(
            self, "Scanners", posture=posture.devices, topics=DeviceTopics(publish=("scans",), subscribe=("orders",)), encryption_key=key
        )
        self.scanners.add_rule("Scans", sql="SELECT *, topic(2) AS scanner FROM 'devices/+/scans'", to=ToQueue(stores.work.queue))

        self.watched: list[Watchable] = [
            *(self.fulfilment, self.again, self.carts, self.changes, self.nightly, self.hourly, self.scanners),
        ]
        self.watch = Watch(self, "Watch", routes=data.routes, watching=self.watched, runbook_base_url=settings.runbooks)
