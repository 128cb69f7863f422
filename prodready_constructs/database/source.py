"""What a caller does with an instance that is no replica: its secret, its readers, its pool."""

from __future__ import annotations

from typing import cast

from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from prodready_constructs import contracts
from prodready_constructs.database.engine import Engine
from prodready_constructs.database.pool import PoolTarget
from prodready_constructs.database.replica import ReadReplica
from prodready_constructs.database.replication import ReplicationSource
from prodready_constructs.database.verbs import InstanceVerbs
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture.database import DatabasePosture


class SourceVerbs(InstanceVerbs):
    """Mixed into ``MultiAzDatabase``, which sets the attributes."""

    instance: rds.DatabaseInstance
    engine: Engine
    encryption_key: kms.IKey
    parameter_group: rds.ParameterGroup
    stack: Stack
    stated_region: str | None
    _vpc: ec2.IVpc
    _posture: DatabasePosture
    _port: int
    _database_name: str
    _option_group: rds.IOptionGroup | None
    _secret: secretsmanager.ISecret | None

    @property
    def secret(self) -> secretsmanager.ISecret:
        """The master user's credentials (``username``, ``password``), made and rotated by RDS.

        Raises:
            ConfigurationError: the master user signs in by IAM, and there is none.
        """
        if self._secret is None:
            raise ConfigurationError(
                f"{self.path}: secret",
                given="a database whose master user signs in by IAM",
                allowed='a secret with sign_in="password"',
                mend="use grant_connect(role, db_user=...)",
            )
        return self._secret

    def add_read_replica(self, replica_id: str) -> ReadReplica:
        """A read-only copy beside the database, of the same class; for one in another region see ``ReadReplica``.

        Raises:
            ConfigurationError: RDS manages the master password, or an id that is taken.
        """
        return ReadReplica(cast("Construct", self), replica_id, source=self, vpc=self._vpc, posture=self._posture)

    @property
    def attachment(self) -> contracts.Attachment:
        """What a workload needs: DATABASE_HOST, _PORT and _NAME in its environment, DATABASE_USER and _PASSWORD as secrets.

        With ``sign_in="iam"`` there are no secrets: the workload signs in by :meth:`grant_connect`.
        """
        return contracts.Attachment(
            connections=self._connections,
            port=self._port,
            environment={
                "DATABASE_HOST": self.instance.db_instance_endpoint_address,
                "DATABASE_PORT": str(self._port),
                "DATABASE_NAME": self._database_name,
            },
            secrets={
                name: contracts.SecretField(secret=self._secret, field=field)
                for name, field in (("DATABASE_USER", "username"), ("DATABASE_PASSWORD", "password"))
                if self._secret is not None
            },
        )

    @property
    def backup_arns(self) -> tuple[str, ...]:
        """What AWS Backup selects; replicas hold nothing else."""
        return (self.instance.instance_arn,)

    @property
    def replication(self) -> ReplicationSource:
        """What ``ReadReplica(source=...)`` needs."""
        watched = self._watched
        return ReplicationSource(
            path=self.path,
            stack=self.stack,
            region=self.stated_region,
            replicable=self._secret is None,
            identifier=watched.identifier,
            database_name=self._database_name,
            engine=self.engine,
            connection_limit=watched.connection_limit,
            port=self._port,
            instance=self.instance,
            posture=self._posture,
            parameter_group=self.parameter_group,
            option_group=self._option_group,
            encryption_key=self.encryption_key,
        )

    @property
    def pool_target(self) -> PoolTarget:
        """What ``DatabaseProxy(target=...)`` needs."""
        return PoolTarget(
            engine=self.engine,
            database_name=self._database_name,
            connections=self._connections,
            port=self._port,
            connection_limit=self._watched.connection_limit,
            encryption_key=self.encryption_key,
            master_secret=self._secret,
            instance=self.instance,
        )
