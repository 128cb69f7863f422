"""The methods of a REST API, and the settings of its stage that are theirs: each has an authorizer, or a reason to have none."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

from aws_cdk import aws_apigateway as apigateway

from prodready_constructs.edge.rest_api.link import PrivateLink
from prodready_constructs.edge.rest_api.public import PublicMethod
from prodready_constructs.edge.rest_api.stage import method_settings
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part
from prodready_constructs.posture import EdgePosture
from prodready_constructs.waivers import waive

#: How long API Gateway may keep an answer (API Gateway developer guide, "Cache settings").
CACHE_LIFE = (timedelta(seconds=1), timedelta(hours=1))
#: What can be named one by one; OPTIONS is a browser's preflight, which the gateway answers itself.
VERBS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
_VARIABLE = re.compile(r"\{([^{}+]+)\+?\}")
#: Without this in the key of the cache the answer to one caller would be given to the next.
_CALLER = "method.request.header.Authorization"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Who is asked before a method is called: *authorizer*, or IAM when it is None; nobody where there is a *reason*."""

    authorizer: apigateway.IAuthorizer | None = None
    scopes: tuple[str, ...] = ()
    reason: str | None = None

    @property
    def wants_permission(self) -> bool:
        """Whether a resource policy must allow the call explicitly (API Gateway developer guide, "authorization workflow")."""
        return self.reason is not None or isinstance(self.authorizer, apigateway.CognitoUserPoolsAuthorizer)

    @property
    def authorization_type(self) -> apigateway.AuthorizationType | None:
        """What the method says; None leaves it to the authorizer."""
        if self.reason is not None:
            return apigateway.AuthorizationType.NONE
        return None if self.authorizer else apigateway.AuthorizationType.IAM

    @property
    def signed(self) -> bool:
        """Whether callers sign with the credentials of an AWS account."""
        return self.reason is None and self.authorizer is None


@dataclass(frozen=True, slots=True)
class Made:
    """A method of the API, who is asked, and what no request may lack."""

    l1: apigateway.CfnMethod
    guard: Guard
    required: frozenset[str]


@dataclass(slots=True)
class _Kept:
    """What the stage is told of single methods: path and verb -> life in the cache, and requests a second and burst."""

    cached: dict[str, timedelta] = field(default_factory=dict)
    throttled: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)


