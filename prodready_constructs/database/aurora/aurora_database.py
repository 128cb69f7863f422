"""Aurora: one volume in three zones, a writer and readers that take its place."""

from __future__ import annotations

import re
from typing import cast

import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from prodready_constructs import contracts
from prodready_constructs.database import parts
from prodready_constructs.database.aurora.claims import CONTROLS
from prodready_constructs.database.aurora.cluster import make
from prodready_constructs.database.aurora.engine import AURORA_POSTGRESQL_17, AuroraEngine
from prodready_constructs.database.aurora.facts import facts_of, watched
from prodready_constructs.database.aurora.verbs import ClusterVerbs
from prodready_constructs.database.names import check_database_name, check_port
from prodready_constructs.database.pool import PoolTarget
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import REGION, URL_SUFFIX, Part
from prodready_constructs.posture.aurora import AuroraPosture

#: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateGlobalCluster.html
_GLOBAL_NAME = re.compile(r"[a-z](?:-?[a-z0-9]){0,62}")
#: What a caller of the Data API may do. Source: the AWS service authorization reference, Amazon RDS Data API.
_DATA_API = ["BatchExecuteStatement", "BeginTransaction", "CommitTransaction", "ExecuteStatement", "RollbackTransaction"]


@jsii.implements(ec2.IConnectable)
class AuroraDatabase(ClusterVerbs, Part):
    """An Aurora cluster of PostgreSQL or MySQL, serverless v2 or of an instance class, with the verbs of ``MultiAzDatabase``.

    Always: isolated subnets, not public, TLS only, volume, snapshots, insights, logs and credentials under a customer-managed
    rotating key, master password made, kept and rotated by RDS and Secrets Manager, IAM sign-in, deletion protection, a final
    snapshot and kept automated backups when deleted, minor upgrades outside the backup window, enhanced monitoring, audit logs with
    retention, another port than the engine's own; for MySQL backtrack, where Aurora has it.
    *posture* decides how much.

    Args:
        vpc: any VPC with isolated subnets in two zones: ``PrivateNetwork.vpc`` or one from elsewhere.
        posture: ``PRODUCTION.aurora``, ``STAGING.aurora`` or your own.
        database_name: the database made in the cluster.
        engine: ``AURORA_POSTGRESQL_17`` (today's default), ``AURORA_POSTGRESQL_16``, ``AURORA_MYSQL_3``, or another ``AuroraEngine``.
        encryption_key: a customer-managed key whose policy admits CloudWatch Logs; the construct makes its own when None.
        port: 1150 to 65535 except the engine's own; 5433 (PostgreSQL) or 3307 (MySQL) when None.
        data_api: SQL over HTTPS too, for those who are granted it (``grant_data_api``).
        global_name: makes this cluster the primary of a global database of that name, which an ``AuroraSecondary`` in another
            region follows. Its master user signs in by IAM: RDS manages no password in a global database.

    Raises:
        ConfigurationError: a VPC without isolated subnets in two zones, a malformed or reserved name, a port that RDS does not take or
            that is the engine's own, a class that Aurora does not offer, a region outside the posture's, the Data API on a burstable class
            or in a global database, a global database that pauses.

    Sources: AwsSolutions-RDS2, RDS6, RDS10, RDS11, RDS14; HIPAA.Security-RDS*; ledger DB-1 to DB-8, DB-10, DB-12;
    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-secrets-manager.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        posture: AuroraPosture,
        database_name: str,
        engine: AuroraEngine = AURORA_POSTGRESQL_17,
        encryption_key: kms.IKey | None = None,
        port: int | None = None,
        data_api: bool = False,
        global_name: str | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        path, speaks = self.path, engine.traits.speaks
        check_database_name(path, database_name, speaks)
        self.port = check_port(path, port, speaks)
        #: The engine, and the database's name: an ``AuroraSecondary`` has the same.
        self.engine, self.database_name = engine, database_name
        #: The name of the global database in which this cluster is the primary, if it is.
        self.global_name = global_name
        self._data_api = data_api
        self._check_global(posture)
        self._check_data_api(posture)
        made = make(
            self,
            vpc=vpc,
            posture=posture,
            engine=engine,
            encryption_key=encryption_key,
            port=self.port,
            database_name=database_name,
            data_api=data_api,
            part_of_global=global_name is not None,
        )
        #: The L2 itself. Whatever is changed through it is still judged at synth.
        self.cluster = made.cluster
        #: The customer-managed key of volume, snapshots, insights, logs and credentials.
        self.encryption_key = made.key
        #: The security group of the instances: nothing in, nothing out, until something is connected.
        self.security_group = made.security_group
        #: The parameter groups of the cluster and of its instances; ``add_parameter`` for what the workload needs.
        self.parameter_group, self.instance_parameter_group = made.cluster_parameters, made.instance_parameters
        #: The global database, where this cluster is the primary of one.
        self.global_cluster: rds.CfnGlobalCluster | None = None
        #: The master user's credentials (``username``, ``password``), made and rotated by RDS; None in a global database.
        self.secret: secretsmanager.ISecret | None = None
        self._secret_arn: str | None = None
        self._connections = ec2.Connections(security_groups=[self.security_group], default_port=ec2.Port.tcp(self.port))
        if global_name is None:
            self.secret = cast("secretsmanager.ISecret", made.cluster.secret)  # optional in the L2, which always has a managed one
            self._secret_arn = self.secret.secret_arn
            parts.rotate(self, self._secret_arn, posture.rotation_period, posture.rotation_window)
        else:
            self._make_global(made.resource, global_name)
        self._watched = watched(self, made, engine, posture, secret_arn=self._secret_arn, global_name=global_name, secondary=False)
        self._recovery_facts = facts_of(
            made,
            engine,
            posture,
            store=f"{engine.title} {database_name}",
            port=self.port,
            managed_password=global_name is None,
            global_name=global_name,
            primary_region=None,
        )
        contracts.record(self, controls=CONTROLS, tier="data", watchable=True, recovery=[fact.as_json() for fact in self._recovery_facts])

    def _check_global(self, posture: AuroraPosture) -> None:
        name = self.global_name
        if name is None:
            return
        if len(name) > 63 or not _GLOBAL_NAME.fullmatch(name):
            raise ConfigurationError(
                f"{self.path}: global_name",
                given=name,
                allowed="a letter, then small letters, digits and single hyphens, 63 at most",
                mend=f"use {re.sub('[^a-z0-9]+', '-', name.lower()).strip('-0123456789')[:63] or 'orders'}",
            )
        check_never_pauses(self.path, posture)

    def _check_data_api(self, posture: AuroraPosture) -> None:
        if not self._data_api:
            return
        if self.global_name is not None:
            raise ConfigurationError(
                f"{self.path}: data_api",
                given=f"True with global_name={self.global_name!r}",
                allowed="the Data API where RDS keeps the master password: it signs in with a secret, and a global database has none",
                mend="leave out one of them",
            )
        if posture.instance_class.startswith("t"):
            raise ConfigurationError(
                f"{self.path}: data_api",
                given=f"True on {posture.instance_class}",
                allowed="serverless or an r class: Aurora offers no Data API on burstable classes",
                mend="set posture.instance_class to serverless",
            )

    def _make_global(self, resource: rds.CfnDBCluster, name: str) -> None:
        # RDS manages no master password in a global database; without one there is none to leak, to rotate or to forget.
        resource.manage_master_user_password = None
        resource.master_user_secret = None
        resource.master_user_authentication_type = "iam-db-auth"
        self.global_cluster = rds.CfnGlobalCluster(
            self, "Global", global_cluster_identifier=name, source_db_cluster_identifier=self.cluster.cluster_arn, deletion_protection=True
        )

    def grant_data_api(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* run SQL over HTTPS with the master user's secret: ``aws rds-data execute-statement``.

        Raises:
            ConfigurationError: the cluster was made without ``data_api=True``.
        """
        if not self._data_api or self._secret_arn is None:
            raise ConfigurationError(
                f"{self.path}: grant_data_api", given="a cluster without the Data API", allowed="one with it", mend="say data_api=True"
            )
        granted = iam.Grant.add_to_principal(
            grantee=grantee, actions=[f"rds-data:{action}" for action in _DATA_API], resource_arns=[self.cluster.cluster_arn]
        )
        iam.Grant.add_to_principal(grantee=grantee, actions=["secretsmanager:GetSecretValue"], resource_arns=[self._secret_arn])
        # On the role, not in the key's policy: a role of a later stack would make a cycle of the two.
        iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["kms:Decrypt"],
            resource_arns=[self.encryption_key.key_arn],
            conditions={"StringEquals": {"kms:ViaService": f"secretsmanager.{REGION}.{URL_SUFFIX}"}},
        )
        return granted

    @property
    def attachment(self) -> contracts.Attachment:
        """What a workload needs: DATABASE_HOST (the writer), DATABASE_READER_HOST, _PORT and _NAME, DATABASE_USER and _PASSWORD as secrets.

        In a global database there is no secret: sign in by IAM (``grant_connect``).
        """
        secrets = (
            {}
            if self.secret is None
            else {
                "DATABASE_USER": contracts.SecretField(secret=self.secret, field="username"),
                "DATABASE_PASSWORD": contracts.SecretField(secret=self.secret, field="password"),
            }
        )
        return contracts.Attachment(
            connections=self._connections,
            port=self.port,
            environment={
                "DATABASE_HOST": self.cluster.cluster_endpoint.hostname,
                "DATABASE_READER_HOST": self.cluster.cluster_read_endpoint.hostname,
                "DATABASE_PORT": str(self.port),
                "DATABASE_NAME": self.database_name,
            },
            secrets=secrets,
        )

    @property
    def pool_target(self) -> PoolTarget:
        """What ``DatabaseProxy(target=...)`` needs."""
        return PoolTarget(
            engine=self.engine.traits.speaks,
            database_name=self.database_name,
            connections=self._connections,
            port=self.port,
            connection_limit=self._watched.connection_limit,
            encryption_key=self.encryption_key,
            master_secret=self.secret,
            cluster=self.cluster,
        )


def check_never_pauses(where: str, posture: AuroraPosture) -> None:
    """Refuse a member of a global database that may pause: replication keeps it awake, or is kept waiting by it."""
    if posture.min_capacity == 0:
        raise ConfigurationError(
            f"{where}: posture.min_capacity",
            given=0,
            allowed="0.5 or more in a global database: its members do not pause",
            mend="raise min_capacity",
        )
