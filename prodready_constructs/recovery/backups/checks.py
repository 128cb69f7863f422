"""What a backup plan refuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import DataClass, RecoveryPosture
from prodready_constructs.recovery.backups.role import FURTHER
from prodready_constructs.recovery.backups.vault import vault_of_arn


class Locked(Protocol):
    """A vault, and what its lock lets in."""

    @property
    def name(self) -> str: ...
    @property
    def bounds(self) -> tuple[int, int] | None: ...


def check_copy(where: str, posture: RecoveryPosture, copy_to_arn: str | None, *, own_region: str | None) -> None:
    if posture.copy_to_second_region and copy_to_arn is None:
        raise ConfigurationError(
            f"{where}: copy_to_arn",
            given=None,
            allowed="the ARN of a vault in the second region, because posture.copy_to_second_region is set",
            mend="make a BackupVault in a stack of the second region and hand over its arn",
        )
    if copy_to_arn is not None and not posture.copy_to_second_region:
        raise ConfigurationError(
            f"{where}: copy_to_arn",
            given=copy_to_arn,
            allowed="None, because posture.copy_to_second_region is not set",
            mend="set it in the posture, or leave copy_to_arn out",
        )
    called, there = vault_of_arn(copy_to_arn or "")
    if there is not None and there == own_region:
        raise ConfigurationError(
            f"{where}: copy_to_arn",
            given=called,
            allowed=f"a vault of another region than {own_region}: what loses the one loses the other too",
            mend="make a BackupVault in a stack of the second region; for a copy beside it that nobody can end, use air_gapped",
        )


def check_class(where: str, path: str, data_class: DataClass | None, posture: RecoveryPosture) -> None:
    """Refuse a plan that keeps backups of a store longer than the class of its data allows."""
    longest = max(_retentions(posture))
    if data_class is not None and longest > data_class.backup_retention:
        raise ConfigurationError(
            where,
            given=f"recovery points kept {longest.days} days, of {path}",
            allowed=f"{data_class.backup_retention.days} days at most for data of class {data_class.name}: what was erased must not come back",
            mend="give it a plan of its own with posture.holding(data_class).recovery",
        )


def check_vaults(where: str, posture: RecoveryPosture, vaults: Mapping[str, Locked | None]) -> None:
    """Refuse a vault whose lock would fail the plan's jobs."""
    kept = [days.days for days in _retentions(posture)]
    for keyword, vault in vaults.items():
        bounds = vault.bounds if vault else None
        if bounds and not bounds[0] <= min(kept) <= max(kept) <= bounds[1]:
            raise ConfigurationError(
                f"{where}: {keyword}",
                given=f"a lock that lets in {bounds[0]} to {bounds[1]} days",
                allowed=f"one that lets in {min(kept)} to {max(kept)} days, which the posture keeps: AWS Backup fails every other job",
                mend="make the vault with the posture of the plan, or widen its retentions",
            )


def check_services(where: str, services: Sequence[str]) -> None:
    """Refuse a service for which there are no rights to give."""
    unknown = [service for service in services if service not in FURTHER]
    if unknown:
        raise ConfigurationError(
            f"{where}: services",
            given=unknown,
            allowed=f"some of {', '.join(FURTHER)}; RDS, Aurora, DynamoDB and S3 are always backed up",
            mend="grant backups.role what another service needs",
        )


def _retentions(posture: RecoveryPosture) -> list[timedelta]:
    return [kept for kept in (posture.daily_retention, posture.weekly_retention, posture.monthly_retention) if kept is not None]