class Methods:
    """The methods of one API."""

    def __init__(self, api: Part, *, rest_api: apigateway.RestApi, stage: apigateway.CfnStage, posture: EdgePosture, private: PrivateLink):
        self._api = api
        self._where = api.path
        self._rest_api = rest_api
        self._stage = stage
        self._posture = posture
        self._private = private
        self._validator = rest_api.add_request_validator("Validator", validate_request_body=True, validate_request_parameters=True)
        self._root = rest_api.root
        self._resources: dict[str, apigateway.IResource] = {"/": self._root}
        self._kept = _Kept()
        #: Whether callers show a key as well as who they are.
        self._keys_required = False
        #: Path and method -> what was made, and who is asked.
        self.made: dict[tuple[str, str], Made] = {}
        #: Paths that may not be kept in the cache, with the method (ANY) that says so.
        self.uncached: list[tuple[str, str]] = []

    def add(
        self, path: str, http_method: str, guard: Guard, *, required: Sequence[str] = (), cache_keys: Sequence[str] | None = None
    ) -> apigateway.Method:
        """Pass *http_method* on *path* to the load balancer, for those whom *guard* lets in.

        Args:
            required: ``querystring.page``, ``header.X-Tenant``: without them the gateway refuses.
            cache_keys: query strings that tell answers apart, for an answer that is kept.
        """
        names = _VARIABLE.findall(path)
        keys = [] if cache_keys is None else [*(f"method.request.querystring.{name}" for name in cache_keys), _CALLER]
        needed = {f"method.request.{name}": True for name in (*(f"path.{name}" for name in names), *required)}
        origin_path = path.removeprefix("/").replace("+}", "}")
        open_to_all = guard.reason is not None
        try:
            method = self.resource(path).add_method(
                http_method,
                self._private.integration(http_method, origin_path, path_parameters=names, cache_keys=keys),
                authorizer=guard.authorizer,
                authorization_type=guard.authorization_type,
                authorization_scopes=list(guard.scopes) or None,
                api_key_required=(self._keys_required and not open_to_all) or None,
                request_validator=self._validator,
                request_parameters={**dict.fromkeys(keys, False), **needed},
            )
        except RuntimeError as error:
            if "two different rest APIs" not in str(error):
                raise
            raise ConfigurationError(
                f"{self._where}: authorizer",
                given="an authorizer that another API has",
                allowed="an authorizer of this API alone",
                mend="make a second one of the same user pool or function",
            ) from None
        l1 = cast("apigateway.CfnMethod", method.node.default_child)
        self.made[path, http_method] = Made(l1, guard, frozenset(needed))
        self._private.aim(l1)
        self._explain(l1, f"{http_method} {path}", guard)
        return method

    def _explain(self, l1: apigateway.CfnMethod, name: str, guard: Guard) -> None:
        if guard.reason is not None:
            PublicMethod(self._api, f"Public {name}", method=l1, name=name, reason=guard.reason)
        elif not isinstance(guard.authorizer, apigateway.CognitoUserPoolsAuthorizer):
            because = (
                "the authorizer this API was given" if guard.authorizer else "IAM signatures (AWS_IAM), which name and limit every caller"
            )
            waive(l1, rule="AwsSolutions-COG4", because=f"callers are authorised by {because}", owner="platform")

    def resource(self, path: str) -> apigateway.IResource:
        """The resource of *path*, made where it is not."""
        if path not in self._resources:
            self._resources[path] = self._root.resource_for_path(path)
        return self._resources[path]

    def keep(self, path: str, *, life: timedelta) -> None:
        """The answers to GET *path* are kept for *life*; the method was added with its cache keys."""
        self._kept.cached[path] = life
        self.tell_stage()

    def keep_made(self, path: str, *, life: timedelta, query_strings: Sequence[str]) -> apigateway.CfnMethod:
        """The same for a method that was added without cache keys."""
        made = self.made[path, "GET"]
        l1 = made.l1
        keys = [*(f"method.request.querystring.{name}" for name in query_strings), _CALLER]
        l1.add_property_override("Integration.CacheKeyParameters", keys)
        for key in (key for key in keys if key not in made.required):
            l1.add_property_override("RequestParameters." + key.replace(".", "\\."), False)
        self.deploy_anew({"cached": path, "by": keys})
        self.keep(path, life=life)
        return l1

    def kept(self, path: str) -> bool:
        """Whether the answers to GET *path* are kept."""
        return path in self._kept.cached

    def slow(self, path: str, method: str, *, rate: int, burst: int) -> None:
        """Limit a method that was added."""
        self._kept.throttled[path, method] = (rate, burst)
        self.tell_stage()

    def slowed(self, path: str, method: str) -> bool:
        """Whether a method has a limit of its own."""
        return (path, method) in self._kept.throttled

    def take_body(self, path: str, method: str, schema: Mapping[str, Any], *, alone: bool = True) -> None:
        """Refuse bodies of a method that was added unless they are JSON of *schema*; whatever their type says, where JSON is *alone*."""
        l1 = self.made[path, method].l1
        model = apigateway.CfnModel(
            cast("apigateway.Resource", self.resource(path)),
            f"Body{method}",
            rest_api_id=self._rest_api.rest_api_id,
            content_type="application/json",
            schema=schema,
        ).ref
        # A body of a type without a model passes unseen (API Gateway developer guide, "Request validation for REST APIs").
        l1.request_models = {"application/json": model, **({"$default": model} if alone else {})}
        self.deploy_anew({"body": f"{method} {path}", "schema": schema})

    def unsigned(self, stage: str, *, preflights: bool) -> list[str]:
        """What is called without a signature and wants a resource policy's explicit permission: ``live/GET/health``."""
        if all(made.guard.wants_permission for made in self.made.values()):
            return [f"{stage}/*"]
        wanting = {name for name, made in self.made.items() if made.guard.wants_permission}
        named = [f"{stage}/{'*' if verb == 'ANY' else verb}{_VARIABLE.sub('*', path)}" for path, verb in sorted(wanting)]
        return [*([f"{stage}/OPTIONS/*"] if preflights else []), *named]

    def require_keys(self) -> None:
        """Every method, of now and later, asks for an API key besides its authorizer. Usage plans count nothing without it."""
        if self._keys_required:
            return
        self._keys_required = True
        for made in self.made.values():
            if made.guard.reason is None:
                made.l1.api_key_required = True
        self.deploy_anew("api keys are required")

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

    def require_life(self, life: timedelta) -> None:
        """Refuse a life that API Gateway's cache does not have."""
        if not CACHE_LIFE[0] <= life <= CACHE_LIFE[1]:
            raise ConfigurationError(
                f"{self._where}: life", given=str(life), allowed="1 second to 1 hour", mend="API Gateway keeps answers no longer"
            )

    def require_verb(self, method: str, *, allowed: Sequence[str] = VERBS) -> None:
        """Refuse what is no single method."""
        if method not in allowed:
            raise ConfigurationError(f"{self._where}: method", given=method, allowed=", ".join(allowed), mend="name one method a time")

    def tell_stage(self) -> None:
        """Set what the stage does by method."""
        self._stage.method_settings = [
            *method_settings(self._posture, cached=self._kept.cached, uncached=self.uncached, throttled=self._kept.throttled),
        ]

    def deploy_anew(self, because: object) -> None:
        """CloudFormation deploys the stage anew when the deployment's logical id changes, and what an L1 was told is no part of it."""
        deployment = self._rest_api.latest_deployment
        if deployment:
            deployment.add_to_logical_id(because)
