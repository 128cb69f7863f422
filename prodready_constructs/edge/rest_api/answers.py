"""What API Gateway answers by itself: errors with security headers, and to whom a browser may show them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from aws_cdk import aws_apigateway as apigateway

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part

_ORIGIN = re.compile(r"^https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$")
#: Read once: each reading is a message to the jsii kernel.
_KINDS = {"ClientError": apigateway.ResponseType.DEFAULT_4_XX, "ServerError": apigateway.ResponseType.DEFAULT_5_XX}
_HEADERS = {
    "Cache-Control": "'no-store'",
    "Referrer-Policy": "'no-referrer'",
    "X-Content-Type-Options": "'nosniff'",
    "X-Frame-Options": "'DENY'",
}


def require_origins(construct: Part, origins: Sequence[str]) -> None:
    """Refuse a CORS origin that is not one exact ``https://`` origin."""
    for origin in origins:
        if not _ORIGIN.match(origin):
            raise ConfigurationError(
                f"{construct.path}: allowed_origins",
                given=origin,
                allowed="exact origins such as 'https://app.example.com'",
                mend="name each origin, with https:// and without path or '*': a wildcard would let every page call with the user's token",
            )


def answer_safely(api: apigateway.RestApi, origins: Sequence[str], *, hsts_max_age: timedelta) -> None:
    """Errors that API Gateway makes itself say their kind and the request id, and nothing of what is behind."""
    # A gateway response is static: with several origins a browser does not show the error, the caller sees a failed request.
    hsts = f"'max-age={int(hsts_max_age.total_seconds())}; includeSubDomains'"
    headers = {
        **_HEADERS,
        "Strict-Transport-Security": hsts,
        **({"Access-Control-Allow-Origin": f"'{origins[0]}'"} if len(origins) == 1 else {}),
    }
    for name, kind in _KINDS.items():
        # Not the gateway's message: a refused signature is answered with the caller's and the method's ARN.
        api.add_gateway_response(
            name,
            type=kind,
            response_headers=headers,
            templates={"application/json": '{"error":"$context.error.responseType","requestId":"$context.requestId"}'},
        )
