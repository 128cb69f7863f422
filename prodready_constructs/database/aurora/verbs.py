"""What a caller does with a cluster, primary or secondary: the verbs of the instance."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_rds as rds

from prodready_constructs.contracts import AnyAlarmSpec, GraphSpec, RecoveryFact
from prodready_constructs.database.aurora.alarms import alarm_specs
from prodready_constructs.database.aurora.graphs import graphs
from prodready_constructs.database.aurora.watched import WatchedCluster
from prodready_constructs.errors import ConfigurationError


class ClusterVerbs:
    """Mixed into the constructs of this room, which set the attributes."""

    path: str
    cluster: rds.DatabaseCluster
    _connections: ec2.Connections
    _watched: WatchedCluster
    _recovery_facts: tuple[RecoveryFact, ...]

    @property
    def connections(self) -> ec2.Connections:
        """Who may reach the database, on its port: ``database.connections.allow_default_port_from(service)``."""
        return self._connections

    def grant_connect(self, grantee: iam.IGrantable, *, db_user: str) -> iam.Grant:
        """Let *grantee* sign in to every instance of the cluster as *db_user* with an IAM token instead of a password.

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
        return self.cluster.grant_connect(grantee, db_user)

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """What somebody must hear of; ``monitoring.Watch`` makes the alarms."""
        return alarm_specs(self._watched)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """The cluster on the dashboard."""
        return graphs(self._watched)

    @property
    def backup_arns(self) -> tuple[str, ...]:
        """What AWS Backup selects: the cluster, which holds the data of all its instances."""
        return (self.cluster.cluster_arn,)

    @property
    def recovery_facts(self) -> tuple[RecoveryFact, ...]:
        """How the database comes back: from the loss of a zone, of data, and where there is a second one, of a region."""
        return self._recovery_facts
