"""What both forms of a cache share: key, security group, users, rotation, and the verbs of a workload."""

from __future__ import annotations

import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from prodready_constructs.cache.access import CacheAccess
from prodready_constructs.cache.engine import CacheEngine
from prodready_constructs.cache.names import cache_identifier, digest
from prodready_constructs.cache.password_rotation import CachePasswordRotation, RotationParts
from prodready_constructs.cache.users import CacheUsers, IamCacheUser
from prodready_constructs.contracts import AnyAlarmSpec, Attachment, GraphSpec, RecoveryFact, SecretField
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, REGION, DataKey, Part, require_subnets
from prodready_constructs.foundation.residency import require_region
from prodready_constructs.posture.cache import CachePosture


@jsii.implements(ec2.IConnectable)
class Cache(Part):
    """The common part of ``ReplicatedCache`` and ``ServerlessCache``. A subclass makes the cache, then calls :meth:`_finish`.

    Args:
        vpc, posture, engine, access, encryption_key: as the subclass has them.
    """

    #: The kind in the ARN of the cache, and the port it listens on.
    _KIND: str
    _PORT: int

    _alarm_specs: tuple[AnyAlarmSpec, ...]
    _graphs: tuple[GraphSpec, ...]
    _recovery_facts: tuple[RecoveryFact, ...]

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        posture: CachePosture,
        engine: CacheEngine,
        access: CacheAccess,
        encryption_key: kms.IKey | None,
    ) -> None:
        super().__init__(scope, construct_id)
        path, stack_name = self.path, self.stack.stack_name
        require_region(f"{path}: region", self.stated_region, posture.allowed_regions)
        require_subnets(self, vpc, tier="isolated")
        self._vpc, self._subnet_ids = vpc, [subnet.subnet_id for subnet in vpc.isolated_subnets]
        #: What ElastiCache calls the cache.
        self.identifier = cache_identifier(stack_name, path)
        #: The customer-managed key of data, snapshots, logs and credentials.
        self.encryption_key: kms.IKey = (
            encryption_key or DataKey(self, "Key", description=f"{engine.title} cache {path}", encrypts_logs=True).key
        )
        #: The security group of the cache: nothing in, nothing out, until something is connected.
        self.security_group = ec2.SecurityGroup(
            self, "Access", vpc=vpc, description=f"Into {engine.title} {path}"[:255], allow_all_outbound=False
        )
        self._connections = ec2.Connections(security_groups=[self.security_group], default_port=ec2.Port.tcp(self._PORT))
        self._users = CacheUsers(self, "Users", digest=digest(stack_name, path), engine=engine, access=access, key=self.encryption_key)
        #: The user group of the cache.
        self.user_group = self._users.group
        #: The application's credentials: ``username``, ``password``, ``user_id``.
        self.secret = self._users.secret

    def _finish(self, *, host: str, cluster_mode: bool, posture: CachePosture, rotation: CachePasswordRotation | None) -> None:
        """What needs the cache's address."""
        self._environment = {
            "CACHE_HOST": host,
            "CACHE_PORT": str(self._PORT),
            "CACHE_TLS": "true",
            "CACHE_CLUSTER_MODE": str(cluster_mode).lower(),
        }
        #: The function that rotates the password, when it is this cache's own.
        self._own_rotation: RotationParts | None = None
        parts: RotationParts
        if rotation is None:
            parts = self._own_rotation = RotationParts(
                self, "Rotation", vpc=self._vpc, key=self.encryption_key, log_retention=posture.log_retention
            )
        else:
            parts = rotation
        parts.serve(
            self,
            self.secret,
            user_id=self._users.application_id,
            host=host,
            port=self._PORT,
            connections=self._connections,
            key=self.encryption_key,
            period=posture.rotation_period,
        )

    @property
    def connections(self) -> ec2.Connections:
        """Who may reach the cache, on its port: ``cache.connections.allow_default_port_from(service)``."""
        return self._connections

    @property
    def attachment(self) -> Attachment:
        """What a workload needs: CACHE_HOST, _PORT, _TLS and _CLUSTER_MODE in its environment, CACHE_USER and _PASSWORD as secrets."""
        return Attachment(
            connections=self._connections,
            port=self._PORT,
            environment=dict(self._environment),
            secrets={
                "CACHE_USER": SecretField(secret=self.secret, field="username"),
                "CACHE_PASSWORD": SecretField(secret=self.secret, field="password"),
            },
        )

    def add_iam_user(self, name: str, *, access: CacheAccess) -> IamCacheUser:
        """A user of the cache that signs in with a token of IAM instead of a password.

        Args:
            name: lower case, 31 characters at most; the client's user name is this with a hash, which makes it unique in the region.
            access: its keys, channels and commands.

        Raises:
            ConfigurationError: a name that ElastiCache would not take, or that another user of this cache has.

        Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html
        """
        identifier, arn = self._users.add_iam(name, access)
        environment = {**self._environment, "CACHE_USER": identifier}
        return IamCacheUser(
            name=identifier,
            arn=arn,
            attachment=Attachment(connections=self._connections, port=self._PORT, environment=environment, secrets={}),
        )

    def grant_connect(self, grantee: iam.IGrantable, *, user: IamCacheUser) -> iam.Grant:
        """Let *grantee* sign in to this cache as *user*, and as nobody else.

        Raises:
            ConfigurationError: a user of another cache.
        """
        if user.attachment.connections is not self._connections:
            raise ConfigurationError(
                f"{self.path}: grant_connect",
                given=user.name,
                allowed="a user of this cache",
                mend="make one with add_iam_user of this cache",
            )
        cache_arn = f"arn:{PARTITION}:elasticache:{REGION}:{ACCOUNT_ID}:{self._KIND}:{self.identifier}"
        return iam.Grant.add_to_principal(grantee=grantee, actions=["elasticache:Connect"], resource_arns=[cache_arn, user.arn])

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """What somebody must hear of; ``monitoring.Watch`` makes the alarms."""
        return (*self._alarm_specs, *(self._own_rotation.alarm_specs if self._own_rotation else ()))

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """The cache on the dashboard, its hit rate first."""
        return (*self._graphs, *(self._own_rotation.graphs if self._own_rotation else ()))

    @property
    def recovery_facts(self) -> tuple[RecoveryFact, ...]:
        """How the cache comes back. AWS Backup knows no ElastiCache: there is nothing for a ``BackupPlan`` to select."""
        return self._recovery_facts
