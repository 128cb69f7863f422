"""PostgreSQL or MySQL that survives the loss of an Availability Zone."""

from __future__ import annotations

from typing import cast

import jsii
from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from prodready_constructs import contracts
from prodready_constructs.database import parts
from prodready_constructs.database.alarms import alarm_specs, graphs
from prodready_constructs.database.claims import CONTROLS
from prodready_constructs.database.classes import connection_limit, instance_class
from prodready_constructs.database.engine import POSTGRESQL_17, Engine
from prodready_constructs.database.names import check_database_name, check_port, instance_identifier
from prodready_constructs.database.restore import RestoredFrom, as_json, recovery_facts
from prodready_constructs.database.watched import WatchedInstance
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import DataKey, Part, require_subnets
from prodready_constructs.posture.database import DatabasePosture

#: The account's own user. Neither engine's customary name (Security Hub RDS.25), at most MySQL's 16 characters.
MASTER_USER = "dbmaster"
#: UTC, an hour apart: RDS refuses windows that overlap, and a backup must not wait for an upgrade.
BACKUP_WINDOW, MAINTENANCE_WINDOW = "02:00-03:00", "sun:04:00-sun:05:00"
#: The certificate authority of today: RSA 4096, valid to 2121.
CERTIFICATE_AUTHORITY = "rds-ca-rsa4096-g1"


