"""Lists of addresses and of countries, and what becomes of requests from there."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Literal

from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from prodready_constructs.edge.waf.limits import require_name
from prodready_constructs.edge.waf.managed import require_reason
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture.edge import known_countries

#: Most addresses of one IP set (AWS WAF developer guide, "AWS WAF quotas").
MOST_ADDRESSES = 10_000

Verdict = Literal["block", "only", "trust", "allow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressList:
    """IPv4 and IPv6 addresses, and what becomes of their requests.

    Attributes:
        name: of the rule, its metric and its IP sets; letters and digits.
        addresses: addresses and blocks: ``203.0.113.7``, ``203.0.113.0/24``, ``2001:db8::/32``.
        verdict: ``block`` turns them away; ``only`` turns everybody else away; ``trust`` spares them countries, lists of bad addresses and
            rate limits, while the rules about contents judge them like everybody; ``allow`` lets them past **every** rule, injections
            included.
        because: why; demanded for ``allow``.
    """

    name: str
    addresses: tuple[str, ...]
    verdict: Verdict = "block"
    because: str = ""
    #: The addresses as AWS WAF writes them, by version: 4 and 6.
    blocks: dict[int, list[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        require_name("AddressList.name", self.name)
        if not self.name.isalnum():
            raise ConfigurationError(
                "AddressList.name", given=self.name, allowed="letters and digits", mend="write it in one word: 'HeadOffice'"
            )
        if self.verdict not in {"block", "only", "trust", "allow"}:
            raise ConfigurationError(
                "AddressList.verdict", given=self.verdict, allowed="block, only, trust or allow", mend="'trust' still judges contents"
            )
        if self.verdict == "allow":
            require_reason("AddressList.because", self.because)
        if not self.addresses:
            raise ConfigurationError(
                "AddressList.addresses", given="no address", allowed="at least one", mend="leave the list out until it has an address"
            )
        blocks: dict[int, set[str]] = {4: set(), 6: set()}
        for address in self.addresses:
            network = _network(address)
            blocks[network.version].add(str(network))
        for version, found in blocks.items():
            if len(found) > MOST_ADDRESSES:
                raise ConfigurationError(
                    "AddressList.addresses",
                    given=f"{len(found)} IPv{version} addresses",
                    allowed=f"{MOST_ADDRESSES} of a version in one list",
                    mend="join them into larger blocks, or make a second list",
                )
        object.__setattr__(self, "blocks", {version: sorted(found) for version, found in blocks.items() if found})

    def sets_in(self, scope: Construct, *, cloudfront: bool) -> list[str]:
        """Make the IP sets; their ARNs."""
        return [
            wafv2.CfnIPSet(
                scope,
                f"{self.name}V{version}",
                scope="CLOUDFRONT" if cloudfront else "REGIONAL",
                ip_address_version=f"IPV{version}",
                addresses=blocks,
            ).attr_arn
            for version, blocks in self.blocks.items()
        ]

    def as_fact(self) -> dict[str, object]:
        """For the evidence; the addresses themselves are in the template."""
        return {"name": self.name, "verdict": self.verdict, "because": self.because}


@dataclass(frozen=True, slots=True, kw_only=True)
class Countries:
    """Countries turned away, beside the posture's, or the only ones let in.

    Attributes:
        blocked, allowed: ISO 3166-1 alpha-2 codes. With *allowed*, everybody else is turned away.
    """

    blocked: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        known_countries("Countries.blocked", self.blocked)
        known_countries("Countries.allowed", self.allowed)
        if not self.blocked and not self.allowed:
            raise ConfigurationError(
                "Countries", given="no country", allowed="countries to block or to allow", mend="name one, or leave it out"
            )


def _network(address: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        network = ipaddress.ip_network(address, strict=False)
    except ValueError:
        raise ConfigurationError(
            "AddressList.addresses",
            given=address,
            allowed="IPv4 or IPv6 addresses and CIDR blocks",
            mend="write '203.0.113.0/24' or '2001:db8::/32'",
        ) from None
    if "/" in address and ipaddress.ip_address(address.partition("/")[0]) != network.network_address:
        raise ConfigurationError(
            "AddressList.addresses",
            given=address,
            allowed="blocks that begin at their first address",
            mend=f"for the whole block write {network}; for the one address leave the mask out",
        )
    if network.prefixlen == 0:
        raise ConfigurationError(
            "AddressList.addresses",
            given=address,
            allowed="blocks smaller than everybody: AWS WAF takes no /0",
            mend="name the real blocks",
        )
    return network
