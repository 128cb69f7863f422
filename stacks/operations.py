"""What is done at night and by the calendar: data restored as a test, logs kept for years, alerts in the team's chat, databases led over."""

from __future__ import annotations

from constructs import Construct

from prodready_constructs import (
    AppSecret,
    BucketCheck,
    CountedLogs,
    DatabaseCheck,
    DataKey,
    Expectation,
    LogArchive,
    Posture,
    Procedures,
    RestoreTest,
    TableCheck,
    Watch,
    Webhook,
)
from prodready_constructs.contracts import Watchable
from stacks.background import BackgroundStack
from stacks.base import EnvironmentStack
from stacks.data import DataStack
from stacks.settings import Settings


class OperationsStack(EnvironmentStack):
    """The care of data and alerts, beside what it cares for: it can be changed without touching either. One key encrypts its logs."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: Posture,
        settings: Settings,
        data: DataStack,
        background: BackgroundStack,
    ) -> None:
        super().__init__(scope, construct_id, settings=settings, region=settings.region, description="Restore tests, archive and chat")
        vpc, stores = data.network.vpc, data.stores
        key = DataKey(self, "Key", description="Logs of what looks after the data", encrypts_logs=True).key

        # Put in by hand: nobody but the chat's owner can give it out.
        self.chat_address = AppSecret(
            self,
            "ChatAddress",
            name=f"{settings.application}/{settings.environment}/chat-address",
            description="Address of the chat channel that hears of alerts",
            length=None,
            encryption_key=key,
        )
        self.chat = Webhook(
            self,
            "Chat",
            posture=posture.monitoring,
            kind=settings.operations.chat,
            url=self.chat_address.secret,
            routes=data.routes,
            failures_to=settings.alerts.anybody,
            vpc=vpc,
            encryption_key=key,
        )
        self.restores = RestoreTest(
            self,
            "Restores",
            posture=posture.recovery,
            vault=data.backup.vault,
            vpc=vpc,
            checking=[
                DatabaseCheck(
                    database=data.database,
                    credentials=stores.reader.secret,
                    # Every release migrates the schema: a database without tables is no restore.
                    expect=[Expectation(query="SELECT count(*) FROM information_schema.tables", at_least=1)],
                ),
                TableCheck(table=stores.carts),
                BucketCheck(bucket=data.uploads),
            ],
            encryption_key=key,
        )
        self.lines = CountedLogs(self, "CartLines", log_group=background.carts.log_group)
        self.lines.count("CartsGivenUp", '{ $.message = "cart given up" }')
        self.lines.detect_anomalies(encryption_key=key)
        self.archive = LogArchive(
            self,
            "Archive",
            bucket=data.logs.bucket,
            data_class=posture.data.confidential,
            posture=posture.monitoring,
            encryption_key=key,
        )
        self.archive.archive("Fulfilment", background.fulfilment.log_group)

        self.procedures = Procedures(self, "Procedures", approvers=self.role_arns(settings.operations.approvers))
        self.procedures.fail_over("FailOverOrders", data.database.instance)
        self.procedures.fail_over_cluster("FailOverLedger", stores.ledger.cluster)
        self.procedures.restore("RestoreCarts", stores.carts.table)

        self.watched: list[Watchable] = [self.chat, self.restores, self.lines, self.archive]
        self.watch = Watch(self, "Watch", routes=data.routes, watching=self.watched, runbook_base_url=settings.runbooks)
