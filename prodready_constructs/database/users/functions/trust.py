"""Whom a connection to the database trusts: Amazon's authorities for RDS, and the name in the certificate."""

from __future__ import annotations

import ssl
from pathlib import Path

#: The runtime carries RDS's authorities among its own; a file beside this one takes their place, for a region they do not know yet.
#: Source: https://docs.aws.amazon.com/lambda/latest/dg/services-rds.html
OWN = Path(__file__).with_name("authorities.pem")
RUNTIME = (Path("/etc/pki/tls/cert.pem"), Path("/var/runtime/ca-cert.pem"))
CONNECT_SECONDS = 5


def trusted() -> ssl.SSLContext:
    """A context that verifies chain and host name, from TLS 1.2 on. There is no way around it."""
    # Without VERIFY_X509_STRICT, which judges the form of certificates: authorities made before it fail by it. PyMySQL leaves it out too.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if OWN.exists():
        context.load_verify_locations(OWN)
        return context
    context.load_default_certs()
    for bundle in RUNTIME:
        if bundle.exists():
            context.load_verify_locations(bundle)
    return context
