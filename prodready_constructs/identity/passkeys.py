"""Passkeys beside a required second factor: the one combination that Cognito takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from prodready_constructs.errors import ConfigurationError

FirstFactor = Literal["password", "passkey", "email_otp", "sms_otp"]
_FACTORS: tuple[FirstFactor, ...] = ("password", "passkey")
#: AWS::Cognito::UserPool WebAuthnRelyingPartyID, in characters.
LONGEST_RELYING_PARTY = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkeys:
    """Sign-in by passkey (WebAuthn) in a directory that requires a second factor.

    A passkey unlocked by a finger, face or PIN is two factors at once: something the user has and something the user is or knows. With MFA
    required Cognito takes it as that and as nothing else, and so does this class; the fields exist so that what you have in mind is
    refused with the reason here and not by a half-applied deployment.

    Attributes:
        relying_party: the domain that passkeys belong to: the name of the sign-in page (``auth.shop.example.com``). A passkey cannot move
            to another name, so this is for good.
        user_verification: whether the device must check who holds it.
        counts_as: ``both_factors``, or ``one_factor`` beside another.
        first_factors: what a sign-in may begin with.

    Raises:
        ConfigurationError: a combination that Cognito refuses while a second factor is required, or that would not be two factors.

    Sources: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_WebAuthnConfigurationType.html
        https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html
    """

    relying_party: str
    user_verification: Literal["required", "preferred"] = "required"
    counts_as: Literal["both_factors", "one_factor"] = "both_factors"
    first_factors: tuple[FirstFactor, ...] = _FACTORS

    def __post_init__(self) -> None:
        if not 1 <= len(self.relying_party) <= LONGEST_RELYING_PARTY or "://" in self.relying_party or "." not in self.relying_party:
            raise ConfigurationError(
                "Passkeys.relying_party",
                given=self.relying_party,
                allowed=f"a domain name of {LONGEST_RELYING_PARTY} characters at most, without a scheme",
                mend="use the name of the sign-in page, such as 'auth.shop.example.com'",
            )
        if codes := [factor for factor in self.first_factors if factor not in _FACTORS]:
            raise ConfigurationError(
                "Passkeys.first_factors",
                given=", ".join(codes),
                allowed="password and passkey: with MFA required Cognito takes no one-time code as first factor, for the code would be the second too",
                mend="leave the codes out",
            )
        if "passkey" not in self.first_factors or "password" not in self.first_factors:
            raise ConfigurationError(
                "Passkeys.first_factors",
                given=", ".join(self.first_factors) or None,
                allowed="password and passkey: Cognito always allows the password, and a passkey can only be a first factor",
                mend="leave first_factors out",
            )
        if self.counts_as != "both_factors":
            raise ConfigurationError(
                "Passkeys.counts_as",
                given=self.counts_as,
                allowed="both_factors: with MFA required Cognito refuses SINGLE_FACTOR where a passkey is a first factor",
                mend="leave counts_as out; MFA is always required here",
            )
        if self.user_verification != "required":
            raise ConfigurationError(
                "Passkeys.user_verification",
                given=self.user_verification,
                allowed="required: a passkey that nobody unlocks is one factor, whoever holds the device",
                mend="leave user_verification out",
            )
