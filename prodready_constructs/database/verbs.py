"""What a caller does with an instance, source or replica."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_rds as rds

from prodready_constructs.contracts import AnyAlarmSpec, GraphSpec, RecoveryFact
from prodready_constructs.database.alarms import alarm_specs, graphs
from prodready_constructs.database.names import check_db_user
from prodready_constructs.database.watched import WatchedInstance


class InstanceVerbs:
    """Mixed into the constructs of this room, which set the attributes."""

    path: str
    instance: rds.DatabaseInstance | rds.DatabaseInstanceReadReplica
    _connections: ec2.Connections
    _watched: WatchedInstance
    _recovery_facts: tuple[RecoveryFact, ...]

    @property
    def connections(self) -> ec2.Connections:
        """Who may reach the database, on its port: ``database.connections.allow_default_port_from(service)``."""
        return self._connections

    def grant_connect(self, grantee: iam.IGrantable, *, db_user: str) -> iam.Grant:
        """Let *grantee* sign in as *db_user* with an IAM token instead of a password.

        Args:
            db_user: a user of the database made with ``GRANT rds_iam TO ...`` (PostgreSQL) or ``AWSAuthenticationPlugin``
                (MySQL). Not a wildcard: that would admit the master user too. Users of a replica are its source's.

        Raises:
            ConfigurationError: no user, or a wildcard.
        """
        return self.instance.grant_connect(grantee, check_db_user(self.path, db_user))

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """What somebody must hear of; ``monitoring.Watch`` makes the alarms."""
        return alarm_specs(self._watched)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """The instance on the dashboard."""
        return graphs(self._watched)

    @property
    def recovery_facts(self) -> tuple[RecoveryFact, ...]:
        """How the database comes back: from the loss of a zone and of data; a replica, from the loss of the other region."""
        return self._recovery_facts
