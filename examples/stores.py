"""Stores in somebody else's app: Aurora with a user and migrations, a table, a cache and a queue; regions and retention said once."""

from dataclasses import replace

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ecs as ecs

from prodready_constructs import (
    PRODUCTION,
    AuroraDatabase,
    BackupPlan,
    DatabaseUser,
    DatabaseUserRotation,
    MigrationTask,
    PrivateNetwork,
    ProtectedTable,
    ReliableQueue,
    Routes,
    ServerlessCache,
    TableSchema,
    Watch,
    guard,
)


class Bookings(cdk.Stack):
    @property
    def availability_zones(self) -> list[str]:
        return [f"eu-central-1{letter}" for letter in "abc"]


# Nothing of it leaves the European Union.
posture = PRODUCTION.kept_in("eu-central-1", "eu-west-1")
internal = posture.data.internal

app = cdk.App()
tags = {"application": "bookings", "environment": "production", "owner": "travel", "cost-centre": "0815", "data-class": "internal"}
place = cdk.Environment(account="111122223333", region="eu-central-1")
stack = Bookings(app, "Bookings", env=place, tags=tags, termination_protection=True)
network = PrivateNetwork(stack, "Network", posture=posture.network)

database = AuroraDatabase(stack, "Database", vpc=network.vpc, posture=posture.aurora, database_name="bookings")
rotation = DatabaseUserRotation(stack, "Rotation", database=database, vpc=network.vpc, posture=posture.aurora)
migrator = DatabaseUser(stack, "Migrator", rotation=rotation, name="migrator", rights="schema")
image = ecs.ContainerImage.from_registry("hashicorp/http-echo@sha256:fcb75f691c8b0414d670ae570240cbf95502cc18a9ba57e982ecac589760a186")
migration = MigrationTask(
    stack, "Migration", vpc=network.vpc, image=image, user=migrator, posture=posture.compute, command=["/http-echo", "-version"]
)

key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
holds = ProtectedTable(stack, "Holds", schema=TableSchema(partition_key=key), posture=posture.tables, data_class=internal)
prices = ServerlessCache(stack, "Prices", vpc=network.vpc, posture=posture.cache)
work = ReliableQueue(stack, "Work", posture=posture.messaging, data_class=internal)

here = replace(posture.recovery, copy_to_second_region=False)
backup = BackupPlan(stack, "Backup", posture=here, protecting=[database, holds])
alerts = Routes(stack, "Alerts", posture=posture.monitoring, critical=["oncall@example.com"], warning=["travel@example.com"])
watching = [alerts, network, database, rotation, migrator, migration, holds, prices, work, backup]
Watch(stack, "Watch", routes=alerts, watching=watching, runbook_base_url="https://runbooks.example.com/bookings")
guard(app)
