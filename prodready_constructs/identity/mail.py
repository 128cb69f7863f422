"""Who writes to users."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aws_cdk import aws_cognito as cognito

from prodready_constructs.errors import ConfigurationError

_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]+@(?P<domain>([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,})")


@dataclass(frozen=True, slots=True, kw_only=True)
class SesSender:
    """An Amazon SES identity that Cognito sends invitations and codes with.

    Without one Cognito's own sender is used, which stops at 50 messages a day for the whole account (Amazon Cognito quotas).

    Attributes:
        address: such as ``no-reply@shop.example.com``.
        name: what users read as the sender; the address alone when None.
        verified_domain: the SES identity where it is not the address's own domain (its parent, most likely).
        configuration_set: an SES configuration set, for events of bounces and complaints.
        region: of the SES identity; the stack's own when None. Cognito takes few others (see "Email settings" in its guide).

    Raises:
        ConfigurationError: no address, or an identity that does not cover it.

    Source: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-email.html
    """

    address: str
    name: str | None = None
    verified_domain: str | None = None
    configuration_set: str | None = None
    region: str | None = None

    def __post_init__(self) -> None:
        found = _ADDRESS.fullmatch(self.address)
        if found is None:
            raise ConfigurationError(
                "SesSender.address", given=self.address, allowed="an e-mail address", mend="write it as no-reply@shop.example.com"
            )
        identity = self.verified_domain
        if identity and found["domain"] != identity and not found["domain"].endswith(f".{identity}"):
            raise ConfigurationError(
                "SesSender.verified_domain",
                given=identity,
                allowed=f"{found['domain']!r} or a parent of it: SES sends for addresses of its identity only",
                mend="name the identity that covers the address",
            )

    @property
    def identity(self) -> str:
        """The SES identity: the verified domain."""
        return self.verified_domain or self.address.partition("@")[2]

    def as_email(self) -> cognito.UserPoolEmail:
        """The CDK's form of it."""
        return cognito.UserPoolEmail.with_ses(
            from_email=self.address,
            from_name=self.name,
            ses_region=self.region,
            ses_verified_domain=self.identity,
            configuration_set_name=self.configuration_set,
        )
