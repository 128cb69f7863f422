"""What a tunnel may be called, and where it may begin."""

from __future__ import annotations

import re
from collections.abc import Collection

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.network.bastion.documents import HIGHEST_PORT, LOWEST_LOCAL_PORT

#: Added to the port of the store, so that a tunnel does not meet a server on the caller's own machine.
_LOCAL = 10_000
_NAME = re.compile(r"[A-Z][A-Za-z0-9]*")


def check_store(where: str, *, again: bool, hosts: int, port: int) -> None:
    """Refuse a store that is connected already, that has no host, or whose port is none."""
    if again:
        raise ConfigurationError(where, given="a store that is connected", allowed="each store once", mend="remove the second call")
    if not hosts:
        raise ConfigurationError(
            where,
            given="an attachment without a host",
            allowed="a store whose attachment has a setting that ends in _HOST",
            mend="connect a database, a cache, or something that says where it is",
        )
    if not 1 <= port <= HIGHEST_PORT:
        raise ConfigurationError(where, given=port, allowed=f"a port from 1 to {HIGHEST_PORT}", mend="mend the attachment of the store")


def check_names(where: str, name: str, tunnels: list[str], *, taken: Collection[str]) -> None:
    """Refuse a name that cannot be part of an output's, or that another tunnel has."""
    if not _NAME.fullmatch(name):
        raise ConfigurationError(where, given=name, allowed="a name in PascalCase: letters and digits", mend="give name='Orders'")
    if known := [one for one in tunnels if one in taken]:
        raise ConfigurationError(where, given=known[0], allowed="names that no other tunnel has", mend=f"give name={name + 'Two'!r}")


def near_end(where: str, asked: int | None, *, port: int, tunnels: int, taken: Collection[int]) -> int:
    """The first of *tunnels* local ports in a row that are free, or *asked* when they are."""
    if asked is None:
        first = min(_LOCAL + port, HIGHEST_PORT - 1_000)
        while set(range(first, first + tunnels)) & set(taken):
            first += 1
        return first
    if asked < LOWEST_LOCAL_PORT or asked + tunnels - 1 > HIGHEST_PORT:
        raise ConfigurationError(
            f"{where}: local_port", given=asked, allowed=f"{LOWEST_LOCAL_PORT} to {HIGHEST_PORT}", mend="use 15432, or leave it out"
        )
    if set(range(asked, asked + tunnels)) & set(taken):
        raise ConfigurationError(
            f"{where}: local_port",
            given=asked,
            allowed="a port at which no other tunnel begins: both may be open at once",
            mend="leave it out, and a free one is taken",
        )
    return asked
