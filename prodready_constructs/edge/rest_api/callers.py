"""From where, and by whose account, a REST API may be called at all: its resource policy."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ACCOUNT_ID, PARTITION

_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")
_ACCOUNT = re.compile(r"\d{12}")
#: Addresses that no caller from the internet has (RFC 1918, 6598, 3927, 1122, 4193 and 4291).
_INSIDE = tuple(
    ipaddress.ip_network(block)
    for block in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8", "0.0.0.0/8"),
        *("fc00::/7", "fe80::/10", "::1/128"),
    )
)
#: Told of whoever signs with the credentials of an AWS account, and of nobody else.
_ACCOUNT_KEY, _ORGANIZATION_KEY = "aws:PrincipalAccount", "aws:PrincipalOrgID"


@dataclass(frozen=True, slots=True, kw_only=True)
class Callers:
    """Who may call an API besides being known to its authorizer. What is left empty is not limited.

    A caller comes from one of *addresses*; a caller who signs belongs to one of *accounts* or *organizations*. VPC endpoints are no part
    of it: API Gateway knows them in the policies of private APIs only.

    Attributes:
        addresses: address ranges of the internet, such as ``203.0.113.0/24``, of IPv4 or IPv6.
        accounts: AWS accounts, 12 digits; the API's own is one like another. Their roles need ``execute-api:Invoke`` as well.
        organizations: ids of AWS Organizations, such as ``o-a1b2c3d4e5``; each role that belongs to one.

    Raises:
        ConfigurationError: nothing at all, a range or id malformed, a range that no caller from the internet has, or all of it.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-aws-condition-keys.html
    """

    addresses: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not (self.addresses or self.accounts or self.organizations):
            raise ConfigurationError(
                "Callers", given="nothing", allowed="addresses, accounts or organizations", mend="say who may call, or leave it out"
            )
        for block in self.addresses:
            _require_range(block)
        for field, values, form, example in (
            ("accounts", self.accounts, _ACCOUNT, "'111122223333'"),
            ("organizations", self.organizations, _ORGANIZATION, "'o-a1b2c3d4e5'"),
        ):
            for value in values:
                if not form.fullmatch(value):
                    raise ConfigurationError(
                        f"Callers.{field}", given=value, allowed=f"ids such as {example}", mend="copy it from AWS Organizations"
                    )

    @property
    def signed(self) -> bool:
        """Whether callers are told by their account, which only a signature shows."""
        return bool(self.accounts or self.organizations)

    def policy(self, *, unsigned: Sequence[str]) -> dict[str, Any]:
        """The resource policy.

        Args:
            unsigned: ``live/GET/health``: what is called without a signature and wants an explicit permission: open methods, preflights and
                those of a user pool. Never those of a Lambda authorizer (the permission would stand in for its silence) or of IAM (it would
                let every role of the account in).

        Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
        """
        # A ``*`` of an open path would take in signed paths below it: so whoever signs is not meant by this.
        nobody = {"Null": {_ACCOUNT_KEY: "true"}}
        allowed = {**_statement("Allow", [f"execute-api:/{path}" for path in unsigned]), "Condition": nobody}
        statements: list[dict[str, Any]] = [allowed] if unsigned else []
        if self.accounts:
            principals = {"AWS": [f"arn:{PARTITION}:iam::{account}:root" for account in self.accounts]}
            statements.append({**_statement("Allow", ["execute-api:/*"]), "Principal": principals})
        if self.organizations:
            of_them = {
                "StringEquals": {_ORGANIZATION_KEY: list(self.organizations)},
                # The roles of this account call by their own policies; this permission alone would let each of them in.
                "StringNotEquals": {_ACCOUNT_KEY: ACCOUNT_ID},
            }
            statements.append({**_statement("Allow", ["execute-api:/*"]), "Condition": of_them})
        if self.addresses:
            others: dict[str, Any] = {"NotIpAddress": {"aws:SourceIp": list(self.addresses)}}
            statements.append({**_statement("Deny", ["execute-api:/*"]), "Condition": others})
        if self.signed:
            listed = {_ACCOUNT_KEY: self.accounts, _ORGANIZATION_KEY: self.organizations}
            others = {
                # Whoever shows no signature is no account: the authorizer of the method, or nobody, is asked.
                "Null": {_ACCOUNT_KEY: "false"},
                "StringNotEquals": {key: list(ids) for key, ids in listed.items() if ids},
            }
            statements.append({**_statement("Deny", ["execute-api:/*"]), "Condition": others})
        return {"Version": "2012-10-17", "Statement": statements}


def _statement(effect: str, resources: list[str]) -> dict[str, Any]:
    return {"Effect": effect, "Principal": "*", "Action": "execute-api:Invoke", "Resource": resources}


def _require_range(block: str) -> None:
    try:
        network = ipaddress.ip_network(block)
    except ValueError as error:
        raise ConfigurationError(
            "Callers.addresses",
            given=block,
            allowed="address ranges such as '203.0.113.0/24'",
            mend=f"correct it: {error}",
        ) from None
    if not network.prefixlen:
        raise ConfigurationError(
            "Callers.addresses",
            given=block,
            allowed="ranges that are not the whole internet",
            mend="leave addresses out where everybody may call",
        )
    if any(network.version == inside.version and network.overlaps(inside) for inside in _INSIDE):
        raise ConfigurationError(
            "Callers.addresses",
            given=block,
            allowed="addresses of the internet: API Gateway never sees those inside a network",
            mend="name the addresses of the NAT gateway or proxy by which these callers reach the internet",
        )
