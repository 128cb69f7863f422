"""Whom a connection to a restored database trusts."""

from __future__ import annotations

import ssl
from pathlib import Path

#: A file beside this one takes the place of RDS's authorities, which the runtime carries among its own.
#: Source: https://docs.aws.amazon.com/lambda/latest/dg/services-rds.html
OWN = Path(__file__).with_name("authorities.pem")
RUNTIME = (Path("/etc/pki/tls/cert.pem"), Path("/var/runtime/ca-cert.pem"))


def trusted() -> ssl.SSLContext:
    """A context that verifies chain and host name, from TLS 1.2 on. There is no way around it."""
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
