"""A cluster in another region that follows an Aurora database, and takes its place when the region is lost."""

from __future__ import annotations

import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from constructs import Construct

from prodready_constructs import contracts
from prodready_constructs.database.aurora.aurora_database import AuroraDatabase, check_never_pauses
from prodready_constructs.database.aurora.claims import CONTROLS
from prodready_constructs.database.aurora.cluster import make
from prodready_constructs.database.aurora.facts import facts_of, watched
from prodready_constructs.database.aurora.verbs import ClusterVerbs
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part
from prodready_constructs.posture.aurora import AuroraPosture


@jsii.implements(ec2.IConnectable)
class AuroraSecondary(ClusterVerbs, Part):
    """A secondary cluster of an Aurora global database: the same data, read-only, usually a second behind.

    Always: what the primary always is, under a key of its own region; deletion protection, own backups, own logs and alarms. It has no
    master user of its own: users, and what they may, are the primary's.
    *posture* decides how much; it may be smaller than the primary's.

    Args:
        vpc: any VPC of this region with isolated subnets in two zones.
        posture: ``PRODUCTION.aurora`` or your own; every instance is a reader, one more than ``readers``.
        primary: the cluster it follows, made with ``global_name``.
        encryption_key: a customer-managed key of this region whose policy admits CloudWatch Logs; the construct makes its own when None.
        write_forwarding: readers may write: statements are sent to the primary, and come back by replication.

    Raises:
        ConfigurationError: a primary without a global database, the primary's own region, a region that is not stated or is outside the
            posture's, a capacity that pauses; and what ``AuroraDatabase`` refuses of VPC and class.

    Sources: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database.html; ledger DB-8
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        posture: AuroraPosture,
        primary: AuroraDatabase,
        encryption_key: kms.IKey | None = None,
        write_forwarding: bool = False,
    ) -> None:
        super().__init__(scope, construct_id)
        global_name, primary_region = self._follows(primary)
        check_never_pauses(self.path, posture)
        engine, self._database_name, self.port = primary.engine, primary.database_name, primary.port
        made = make(
            self,
            vpc=vpc,
            posture=posture,
            engine=engine,
            encryption_key=encryption_key,
            port=self.port,
            database_name=None,
            data_api=False,
            part_of_global=True,
        )
        #: The L2 itself. Whatever is changed through it is still judged at synth.
        self.cluster = made.cluster
        #: The customer-managed key of this region's volume, snapshots, insights and logs.
        self.encryption_key = made.key
        #: The security group of the instances: nothing in, nothing out, until something is connected.
        self.security_group = made.security_group
        #: The parameter groups of the cluster and of its instances; keep them like the primary's.
        self.parameter_group, self.instance_parameter_group = made.cluster_parameters, made.instance_parameters
        self._connections = ec2.Connections(security_groups=[self.security_group], default_port=ec2.Port.tcp(self.port))
        resource = made.resource
        # Users come with the data.
        resource.master_username = None
        resource.manage_master_user_password = None
        resource.master_user_secret = None
        resource.global_cluster_identifier = global_name
        resource.source_region = primary_region
        resource.enable_global_write_forwarding = write_forwarding
        if primary.global_cluster is not None:
            resource.node.add_dependency(primary.global_cluster)
        self._watched = watched(self, made, engine, posture, secret_arn=None, global_name=global_name, secondary=True)
        self._recovery_facts = facts_of(
            made,
            engine,
            posture,
            store=f"{engine.title} {self._database_name} in {self.stated_region}",
            port=self.port,
            managed_password=False,
            global_name=global_name,
            primary_region=primary_region,
        )
        contracts.record(self, controls=CONTROLS, tier="data", watchable=True, recovery=[fact.as_json() for fact in self._recovery_facts])

    def _follows(self, primary: AuroraDatabase) -> tuple[str, str]:
        """The name of the primary's global database, and its region."""
        if primary.global_name is None:
            raise ConfigurationError(
                f"{self.path}: primary",
                given=f"{primary.path} without global_name",
                allowed="a cluster that is the primary of a global database",
                mend="give the primary a global_name",
            )
        here, there = self.stated_region, primary.stated_region
        if here is None or there is None or here == there:
            raise ConfigurationError(
                f"{self.path}: region",
                given=f"{here or 'not stated'}, with the primary in {there or 'a region not stated'}",
                allowed="another stated region than the primary's: a second cluster here would be lost with the first",
                mend="give both stacks an env with a region, and different ones; for more readers here raise posture.readers",
            )
        return primary.global_name, there

    @property
    def attachment(self) -> contracts.Attachment:
        """What a workload needs: DATABASE_HOST (a reader of this region), DATABASE_PORT and DATABASE_NAME; it signs in by IAM."""
        return contracts.Attachment(
            connections=self._connections,
            port=self.port,
            environment={
                "DATABASE_HOST": self.cluster.cluster_read_endpoint.hostname,
                "DATABASE_PORT": str(self.port),
                "DATABASE_NAME": self._database_name,
            },
            secrets={},
        )
