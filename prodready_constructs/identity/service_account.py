"""A machine that signs in: client credentials with scopes, and a secret that nobody has typed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from aws_cdk import RemovalPolicy
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from prodready_constructs.contracts import Attachment, ControlClaim, EventSpec, GraphSpec, SecretField, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import DataKey, Part
from prodready_constructs.foundation.rotation import check_rotation_period, check_secret_name, deny_strangers, rotate_on_schedule
from prodready_constructs.foundation.rotation_alarms import rotation_failed
from prodready_constructs.identity.client_secret_rotation import ClientSecretRotation
from prodready_constructs.identity.token_lives import CHALLENGE_LIFE, SESSION_RANGE, check_token_life, minutes
from prodready_constructs.identity.user_directory import UserDirectory

CONTROLS = (
    ControlClaim(
        control="SEC-5",
        how="Machine client: client credentials only, named scopes, its secret in Secrets Manager under a customer-managed key and in no "
        "template, rotated, readable by those it was granted to",
        frameworks=("NIST 800-53 r5 IA-9", "NIST 800-53 r5 IA-5(7)", "PCI DSS 3.2.1 8.6", "SOC 2 CC6.1"),
    ),
    ControlClaim(
        control="SEC-2",
        how="The client secret exists in Cognito and Secrets Manager only, rotated within 90 days, denied without TLS and to other accounts",
        frameworks=("NIST 800-53 r5 IA-5", "PCI DSS 3.2.1 8.2.1", "SOC 2 CC6.1"),
    ),
)
#: A machine asks again when its token ends, and each request is paid for: an hour is Cognito's own default.
MACHINE_TOKEN_LIFE = timedelta(hours=1)
#: The fields of the secret. The first rotation writes them: a service that needs one does not start before.
CLIENT_ID, CLIENT_SECRET = "client_id", "client_secret"
_PLACEHOLDER = "to-be-rotated"


class ServiceAccount(Part):
    """A machine-to-machine client of a directory, with its secret.

    Always: the client credentials grant and no other, so no user signs in through it; the scopes that are named; a secret that Cognito makes
    and a function carries to Secrets Manager, so that it stands in no template and in no deployment; rotated, also at the
    deployment; a customer-managed key; no read without TLS or from another account.

    Hand it to a workload: ``service.connect_to(account)`` sets ``OAUTH_TOKEN_URL``, ``OAUTH_SCOPES``, ``OAUTH_CLIENT_ID`` and
    ``OAUTH_CLIENT_SECRET``; anything else reads the secret after :meth:`grant_token`.

    Args:
        directory: who gives the tokens; it has a sign-in page.
        name: of the secret in full, ``<app>/<env>/<name>``.
        scopes: what it may do: ``ApiScopes.scope(...)``.
        rotation: replaces the secret; of the same directory.
        rotation_period: whole days, 1 to 90. A secret stays valid for two periods: until the rotation after its own.
        token_life: 5 minutes to 1 day.
        encryption_key: an own ``DataKey`` when None.

    Raises:
        ConfigurationError: no sign-in page, no scopes or standard ones, a name, period or life out of bounds, another directory's rotation.

    Sources: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html; RFC 6749 4.4
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        directory: UserDirectory,
        name: str,
        scopes: Sequence[str],
        rotation: ClientSecretRotation,
        rotation_period: timedelta = timedelta(days=30),
        token_life: timedelta = MACHINE_TOKEN_LIFE,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        where = self.path
        page = directory.sign_in_page
        rotation.require(directory, wanted_by=where)
        check_secret_name(where, name)
        check_rotation_period(where, rotation_period)
        check_token_life(f"{where}: token_life", token_life)
        _require_scopes(where, scopes)
        self._name, self._scopes = name, tuple(scopes)
        #: Where a token is asked for.
        self.token_url = page.token_url
        #: The L2 itself. Whatever is changed through it is still judged at synth.
        self.client = cognito.UserPoolClient(
            self,
            "Client",
            user_pool=directory.user_pool,
            # Only a refresh flow, and nothing that would give a first token to refresh: no user signs in through this client.
            auth_flows=cognito.AuthFlow(user_srp=False, user=False, user_password=False, admin_user_password=False, custom=False),
            # The first secret stays in Cognito, unread; the first rotation adds the one that is used.
            generate_secret=True,
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(client_credentials=True, authorization_code_grant=False, implicit_code_grant=False),
                scopes=[cognito.OAuthScope.custom(each) for each in scopes],
            ),
            supported_identity_providers=[cognito.UserPoolClientIdentityProvider.COGNITO],
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            access_token_validity=minutes(token_life),
            id_token_validity=minutes(token_life),
            refresh_token_validity=minutes(max(token_life, SESSION_RANGE[0])),
            auth_session_validity=minutes(CHALLENGE_LIFE),
        )
        self.encryption_key = encryption_key or DataKey(self, "Key", description=f"Secret {name}").key
        #: The L2 itself.
        self.secret = secretsmanager.Secret(
            self,
            "Secret",
            secret_name=name,
            description=f"Client credentials of {where}",
            encryption_key=self.encryption_key,
            removal_policy=RemovalPolicy.RETAIN,
            # Never anything here that may change: a changed template makes Secrets Manager write a new value over the rotated one.
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=f'{{"{CLIENT_ID}":"{self.client.user_pool_client_id}"}}',
                generate_string_key=_PLACEHOLDER,
                password_length=32,
                exclude_punctuation=True,
            ),
        )
        deny_strangers(self.secret)
        schedule = rotate_on_schedule(
            self, self.secret, function=rotation.function, key=self.encryption_key, period=rotation_period, immediately=True
        )
        # The rotation tries its secret at the sign-in page.
        schedule.node.add_dependency(page)
        record(self, controls=CONTROLS, tier="security", watchable=True, secret_name=name, scopes=list(scopes))

    def grant_token(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* ask for tokens: read id and secret, and decrypt with the key for that purpose. They are sent to ``token_url``."""
        return self.secret.grant_read(grantee)

    def field(self, name: str) -> SecretField:
        """One field of the secret, ``client_id`` or ``client_secret``, for a container's secrets."""
        if name not in (CLIENT_ID, CLIENT_SECRET):
            raise ConfigurationError(
                f"{self.path}: field", given=name, allowed=f"{CLIENT_ID}, {CLIENT_SECRET}", mend="use the attachment, which has both"
            )
        return SecretField(secret=self.secret, field=name)

    @property
    def attachment(self) -> Attachment:
        """What a workload needs: the token endpoint by HTTPS, the scopes, and the two fields of the secret."""
        return Attachment(
            connections=ec2.Connections(peer=ec2.Peer.any_ipv4()),
            port=443,
            environment={"OAUTH_TOKEN_URL": self.token_url, "OAUTH_SCOPES": " ".join(self._scopes)},
            secrets={"OAUTH_CLIENT_ID": self.field(CLIENT_ID), "OAUTH_CLIENT_SECRET": self.field(CLIENT_SECRET)},
        )

    @property
    def alarm_specs(self) -> tuple[EventSpec, ...]:
        """A rotation that failed. Secrets Manager reports it as an event through CloudTrail, which needs a trail in the account."""
        return (
            rotation_failed(
                "ClientRotationFailed",
                secret_arn=self.secret.secret_arn,
                named=self._name,
                source="AWS Secrets Manager user guide, CloudTrail entries of rotation events",
                meaning=f"The client secret {self._name} was not rotated. The old one stays valid; a new account has none yet.",
                causes=("The rotation function failed: see its logs", "The sign-in page's name does not resolve yet"),
            ),
        )

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """None: a secret has no metric, and Cognito counts no tokens of machines by client."""
        return ()


def _require_scopes(where: str, scopes: Sequence[str]) -> None:
    # A scope of an API is its reference and a slash: "${Token[...]}/read".
    wrong = [each for each in scopes if "/" not in each]
    if wrong or not scopes or len(set(scopes)) < len(scopes):
        raise ConfigurationError(
            f"{where}: scopes",
            given=", ".join(wrong or scopes) or None,
            allowed="scopes of an API, each once: Cognito gives a machine no openid, email or profile",
            mend="use directory.add_api(...).scope(...)",
        )
