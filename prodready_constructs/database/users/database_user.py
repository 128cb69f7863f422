"""A user of a database for one application, with the rights it needs and a password that changes."""

from __future__ import annotations

from typing import Literal

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from prodready_constructs.contracts import Attachment, ControlClaim, EventSpec, GraphSpec, SecretField, record
from prodready_constructs.database.users.host import check_user
from prodready_constructs.database.users.user_rotation import DatabaseUserRotation
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part
from prodready_constructs.foundation.rotation import deny_strangers, rotate_on_schedule
from prodready_constructs.foundation.rotation_alarms import rotation_failed

CONTROLS = (
    ControlClaim(
        control="DB-4",
        how="The application's own user; its secret is made in Secrets Manager, encrypted, closed to strangers, rotated by alternating users",
        frameworks=("NIST 800-53 r5 IA-5", "NIST 800-53 r5 AC-6", "HIPAA 164.312(a)(2)(i)", "PCI DSS 3.2.1 7.1.2", "SOC 2 CC6.1"),
    ),
)


class DatabaseUser(Part):
    """A user of a database with the *rights* an application needs; ``service.connect_to(user)`` uses it instead of the master user.

    Always: a secret (``username``, ``password``) under a customer-managed key, not read without TLS or from another account, retained when
    its stack is deleted; made in the database by its first rotation, right after the deployment that adds it; rotated by turns: two logins
    with the same rights, of which the one not in use gets the new password, so that the current one goes on working until the next rotation.
    No template and no log holds a password.

    Args:
        rotation: the ``DatabaseUserRotation`` of the database, in the same stack.
        name: what the logins are called: ``<name>_1`` and ``<name>_2``.
        rights: ``read``: rows; ``write``: rows, also changing them; ``schema``: tables too, for migrations.
        encryption_key: of the secret; the database's own when None.

    Raises:
        ConfigurationError: a name that an engine does not take or reserves, or a second time; rights that are none; another stack.

    Sources: https://docs.aws.amazon.com/secretsmanager/latest/userguide/getting-started.html#rotation-strategy; PCI DSS 3.2.1 8.2.4
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        rotation: DatabaseUserRotation,
        name: str,
        rights: Literal["read", "write", "schema"],
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        check_user(self.path, name, rights)
        if self.stack is not rotation.stack:
            raise ConfigurationError(
                f"{self.path}: rotation",
                given=f"{rotation.path}, in another stack",
                allowed="the rotation of this stack: its function is told which secrets are its own",
                mend="make the user beside its database, and hand the user to the stack of the service",
            )
        #: Its name and its rights.
        self.name, self.rights = name, rights
        self._host = host = rotation.host
        #: The key that encrypts the secret.
        self.encryption_key: kms.IKey = encryption_key or host.key
        #: The L2 itself. Its first value opens nothing: it has no field ``password`` before the user exists.
        self.secret = secretsmanager.Secret(
            self,
            "Secret",
            description=f"User {name} of the database {host.database} ({rights})",
            encryption_key=self.encryption_key,
            removal_policy=RemovalPolicy.RETAIN,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=f'{{"username":"{name}_2"}}', generate_string_key="not-made-yet", exclude_punctuation=True
            ),
        )
        deny_strangers(self.secret)
        arn = self.secret.secret_arn
        rotation.serve(name, secret_arn=arn, rights=rights, wanted_by=self.path)
        schedule = rotate_on_schedule(
            self,
            self.secret,
            function=rotation.function,
            key=self.encryption_key,
            period=rotation.period,
            window=rotation.window,
            # The first rotation makes the user.
            immediately=True,
        )
        # The way to the database must be open by then.
        schedule.node.add_dependency(rotation.security_group, *host.connections.security_groups)
        record(self, controls=CONTROLS, tier="data", watchable=True, user=name, rights=rights)

    @property
    def attachment(self) -> Attachment:
        """What a workload needs: the database's address in its environment, and this user in DATABASE_USER and DATABASE_PASSWORD."""
        there = self._host.attachment
        return Attachment(
            connections=there.connections,
            port=there.port,
            environment=there.environment,
            secrets={
                **there.secrets,
                "DATABASE_USER": SecretField(secret=self.secret, field="username"),
                "DATABASE_PASSWORD": SecretField(secret=self.secret, field="password"),
            },
        )

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* read user name and password, and decrypt with the key for that purpose only."""
        return self.secret.grant_read(grantee)

    @property
    def alarm_specs(self) -> tuple[EventSpec, ...]:
        """A rotation that failed. Secrets Manager reports it as an event through CloudTrail, which needs a trail in the account."""
        arn = self.secret.secret_arn
        return (
            rotation_failed(
                "RotationFailed",
                secret_arn=arn,
                named=arn,
                source="https://docs.aws.amazon.com/secretsmanager/latest/userguide/monitoring-eventbridge.html; ledger DB-4",
                meaning=f"The database user {self.name} was not rotated. Its current password stays valid, so users notice nothing.",
                causes=(
                    "The rotation function failed: see its logs, named in the alarm UserRotationErrors",
                    "The database was stopped, failing over or out of connections",
                    "The key is disabled, or its policy refuses the function",
                ),
            ),
        )

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """None: a secret has no metric."""
        return ()
