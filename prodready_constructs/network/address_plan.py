"""Which addresses a network may take, and how they are shared out among the tiers. Pure Python."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from prodready_constructs.errors import ConfigurationError

#: Private address space: RFC 1918, and the shared space of RFC 6598 that AWS allows in a VPC too.
PRIVATE_SPACE = tuple(ipaddress.IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"))
#: The largest VPC of AWS (Amazon VPC user guide, VPC CIDR blocks).
LARGEST = 16
#: A subnet of a tier is this many bits smaller than the VPC. With room reserved for six zones, the tiers take half of it:
#: 6/16 private + 6/64 isolated + 6/256 public.
PRIVATE_BITS, ISOLATED_BITS, PUBLIC_BITS = 4, 6, 8
#: The smallest subnet of AWS (/28), and the smallest an Application Load Balancer takes (/27).
SMALLEST_SUBNET, SMALLEST_LOAD_BALANCER_SUBNET = 28, 27
#: Address room is kept for this many zones, so that a zone added later moves no subnet.
ZONES_PLANNED = 6


@dataclass(frozen=True, slots=True)
class AddressPlan:
    """The checked CIDR of a network and the prefix lengths of its tiers."""

    cidr: str
    private_mask: int
    isolated_mask: int
    public_mask: int


def plan_addresses(where: str, *, cidr: str, public_tier: bool, peers: Sequence[str]) -> AddressPlan:
    """Check *cidr* and share it out.

    Raises:
        ConfigurationError: malformed, with host bits, outside private address space, too large, too small for the tiers,
            or overlapping one of *peers*.
    """
    block = _parse(f"{where}: cidr", cidr)
    if not any(block.subnet_of(space) for space in PRIVATE_SPACE):
        raise ConfigurationError(
            f"{where}: cidr",
            given=cidr,
            allowed=f"private address space: {', '.join(map(str, PRIVATE_SPACE))}",
            mend="public addresses belong to somebody else; use 10.0.0.0/16",
        )
    smallest = SMALLEST_LOAD_BALANCER_SUBNET - PUBLIC_BITS if public_tier else SMALLEST_SUBNET - PUBLIC_BITS
    if not LARGEST <= block.prefixlen <= smallest:
        raise ConfigurationError(
            f"{where}: cidr",
            given=cidr,
            allowed=f"/{LARGEST} to /{smallest} (AWS's largest VPC; room for {3 if public_tier else 2} tiers in {ZONES_PLANNED} zones)",
            mend=f"use {block.network_address}/{min(max(block.prefixlen, LARGEST), smallest)}",
        )
    for peer in peers:
        if block.overlaps(_parse(f"{where}: peers", peer)):
            raise ConfigurationError(
                f"{where}: cidr",
                given=cidr,
                allowed=f"a block that does not overlap the peer {peer}",
                mend="overlapping networks can never be peered; choose another block",
            )
    return AddressPlan(
        cidr=cidr,
        private_mask=block.prefixlen + PRIVATE_BITS,
        isolated_mask=block.prefixlen + ISOLATED_BITS,
        public_mask=block.prefixlen + PUBLIC_BITS,
    )


def _parse(where: str, cidr: str) -> ipaddress.IPv4Network:
    mend = "write it as 10.0.0.0/16"
    try:
        loose = ipaddress.IPv4Network(cidr, strict=False)
    except ValueError:
        raise ConfigurationError(where, given=cidr, allowed="an IPv4 CIDR block", mend=mend) from None
    if "/" not in cidr:
        raise ConfigurationError(where, given=cidr, allowed="an IPv4 CIDR block with its prefix length", mend=mend)
    if str(loose.network_address) != cidr.partition("/")[0]:
        raise ConfigurationError(where, given=cidr, allowed="a CIDR block without host bits", mend=f"use {loose}")
    return loose