@jsii.implements(ec2.IConnectable)
class MultiAzDatabase(Part):
    """An RDS instance of PostgreSQL or MySQL; *posture* decides whether a synchronous standby waits in a second zone.

    Always: isolated subnets, not public, TLS only, storage, snapshots, insights, logs and credentials under a
    customer-managed rotating key, master password made, kept and rotated by RDS and Secrets Manager (no Lambda, no template
    ever sees it), IAM sign-in, deletion protection, a final snapshot and kept automated backups when deleted, minor upgrades
    outside the backup window, growing gp3 storage, enhanced monitoring, audit logs with retention, another port than the
    engine's own.
    *posture* decides how much.

    Args:
        vpc: any VPC with isolated subnets in two zones: ``PrivateNetwork.vpc`` or one from elsewhere.
        posture: ``PRODUCTION.database``, ``STAGING.database`` or your own.
        database_name: the database made in the instance.
        engine: ``POSTGRESQL_17`` (today's default), ``POSTGRESQL_16``, ``MYSQL_8_4``, or another ``Engine``.
        encryption_key: a customer-managed key whose policy admits CloudWatch Logs; the construct makes its own when None.
        port: 1150 to 65535 except the engine's own; 5433 (PostgreSQL) or 3307 (MySQL) when None.

    Raises:
        ConfigurationError: a VPC without isolated subnets in two zones, a malformed or reserved database name, a port that
            RDS does not take or that is the engine's own, an instance class whose limits are not known.

    Sources: AwsSolutions-RDS2, RDS3, RDS10, RDS11; HIPAA.Security-RDS*; ledger DB-1 to DB-7, DB-10, DB-12;
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        posture: DatabasePosture,
        database_name: str,
        engine: Engine = POSTGRESQL_17,
        encryption_key: kms.IKey | None = None,
        port: int | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        path, traits = self.path, engine.traits
        check_database_name(path, database_name, engine)
        klass = instance_class(path, posture.instance_class)
        subnets = require_subnets(self, vpc, tier="isolated")
        self._port = check_port(path, port, engine)
        self._database_name = database_name
        #: The engine in its version.
        self.engine = engine
        identifier = instance_identifier(self.stack.stack_name, path)

        #: The customer-managed key of storage, snapshots, insights, logs and credentials.
        self.encryption_key: kms.IKey = (
            encryption_key or DataKey(self, "Key", description=f"{traits.title} {database_name} of {path}", encrypts_logs=True).key
        )
        #: The security group of the instance: nothing in, nothing out, until something is connected.
        self.security_group = ec2.SecurityGroup(
            self, "Access", vpc=vpc, description=f"Into {traits.title} {path}", allow_all_outbound=False
        )
        self._connections = ec2.Connections(security_groups=[self.security_group], default_port=ec2.Port.tcp(self._port))
        # RDS would make these groups without key or retention with its first line; made beforehand it uses them.
        log_groups = {
            log: parts.database_log_group(self, log, identifier=identifier, retention=posture.log_retention, key=self.encryption_key)
            for log in traits.log_exports
        }
        engine_of_cdk, limit = parts.rds_engine(engine), connection_limit(engine, klass)
        #: The parameter group; ``add_parameter`` for what the workload needs.
        self.parameter_group = rds.ParameterGroup(
            self,
            "Parameters",
            engine=engine_of_cdk,
            description=f"TLS only, audited: {path}",
            parameters={**traits.parameters, "max_connections": str(limit)},
        )
        option_group = parts.audit_options(self, engine, engine_of_cdk)
        subnet_group = rds.SubnetGroup(self, "Subnets", description=f"Isolated subnets of {path}", vpc=vpc, vpc_subnets=subnets)
        role, policy = parts.monitoring_role(self, identifier)
        insights = posture.instance_class not in traits.classes_without_insights
        insights_retention, insights_mode = parts.INSIGHTS[posture.insights_retention.days] if insights else (None, None)

        #: The L2 itself. Whatever is changed through it is still judged at synth.
        self.instance = rds.DatabaseInstance(
            self,
            "Instance",
            engine=engine_of_cdk,
            vpc=vpc,
            subnet_group=subnet_group,
            security_groups=[self.security_group],
            instance_identifier=identifier,
            database_name=database_name,
            port=self._port,
            parameter_group=self.parameter_group,
            option_group=option_group,
            # Always: no argument reaches these.
            publicly_accessible=False,
            storage_encrypted=True,
            storage_encryption_key=self.encryption_key,
            storage_type=rds.StorageType.GP3,
            credentials=rds.Credentials.from_username(MASTER_USER, encryption_key=self.encryption_key),
            manage_master_user_password=True,
            iam_authentication=True,
            ca_certificate=rds.CaCertificate.of(CERTIFICATE_AUTHORITY),
            deletion_protection=True,
            removal_policy=RemovalPolicy.SNAPSHOT,
            delete_automated_backups=False,
            copy_tags_to_snapshot=True,
            preferred_backup_window=BACKUP_WINDOW,
            preferred_maintenance_window=MAINTENANCE_WINDOW,
            auto_minor_version_upgrade=True,
            allow_major_version_upgrade=False,
            cloudwatch_logs_exports=list(traits.log_exports),
            enable_performance_insights=insights,
            performance_insight_encryption_key=self.encryption_key if insights else None,
            monitoring_role=role,
            # How much: every value below comes from the posture.
            instance_type=ec2.InstanceType(posture.instance_class),
            allocated_storage=posture.storage_gib,
            max_allocated_storage=posture.max_storage_gib,
            multi_az=posture.multi_az,
            backup_retention=Duration.days(posture.backup_retention.days),
            monitoring_interval=Duration.seconds(posture.monitoring_interval.total_seconds()),
            performance_insight_retention=insights_retention,
            database_insights_mode=insights_mode,
        )
        self.instance.node.add_dependency(policy, *log_groups.values())
        #: The master user's credentials (``username``, ``password``), made and rotated by RDS.
        self.secret = cast("secretsmanager.ISecret", self.instance.secret)  # optional in the L2, which always has a managed one
        secret_arn = self.secret.secret_arn
        parts.rotate(self, secret_arn, posture.rotation_period, posture.rotation_window)
        self._watched = WatchedInstance(
            identifier=identifier,
            source=self.instance.instance_identifier,
            secret_arn=secret_arn,
            instance_class=klass,
            connection_limit=limit,
            storage_gib=posture.storage_gib,
            failures=parts.refused_connections(self, engine, identifier, log_groups[traits.failure_log]),
            failure_log=f"/aws/rds/instance/{identifier}/{traits.failure_log}",
            insights=insights,
        )
        self._recovery_facts = recovery_facts(
            f"{traits.title} {database_name}",
            posture,
            RestoredFrom(
                identifier=identifier,
                subnet_group=subnet_group.subnet_group_name,
                security_group=self.security_group.security_group_id,
                parameter_group=self.parameter_group.bind_to_instance().parameter_group_name,
                option_group=option_group.option_group_name if option_group else None,
                key_arn=self.encryption_key.key_arn,
                monitoring_role_arn=role.role_arn,
                certificate_authority=CERTIFICATE_AUTHORITY,
                log_exports=traits.log_exports,
                port=self._port,
            ),
        )
        if not posture.multi_az:
            parts.waive_single_zone(self.instance, posture.recovery_time)
        contracts.record(self, controls=CONTROLS, tier="data", watchable=True, recovery=[as_json(fact) for fact in self._recovery_facts])

    @property
    def connections(self) -> ec2.Connections:
        """Who may reach the database, on its port: ``database.connections.allow_default_port_from(service)``."""
        return self._connections

    def grant_connect(self, grantee: iam.IGrantable, *, db_user: str) -> iam.Grant:
        """Let *grantee* sign in as *db_user* with an IAM token instead of a password.

        Args:
            db_user: a user of the database made with ``GRANT rds_iam TO ...`` (PostgreSQL) or ``AWSAuthenticationPlugin``
                (MySQL). Not a wildcard: that would admit the master user too.

        Raises:
            ConfigurationError: no user, or a wildcard.
        """
        if not db_user or "*" in db_user:
            raise ConfigurationError(
                f"{self.path}: db_user", given=db_user, allowed="the name of one database user", mend="make a user for this workload"
            )
        return self.instance.grant_connect(grantee, db_user)

    @property
    def attachment(self) -> contracts.Attachment:
        """What a workload needs: DATABASE_HOST, _PORT and _NAME in its environment, DATABASE_USER and _PASSWORD as secrets."""
        return contracts.Attachment(
            connections=self._connections,
            port=self._port,
            environment={
                "DATABASE_HOST": self.instance.db_instance_endpoint_address,
                "DATABASE_PORT": str(self._port),
                "DATABASE_NAME": self._database_name,
            },
            secrets={
                "DATABASE_USER": contracts.SecretField(secret=self.secret, field="username"),
                "DATABASE_PASSWORD": contracts.SecretField(secret=self.secret, field="password"),
            },
        )

    @property
    def alarm_specs(self) -> tuple[contracts.AnyAlarmSpec, ...]:
        """What somebody must hear of; ``monitoring.Watch`` makes the alarms."""
        return alarm_specs(self._watched)

    @property
    def graphs(self) -> tuple[contracts.GraphSpec, ...]:
        """The instance on the dashboard."""
        return graphs(self._watched)

    @property
    def backup_arns(self) -> tuple[str, ...]:
        """What AWS Backup selects."""
        return (self.instance.instance_arn,)

    @property
    def recovery_facts(self) -> tuple[contracts.RecoveryFact, ...]:
        """How the database comes back from the loss of a zone and from the loss of data."""
        return self._recovery_facts
