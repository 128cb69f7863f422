"""Rotation of the passwords of caches, without a function of the user's own."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from pathlib import Path

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from prodready_constructs.cache.users import user_arn
from prodready_constructs.contracts import AlarmSpec, ControlClaim, GraphSpec, record
from prodready_constructs.foundation import DataKey, Part, require_subnets
from prodready_constructs.foundation.errand_function import errand_function
from prodready_constructs.foundation.rotation import rotate_on_schedule
from prodready_constructs.foundation.rotation_alarms import rotation_alarms, rotation_graph

CONTROLS = (
    ControlClaim(
        control="SEC-2",
        how="A function gives the users of caches new passwords in the four steps of Secrets Manager's rotation, and signs in with each before it counts",
        frameworks=("NIST 800-53 r5 IA-5(1)", "PCI DSS 3.2.1 8.2.4", "SOC 2 CC6.1"),
    ),
)
#: ElastiCache tells every node of a new password, which takes from seconds to minutes; the test waits as long.
STEP = timedelta(minutes=5)
_CODE = Path(__file__).parent / "functions" / "rotate_cache_password.py"


class RotationParts(Part):
    """The function and what stands around it; see :class:`CachePasswordRotation`.

    Args:
        vpc, key, log_retention: as there; an own key when None.
    """

    def __init__(self, scope: Construct, construct_id: str, *, vpc: ec2.IVpc, key: kms.IKey | None, log_retention: timedelta) -> None:
        super().__init__(scope, construct_id)
        subnets = require_subnets(self, vpc, tier="private")
        made = errand_function(
            self,
            code=_CODE.read_text(encoding="utf-8"),
            purpose=("Rotates passwords of caches", "Rotation of cache passwords", "Gives users of caches new passwords"),
            vpc=vpc,
            subnets=subnets,
            egress=(ec2.Peer.any_ipv4(), "Secrets Manager and ElastiCache"),
            key=key or DataKey(self, "Key", description="Logs of cache password rotation", encrypts_logs=True).key,
            log_retention=log_retention,
            timeout=STEP,
        )
        self._log_group, self._failures, self._role = made.log_group, made.failures, made.role
        #: Who the function may talk to: AWS by HTTPS, and the caches it signs in to.
        self.security_group = made.security_group
        #: The function itself.
        self.function = made.function

    def serve(
        self,
        cache: Construct,
        secret: secretsmanager.Secret,
        *,
        user_id: str,
        host: str,
        port: int,
        connections: ec2.Connections,
        key: kms.IKey,
        period: timedelta,
    ) -> None:
        """Rotate *secret*, the password of the user *user_id*, every *period*, and try it at *host*. Children are made in *cache*."""
        self._role.allow({"Action": "elasticache:ModifyUser", "Resource": user_arn(user_id)})
        self.function.add_environment(f"ENDPOINT_{user_id.replace('-', '_')}", f"{host}:{port}")
        connections.allow_from(self.security_group, ec2.Port.tcp(port), "Rotation signs in with a new password")
        # The first value is as fresh as it can be: nothing to gain from a rotation in the middle of the deployment.
        rotate_on_schedule(cache, secret, function=self.function, key=key, period=period, immediately=False)

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
            "aws elasticache describe-users --query 'Users[].[UserId,Status,Authentication.PasswordCount]' --output table",
        )
        return rotation_alarms(
            "Rotation",
            function_name=name,
            topic_name=self._failures.topic_name,
            source="Ledger SEC-2: a rotation that fails leaves an old password in use",
            meaning="The password of a cache was not rotated. The old one stays valid, so users notice nothing.",
            causes=(
                "ElastiCache was changing the user or the cache at that moment: Secrets Manager tries again by itself",
                "The function cannot reach the cache, ElastiCache or Secrets Manager",
                "Somebody wrote the secret by hand without its fields username, user_id and password",
            ),
            reaches="Secrets Manager or the cache",
            commands=commands,
        )

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Runs and errors."""
        return (rotation_graph("Cache password rotation", function_name=self._function_name),)


class CachePasswordRotation(RotationParts):
    """A function that gives caches new passwords on schedule. One serves all caches of a stack; a cache without one makes its own.

    Always: in private subnets; may set the passwords of the users it was given and read and write their secrets; signs in to a cache by TLS
    with a new password before that counts; one execution at a time; encrypted logs; failed runs told to an encrypted topic.

    Args:
        vpc: the VPC of the caches, with private subnets (with a way out) in two zones.
        encryption_key: encrypts logs and failed runs; its policy must admit CloudWatch Logs. An own ``DataKey`` when None.
        log_retention: how long the function's logs are kept, in days that CloudWatch Logs offers.

    Raises:
        ConfigurationError: no private subnets in two zones, or a retention that CloudWatch Logs does not offer.

    Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/User-Secrets-Manager.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        encryption_key: kms.IKey | None = None,
        log_retention: timedelta = timedelta(days=90),
    ) -> None:
        super().__init__(scope, construct_id, vpc=vpc, key=encryption_key, log_retention=log_retention)
        record(self, controls=CONTROLS, tier="security", watchable=True)
