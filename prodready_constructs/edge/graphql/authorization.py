"""Who may call an AppSync API, as values: the same for GraphQL and for events."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Literal

from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_lambda as lambda_

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.waivers import SHORTEST_REASON

Mode = Literal["AMAZON_COGNITO_USER_POOLS", "AWS_IAM", "OPENID_CONNECT", "AWS_LAMBDA", "API_KEY"]
#: AppSync's directives by the mode they ask for.
DIRECTIVES: dict[str, Mode] = {
    "aws_auth": "AMAZON_COGNITO_USER_POOLS",
    "aws_cognito_user_pools": "AMAZON_COGNITO_USER_POOLS",
    "aws_iam": "AWS_IAM",
    "aws_oidc": "OPENID_CONNECT",
    "aws_lambda": "AWS_LAMBDA",
    "aws_api_key": "API_KEY",
}
#: AppSync: a key lives 1 to 365 days (AppSync API reference, CreateApiKey).
KEY_DAYS = (1, 365)
#: How long AppSync may keep a function's decision, in seconds (AWS::AppSync::GraphQLApi LambdaAuthorizerConfig).
DECISION_SECONDS = (0, 3_600)
_ISSUER = re.compile(r"https://[^\s/?#@]+(/[^\s?#]*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class AppSyncAuthorization:
    """One way to be known to an AppSync API. Made by ``cognito``, ``iam``, ``oidc``, ``function`` or ``api_key``.

    Attributes:
        mode: AppSync's name of it.
        user_pool, client_ids: of Cognito; client_ids also of OpenID Connect.
        issuer: of OpenID Connect.
        decided_by, decision_life, token_pattern: of a Lambda authorizer.
        expires, life, because: of an API key.
    """

    mode: Mode
    user_pool: cognito.IUserPool | None = None
    client_ids: tuple[str, ...] = ()
    issuer: str | None = None
    decided_by: lambda_.IFunction | None = None
    decision_life: timedelta = timedelta(0)
    token_pattern: str | None = None
    expires: date | None = None
    life: timedelta = timedelta(0)
    because: str = ""

    @classmethod
    def cognito(cls, user_pool: cognito.IUserPool, *, client_ids: Sequence[str] = ()) -> AppSyncAuthorization:
        """Users of *user_pool*, signed in through one of the clients *client_ids*, or any when empty."""
        return cls(mode="AMAZON_COGNITO_USER_POOLS", user_pool=user_pool, client_ids=tuple(client_ids))

    @classmethod
    def iam(cls) -> AppSyncAuthorization:
        """Roles that were granted, by signature."""
        return cls(mode="AWS_IAM")

    @classmethod
    def oidc(cls, issuer: str, *, client_ids: Sequence[str] = ()) -> AppSyncAuthorization:
        """Holders of tokens of *issuer*.

        Raises:
            ConfigurationError: an issuer that is no ``https://`` URL.
        """
        if "${" not in issuer and not _ISSUER.fullmatch(issuer):
            raise ConfigurationError(
                "AppSyncAuthorization.oidc: issuer",
                given=issuer,
                allowed="an https:// URL, exactly as the tokens' iss claim has it",
                mend="copy the issuer from the provider's /.well-known/openid-configuration",
            )
        return cls(mode="OPENID_CONNECT", issuer=issuer, client_ids=tuple(client_ids))

    @classmethod
    def function(
        cls, decided_by: lambda_.IFunction, *, decision_life: timedelta = timedelta(minutes=5), token_pattern: str | None = None
    ) -> AppSyncAuthorization:
        """Whom the function *decided_by* admits.

        Args:
            decision_life: how long a decision holds for one token, up to an hour.
            token_pattern: a regular expression that a token must match before the function is asked.

        Raises:
            ConfigurationError: a decision that would hold too long.
        """
        if not DECISION_SECONDS[0] <= decision_life.total_seconds() <= DECISION_SECONDS[1]:
            raise ConfigurationError(
                "AppSyncAuthorization.function: decision_life",
                given=str(decision_life),
                allowed=f"{DECISION_SECONDS[0]} to {DECISION_SECONDS[1]} seconds",
                mend="leave it out for 5 minutes",
            )
        return cls(mode="AWS_LAMBDA", decided_by=decided_by, decision_life=decision_life, token_pattern=token_pattern)

    @classmethod
    def api_key(cls, *, issued: date, expires: date, because: str) -> AppSyncAuthorization:
        """Whoever holds a shared key: no authentication, so a reason is asked for. AppSync makes the value.

        Args:
            issued: the day on which this life of the key begins; *expires*: the day on which it ends, 1 to 365 days later.
                A new pair of days in the code renews the key.
            because: why callers need not be known here.

        Raises:
            ConfigurationError: a life out of range, or no reason.
        """
        life = expires - issued
        if not KEY_DAYS[0] <= life.days <= KEY_DAYS[1]:
            raise ConfigurationError(
                "AppSyncAuthorization.api_key: expires",
                given=f"{expires}, {life.days} days after {issued}",
                allowed=f"{KEY_DAYS[0]} to {KEY_DAYS[1]} days, AppSync's range",
                mend="give the days on which its life begins and ends",
            )
        if len(because.strip()) < SHORTEST_REASON:
            raise ConfigurationError(
                "AppSyncAuthorization.api_key: because",
                given=because,
                allowed=f"a reason of at least {SHORTEST_REASON} characters: a key authenticates nobody",
                mend="say what is open and why, or use cognito(), oidc() or iam()",
            )
        return cls(mode="API_KEY", expires=expires, life=life, because=because)

    @property
    def expires_at(self) -> int:
        """The end of the key, in seconds since 1970, at midnight UTC; 0 for what is no key."""
        return int(datetime.combine(self.expires, time(), timezone.utc).timestamp()) if self.expires else 0

    @property
    def client_pattern(self) -> str | None:
        """The clients as the regular expression AppSync takes."""
        return f"^({'|'.join(self.client_ids)})$" if self.client_ids else None


def require_known_callers(where: str, given: Sequence[AppSyncAuthorization]) -> tuple[AppSyncAuthorization, ...]:
    """*given*, or IAM signatures when empty; the first is what holds where nothing else is said.

    Raises:
        ConfigurationError: a key in first place, or a mode twice that AppSync takes once.
    """
    chosen = tuple(given) or (AppSyncAuthorization.iam(),)
    if chosen[0].mode == "API_KEY":
        raise ConfigurationError(
            f"{where}: authorization",
            given="an API key in first place, which would open everything to its holders",
            allowed="Cognito, IAM, OpenID Connect or a function first",
            mend="put the key second, and mark with @aws_api_key what it may open",
        )
    modes = [one.mode for one in chosen]
    for mode in ("AWS_IAM", "AWS_LAMBDA", "API_KEY"):
        if modes.count(mode) > 1:
            raise ConfigurationError(
                f"{where}: authorization", given=f"{mode} twice", allowed=f"{mode} once; AppSync takes no second", mend="leave one out"
            )
    return chosen
