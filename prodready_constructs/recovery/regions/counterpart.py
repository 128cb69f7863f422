"""What stands in the second region for one store of the first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Protocol

from prodready_constructs.contracts import Recoverable, RecoveryFact
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import path_of, stated_region_of
from prodready_constructs.recovery.backups.times import COMPLETION_WINDOW, RAREST, START_WINDOW
from prodready_constructs.recovery.objectives.arithmetic import REPLICATION_TIME_CONTROL, Measured, scheduled
from prodready_constructs.recovery.objectives.rows import told

#: What a copy to another region may take: our assumption, for AWS Backup sets no bound.
COPYING = timedelta(hours=6)
#: The daily rule of ``BackupPlan``, copied.
COPIED_DAILY = scheduled(every=RAREST["daily"], start_window=START_WINDOW, completion_window=COMPLETION_WINDOW, copy=COPYING)
#: A replica bucket serves at once; what takes time is to point the workload at it.
POINTING = timedelta(minutes=5)


class Copy(Protocol):
    """A bucket that others are replicated to: ``storage.ReplicaBucket``."""

    name: str

    @property
    def node(self) -> Any: ...


class Images(Recoverable, Protocol):
    """A repository of images that a registry replicates: ``images.ImageRepository``."""

    @property
    def name(self) -> str: ...


class Vault(Protocol):
    """A vault that backups are copied to: ``recovery.BackupVault`` of the second region."""

    name: str
    arn: str

    @property
    def node(self) -> Any: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterpart:
    """How *store* goes on in another region; made by one of the class methods.

    Attributes:
        fact: what is lost, when it is back, and by which commands. region: where; None where only the deployment knows.
        everywhere: the store itself is in both regions.
    """

    store: Recoverable
    fact: RecoveryFact
    region: str | None
    everywhere: bool = False

    def measured_as(self, measured: Measured) -> Counterpart:
        """The same, with what a drill took in place of what was assumed."""
        return replace(self, fact=told(self.fact, {self.fact.store: measured}))

    @classmethod
    def following(cls, store: Recoverable, replica: Recoverable) -> Counterpart:
        """*replica* follows *store* and is promoted: ``ReadReplica``, ``AuroraSecondary``."""
        return cls(store=store, fact=_region_fact(replica, "a replica in another region than its source"), region=stated_region_of(replica))

    @classmethod
    def everywhere_in(cls, store: Recoverable, region: str) -> Counterpart:
        """*store* is written and read in *region* too: ``ProtectedTable`` with a ``TableReplica`` there."""
        fact = _region_fact(store, f"a table with a TableReplica in {region}")
        if not any(f"--region {region}" in command for command in fact.restore_commands):
            raise ConfigurationError(
                f"{path_of(store)}: replicas", given=fact.how, allowed=f"a replica in {region}", mend=f"add TableReplica(region={region!r})"
            )
        return cls(store=store, fact=fact, region=region, everywhere=True)

    @classmethod
    def copied(cls, store: Recoverable, replica: Copy, *, loses: timedelta = REPLICATION_TIME_CONTROL) -> Counterpart:
        """Objects of *store* are copied to *replica* as they are written: ``SecureBucket`` and its ``ReplicaBucket``.

        Args:
            loses: what has not arrived; with replication time control S3 answers for 15 minutes, otherwise measure.
        """
        here = f"--region {stated_region_of(replica)}"
        fact = RecoveryFact(
            store=f"{_name(store)}: loss of its region",
            recovery_point=loses,
            recovery_time=POINTING,
            recovery_time_is="an assumption: the replica serves at once, the workload has to be pointed at it",
            how="S3 replication, as objects are written; what was on its way is lost",
            restore_commands=(
                f"aws s3api list-object-versions --bucket {replica.name} --max-items 5 {here}",
                f"aws s3api get-bucket-versioning --bucket {replica.name} {here}  # then give the workload this name",
            ),
            region_loss=True,
        )
        return cls(store=store, fact=fact, region=stated_region_of(replica))

    @classmethod
    def pulled(cls, images: Images, replica: Copy) -> Counterpart:
        """*images* are copied to *replica* when they are pushed: ``ImageRepository(registry=...)``, and one of the same name in the region.

        Raises:
            ConfigurationError: a repository of another name, or a registry that does not replicate there.
        """
        region = stated_region_of(replica)
        if replica.name != images.name:
            raise ConfigurationError(
                f"{path_of(images)}: name",
                given=f"{replica.name} in the second region",
                allowed=f"{images.name} there too: a copy lands in the repository of its name",
                mend="give both the same name",
            )
        for fact in images.recovery_facts:
            here = tuple(command for command in fact.restore_commands if f"--region {region}" in command)
            if here:
                return cls(store=images, fact=replace(fact, restore_commands=here, region_loss=True), region=region)
        raise ConfigurationError(
            f"{path_of(images)}: registry",
            given=f"no copies in {region}",
            allowed="a registry that replicates there",
            mend=f"say ImageRegistry(replication='create', replicate_to=['{region}'])",
        )

    @classmethod
    def restored(cls, store: Recoverable, vault: Vault, *, back_after: timedelta, loses: timedelta = COPIED_DAILY) -> Counterpart:
        """*store* is restored from copies of its backups in *vault*.

        Args:
            back_after: how long the restore takes; measured by a restore test, or assumed.
            loses: the time between two backups, and until the copy has arrived; that of the daily rule when not said.
        """
        region = stated_region_of(vault)
        here = f"--region {region}"
        resource = store.backup_arns[0] if store.backup_arns else "RESOURCE_ARN"
        points = f"--backup-vault-name {vault.name} {here}"
        fact = RecoveryFact(
            store=f"{_name(store)}: loss of its region",
            recovery_point=loses,
            recovery_time=back_after,
            recovery_time_is="an assumption until a restore test in the second region has measured it",
            how="restore from the newest copy of its backups in the second region",
            restore_commands=(
                f"aws backup list-recovery-points-by-backup-vault {points} --by-resource-arn {resource}",
                f"aws backup get-recovery-point-restore-metadata {points} --recovery-point-arn $RECOVERY_POINT_ARN",
                f"aws backup start-restore-job --recovery-point-arn $RECOVERY_POINT_ARN --metadata file://restore.json "
                f"--iam-role-arn $RESTORE_ROLE_ARN {here}",
            ),
            region_loss=True,
        )
        return cls(store=store, fact=fact, region=region)

    @classmethod
    def made_anew(cls, store: Recoverable, *, because: str, back_after: timedelta, region: str) -> Counterpart:
        """Nothing of *store* is needed elsewhere: a cache that fills itself, a queue whose producers send again, images that are replicated.

        Args:
            because: why nothing is lost; it stands in the plan. back_after: until it serves in *region*.
        """
        if len(because.strip()) < 20:
            raise ConfigurationError(
                f"{path_of(store)}: because",
                given=because,
                allowed="why nothing is lost, in 20 characters or more",
                mend="say who fills it again",
            )
        fact = RecoveryFact(
            store=f"{_name(store)}: loss of its region",
            recovery_point=timedelta(0),
            recovery_time=back_after,
            recovery_time_is="an assumption",
            how=because,
            restore_commands=(),
            region_loss=True,
        )
        return cls(store=store, fact=fact, region=region)


def _name(store: Recoverable) -> str:
    facts = store.recovery_facts
    return facts[-1].store if facts else path_of(store)


def _region_fact(store: Recoverable, wanted: str) -> RecoveryFact:
    for fact in store.recovery_facts:
        if fact.region_loss:
            return fact
    raise ConfigurationError(
        path_of(store),
        given="no recovery fact for the loss of a region",
        allowed=wanted,
        mend="make one, or restore from copies of its backups",
    )
