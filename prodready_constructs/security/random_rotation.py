"""Rotation of random values, without a function of the user's own."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from pathlib import Path

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from constructs import Construct

from prodready_constructs.contracts import AlarmSpec, ControlClaim, GraphSpec, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import DataKey, Part, require_subnets
from prodready_constructs.foundation.errand_function import errand_function
from prodready_constructs.foundation.rotation_alarms import rotation_alarms, rotation_graph

CONTROLS = (
    ControlClaim(
        control="SEC-2",
        how="A function in isolated subnets replaces random values in the four steps of Secrets Manager's rotation",
        frameworks=("NIST 800-53 r5 IA-5(1)", "PCI DSS 3.2.1 8.2.4", "SOC 2 CC6.1"),
    ),
)

_CODE = Path(__file__).parent / "functions" / "rotate_random_value.py"


class RandomRotation(Part):
    """A function that gives ``AppSecret`` new random values on schedule. One serves all secrets of a stack.

    Always: in isolated subnets, so that a value cannot leave by the internet; reaches Secrets Manager through the VPC's interface
    endpoint only; rights on the secrets it rotates and no other; one execution at a time; encrypted logs; failed runs told to an encrypted topic.

    Args:
        vpc: a VPC with isolated subnets in two zones and a Secrets Manager interface endpoint (``PrivateNetwork`` has both).
        encryption_key: encrypts logs and failed runs; its policy must admit CloudWatch Logs. An own ``DataKey`` when None.
        log_retention: how long the function's logs are kept, in days that CloudWatch Logs offers.

    Raises:
        ConfigurationError: no isolated subnets in two zones, a VPC whose block is unknown, or a retention CloudWatch Logs does not offer.

    Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda.html
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
        super().__init__(scope, construct_id)
        subnets = require_subnets(self, vpc, tier="isolated")
        key = encryption_key or DataKey(self, "Key", description="Logs of secret rotation", encrypts_logs=True).key
        made = errand_function(
            self,
            code=_CODE.read_text(encoding="utf-8"),
            purpose=("Rotates random values of secrets", "Rotation of secrets", "Gives secrets new random values"),
            vpc=vpc,
            subnets=subnets,
            egress=(ec2.Peer.ipv4(self._block_of(vpc)), "Endpoints of this VPC"),
            key=key,
            log_retention=log_retention,
        )
        self._log_group, self._failures = made.log_group, made.failures
        #: Who the function may talk to: HTTPS inside the VPC, where the endpoint is.
        self.security_group = made.security_group
        #: The function itself.
        self.function = made.function
        record(self, controls=CONTROLS, tier="security", watchable=True)

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
            "Rotation",
            function_name=name,
            topic_name=self._failures.topic_name,
            source="Ledger SEC-2: a rotation that fails leaves an old value in use",
            meaning="A secret was not rotated. The old value stays valid, so users notice nothing.",
            causes=(
                "The VPC has no interface endpoint for Secrets Manager, or its security group does not admit the VPC",
                "The secret's KMS key or its resource policy refuses the function",
                "Somebody wrote the secret by hand without its field 'value'",
            ),
            reaches="Secrets Manager",
            commands=commands,
        )

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Runs and errors."""
        return (rotation_graph("Secret rotation", function_name=self._function_name),)
