"""The paths of a REST API: what is passed on, cached, and slowed down."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import cast

from aws_cdk import aws_apigateway as apigateway

from prodready_constructs.edge.rest_api.link import PrivateLink
from prodready_constructs.edge.rest_api.stage import method_settings
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import EdgePosture
from prodready_constructs.waivers import waive

#: How long API Gateway may keep an answer (API Gateway developer guide, "Cache settings").
CACHE_LIFE = (timedelta(seconds=1), timedelta(hours=1))
#: What a throttle can name; OPTIONS is a browser's preflight, which no limit should turn away.
VERBS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")


class Paths:
    """The methods of one API, each with an authorizer, and the settings of its stage."""

    def __init__(
        self,
        where: str,
        *,
        rest_api: apigateway.RestApi,
        stage: apigateway.CfnStage,
        posture: EdgePosture,
        private: PrivateLink,
        authorizer: apigateway.IAuthorizer | None,
        validator: apigateway.RequestValidator,
    ) -> None:
        self._where = where
        self._rest_api = rest_api
        self._stage = stage
        self._posture = posture
        self._private = private
        self._authorizer = authorizer
        self._validator = validator
        self._cached: dict[str, timedelta] = {}
        self._throttled: dict[tuple[str, str], tuple[int, int]] = {}
        #: Whether callers show a key as well as who they are.
        self._keys_required = False
        self._methods: list[apigateway.CfnMethod] = []
        #: Paths that no longer fall to the catch-all.
        self._own: dict[str, apigateway.Resource] = {}

    def pass_everything(self) -> None:
        """Every path and method goes to the load balancer."""
        root = self._rest_api.root
        self._method(root, "ANY", "")
        self._method(root.add_resource("{proxy+}"), "ANY", "{proxy}", path_parameters=("proxy",))
        self._set_methods()

    def add_cached_get(self, path: str, *, life: timedelta, query_strings: Sequence[str]) -> apigateway.Method:
        """See ``ProtectedRestApi.add_cached_get``."""
        self._require_literal(path, taken=path in self._cached or (path, "GET") in self._throttled)
        if not CACHE_LIFE[0] <= life <= CACHE_LIFE[1]:
            raise ConfigurationError(
                f"{self._where}: life", given=str(life), allowed="1 second to 1 hour", mend="API Gateway keeps answers no longer"
            )
        self._cached[path] = life
        method = self._method(self._own_path(path), "GET", path.removeprefix("/"), query_strings=tuple(query_strings), cached=True)
        self._set_methods()
        return method

    def throttle(self, path: str, method: str, *, rate: int, burst: int) -> None:
        """See ``ProtectedRestApi.throttle``."""
        self._require_literal(path, taken=(path, method) in self._throttled)
        if method not in VERBS:
            raise ConfigurationError(f"{self._where}: method", given=method, allowed=", ".join(VERBS), mend="name one method a time")
        self.require_pace(f"throttle {method} {path}", rate=rate, burst=burst)
        resource = self._own_path(path)
        if not (method == "GET" and path in self._cached):
            self._method(resource, method, path.removeprefix("/"))
        self._throttled[path, method] = (rate, burst)
        self._set_methods()

    def _own_path(self, path: str) -> apigateway.Resource:
        """The resource of *path*. It no longer falls to the catch-all, so it takes every method itself: others would be refused."""
        if path not in self._own:
            self._own[path] = self._rest_api.root.resource_for_path(path)
            self._method(self._own[path], "ANY", path.removeprefix("/"))
        return self._own[path]

    def require_keys(self) -> None:
        """Every method, of now and later, asks for an API key besides its authorizer. Usage plans count nothing without it."""
        if self._keys_required:
            return
        self._keys_required = True
        for method in self._methods:
            method.api_key_required = True
        # CloudFormation deploys the stage anew when the deployment's logical id changes, and this is no part of it yet.
        deployment = self._rest_api.latest_deployment
        if deployment:
            deployment.add_to_logical_id("api keys are required")

    def require_pace(self, what: str, *, rate: int, burst: int) -> None:
        """Refuse a limit that the stage's own limit would undercut."""
        for name, value, most in (("rate", rate, self._posture.throttle_rate), ("burst", burst, self._posture.throttle_burst)):
            if not 1 <= value <= most:
                raise ConfigurationError(
                    f"{self._where}: {what}: {name}",
                    given=value,
                    allowed=f"1 to {most}, the posture's throttle_{name} of the whole stage",
                    mend="ask for less, or raise the posture",
                )

    def _require_literal(self, path: str, *, taken: bool) -> None:
        if not path.startswith("/") or path.endswith("/") or "{" in path or taken:
            raise ConfigurationError(
                f"{self._where}: path",
                given=path,
                allowed="a literal path such as '/catalogue/products', once",
                mend="begin with '/', name every part, leave out variables (each value would be a path of its own), and cache before you throttle",
            )

    def _method(
        self,
        resource: apigateway.IResource,
        http_method: str,
        origin_path: str,
        *,
        path_parameters: Sequence[str] = (),
        query_strings: Sequence[str] = (),
        cached: bool = False,
    ) -> apigateway.Method:
        keys = [f"method.request.querystring.{name}" for name in query_strings]
        if cached:
            # Without this the answer to one caller would be given to the next.
            keys.append("method.request.header.Authorization")
        needed = {f"method.request.path.{name}": True for name in path_parameters}
        method = resource.add_method(
            http_method,
            self._private.integration(http_method, origin_path, path_parameters=path_parameters, cache_keys=keys),
            authorizer=self._authorizer,
            authorization_type=None if self._authorizer else apigateway.AuthorizationType.IAM,
            api_key_required=self._keys_required or None,
            request_validator=self._validator,
            request_parameters={**needed, **dict.fromkeys(keys, False)},
        )
        l1 = cast("apigateway.CfnMethod", method.node.default_child)
        self._methods.append(l1)
        self._private.aim(l1)
        if not isinstance(self._authorizer, apigateway.CognitoUserPoolsAuthorizer):
            waive(
                l1,
                rule="AwsSolutions-COG4",
                because="callers are authorised by "
                + (
                    "the authorizer this API was given"
                    if self._authorizer
                    else "IAM signatures (AWS_IAM), which name and limit every caller"
                ),
                owner="platform",
            )
        return method

    def _set_methods(self) -> None:
        uncached = ("/", "/{proxy+}", *sorted(self._own))
        self._stage.method_settings = [
            *method_settings(self._posture, cached=self._cached, uncached=uncached, throttled=self._throttled),
        ]
