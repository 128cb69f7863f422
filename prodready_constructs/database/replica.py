"""A read replica: beside its source, or in another region to take its place."""

from __future__ import annotations

from typing import cast

import jsii
from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_rds as rds
from constructs import Construct

from prodready_constructs import contracts
from prodready_constructs.database import parts
from prodready_constructs.database.claims import REPLICA_CONTROLS
from prodready_constructs.database.classes import instance_class
from prodready_constructs.database.names import instance_identifier
from prodready_constructs.database.replication import Replicable, ReplicationSource, check_replica
from prodready_constructs.database.restore import promotion_fact
from prodready_constructs.database.restored import accept_stated_encryption
from prodready_constructs.database.tuning import parameters
from prodready_constructs.database.verbs import InstanceVerbs
from prodready_constructs.database.watched import WatchedInstance
from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, DataKey, Part, require_subnets
from prodready_constructs.posture.database import DatabasePosture
from prodready_constructs.waivers import waive

#: PCI DSS has no such rule.
_BACKUP_RULES = tuple(f"{pack}-RDSInBackupPlan" for pack in ("HIPAA.Security", "NIST.800.53.R4", "NIST.800.53.R5"))


@jsii.implements(ec2.IConnectable)
class ReadReplica(InstanceVerbs, Part):
    """A read-only copy of an RDS instance, kept up to date by asynchronous replication; in another region it outlives the first.

    Always: what the source always is (private, isolated, encrypted, TLS only, IAM sign-in, audited, deletion protection), an own
    security group, own logs and alarms for lag. In the source's stack it has the source's key and parameter group; elsewhere
    its own. *posture* decides how much, as for the source: with ``multi_az`` it has a standby and can take over as it is.

    Args:
        source: the database: ``MultiAzDatabase(..., sign_in="iam")``.
        vpc: any VPC with isolated subnets in two zones, in the region of this stack.
        posture: the source's, or one with a larger class; a smaller class could neither keep up nor take over.
        encryption_key: in another stack than the source's, a customer-managed key of this region whose policy admits CloudWatch Logs; the
            construct makes its own when None.

    Raises:
        ConfigurationError: a source whose password RDS manages, a region that is not stated or not allowed, a key beside the source's,
            a class with less memory than the source's or not offered here, no isolated subnets in two zones.

    Sources: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.html; ledger DB-8
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        source: Replicable,
        vpc: ec2.IVpc,
        posture: DatabasePosture,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        path, origin, region = self.path, source.replication, self.stated_region
        engine, traits = origin.engine, origin.engine.traits
        klass = instance_class(path, posture.instance_class)
        check_replica(path, origin, region, posture, encryption_key, beside=origin.stack == self.stack)
        beside, abroad = origin.stack == self.stack, origin.region != region
        subnets = require_subnets(self, vpc, tier="isolated")
        identifier = instance_identifier(self.stack.stack_name, path)
        self._database_name, self._port = origin.database_name, origin.port

        #: The customer-managed key of storage, insights and logs; beside the source, the source's.
        self.encryption_key: kms.IKey = (
            origin.encryption_key
            if beside
            else encryption_key or DataKey(self, "Key", description=f"Read replica {path} of {origin.path}", encrypts_logs=True).key
        )
        #: The security group of the replica: nothing in, nothing out, until something is connected.
        self.security_group = ec2.SecurityGroup(self, "Access", vpc=vpc, description=f"Into read replica {path}", allow_all_outbound=False)
        self._connections = ec2.Connections(security_groups=[self.security_group], default_port=ec2.Port.tcp(self._port))
        log_groups = {
            log: parts.database_log_group(self, log, identifier=identifier, retention=posture.log_retention, key=self.encryption_key)
            for log in traits.log_exports
        }
        engine_of_cdk = parts.rds_engine(engine)
        parameter_group: rds.IParameterGroup = (
            origin.parameter_group
            if beside
            else rds.ParameterGroup(
                self,
                "Parameters",
                engine=engine_of_cdk,
                description=f"As its source: {path}",
                parameters=parameters(engine, origin.posture, connections=origin.connection_limit),
            )
        )
        role, policy = parts.monitoring_role(self, identifier)
        insights = posture.instance_class not in traits.classes_without_insights
        insights_retention, insights_mode = parts.INSIGHTS[posture.insights_retention.days] if insights else (None, None)

        #: The L2 itself. Whatever is changed through it is still judged at synth.
        self.instance = rds.DatabaseInstanceReadReplica(
            self,
            "Instance",
            source_database_instance=origin.instance,
            vpc=vpc,
            subnet_group=rds.SubnetGroup(self, "Subnets", description=f"Isolated subnets of {path}", vpc=vpc, vpc_subnets=subnets),
            security_groups=[self.security_group],
            instance_identifier=identifier,
            port=self._port,
            parameter_group=parameter_group,
            option_group=origin.option_group if beside else parts.audit_options(self, engine, engine_of_cdk),
            # Always: no argument reaches these. In the source's region RDS takes the source's key and wants to be told none.
            publicly_accessible=False,
            storage_encrypted=True,
            storage_encryption_key=self.encryption_key if abroad else None,
            storage_type=rds.StorageType.GP3,
            iam_authentication=True,
            ca_certificate=rds.CaCertificate.of(parts.CERTIFICATE_AUTHORITY),
            deletion_protection=True,
            removal_policy=RemovalPolicy.SNAPSHOT,
            delete_automated_backups=False,
            copy_tags_to_snapshot=True,
            preferred_maintenance_window=posture.maintenance_window,
            auto_minor_version_upgrade=True,
            cloudwatch_logs_exports=list(traits.log_exports),
            enable_performance_insights=insights,
            performance_insight_encryption_key=self.encryption_key if insights else None,
            monitoring_role=role,
            instance_type=ec2.InstanceType(posture.instance_class),
            max_allocated_storage=posture.max_storage_gib,
            multi_az=posture.multi_az,
            monitoring_interval=Duration.seconds(posture.monitoring_interval.total_seconds()),
            performance_insight_retention=insights_retention,
            database_insights_mode=insights_mode,
        )
        self.instance.node.add_dependency(policy, *log_groups.values())
        self._follow(origin, beside=beside, abroad=abroad)
        self._watched = WatchedInstance(
            identifier=identifier,
            source=self.instance.instance_identifier,
            secret_arn=None,
            instance_class=klass,
            connection_limit=origin.connection_limit,
            storage_gib=posture.storage_gib,
            failures=parts.refused_connections(self, engine, identifier, log_groups[traits.failure_log]),
            failure_log=f"/aws/rds/instance/{identifier}/{traits.failure_log}",
            insights=insights,
            replica_lag=posture.replica_lag,
        )
        self._recovery_facts = (
            (promotion_fact(f"{traits.title} {origin.database_name}", posture, identifier, str(origin.region), str(region)),)
            if abroad
            else ()
        )
        waive(
            self.instance,
            rule=_BACKUP_RULES,
            because=f"A read replica of {origin.path} holds nothing that its source does not; the source is backed up, and RDS takes no "
            "backups of a replica until it is promoted, when the runbook of the promotion turns them on.",
            owner="platform",
        )
        if not posture.multi_az:
            parts.waive_single_zone(self.instance, posture.recovery_time)
        recovery = [fact.as_json() for fact in self._recovery_facts]
        contracts.record(self, controls=REPLICA_CONTROLS, tier="data", watchable=True, recovery=recovery, source=origin.path)

    def _follow(self, origin: ReplicationSource, *, beside: bool, abroad: bool) -> None:
        """State the engine; and where the source is in another stack, name it literally: its region may be another one too."""
        resource = cast("rds.CfnDBInstance", self.instance.node.default_child)
        # A replica has its source's engine, said or not; said, the packs know which port is the customary one.
        resource.engine = origin.engine.name
        accept_stated_encryption(resource)
        if beside:
            return
        arn = f"arn:{PARTITION}:rds:{origin.region}:{ACCOUNT_ID}:db:{origin.identifier}"
        resource.add_property_override("SourceDBInstanceIdentifier", arn)
        if abroad:
            resource.source_region = origin.region
        self.stack.add_stack_dependency(origin.stack, reason=f"{self.path} replicates {origin.path}")

    @property
    def attachment(self) -> contracts.Attachment:
        """What a reader needs: DATABASE_READER_HOST, _READER_PORT and _READER_NAME; it signs in by IAM (:meth:`grant_connect`)."""
        return contracts.Attachment(
            connections=self._connections,
            port=self._port,
            environment={
                "DATABASE_READER_HOST": self.instance.db_instance_endpoint_address,
                "DATABASE_READER_PORT": str(self._port),
                "DATABASE_READER_NAME": self._database_name,
            },
            secrets={},
        )

    @property
    def backup_arns(self) -> tuple[str, ...]:
        """Nothing: AWS Backup selects the source."""
        return ()
