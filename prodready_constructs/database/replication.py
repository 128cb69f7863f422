"""What a read replica must know of its source, and what is refused of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from aws_cdk import Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_rds as rds

from prodready_constructs.database.classes import connection_limit, instance_class
from prodready_constructs.database.engine import Engine
from prodready_constructs.database.offers import check_offered
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import require_region
from prodready_constructs.posture.database import DatabasePosture


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReplicationSource:
    """What a replica must know of its source."""

    path: str
    stack: Stack
    region: str | None
    #: False where RDS manages the master password: it makes no replica of such an instance.
    replicable: bool
    identifier: str
    database_name: str
    engine: Engine
    connection_limit: int
    port: int
    instance: rds.IDatabaseInstance
    posture: DatabasePosture
    parameter_group: rds.ParameterGroup
    option_group: rds.IOptionGroup | None
    encryption_key: kms.IKey


class Replicable(Protocol):
    """A database that replicas can be made of: ``MultiAzDatabase(sign_in="iam")``."""

    @property
    def replication(self) -> ReplicationSource: ...


def check_replica(
    path: str, origin: ReplicationSource, region: str | None, posture: DatabasePosture, key: kms.IKey | None, *, beside: bool
) -> None:
    """Refuse what RDS would refuse, or what could not do its work."""
    if not origin.replicable:
        raise ConfigurationError(
            f"{path}: source",
            given=f"{origin.path}, whose master password RDS manages",
            allowed="a source without one: RDS makes no read replica of a PostgreSQL or MySQL instance whose master password it manages",
            mend=f'make {origin.path} with sign_in="iam"',
        )
    if not beside and (region is None or origin.region is None):
        raise ConfigurationError(
            f"{path}: region",
            given=f"{origin.region or 'not stated'} -> {region or 'not stated'}",
            allowed="stated regions of both stacks: a replica of another stack names its source literally",
            mend="give both stacks an env with a region",
        )
    require_region(f"{path}: region", region, posture.allowed_regions)
    if beside and key is not None:
        raise ConfigurationError(
            f"{path}: encryption_key",
            given="a key beside the source's",
            allowed="None: in the source's stack a replica has the source's key",
            mend="leave it out",
        )
    check_offered(path, origin.engine, posture.instance_class, region)
    limit = connection_limit(origin.engine, instance_class(path, posture.instance_class))
    if limit < origin.connection_limit:
        raise ConfigurationError(
            f"{path}: posture.instance_class",
            given=f"{posture.instance_class}, which carries {limit} connections",
            allowed=f"{origin.connection_limit} connections or more, as its source: PostgreSQL does not start a replica that allows fewer",
            mend="use the source's class, or a larger one",
        )
