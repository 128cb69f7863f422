"""What is a domain name, and which names one certificate takes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from prodready_constructs.errors import ConfigurationError

#: ACM's default quota of names in one certificate (ACM user guide, "Quotas").
MOST_NAMES = 10
#: What ACM takes as the first name of a certificate, in characters (ACM API reference, RequestCertificate).
LONGEST_NAME = 64
#: A domain name as certificates and zones take it.
DOMAIN_NAME = re.compile(r"(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


def require_names(where: str, names: Sequence[str], zone: str) -> None:
    """Refuse *names* that no certificate of the zone *zone* can have."""
    zone_is_stated = "${Token[" not in zone
    for name in names:
        if not DOMAIN_NAME.fullmatch(name):
            raise ConfigurationError(
                f"{where}: name",
                given=name,
                allowed="a domain name in small letters, digits and hyphens, such as 'shop.example.com' or '*.example.com'",
                mend="leave out the scheme, the path and the closing dot",
            )
        if zone_is_stated and name != zone and not name.endswith(f".{zone}"):
            raise ConfigurationError(
                f"{where}: name",
                given=name,
                allowed=f"{zone!r} or a name beneath it, because the certificate is validated in that zone",
                mend="hand over the hosted zone of this name, or choose a name of the zone",
            )
    if len(names[0]) > LONGEST_NAME:
        raise ConfigurationError(
            f"{where}: name",
            given=names[0],
            allowed=f"{LONGEST_NAME} characters in the first name of a certificate",
            mend="put a shorter name first and this one into alternative_names",
        )
    if len(set(names)) < len(names) or len(names) > MOST_NAMES:
        raise ConfigurationError(
            f"{where}: alternative_names",
            given=", ".join(names),
            allowed=f"each name once, {MOST_NAMES} names at most (ACM's quota)",
            mend="leave out the repeated ones; a wildcard covers all names of one level",
        )
