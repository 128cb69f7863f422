"""Is everything there that the second region would need? Judged at synth, store by store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from constructs import Construct

from prodready_constructs.contracts import ControlClaim, Recoverable, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part, path_of, require_region, stated_region_of
from prodready_constructs.posture import RegionPosture
from prodready_constructs.recovery.regions.counterpart import Copy, Counterpart
from prodready_constructs.recovery.regions.steps import StandbyService, Step, SwitchedName, in_words, sum_in_words, table, takeover

CONTROLS = (
    ControlClaim(
        control="DR-5",
        how="Every store has a counterpart in the second region, and the sum of what taking over takes keeps the promised times, or the synth fails",
        frameworks=("NIST 800-53 r5 CP-7", "HIPAA 164.308(a)(7)(ii)(C)", "SOC 2 A1.2"),
    ),
)


class StandbyPlan(Part):
    """The takeover by this stack's region: what stands there for every store, in which order it is brought, and how long that takes.

    Always: a store without a counterpart fails the synth; so do a recovery point or a recovery time beyond what *posture* promises. It makes no
    resource: table and runbook are in the assembly.
    *posture* decides what is promised, and how long the decision may take.

    Args:
        home: the region that may be lost.
        stores: everything of it that holds state: what its ``BackupPlan`` protects, and what backups leave out.
        counterparts: one for each of them.
        services: what has to grow here. name: what leads visitors over.
        secrets: the copies (``SecretReplica``) that are written here from then on.

    Raises:
        ConfigurationError: a region that is not stated, not allowed or *home* itself; no store; a store without a counterpart, or with two; a
            counterpart of something else or in another region; a secret's copy in another region; promises not kept.

    Source: https://docs.aws.amazon.com/whitepapers/latest/disaster-recovery-workloads-on-aws/disaster-recovery-options-in-the-cloud.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: RegionPosture,
        home: str,
        stores: Sequence[Recoverable],
        counterparts: Sequence[Counterpart],
        services: Sequence[StandbyService] = (),
        name: SwitchedName | None = None,
        secrets: Sequence[Copy] = (),
    ) -> None:
        super().__init__(scope, construct_id)
        where, region = self.path, self.stated_region
        if region is None or region == home:
            raise ConfigurationError(
                where,
                given=f"a stack of {region or 'no stated region'} to stand in for {home}",
                allowed="a stack of another region, which is stated",
                mend="make the StandbyPlan in a stack with env=Environment(region=...) of the second region",
            )
        require_region(where, region, posture.allowed_regions)
        _check_complete(where, stores, counterparts, region)
        _check_secrets(where, secrets, region)
        #: The runbook.
        self.steps: tuple[Step, ...] = takeover(
            home=home,
            region=region,
            decision=posture.decision,
            counterparts=counterparts,
            services=services,
            name=name,
            secrets=[secret.name for secret in secrets],
        )
        #: The most data that is lost with the region (RPO).
        self.recovery_point: timedelta = max(one.fact.recovery_point for one in counterparts)
        #: From the loss of the region to users being served (RTO).
        self.recovery_time: timedelta = sum((step.takes for step in self.steps), timedelta(0))
        self._check_promises(posture, counterparts)
        #: Recovery point and time of every store, as Markdown.
        self.table: str = table(counterparts, self.steps)
        record(
            self,
            controls=CONTROLS,
            tier="recovery",
            allowed_regions=list(posture.allowed_regions),
            standby={
                "readiness": posture.readiness,
                "home": home,
                "region": region,
                "name": name.name if name else None,
                "recovery_point": self.recovery_point.total_seconds(),
                "recovery_time": self.recovery_time.total_seconds(),
                "recovery_time_is": sum_in_words(self.steps),
                "table": self.table,
                "stores": [
                    {
                        "path": path_of(one.store),
                        "store": one.fact.store,
                        "recovery_point": one.fact.recovery_point.total_seconds(),
                        "recovery_time": one.fact.recovery_time.total_seconds(),
                        "recovery_time_is": one.fact.recovery_time_is,
                        "how": one.fact.how,
                    }
                    for one in counterparts
                ],
                "steps": [
                    {"title": step.title, "takes": step.takes.total_seconds(), "takes_is": step.takes_is, "commands": list(step.commands)}
                    for step in self.steps
                ],
            },
        )

    def _check_promises(self, posture: RegionPosture, counterparts: Sequence[Counterpart]) -> None:
        worst = max(counterparts, key=lambda one: one.fact.recovery_point)
        if self.recovery_point > posture.recovery_point:
            raise ConfigurationError(
                f"{self.path}: recovery point of {worst.fact.store}",
                given=in_words(self.recovery_point),
                allowed=f"{in_words(posture.recovery_point)} at most, which posture.recovery_point promises for the loss of a region",
                mend="replicate this store instead of copying its backups, or promise less",
            )
        if self.recovery_time > posture.recovery_time:
            slowest = max(counterparts, key=lambda one: one.fact.recovery_time)
            raise ConfigurationError(
                f"{self.path}: recovery time",
                given=sum_in_words(self.steps),
                allowed=f"{in_words(posture.recovery_time)} at most, which posture.recovery_time promises for the loss of a region",
                mend=f"decide sooner, keep a replica of the slowest store ({slowest.fact.store}), or promise less",
            )


def _check_complete(where: str, stores: Sequence[Recoverable], counterparts: Sequence[Counterpart], region: str) -> None:
    if not stores:
        raise ConfigurationError(
            f"{where}: stores", given="no store", allowed="what holds state in the first region", mend="name what its BackupPlan protects"
        )
    paths = [path_of(store) for store in stores]
    covered = [path_of(one.store) for one in counterparts]
    if missing := [path for path in paths if path not in covered]:
        raise ConfigurationError(
            f"{where}: counterparts",
            given=f"nothing for {', '.join(missing)}",
            allowed=f"a counterpart in {region} for every store",
            mend="replicate it (Counterpart.following, everywhere_in, copied), restore it (restored), or say why it is made anew (made_anew)",
        )
    for index, (path, one) in enumerate(zip(covered, counterparts, strict=True)):
        if path not in paths or path in covered[:index]:
            raise ConfigurationError(
                f"{where}: counterparts",
                given=f"{path}{' twice' if path in paths else ', which is not among the stores'}",
                allowed="one counterpart for each store",
                mend="remove it" if path in paths else "add it to stores, or remove its counterpart",
            )
        if one.region is not None and one.region != region:
            raise ConfigurationError(
                f"{where}: counterparts",
                given=f"{path} in {one.region}",
                allowed=f"counterparts in {region}: one region takes over whole",
                mend=f"make the replica in {region}",
            )


def _check_secrets(where: str, secrets: Sequence[Copy], region: str) -> None:
    for secret in secrets:
        if (there := stated_region_of(secret)) != region:
            raise ConfigurationError(
                f"{where}: secrets",
                given=f"{path_of(secret)} in {there}",
                allowed=f"copies in {region}",
                mend=f"make the SecretReplica in a stack of {region}",
            )
