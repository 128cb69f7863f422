"""PostgreSQL or MySQL that survives the loss of an Availability Zone."""

from __future__ import annotations

from dataclasses import asdict
from typing import Literal

import jsii
from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_rds as rds
from constructs import Construct

from prodready_constructs import contracts
from prodready_constructs.database import parts
from prodready_constructs.database.claims import CONTROLS
from prodready_constructs.database.classes import connection_limit, instance_class
from prodready_constructs.database.engine import POSTGRESQL_17, Engine
from prodready_constructs.database.names import check_database_name, check_port, instance_identifier
from prodready_constructs.database.offers import check_offered
from prodready_constructs.database.restore import RestoredFrom, recovery_facts
from prodready_constructs.database.restored import Restore
from prodready_constructs.database.source import SourceVerbs
from prodready_constructs.database.tuning import parameters
from prodready_constructs.database.watched import WatchedInstance
from prodready_constructs.foundation import DataKey, Part, require_region, require_subnets
from prodready_constructs.posture.database import DatabasePosture


@jsii.implements(ec2.IConnectable)
class MultiAzDatabase(SourceVerbs, Part):
    """An RDS instance of PostgreSQL or MySQL; *posture* decides whether a synchronous standby waits in a second zone.

    Always: isolated subnets, not public, TLS only, storage, snapshots, insights, logs and credentials under a
    customer-managed rotating key, master password made, kept and rotated by RDS (no Lambda, no template ever sees it), IAM sign-in,
    deletion protection, a final snapshot and kept automated backups when deleted, minor upgrades outside the backup window, growing
    gp3 storage, enhanced monitoring, audit logs with retention, another port than the engine's own. *posture* decides how much.

    Args:
        vpc: any VPC with isolated subnets in two zones: ``PrivateNetwork.vpc`` or one from elsewhere.
        posture: ``PRODUCTION.database``, ``STAGING.database`` or your own.
        database_name: the database made in the instance.
        engine: ``POSTGRESQL_17`` (today's default), ``POSTGRESQL_18``, ``POSTGRESQL_16``, ``MYSQL_8_4``, or another ``Engine``. Another major
            than the one that runs is refused by RDS unless named: ``POSTGRESQL_17.upgraded_from("16", because=...)``.
        encryption_key: a customer-managed key whose policy admits CloudWatch Logs; the construct makes its own when None.
        port: 1150 to 65535 except the engine's own; 5433 (PostgreSQL) or 3307 (MySQL) when None.
        sign_in: how the master user does: with a ``password`` that RDS makes and rotates, or by ``iam`` without one, which
            read replicas and blue/green deployments need.
        restore: make the instance from a snapshot or a moment; it stays with the instance for life.

    Raises:
        ConfigurationError: a VPC without isolated subnets in two zones, a malformed or reserved database name, a port that
            RDS does not take or that is the engine's own, a class whose limits are not known or that RDS does not offer in
            this region, a region outside the posture's, a snapshot of another region, replicas beside a managed password.

    Sources: AwsSolutions-RDS2, RDS3, RDS10, RDS11; HIPAA.Security-RDS*; ledger DB-1 to DB-8, DB-10, DB-12;
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
        sign_in: Literal["password", "iam"] = "password",
        restore: Restore | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        path, traits, region = self.path, engine.traits, self.stated_region
        check_database_name(path, database_name, engine)
        klass = instance_class(path, posture.instance_class)
        check_offered(path, engine, posture.instance_class, region)
        require_region(f"{path}: region", region, posture.allowed_regions)
        if restore is not None:
            restore.check_region(path, region)
        subnets = require_subnets(self, vpc, tier="isolated")
        self._port = check_port(path, port, engine)
        self._vpc, self._posture, self._database_name = vpc, posture, database_name
        #: The engine in its version.
        self.engine = engine
        identifier = instance_identifier(self.stack.stack_name, path, restored=restore.name if restore else "")

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
            parameters=parameters(engine, posture, connections=limit),
        )
        self._option_group = option_group = parts.audit_options(self, engine, engine_of_cdk)
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
            credentials=rds.Credentials.from_username(parts.MASTER_USER, encryption_key=self.encryption_key),
            manage_master_user_password=True,
            iam_authentication=True,
            ca_certificate=rds.CaCertificate.of(parts.CERTIFICATE_AUTHORITY),
            deletion_protection=True,
            removal_policy=RemovalPolicy.SNAPSHOT,
            delete_automated_backups=False,
            copy_tags_to_snapshot=True,
            auto_minor_version_upgrade=True,
            allow_major_version_upgrade=engine.upgrade is not None,
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
            preferred_backup_window=posture.backup_window,
            preferred_maintenance_window=posture.maintenance_window,
            monitoring_interval=Duration.seconds(posture.monitoring_interval.total_seconds()),
            performance_insight_retention=insights_retention,
            database_insights_mode=insights_mode,
        )
        self.instance.node.add_dependency(policy, *log_groups.values())
        if sign_in == "iam" or restore is not None:
            parts.change(self.instance, by_iam=sign_in == "iam", restore=restore)
        self._secret = self.instance.secret if sign_in == "password" else None
        secret_arn = self._secret.secret_arn if self._secret else None
        if secret_arn is not None:
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
                certificate_authority=parts.CERTIFICATE_AUTHORITY,
                log_exports=traits.log_exports,
                port=self._port,
                managed_password=secret_arn is not None,
            ),
        )
        if not posture.multi_az:
            parts.waive_single_zone(self.instance, posture.recovery_time)
        contracts.record(
            self,
            controls=CONTROLS,
            tier="data",
            watchable=True,
            recovery=[fact.as_json() for fact in self._recovery_facts],
            # What somebody gave leave for, in so many words.
            **({"upgrade": asdict(engine.upgrade)} if engine.upgrade else {}),
            **({"restored": restore.name} if restore else {}),
        )
        #: The read replicas of the posture; each of them is watched by itself.
        self.replicas = tuple(self.add_read_replica(f"Replica{number}") for number in range(1, posture.read_replicas + 1))
