"""Whom a canary may ask."""

from __future__ import annotations

import re

from prodready_constructs.errors import ConfigurationError

_HOST = re.compile(r"(?=.{1,253}(:|$))([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9](:[1-9][0-9]{0,4})?")
HTTPS_PORT = 443


def port_of(path: str, host: str) -> int:
    """The port of *host*; one that only the deployment knows is taken as it is.

    Raises:
        ConfigurationError: plain HTTP, or what is no domain name with at most a port.
    """
    if "${Token[" in host:
        return HTTPS_PORT
    where = f"{path}: host"
    if host.lower().startswith("http://"):
        raise ConfigurationError(
            where,
            given=host,
            allowed="a host that answers by HTTPS: what is asked in plain can be read and forged on its way",
            mend="name the host alone",
        )
    port = host.partition(":")[2]
    if not _HOST.fullmatch(host) or (port and int(port) > 65535):
        raise ConfigurationError(
            where,
            given=host,
            allowed="a domain name in small letters, with a port if it is not 443, such as 'shop.example.com' or 'shop.example.com:8443'",
            mend="leave out scheme, path and spaces; paths belong into steps",
        )
    return int(port) if port else HTTPS_PORT
