"""A secret of an application: generated or supplied, encrypted, rotated, readable by name only."""

from __future__ import annotations

from datetime import timedelta

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from prodready_constructs.contracts import ControlClaim, EventSpec, GraphSpec, SecretField, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import DataKey, Part
from prodready_constructs.foundation.rotation import deny_strangers, rotate_on_schedule
from prodready_constructs.foundation.rotation_alarms import rotation_failed
from prodready_constructs.security.random_rotation import RandomRotation
from prodready_constructs.security.secret_request import SHORTEST, check_request
from prodready_constructs.waivers import waive

CONTROLS = (
    ControlClaim(
        control="SEC-2",
        how="The value exists in Secrets Manager only, under a customer-managed key, rotated within 90 days, denied without TLS and to "
        "other accounts, and readable by the constructs it was granted to",
        frameworks=("NIST 800-53 r5 IA-5", "HIPAA 164.312(a)(2)(iv)", "PCI DSS 3.2.1 8.2.1", "SOC 2 CC6.1", "GDPR Art. 32"),
    ),
)

#: The one field of a generated secret.
VALUE = "value"
#: The field of a secret nobody has supplied yet: a service that asks for any other does not start, instead of starting with nonsense.
PLACEHOLDER = "to-be-supplied"
_ROTATION_RULES = (
    "AwsSolutions-SMG4",
    "HIPAA.Security-SecretsManagerRotationEnabled",
    "NIST.800.53.R5-SecretsManagerRotationEnabled",
    "Prodready-SecretWithoutRotation",
)


class AppSecret(Part):
    """A secret of an application, such as ``shop/production/jwt_secret``.

    Always: the value is in no template; a customer-managed key; no read without TLS or from another account; retained when its stack is
    deleted; a generated value rotates. Who reads it is said by ``grant_read``.

    Two forms. *Generated* (``length``): Secrets Manager makes ``{"value": "..."}`` and ``rotation`` replaces it. *Supplied later*
    (``length=None``): the secret is made with a placeholder, and a person puts the value, as JSON with fields of their choice, by the
    command that ``supply_command`` holds; a service that needs it does not start before.

    Args:
        name: the full name, ``<app>/<env>/<name>``.
        description: what it opens and who issued it.
        length: characters to generate, 32 to 4096; None: supplied later.
        rotation: a ``RandomRotation``, or a Lambda function of yours that follows Secrets Manager's rotation steps. Only a
            supplied secret may go without: its issuer alone can replace it, and the construct records that as waivers.
        rotation_period: whole days, 1 to 90.
        encryption_key: an own ``DataKey`` when None.

    Raises:
        ConfigurationError: a name of another form, a length or period out of bounds, a generated secret without rotation, or a
            supplied one that random values would overwrite.

    Sources: https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets.html; PCI DSS 3.2.1 8.2.4
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        description: str,
        length: int | None = 48,
        rotation: RandomRotation | lambda_.IFunction | None = None,
        rotation_period: timedelta = timedelta(days=30),
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        where = self.path
        check_request(where, name=name, length=length, rotation=rotation, period=rotation_period)
        self._generated = length is not None
        self._rotated = rotation is not None
        self._name = name
        #: The key that encrypts it.
        self.encryption_key = encryption_key or DataKey(self, "Key", description=f"Secret {name}").key
        #: The L2 itself.
        self.secret = secretsmanager.Secret(
            self,
            "Secret",
            secret_name=name,
            description=description,
            encryption_key=self.encryption_key,
            removal_policy=RemovalPolicy.RETAIN,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template="{}",
                generate_string_key=PLACEHOLDER if length is None else VALUE,
                password_length=length or SHORTEST,
                exclude_punctuation=True,
            ),
        )
        deny_strangers(self.secret)
        if rotation is not None:
            rotate_on_schedule(
                self,
                self.secret,
                function=rotation.function if isinstance(rotation, RandomRotation) else rotation,
                key=self.encryption_key,
                period=rotation_period,
                # The first value is as fresh as it can be, and a first rotation during the deployment would race the endpoint.
                immediately=False,
            )
        else:
            waive(
                self.secret,
                rule=_ROTATION_RULES,
                because="The value is issued by a third party and supplied by a person: no function can make its successor, so its "
                "owner replaces it by the documented command when the issuer renews it",
                owner="platform",
            )
        record(self, controls=CONTROLS, tier="security", watchable=self._rotated, secret_name=name, generated=self._generated)

    @property
    def supply_command(self) -> str:
        """The command by which a person puts the value of a supplied secret; the value itself is read from a file and not shown."""
        return f"aws secretsmanager put-secret-value --secret-id {self._name} --secret-string file://value.json"

    def field(self, name: str = VALUE) -> SecretField:
        """One field of the secret, for a container's secrets.

        Raises:
            ConfigurationError: a generated secret has no such field.
        """
        if self._generated and name != VALUE:
            raise ConfigurationError(
                f"{self.path}: field",
                given=name,
                allowed=f"{VALUE!r}, the one field of a generated secret",
                mend="make the secret with length=None and supply a JSON object that has the field",
            )
        return SecretField(secret=self.secret, field=name)

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* read the value, and decrypt with the key for that purpose only."""
        return self.secret.grant_read(grantee)

    @property
    def alarm_specs(self) -> tuple[EventSpec, ...]:
        """A rotation that failed. Secrets Manager reports it as an event through CloudTrail, which needs a trail in the account."""
        if not self._rotated:
            return ()
        return (
            rotation_failed(
                "RotationFailed",
                secret_arn=self.secret.secret_arn,
                named=self._name,
                source="AWS Secrets Manager user guide, CloudTrail entries of rotation events",
                meaning=f"The secret {self._name} was not rotated. The old value stays valid, so users notice nothing.",
                causes=("The rotation function failed: see its logs", "The function may not read the secret or use its key"),
            ),
        )

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """None: a secret has no metric."""
        return ()
