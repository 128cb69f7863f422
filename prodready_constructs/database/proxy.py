"""A pool of connections before a database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from prodready_constructs import contracts
from prodready_constructs.database.claims import PROXY_CONTROLS
from prodready_constructs.database.names import check_db_user, instance_identifier
from prodready_constructs.database.pool import Poolable, PoolTarget
from prodready_constructs.database.proxy_alarms import WatchedProxy, proxy_alarms, proxy_graphs
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import (
    ACCOUNT_ID,
    PARTITION,
    REGION,
    URL_SUFFIX,
    ComposedRole,
    EncryptedLogGroup,
    Part,
    require_subnets,
)
from prodready_constructs.posture.proxy import ProxyPosture

#: Where a proxy listens, whatever port the database has.
#: Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connecting.html
PORTS = {"postgres": 5432, "mysql": 3306}
_FAMILIES = {"postgres": "POSTGRESQL", "mysql": "MYSQL"}
#: Only proxies of MySQL take a filter. Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-pinning.html
_PINNING_FILTERS = {"postgres": None, "mysql": ["EXCLUDE_VARIABLE_SETS"]}


@jsii.implements(ec2.IConnectable)
class DatabaseProxy(Part):
    """An RDS Proxy: clients share a pool of connections, and keep theirs while the database fails over.

    Always: TLS required, clients sign in by IAM, isolated subnets, an own security group through which alone the proxy reaches the
    database, a role that reads its secrets and nothing else, no statement in its log, a log group with key and retention, bounds of the
    pool. *posture* decides how much.

    The proxy signs in to the database with *secrets*, one for each database user; without any, with the master user's, which
    RDS keeps and rotates and the proxy follows. Where the master user signs in by IAM there is none: name *db_users*, and the proxy signs
    in by IAM too, end to end.

    Args:
        target: ``MultiAzDatabase``, ``AuroraDatabase``, or what else is ``Poolable``.
        vpc: the database's VPC.
        posture: ``PRODUCTION.proxy`` or your own.
        secrets: of database users (``username``, ``password``); each encrypted with a key that this account's IAM may allow.
        db_users: instead, database users that sign in by IAM.
        encryption_key: of the proxy's log; its policy admits CloudWatch Logs. The database's when None.

    Raises:
        ConfigurationError: both secrets and users, or neither beside a database without a secret; a wildcard as user; a VPC without
            isolated subnets in two zones; a log retention that CloudWatch does not offer.

    Sources: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.html,
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-iam-setup.html; ledger DB-9
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        target: Poolable,
        vpc: ec2.IVpc,
        posture: ProxyPosture,
        secrets: Sequence[secretsmanager.ISecret] = (),
        db_users: Sequence[str] = (),
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        path, pool = self.path, target.pool_target
        self._secrets = _credentials(path, pool, secrets, db_users)
        subnets = require_subnets(self, vpc, tier="isolated")
        # The log group's name holds the proxy's, so the proxy has one.
        name = instance_identifier(self.stack.stack_name, path)
        engine = pool.engine.name
        self._port, self._database_name = PORTS[engine], pool.database_name
        log_group = EncryptedLogGroup(
            self,
            "Log",
            retention=posture.log_retention,
            encryption_key=encryption_key or pool.encryption_key,
            name=f"/aws/rds/proxy/{name}",
            goes_with_failed_creation=True,
        ).log_group
        #: The security group of the proxy: out to the database, in from whom is connected.
        self.security_group = ec2.SecurityGroup(self, "Access", vpc=vpc, description=f"Into proxy {path}", allow_all_outbound=False)
        self._connections = ec2.Connections(security_groups=[self.security_group], default_port=ec2.Port.tcp(self._port))
        self._connections.allow_to(pool.connections, ec2.Port.tcp(pool.port), f"{path} to its database")
        #: The role by which the proxy reads its secrets, or signs in.
        self.role = ComposedRole(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("rds.amazonaws.com"),
            description=f"{path}: sign in to the database",
            statements=_statements(pool, self._secrets, db_users),
        )
        #: The L1 of the proxy.
        self.proxy = rds.CfnDBProxy(
            self,
            "Proxy",
            db_proxy_name=name,
            engine_family=_FAMILIES[engine],
            role_arn=self.role.role_arn,
            vpc_subnet_ids=vpc.select_subnets(subnet_type=subnets.subnet_type).subnet_ids,
            vpc_security_group_ids=[self.security_group.security_group_id],
            require_tls=True,
            idle_client_timeout=int(posture.idle_client_timeout.total_seconds()),
            # Debug logging writes statements with their values.
            debug_logging=False,
            default_auth_scheme="NONE" if self._secrets else "IAM_AUTH",
            auth=[
                rds.CfnDBProxy.AuthFormatProperty(auth_scheme="SECRETS", iam_auth="REQUIRED", secret_arn=secret.secret_arn)
                for secret in self._secrets
            ]
            or None,
        )
        # RDS reads the secrets when the proxy is made.
        self.proxy.node.add_dependency(self.role.policy, log_group)
        arn, identifiers = self.proxy.attr_db_proxy_arn, _identifiers(pool)
        #: The pool; its limits are the posture's.
        self.target_group = rds.CfnDBProxyTargetGroup(
            self,
            "Target",
            db_proxy_name=self.proxy.ref,
            target_group_name="default",
            db_instance_identifiers=identifiers if pool.instance is not None else None,
            db_cluster_identifiers=identifiers if pool.instance is None else None,
            connection_pool_configuration_info=rds.CfnDBProxyTargetGroup.ConnectionPoolConfigurationInfoFormatProperty(
                connection_borrow_timeout=int(posture.borrow_timeout.total_seconds()),
                max_connections_percent=posture.connection_share,
                max_idle_connections_percent=posture.idle_share,
                session_pinning_filters=_PINNING_FILTERS[engine],
            ),
        )
        if pool.cluster is not None:
            # A cluster without instances is no target.
            self.target_group.node.add_dependency(pool.cluster)
        #: Its address: port 5432 (PostgreSQL) or 3306 (MySQL), whatever the database's.
        self.endpoint = self.proxy.attr_endpoint
        # rds-db:connect names the proxy by its id, which is the last part of its ARN.
        self._imported = rds.DatabaseProxy.from_database_proxy_attributes(
            self, "Granted", db_proxy_arn=arn, db_proxy_name=name, endpoint=self.endpoint, security_groups=[self.security_group]
        )
        self._watched = WatchedProxy(
            name=name,
            connections=max(1, pool.connection_limit * posture.connection_share // 100),
            borrow_timeout=posture.borrow_timeout,
            log=f"/aws/rds/proxy/{name}",
        )
        contracts.record(self, controls=PROXY_CONTROLS, tier="data", watchable=True)

    @property
    def connections(self) -> ec2.Connections:
        """Who may reach the proxy, on its port: ``proxy.connections.allow_default_port_from(service)``."""
        return self._connections

    def grant_connect(self, grantee: iam.IGrantable, *, db_user: str) -> iam.Grant:
        """Let *grantee* sign in to the proxy as *db_user* with an IAM token: ``aws rds generate-db-auth-token``.

        Args:
            db_user: a user whose secret the proxy has, or one of its ``db_users``. Not a wildcard.

        Raises:
            ConfigurationError: no user, or a wildcard.
        """
        return self._imported.grant_connect(grantee, check_db_user(self.path, db_user))

    @property
    def attachment(self) -> contracts.Attachment:
        """What a workload needs: DATABASE_HOST, _PORT and _NAME of the pool. It signs in by IAM (:meth:`grant_connect`).

        With one secret DATABASE_USER is handed over too, and no password: the proxy takes none.
        """
        return contracts.Attachment(
            connections=self._connections,
            port=self._port,
            environment={"DATABASE_HOST": self.endpoint, "DATABASE_PORT": str(self._port), "DATABASE_NAME": self._database_name},
            secrets={"DATABASE_USER": contracts.SecretField(secret=self._secrets[0], field="username")} if len(self._secrets) == 1 else {},
        )

    @property
    def alarm_specs(self) -> tuple[contracts.AnyAlarmSpec, ...]:
        """What somebody must hear of; ``monitoring.Watch`` makes the alarms."""
        return proxy_alarms(self._watched)

    @property
    def graphs(self) -> tuple[contracts.GraphSpec, ...]:
        """The proxy on the dashboard."""
        return proxy_graphs(self._watched)


def _credentials(
    path: str, pool: PoolTarget, secrets: Sequence[secretsmanager.ISecret], db_users: Sequence[str]
) -> tuple[secretsmanager.ISecret, ...]:
    for db_user in db_users:
        check_db_user(path, db_user)
    if secrets and db_users:
        raise ConfigurationError(
            f"{path}: secrets, db_users",
            given=f"{len(secrets)} secrets and {len(db_users)} users",
            allowed="one of them: with passwords, or by IAM from end to end",
            mend="leave one out",
        )
    found = tuple(secrets) if secrets or db_users or pool.master_secret is None else (pool.master_secret,)
    if not found and not db_users:
        raise ConfigurationError(
            f"{path}: db_users",
            given="none, beside a database without a master password",
            allowed="users that sign in by IAM, or secrets of users with a password",
            mend='name them: db_users=["app"]',
        )
    return found


def _statements(pool: PoolTarget, secrets: Sequence[secretsmanager.ISecret], db_users: Sequence[str]) -> list[dict[str, Any]]:
    if not secrets:
        users = f"arn:{PARTITION}:rds-db:{REGION}:{ACCOUNT_ID}:dbuser:{_resource_id(pool)}"
        return [{"Action": "rds-db:connect", "Resource": [f"{users}/{user}" for user in db_users]}]
    keys = dict.fromkeys((secret.encryption_key or pool.encryption_key).key_arn for secret in secrets)
    return [
        {"Action": ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], "Resource": [one.secret_arn for one in secrets]},
        {
            "Action": "kms:Decrypt",
            "Resource": list(keys),
            "Condition": {"StringEquals": {"kms:ViaService": f"secretsmanager.{REGION}.{URL_SUFFIX}"}},
        },
    ]


def _resource_id(pool: PoolTarget) -> str:
    found = pool.instance.instance_resource_id if pool.instance is not None else pool.cluster and pool.cluster.cluster_resource_identifier
    return str(found)


def _identifiers(pool: PoolTarget) -> list[str]:
    return [pool.instance.instance_identifier] if pool.instance is not None else [str(pool.cluster and pool.cluster.cluster_identifier)]
