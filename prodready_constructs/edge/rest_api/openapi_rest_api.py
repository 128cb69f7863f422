"""A REST API as an OpenAPI file describes it, in front of a private load balancer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from constructs import Construct

from prodready_constructs.edge.balancer.load_balancer import ProtectedLoadBalancer
from prodready_constructs.edge.dns.domain import Domain
from prodready_constructs.edge.rest_api.door import RestApiDoor
from prodready_constructs.edge.rest_api.endpoint import Endpoint
from prodready_constructs.edge.rest_api.logs import ApiLogs
from prodready_constructs.edge.rest_api.openapi.specification import OpenApi
from prodready_constructs.edge.waf.web_acl import WebAcl
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import EdgePosture


class OpenApiRestApi(RestApiDoor):
    """A REST API that passes the operations of an OpenAPI file to a private load balancer, and nothing else.

    Always: all that ``ProtectedRestApi`` has. Every operation has the authorizer of its scheme, but those that the code opens by name and
    with a reason; required parameters and JSON bodies are checked by what the file says of them; a path that is not in the file is
    refused by the gateway. The operations are resources of the template, so that rule packs judge them like those made by hand: API
    Gateway's own import would leave out what it does not understand, and hide the rest from them.

    Args:
        posture: degrees.
        load_balancer: what answers; its security group is opened to the VPC link alone.
        specification: ``OpenApi.from_file("api.yaml", authorizers={"users": authorizer})``.
        domain: the API's own name, with its certificate in this region (for ``EDGE`` in us-east-1); API Gateway's name when None, with a
            warning.
        web_acl: ``REGIONAL`` where callers come themselves, ``BEHIND_CLOUDFRONT`` behind a ``Website``; its own, regional, when None.
        allowed_origins: ``https://`` origins whose pages may call (CORS); none when empty.
        endpoint: ``REGIONAL``, or ``EDGE`` for callers all over the world who come themselves.
        logs: whose key encrypts them, and who made the role that writes them.

    Raises:
        ConfigurationError: an origin that is no ``https://`` origin, a certificate of another region, ``EDGE`` behind a ``Website``.

    Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-private-integration.html
        https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: EdgePosture,
        load_balancer: ProtectedLoadBalancer,
        specification: OpenApi,
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
        self._file = specification.file
        for operation in specification.operations:
            path, method = operation.path, operation.method
            self._methods.add(path, method, operation.guard, required=operation.required)
            if operation.body:
                self._methods.take_body(path, method, operation.body.schema, alone=operation.body.alone)
            if method == "GET":
                self._methods.uncached.append((path, method))
        self._methods.tell_stage()

    def cache_get(self, path: str, *, life: timedelta, query_strings: Sequence[str] = ()) -> None:
        """Keep the answers to GET *path* of the file for *life*, for each caller and each combination of *query_strings* apart.

        Args:
            path: of the file, without variables.
            life: 1 second to 1 hour.
            query_strings: those that change the answer; others do not reach the cache key.

        Raises:
            ConfigurationError: a path that the file does not have, with a variable or twice, or a life out of range.
        """
        self._require_operation(path, "GET", wrong="{" in path or self._methods.kept(path), what="paths without variables, once")
        self._methods.require_life(life)
        self._methods.keep_made(path, life=life, query_strings=tuple(query_strings))

    def throttle(self, path: str, method: str, *, rate: int, burst: int) -> None:
        """Slow one operation of the file down further than the stage.

        Args:
            path: as it is in the file.
            method: DELETE, GET, HEAD, PATCH, POST or PUT.
            rate: steady requests a second of all callers together, up to the posture's.
            burst: how many of them at once, up to the posture's.

        Raises:
            ConfigurationError: an operation that the file does not have, or twice; a limit above the stage's.
        """
        self._require_operation(path, method, wrong=self._methods.slowed(path, method), what="operations of the file, once")
        self._methods.require_pace(f"throttle {method} {path}", rate=rate, burst=burst)
        self._methods.slow(path, method, rate=rate, burst=burst)

    def _require_operation(self, path: str, method: str, *, wrong: bool, what: str) -> None:
        if wrong or (path, method) not in self._methods.made:
            raise ConfigurationError(
                f"{self.path}: {self._file}",
                given=f"{method} {path}",
                allowed=what,
                mend="name it as the file does, with the method in capitals",
            )
