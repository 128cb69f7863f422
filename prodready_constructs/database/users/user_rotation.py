"""The function that makes the users of a database and gives them new passwords."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from constructs import Construct

from prodready_constructs.contracts import AlarmSpec, ControlClaim, GraphSpec, record
from prodready_constructs.database.users.drivers import HOME, function_code
from prodready_constructs.database.users.host import RotationPosture, SqlDatabase, host_of
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import REGION, URL_SUFFIX, DataKey, Part, require_subnets
from prodready_constructs.foundation.errand_function import errand_function
from prodready_constructs.foundation.rotation import check_rotation_period
from prodready_constructs.foundation.rotation_alarms import rotation_alarms, rotation_graph

CONTROLS = (
    ControlClaim(
        control="DB-4",
        how="A function in isolated subnets makes the application's users in turn, by TLS, with the rights that were named",
        frameworks=("NIST 800-53 r5 IA-5(1)", "NIST 800-53 r5 AC-6", "PCI DSS 3.2.1 8.2.4", "SOC 2 CC6.1"),
    ),
)
#: Lambda takes 4 KiB of environment; a user is up to 230 bytes of it.
MOST_USERS = 12


class DatabaseUserRotation(Part):
    """The function that makes the application users of one database and rotates their passwords by turns. One serves all of them.

    Always: in isolated subnets; reaches the database's port, the VPC's interface endpoint of Secrets Manager and nothing else; TLS with chain
    and host name verified; reads the master password, and reads and writes the secrets of its own users; whose password it may set is said
    by the deployment, never by a secret; one execution at a time; encrypted logs, without a password in them (nor in the database's); failed
    runs told to an encrypted topic. *posture* decides period, window and log retention.

    Args:
        database: a ``MultiAzDatabase`` or ``AuroraDatabase`` of this stack, whose master password RDS keeps.
        vpc: its VPC, with isolated subnets in two zones and a Secrets Manager interface endpoint (``PrivateNetwork`` has both).
        posture: ``PRODUCTION.database`` or ``PRODUCTION.aurora``.
        encryption_key: encrypts logs and failed runs; its policy must admit CloudWatch Logs. An own ``DataKey`` when None.
        authorities: a PEM file of certificate authorities to trust; those of the Lambda runtime, RDS's among them, when None.

    Raises:
        ConfigurationError: a database without a master secret, no isolated subnets in two zones, a VPC whose block is unknown, a file
            without certificates, a window that is no whole number of hours up to 24.

    Sources: https://docs.aws.amazon.com/secretsmanager/latest/userguide/getting-started.html#rotation-strategy,
        https://docs.aws.amazon.com/lambda/latest/dg/services-rds.html (certificates)
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        database: SqlDatabase,
        vpc: ec2.IVpc,
        posture: RotationPosture,
        encryption_key: kms.IKey | None = None,
        authorities: Path | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        check_rotation_period(self.path, posture.rotation_period)
        #: The database, read once.
        self.host = host = host_of(self.path, database)
        subnets, block = require_subnets(self, vpc, tier="isolated"), self._block_of(vpc)
        code = function_code(self.path, host.engine, authorities=authorities)
        key = encryption_key or DataKey(self, "Key", description=f"Rotation of users of {host.database}", encrypts_logs=True).key
        #: How often, and within how many hours of its day.
        self.period, self.window = posture.rotation_period, posture.rotation_window
        master = host.master.secret_arn
        made = errand_function(
            self,
            code=code,
            handler=f"{HOME}.index.handler",
            purpose=(
                f"Makes and rotates users of {host.database}",
                "Rotation of database users",
                f"Makes users of the database {host.database} and gives them new passwords",
            ),
            vpc=vpc,
            subnets=subnets,
            egress=(ec2.Peer.ipv4(block), "Endpoints of this VPC"),
            key=key,
            log_retention=posture.log_retention,
            statements=[
                {"Action": "secretsmanager:GetSecretValue", "Resource": master},
                {
                    "Action": "kms:Decrypt",
                    "Resource": host.key.key_arn,
                    "Condition": {"StringEquals": {"kms:ViaService": f"secretsmanager.{REGION}.{URL_SUFFIX}"}},
                },
            ],
            environment={
                "ENGINE": host.engine,
                "HOST": host.address,
                "PORT": str(host.attachment.port),
                "DATABASE": host.database,
                "MASTER_SECRET": master,
            },
        )
        self._log_group, self._failures = made.log_group, made.failures
        #: Who the function may talk to: HTTPS inside the VPC, and the database.
        self.security_group = made.security_group
        host.connections.allow_from(self.security_group, ec2.Port.tcp(host.attachment.port), "Rotation of its users")
        #: The function itself.
        self.function = made.function
        self._users: set[str] = set()
        record(self, controls=CONTROLS, tier="data", watchable=True)

    def _block_of(self, vpc: ec2.IVpc) -> str:
        try:
            return vpc.vpc_cidr_block
        except RuntimeError:  # the CDK throws for an imported VPC that was not told its block
            raise ConfigurationError(
                f"{self.path}: vpc",
                given="an imported VPC without vpc_cidr_block",
                allowed="a VPC whose CIDR block is known",
                mend="import it with from_lookup, or name vpc_cidr_block in from_vpc_attributes",
            ) from None

    def serve(self, name: str, *, secret_arn: str, rights: str, wanted_by: str) -> None:
        """Let the function make the user *name* of that secret; ``DatabaseUser`` calls it.

        Raises:
            ConfigurationError: a second user of that name, or one too many.
        """
        if name in self._users or len(self._users) == MOST_USERS:
            raise ConfigurationError(
                f"{wanted_by}: name",
                given=name,
                allowed=f"a name that no other user of {self.host.database} has; {MOST_USERS} users",
                mend="share a user, or make a second DatabaseUserRotation for further ones",
            )
        self._users.add(name)
        self.function.add_environment(f"USER_{len(self._users)}", json.dumps({"secret": secret_arn, "user": name, "rights": rights}))

    @cached_property
    def _function_name(self) -> str:
        return self.function.function_name

    @property
    def alarm_specs(self) -> tuple[AlarmSpec, ...]:
        """Rotations that fail, and those that AWS Lambda gave up on."""
        name = self._function_name
        commands = (
            f"aws logs tail {self._log_group.log_group_name} --since 1h",
            "aws secretsmanager list-secrets --query 'SecretList[].[Name,LastRotatedDate,NextRotationDate]' --output table",
            f"aws lambda get-function-configuration --function-name {name}",
        )
        return rotation_alarms(
            "UserRotation",
            function_name=name,
            topic_name=self._failures.topic_name,
            source="Ledger DB-4: a rotation that fails leaves an old password in use",
            meaning="A database user was not rotated. The current password stays valid; a new user does not exist yet.",
            causes=(
                "The database was unreachable or failing over: Secrets Manager tries again by itself",
                "The master password does not open the database, or may not create roles",
                "The runtime does not know the region's certificate authority yet: give DatabaseUserRotation its authorities",
                "Somebody wrote the secret by hand: the function refuses a user it did not make",
            ),
            reaches="Secrets Manager or the database",
            commands=commands,
        )

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Runs and errors."""
        return (rotation_graph(f"Rotation of users of {self.host.database}", function_name=self._function_name),)
