"""A DynamoDB table that can be restored to any second, cannot be deleted by mistake, and cannot run up a bill unseen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from prodready_constructs.contracts import AlarmSpec, Attachment, ControlClaim, GraphSpec, RecoveryFact, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part, class_facts, mark, own_key, require_class
from prodready_constructs.posture import DataClass, TablePosture
from prodready_constructs.tables.access import grant, grant_stream, policy
from prodready_constructs.tables.alarms import alarm_specs
from prodready_constructs.tables.graphs import graphs
from prodready_constructs.tables.parts import POLICY_PER_REPLICA, table_of
from prodready_constructs.tables.recovery import recovery_facts
from prodready_constructs.tables.replicas import TableReplica, check_regions
from prodready_constructs.tables.schema import TableSchema
from prodready_constructs.tables.watched import Watched

if TYPE_CHECKING:
    from aws_cdk import aws_kinesis as kinesis

CONTROLS = (
    ControlClaim(
        control="STORE-2",
        how="On demand with a maximum throughput, point-in-time recovery, customer-managed key in every region, deletion protection, retained",
        frameworks=(
            "NIST 800-53 r5 CP-9",
            "NIST 800-53 r5 SC-28",
            "HIPAA 164.312(a)(2)(iv)",
            "PCI DSS 3.2.1 3.4",
            "SOC 2 A1.2",
            "GDPR Art. 32",
        ),
    ),
    ControlClaim(
        control="STORE-6",
        how="The class of the data says when items end: the table has a time-to-live attribute where it does, and the service is told the time",
        frameworks=("NIST 800-53 r5 SI-12", "PCI DSS 3.2.1 3.1", "GDPR Art. 5(1)(e)"),
    ),
)
_HTTPS = 443
#: DynamoDB is reached at public addresses, or through a gateway endpoint of the network: either way by no security group of its own.
_ANYWHERE = ec2.Peer.any_ipv4()


class ProtectedTable(Part):
    """A DynamoDB table, with replicas in other regions where asked.

    Always: on-demand billing under a maximum throughput, point-in-time recovery, a customer-managed key in every region, deletion
    protection, kept when its stack is deleted, a resource policy that refuses plain HTTP and other accounts.
    *posture* decides the maximum, how far back it can be restored, and what is shown of its keys.

    Args:
        schema: keys, indexes, and the attribute by which items expire.
        posture: maximum throughput, recovery window, contributor insights, allowed regions.
        data_class: what it holds; a class with an end needs ``schema.ttl_attribute``.
        replicas: other regions it is written and read in, each with a key there.
        encryption_key: the key of the data domain; its own when None.
        stream: what each change shows to consumers for 24 hours; a table with replicas always shows new and old images.
        kinesis_stream: where each change goes too; encrypted by you.
        infrequent_access: storage is cheaper and requests are dearer: for data that is seldom asked for.

    Raises:
        ConfigurationError: no data class, or one with an end and no TTL attribute; a schema DynamoDB refuses; a replica twice, in the
            table's own region, outside the allowed regions or with a key of another region; a stack without a stated region.

    Sources: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GlobalTables.html
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode-max-throughput.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        schema: TableSchema,
        posture: TablePosture,
        data_class: DataClass | None = None,
        replicas: Sequence[TableReplica] = (),
        encryption_key: kms.IKey | None = None,
        stream: dynamodb.StreamViewType | None = None,
        kinesis_stream: kinesis.IStream | None = None,
        infrequent_access: bool = False,
    ) -> None:
        super().__init__(scope, construct_id)
        where = self.path
        #: The class of what it holds.
        self.data_class = require_class(where, data_class)
        schema.check(where, self.data_class)
        check_regions(where, self.stated_region, replicas, posture)
        if replicas and stream not in (None, dynamodb.StreamViewType.NEW_AND_OLD_IMAGES):
            raise ConfigurationError(
                f"{where}: stream",
                given=stream.name if stream else None,
                allowed="NEW_AND_OLD_IMAGES on a table with replicas, which DynamoDB replicates from",
                mend="leave stream out, or ask for NEW_AND_OLD_IMAGES",
            )
        # Whatever the consumer's feature flags say; the node takes it before it has children only.
        self.node.set_context(POLICY_PER_REPLICA, True)
        self._schema = schema
        #: The key of its own region.
        self.key = own_key(self, encryption_key, description=f"{where}: items", statements=[])
        #: The L2 itself. Whatever is changed through it is still judged at synth.
        self.table = table_of(
            self,
            schema=schema,
            posture=posture,
            replicas=replicas,
            key=self.key,
            stream=stream,
            kinesis_stream=kinesis_stream,
            infrequent_access=infrequent_access,
            insights=posture.contributor_insights if self.data_class.keys_in_plain else "off",
            policy=policy,
        )
        #: Name of the table, the same in every region.
        self.name = self.table.table_name
        #: ARN of the table in its own region.
        self.arn = self.table.table_arn
        self._streams = stream is not None or bool(replicas)
        self._watched = Watched(
            table=self.name,
            indexes=tuple(index.name for index in schema.global_indexes),
            replica_regions=tuple(replica.region for replica in replicas),
            max_read_units=posture.max_read_units,
            max_write_units=posture.max_write_units,
            user_errors=False,
        )
        self._window = posture.recovery_window
        mark(self, self.data_class)
        record(
            self,
            controls=CONTROLS,
            tier="data",
            watchable=True,
            recovery=[fact.as_json() for fact in self.recovery_facts],
            data_class=class_facts(self.data_class),
            allowed_regions=list(posture.allowed_regions),
        )

    def grant_read(self, grantee: iam.IGrantable, *, leading_keys: Sequence[str] = (), region: str | None = None) -> iam.Grant:
        """Let *grantee* read items, of the table and its indexes.

        Args:
            leading_keys: only the partitions whose key matches one of these, as ``${aws:PrincipalTag/tenant}``; then no scan.
            region: of a replica; the table's own when None.
        """
        return self._grant(grantee, reads=True, writes=False, leading_keys=leading_keys, region=region)

    def grant_write(self, grantee: iam.IGrantable, *, leading_keys: Sequence[str] = (), region: str | None = None) -> iam.Grant:
        """Let *grantee* put, update and delete items. As :meth:`grant_read`."""
        return self._grant(grantee, reads=False, writes=True, leading_keys=leading_keys, region=region)

    def grant_read_write(self, grantee: iam.IGrantable, *, leading_keys: Sequence[str] = (), region: str | None = None) -> iam.Grant:
        """Both."""
        return self._grant(grantee, reads=True, writes=True, leading_keys=leading_keys, region=region)

    def grant_stream_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* read the stream of changes in the table's own region.

        Raises:
            ConfigurationError: the table has no stream.
        """
        if not self._streams or self.table.table_stream_arn is None:
            raise ConfigurationError(
                f"{self.path}: grant_stream_read",
                given="a table without a stream",
                allowed="a table that was given stream=, or has replicas",
                mend="add stream=StreamViewType.NEW_AND_OLD_IMAGES",
            )
        return grant_stream(grantee, stream_arn=self.table.table_stream_arn, key=self.key)

    def _grant(self, grantee: iam.IGrantable, *, reads: bool, writes: bool, leading_keys: Sequence[str], region: str | None) -> iam.Grant:
        arn, key = self.arn, self.key
        if region not in (None, self.stated_region):
            if region not in self._watched.replica_regions:
                raise ConfigurationError(
                    f"{self.path}: region",
                    given=region,
                    allowed=f"a region the table is in: {', '.join(sorted({str(self.stated_region), *self._watched.replica_regions}))}",
                    mend="add a TableReplica there",
                )
            there = self.table.replica(str(region))
            arn, key = there.table_arn, there.encryption_key or self.key
        # Indexes by name: a pattern would be one more thing to explain to an auditor.
        resources = [arn, *(f"{arn}/index/{index.name}" for index in self._schema.indexes)]
        return grant(grantee, resources=resources, key=key, reads=reads, writes=writes, leading_keys=leading_keys)

    def watch_user_errors(self) -> None:
        """Also wake somebody when DynamoDB refuses many requests as wrong.

        It counts them for the account and region, not for a table: call this on one table of a region.
        """
        self._watched = Watched(**{**{name: getattr(self._watched, name) for name in Watched.__slots__}, "user_errors": True})

    @property
    def attachment(self) -> Attachment:
        """The table's name, and when items expire, for a service. What it may do there, a grant to its role says."""
        name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", "_", self.construct_id).upper()
        environment = {f"{name}_TABLE": self.name}
        if self._schema.ttl_attribute is not None:
            environment[f"{name}_TTL_ATTRIBUTE"] = self._schema.ttl_attribute
        if self.data_class.retention is not None:
            environment[f"{name}_RETENTION_SECONDS"] = str(self.data_class.retention // timedelta(seconds=1))
        return Attachment(connections=ec2.Connections(peer=_ANYWHERE), port=_HTTPS, environment=environment, secrets={})

    @property
    def alarm_specs(self) -> tuple[AlarmSpec, ...]:
        """Throttles (of each global index too), a maximum that comes near, errors, latency, replicas that lag."""
        return alarm_specs(self._watched)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Units, throttles, latency, conflicts; replication when there is any."""
        return graphs(self._watched)

    @property
    def backup_arns(self) -> tuple[str, ...]:
        """What AWS Backup selects."""
        return (self.arn,)

    @property
    def recovery_facts(self) -> tuple[RecoveryFact, ...]:
        """Any second of the recovery window; the other regions, where there are any."""
        return recovery_facts(
            self.construct_id,
            table=self.name,
            key_arn=self.key.key_arn,
            ttl_attribute=self._schema.ttl_attribute,
            window=self._window,
            replica_regions=self._watched.replica_regions,
        )
