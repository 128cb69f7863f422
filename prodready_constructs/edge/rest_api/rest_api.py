"""A REST API on API Gateway in front of a private load balancer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from prodready_constructs.edge.balancer.load_balancer import ProtectedLoadBalancer
from prodready_constructs.edge.dns.domain import Domain
from prodready_constructs.edge.rest_api.door import RestApiDoor
from prodready_constructs.edge.rest_api.endpoint import Endpoint
from prodready_constructs.edge.rest_api.logs import ApiLogs
from prodready_constructs.edge.rest_api.methods import Guard
from prodready_constructs.edge.rest_api.paths import Paths
from prodready_constructs.edge.waf.web_acl import WebAcl
from prodready_constructs.posture import EdgePosture


class ProtectedRestApi(RestApiDoor):
    """A REST API that passes every path to a private load balancer, for callers it knows.

    Always: no method without an authorizer, but those that ``public`` opens by name and with a reason; request validator; WAF; throttling;
    X-Ray; access logs as JSON and execution logs, both encrypted and kept for the posture's time; TLS of today; the load balancer is
    reached by a VPC link and sees API Gateway's client certificate; errors carry security headers and no detail. With a domain the default
    endpoint is off. *posture* decides how much: throttling, log retention, cache size.

    Args:
        posture: degrees.
        load_balancer: what answers; its security group is opened to the VPC link alone.
        authorizer: who may call (``CognitoUserPoolsAuthorizer``, ``TokenAuthorizer``, ``RequestAuthorizer``); IAM signatures when None: see
            ``grant_invoke``.
        domain: the API's own name, with its certificate in this region (for ``EDGE`` in us-east-1); API Gateway's name when None, with a
            warning.
        web_acl: ``REGIONAL`` where callers come themselves, ``BEHIND_CLOUDFRONT`` behind a ``Website``; its own, regional, when None.
        allowed_origins: ``https://`` origins whose pages may call (CORS); none when empty.
        endpoint: ``REGIONAL``, or ``EDGE`` for callers all over the world who come themselves: they reach API Gateway's own CloudFront.
        logs: whose key encrypts them, and who made the role that writes them.

    Raises:
        ConfigurationError: an origin that is no ``https://`` origin, a certificate of another region, ``EDGE`` behind a ``Website``.

    Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-private-integration.html
        https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: EdgePosture,
        load_balancer: ProtectedLoadBalancer,
        authorizer: apigateway.IAuthorizer | None = None,
        domain: Domain | None = None,
        web_acl: WebAcl | None = None,
        allowed_origins: Sequence[str] = (),
        endpoint: Endpoint = "REGIONAL",
        logs: ApiLogs = ApiLogs(),  # noqa: B008 - frozen
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            posture=posture,
            load_balancer=load_balancer,
            domain=domain,
            web_acl=web_acl,
            allowed_origins=allowed_origins,
            endpoint=endpoint,
            logs=logs,
        )
        self._paths = Paths(self.path, methods=self._methods, guard=Guard(authorizer=authorizer))

    def public(self, path: str, method: str, *, reason: str) -> apigateway.Method:
        """Open *method* on *path* to everybody: a health check, a sign-up. The other methods of the path keep their authorizer.

        The reason becomes a waiver on this one method and stands in the evidence. WAF, throttling, validation and logs are as everywhere;
        a key of a client is not asked for.

        Args:
            path: such as ``/health`` or ``/invitations/{id}``; before it is cached, throttled or given a body.
            method: DELETE, GET, HEAD, PATCH, POST or PUT.
            reason: who calls it, and why it is harmless that anybody can: at least 40 characters.

        Raises:
            ConfigurationError: a wildcard, a path and method twice, a reason that says nothing.
        """
        made = self._paths.public(path, method, reason=reason)
        self._renew_policy()
        return made

    def require_body(self, path: str, method: str, *, schema: Mapping[str, Any]) -> None:
        """Let API Gateway refuse every body of *method* on *path* that is no JSON of *schema*, whatever content type it claims.

        Args:
            path: such as ``/orders`` or ``/orders/{id}``.
            method: DELETE, PATCH, POST or PUT.
            schema: JSON Schema, draft 4: ``{"type": "object", "required": ["item"], "properties": {"item": {"type": "string"}}}``.

        Raises:
            ConfigurationError: a wildcard, a method twice or without a body, a schema that API Gateway could not take.

        Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
        """
        self._paths.require_body(path, method, schema=schema)
        self._renew_policy()

    def add_cached_get(self, path: str, *, life: timedelta, query_strings: Sequence[str] = ()) -> apigateway.Method:
        """Keep the answers to GET *path* for *life*, for each caller and each combination of *query_strings* apart.

        Everything else is never cached: the catch-all path cannot tell which query strings change an answer. Where the posture has
        no cache the path is served all the same.

        Args:
            path: a literal path such as ``/catalogue/products``.
            life: 1 second to 1 hour.
            query_strings: those that change the answer; others do not reach the cache key.

        Raises:
            ConfigurationError: a path that is no literal path, or a life out of range.
        """
        return self._paths.add_cached_get(path, life=life, query_strings=query_strings)

    def throttle(self, path: str, method: str, *, rate: int, burst: int) -> None:
        """Slow *method* on *path* down further than the stage: a login, a search.

        Args:
            path: a literal path such as ``/login``, or one that was opened or given a body; cache it before, if it is to be cached.
            method: DELETE, GET, HEAD, PATCH, POST or PUT.
            rate: steady requests a second of all callers together, up to the posture's.
            burst: how many of them at once, up to the posture's.

        Raises:
            ConfigurationError: a path that is no literal path, a method twice or unknown, a limit above the stage's.
        """
        self._paths.throttle(path, method, rate=rate, burst=burst)
