"""Rotation of the secrets of service accounts, without a function of the user's own."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from pathlib import Path

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from constructs import Construct

from prodready_constructs.contracts import AnyAlarmSpec, ControlClaim, EventSpec, GraphSpec, RunbookSpec, Severity, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import DataKey, Part, require_subnets
from prodready_constructs.foundation.errand_function import errand_function
from prodready_constructs.foundation.rotation_alarms import rotation_alarms, rotation_graph
from prodready_constructs.identity.user_directory import UserDirectory

CONTROLS = (
    ControlClaim(
        control="SEC-5",
        how="A function replaces the secrets of machine clients in the four steps of Secrets Manager's rotation, and tries each before it counts",
        frameworks=("NIST 800-53 r5 IA-5(1)", "PCI DSS 3.2.1 8.2.4", "SOC 2 CC6.1"),
    ),
)

_CODE = Path(__file__).parent / "functions" / "rotate_client_secret.py"


class ClientSecretRotation(Part):
    """A function that gives ``ServiceAccount`` new client secrets on schedule. One serves all accounts of a directory.

    Always: in private subnets; may add, list and remove secrets of the clients of one user pool, and read and write the secrets it was given; one
    execution at a time; encrypted logs, without a secret in them; failed runs told to an encrypted topic.

    It calls Cognito and its token endpoint by HTTPS through the VPC's way out: a token is asked for with the new secret before that counts.

    Args:
        directory: whose clients; it has a sign-in page, which is where tokens are given out.
        vpc: a VPC with private subnets (with a way out) in two zones.
        encryption_key: encrypts logs and failed runs; its policy must admit CloudWatch Logs. An own ``DataKey`` when None.
        log_retention: how long the function's logs are kept, in days that CloudWatch Logs offers.

    Raises:
        ConfigurationError: a directory without a sign-in page, or no private subnets in two zones.

    Sources: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AddUserPoolClientSecret.html
        https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        directory: UserDirectory,
        vpc: ec2.IVpc,
        encryption_key: kms.IKey | None = None,
        log_retention: timedelta = timedelta(days=90),
    ) -> None:
        super().__init__(scope, construct_id)
        subnets = require_subnets(self, vpc, tier="private")
        self._directory, self._token_url = directory, directory.sign_in_page.token_url
        self._pool_id = directory.user_pool.user_pool_id
        key = encryption_key or DataKey(self, "Key", description="Logs of client secret rotation", encrypts_logs=True).key
        made = errand_function(
            self,
            code=_CODE.read_text(encoding="utf-8"),
            purpose=("Rotates secrets of machine clients", "Rotation of client secrets", "Gives machine clients new secrets"),
            vpc=vpc,
            subnets=subnets,
            egress=(ec2.Peer.any_ipv4(), "Cognito and its token endpoint"),
            key=key,
            log_retention=log_retention,
            statements=[
                {
                    "Action": [
                        "cognito-idp:AddUserPoolClientSecret",
                        "cognito-idp:DeleteUserPoolClientSecret",
                        "cognito-idp:ListUserPoolClientSecrets",
                    ],
                    "Resource": directory.pool_arn,
                }
            ],
            environment={"USER_POOL_ID": self._pool_id, "TOKEN_URL": self._token_url},
        )
        self._log_group, self._failures = made.log_group, made.failures
        #: Who the function may talk to: anybody by HTTPS, for a token endpoint has no fixed address.
        self.security_group = made.security_group
        #: The function itself.
        self.function = made.function
        record(self, controls=CONTROLS, tier="security", watchable=True)

    def require(self, directory: UserDirectory, *, wanted_by: str) -> None:
        """Refuse an account of another directory than this rotation's."""
        if directory is not self._directory:
            raise ConfigurationError(
                f"{wanted_by}: rotation",
                given=f"the rotation of {self._directory.path}",
                allowed=f"a rotation of {directory.path}: its function may touch the clients of one directory only",
                mend="make a ClientSecretRotation for this directory",
            )

    @cached_property
    def _function_name(self) -> str:
        return self.function.function_name

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """Rotations that fail or were given up, and client credentials that the token endpoint refused."""
        name, logs = self._function_name, self._log_group.log_group_name
        commands = (
            f"aws logs tail {logs} --since 1h",
            "aws secretsmanager list-secrets --query 'SecretList[].[Name,LastRotatedDate,NextRotationDate]' --output table",
            f"aws cognito-idp list-user-pool-client-secrets --user-pool-id {self._pool_id} --client-id <client>",
        )
        return (
            *rotation_alarms(
                "ClientRotation",
                function_name=name,
                topic_name=self._failures.topic_name,
                source="Ledger SEC-5: a rotation that fails leaves an old secret in use",
                meaning="The secret of a service account was not rotated. The old one stays valid; a new account has none yet.",
                causes=(
                    "The sign-in page's name does not resolve yet: a new custom domain takes up to an hour",
                    "The web ACL before the pool blocks the function's token request",
                    "Somebody added a second client secret, or wrote the secret by hand without its id",
                ),
                reaches="Secrets Manager or Cognito",
                commands=commands,
            ),
            EventSpec(
                id="TokenRequestsRefused",
                pattern={
                    "source": ["aws.cognito-idp"],
                    "detail-type": ["AWS Service Event via CloudTrail"],
                    "detail": {
                        "eventName": ["Token_POST"],
                        "additionalEventData": {
                            "userPoolId": [self._pool_id],
                            "requestParameters": {"grant_type": ["client_credentials"]},
                            "responseParameters": {"status": [{"numeric": [">=", 400]}]},
                        },
                    },
                },
                severity=Severity.WARNING,
                source="Amazon Cognito developer guide, CloudTrail events of the token endpoint; machines make no typing errors",
                runbook=RunbookSpec(
                    meaning="A machine asked for a token and got none: refused (400, 401) or throttled (429).",
                    causes=(
                        "A workload still holds a secret from before the last rotation but one: start new tasks",
                        "It asks for a scope that its client does not have",
                        "It asks for a token at each call instead of keeping it: 429",
                        "A stranger tries client ids",
                    ),
                    first_commands=(
                        "aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=Token_POST --max-results 20",
                        *commands[1:],
                    ),
                ),
            ),
        )

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Runs and errors."""
        return (rotation_graph("Client secret rotation", function_name=self._function_name),)
