"""How long tokens live, within what Cognito takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from aws_cdk import Duration

from prodready_constructs.errors import ConfigurationError

#: A token that leaked is good for this long; OWASP ASVS 5 asks for minutes to an hour.
TOKEN_LIFE = timedelta(minutes=15)
#: After this a user signs in again, with the second factor: one working day (NIST 800-63B AAL2: at most 12 hours).
SESSION_LIFE = timedelta(hours=12)
#: How long the second factor may take; Cognito's range is 3 to 15 minutes.
CHALLENGE_LIFE = timedelta(minutes=3)
#: What Cognito takes for access and ID tokens (AWS::Cognito::UserPoolClient AccessTokenValidity, IdTokenValidity).
TOKEN_RANGE = (timedelta(minutes=5), timedelta(days=1))
#: Cognito's least for a refresh token, and the longest that NIST 800-63B lets anybody stay signed in (AAL1); Cognito would take 10 years.
SESSION_RANGE = (timedelta(hours=1), timedelta(days=30))


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLives:
    """How long the tokens of one application live.

    Attributes:
        token: of access and ID tokens, 5 minutes to 1 day in whole minutes.
        session: of the refresh token: how long a user stays signed in, 1 hour to 30 days, and no shorter than a token.
    """

    token: timedelta = TOKEN_LIFE
    session: timedelta = SESSION_LIFE

    def __post_init__(self) -> None:
        check_token_life("TokenLives.token", self.token)
        check_session_life("TokenLives.session", self.session)
        if self.token > self.session:
            raise ConfigurationError(
                "TokenLives.token",
                given=f"{self.token} in a session of {self.session}",
                allowed="no longer than the session: Cognito refuses a token that outlives its refresh token",
                mend="shorten the token or lengthen the session",
            )


def check_token_life(where: str, life: timedelta) -> None:
    """Refuse a life of access or ID tokens that Cognito does not offer."""
    if not TOKEN_RANGE[0] <= life <= TOKEN_RANGE[1] or life % timedelta(minutes=1):
        raise ConfigurationError(
            where, given=str(life), allowed="5 minutes to 1 day, in whole minutes: Cognito's bounds", mend=f"leave it out for {TOKEN_LIFE}"
        )


def check_session_life(where: str, life: timedelta) -> None:
    """Refuse a session shorter than Cognito offers, or longer than anybody should stay signed in."""
    if not SESSION_RANGE[0] <= life <= SESSION_RANGE[1]:
        raise ConfigurationError(
            where, given=str(life), allowed="1 hour to 30 days", mend=f"leave it out for {SESSION_LIFE}, one working day"
        )


@cache
def minutes(span: timedelta) -> Duration:
    """*span* for the CDK, made once: each is a message to the jsii kernel."""
    return Duration.minutes(span // timedelta(minutes=1))


@cache
def seconds(span: timedelta) -> Duration:
    """*span* for the CDK, made once."""
    return Duration.seconds(span // timedelta(seconds=1))
