"""What must outlive a release: network, data, backups, and where alarms go."""

from __future__ import annotations

from aws_cdk import aws_s3 as s3
from constructs import Construct

from prodready_constructs import (
    AccountEvents,
    BackupPlan,
    LogBucket,
    MultiAzDatabase,
    Posture,
    PrivateNetwork,
    ReplicaBucket,
    SecureBucket,
    SessionBastion,
    Watch,
)
from prodready_constructs.contracts import Watchable
from stacks.base import TOLD_ELSEWHERE, EnvironmentStack
from stacks.edge import CLOUDFRONT_REGION, EdgeStack
from stacks.recovery import RecoveryStack
from stacks.settings import Settings
from stacks.stores import Stores


class DataStack(EnvironmentStack):
    """The network, the database, the buckets, their backups and alarms."""

    def __init__(
        self, scope: Construct, construct_id: str, *, posture: Posture, settings: Settings, edge: EdgeStack, recovery: RecoveryStack
    ) -> None:
        super().__init__(scope, construct_id, settings=settings, region=settings.region, description="Network, data and backups")
        # One pair of topics a region is enough: nobody wants to confirm the same subscription twice.
        self.routes = edge.routes if settings.region == CLOUDFRONT_REGION else self.alerts(posture=posture, settings=settings)
        self.logs = LogBucket(self, "AccessLogs", posture=posture.storage, object_ownership=s3.ObjectOwnership.OBJECT_WRITER)
        # Here and not in the second region, where it would need a log bucket of its own: decision 40. The backups cross regions.
        self.replica = ReplicaBucket(self, "Replica", posture=posture.storage, access_logs=self.logs.bucket)
        self.network = PrivateNetwork(self, "Network", posture=posture.network, cidr=settings.cidr, peers=settings.peers)
        self.database = MultiAzDatabase(self, "Orders", vpc=self.network.vpc, posture=posture.database, database_name="orders")
        self.uploads = SecureBucket(
            self, "Uploads", posture=posture.storage, access_logs=self.logs.bucket, replica=self.replica, key_prefix="uploads/"
        )
        self.stores = Stores(self, "Stores", posture=posture, network=self.network, database=self.database)
        #: How people reach the databases and the cache: by Session Manager, and in working hours.
        self.bastion = SessionBastion(self, "Bastion", vpc=self.network.vpc, posture=posture.bastion, endpoints=self.network.endpoints)
        self.bastion.connect_to(self.database)
        self.bastion.connect_to(self.stores.ledger)
        self.bastion.connect_to(self.stores.sessions)
        self.backup = BackupPlan(
            self,
            "Backup",
            posture=posture.recovery,
            protecting=[self.database, self.uploads, *self.stores.recoverable],
            copy_to_arn=recovery.vault.arn,
        )
        self.watched: list[Watchable] = [self.database, self.uploads, self.network, self.bastion, self.backup, *self.stores.watched]
        if self.routes is not edge.routes:
            self.watched += [self.routes, AccountEvents(self, "AccountEvents", leaving_out=TOLD_ELSEWHERE)]
        self.watch = Watch(self, "Watch", routes=self.routes, watching=self.watched, runbook_base_url=settings.runbooks)
