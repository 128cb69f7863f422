"""What a proxy must know of the database behind it: an instance, or a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager

from prodready_constructs.database.engine import Engine


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PoolTarget:
    """A database that connections can be pooled to. Either *instance* or *cluster* is set.

    Attributes:
        engine: the engine, of Aurora the one whose protocol it speaks.
        connection_limit: its ``max_connections``.
        master_secret: the credentials a proxy signs in with when it is given no others; None where the master user signs in by IAM.
        encryption_key: of the secret, and of the proxy's log when it is given no other key.
    """

    engine: Engine
    database_name: str
    connections: ec2.Connections
    port: int
    connection_limit: int
    encryption_key: kms.IKey
    master_secret: secretsmanager.ISecret | None
    instance: rds.IDatabaseInstance | None = None
    cluster: rds.DatabaseCluster | None = None


class Poolable(Protocol):
    """A database that a proxy can stand before: ``DatabaseProxy(target=...)``."""

    @property
    def pool_target(self) -> PoolTarget: ...
