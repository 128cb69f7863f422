"""Who writes to users."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aws_cdk import aws_cognito as cognito

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, REGION

_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]+@(?P<domain>([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,})")

_DISPLAY = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .&'-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SesSender:
    """An Amazon SES identity that Cognito sends invitations and codes with.

    Without one Cognito's own sender is used, which stops at 50 messages a day (Amazon Cognito quotas).

    Attributes:
        address: such as ``no-reply@shop.example.com``.
        name: what users read as the sender, in letters, digits, spaces and . & ' -; the address alone when None.
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
        if self.name is not None and not _DISPLAY.fullmatch(self.name):
            raise ConfigurationError(
                "SesSender.name",
                given=self.name,
                allowed="64 letters, digits, spaces and . & ' - at most: a quotation mark or line break could forge a header",
                mend="use the product's name",
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

    def as_configuration(self) -> cognito.CfnUserPool.EmailConfigurationProperty:
        """For the pool's L1: the L2 takes no address beneath its verified domain."""
        return cognito.CfnUserPool.EmailConfigurationProperty(
            email_sending_account="DEVELOPER",
            from_=f'"{self.name}" <{self.address}>' if self.name else self.address,
            source_arn=f"arn:{PARTITION}:ses:{self.region or REGION}:{ACCOUNT_ID}:identity/{self.identity}",
            configuration_set=self.configuration_set,
        )
