"""What else keeps state: a table, a cache, a second database, a queue and its topic, images, and the users of the database."""

from __future__ import annotations

from datetime import timedelta

from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from prodready_constructs import (
    AuroraDatabase,
    CachePasswordRotation,
    DatabaseProxy,
    DatabaseUser,
    DatabaseUserRotation,
    DataKey,
    ImageRepository,
    MultiAzDatabase,
    Posture,
    PrivateNetwork,
    ProtectedTable,
    ProtectedTopic,
    ReliableQueue,
    ReplicatedCache,
    TableSchema,
    WebService,
)
from prodready_constructs.contracts import Recoverable, Watchable


class Stores(Construct):
    """The further stores of one environment, in the network of its database. What the service writes is confidential."""

    def __init__(
        self, scope: Construct, construct_id: str, *, posture: Posture, network: PrivateNetwork, database: MultiAzDatabase
    ) -> None:
        super().__init__(scope, construct_id)
        vpc, data_class = network.vpc, posture.data.confidential
        key = DataKey(self, "Key", description="Logs of the functions that rotate passwords", encrypts_logs=True).key

        self.rotation = DatabaseUserRotation(self, "Rotation", database=database, vpc=vpc, posture=posture.database, encryption_key=key)
        #: What the service signs in with, and what its migrations do.
        self.user = DatabaseUser(self, "User", rotation=self.rotation, name="shop", rights="write")
        self.migrator = DatabaseUser(self, "Migrator", rotation=self.rotation, name="migrator", rights="schema")
        #: Looks into what a restore test brought back.
        self.reader = DatabaseUser(self, "Reader", rotation=self.rotation, name="reader", rights="read")
        self.proxy = DatabaseProxy(self, "Proxy", target=database, vpc=vpc, posture=posture.proxy)

        self.ledger = AuroraDatabase(self, "Ledger", vpc=vpc, posture=posture.aurora, database_name="ledger")
        self.carts = ProtectedTable(
            self,
            "Carts",
            schema=TableSchema(partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING), ttl_attribute="expires_at"),
            posture=posture.tables,
            data_class=data_class,
            stream=dynamodb.StreamViewType.KEYS_ONLY,
        )
        self.cache_rotation = CachePasswordRotation(self, "CacheRotation", vpc=vpc, encryption_key=key)
        self.sessions = ReplicatedCache(self, "Sessions", vpc=vpc, posture=posture.cache, rotation=self.cache_rotation)

        self.work = ReliableQueue(self, "Work", posture=posture.messaging, data_class=data_class, visibility_timeout=timedelta(minutes=3))
        self.news = ProtectedTopic(self, "News", posture=posture.messaging, data_class=data_class)
        self.news.add_queue(self.work)
        self.images = ImageRepository(self, "Images", posture=posture.images)

        #: What AWS Backup takes.
        self.recoverable: list[Recoverable] = [self.ledger, self.carts]
        self.watched: list[Watchable] = [
            *(self.rotation, self.user, self.migrator, self.reader, self.proxy, self.ledger, self.carts),
            *(self.cache_rotation, self.sessions, self.work, self.news, self.images),
        ]

    def serve(self, service: WebService) -> None:
        """Tell *service* where the stores are, and let it use them; it signs in to the database as ``user``."""
        service.connect_to(self.user)
        service.connect_to(self.sessions)
        service.connect_to(self.carts)
        self.carts.grant_read_write(service.task_role)
        self.news.grant_publish(service.task_role)
