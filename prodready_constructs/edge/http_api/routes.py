"""The routes of an HTTP API: each with an authorizer, and those few that are open by name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from aws_cdk import aws_apigatewayv2 as apigatewayv2

from prodready_constructs.contracts import ControlClaim, record
from prodready_constructs.edge.http_api.authorizers import Authorization, Authorizer, Authorizers, IamSignatures
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part
from prodready_constructs.posture import EdgePosture
from prodready_constructs.waivers import waive

#: OPTIONS is a browser's preflight, which API Gateway answers by itself.
VERBS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
#: Routes of one API (API Gateway developer guide, "Quotas for configuring and running an HTTP API").
MOST_ROUTES = 300
DEFAULT = "$default"
_PATH = re.compile(r"^/$|^(/([A-Za-z0-9._~!$&'()*,;=:@%-]+|\{[A-Za-z0-9_]+\}))*(/\{[A-Za-z0-9_]+\+\})?$")
_OPEN_RULES = ["AwsSolutions-APIG4", "Prodready-OpenMethod"]
OPEN_CONTROLS = (
    ControlClaim(
        control="WEB-5",
        how="The only route that needs no caller's identity, open by name with a reason; CloudFront's web ACL still judges it",
    ),
)


class PublicRoute(Part):
    """One route that anybody may call, and why: for the evidence.

    Args:
        route: method and path.
        reason: as ``public`` was told it.
    """

    def __init__(self, scope: Part, construct_id: str, *, route: str, reason: str) -> None:
        super().__init__(scope, construct_id)
        record(self, controls=OPEN_CONTROLS, tier="edge", public=True, route=route, reason=reason)


class Routes(Part):
    """What an HTTP API answers. What has no route is answered with 404.

    Args:
        api_id: of the API.
        target: the integration, as a route writes it.
        stage: whose settings slow routes down.
        posture: degrees.
        authorizer: of routes without one of their own.
        preflights: whether API Gateway answers OPTIONS, so that no route may take it.
    """

    def __init__(
        self,
        scope: Part,
        construct_id: str,
        *,
        api_id: str,
        target: str,
        stage: apigatewayv2.CfnStage,
        posture: EdgePosture,
        authorizer: Authorizer,
        preflights: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        self._where = scope.path
        self._api_id = api_id
        self._target = target
        self._stage = stage
        self._posture = posture
        self._authorizer = authorizer
        self._authorizers = Authorizers(scope, api_id=api_id)
        self._preflights = preflights
        self._keys: set[str] = set()
        self._throttled: dict[str, dict[str, int | bool]] = {}
        self._everything = False
        #: Whether some route asks for IAM signatures.
        self.signed = isinstance(authorizer, IamSignatures)
        # Its settings name routes that must be there before; whatever is added later belongs to this part.
        stage.node.add_dependency(self)

    def add(self, path: str, method: str, *, authorizer: Authorizer | None, scopes: Sequence[str]) -> None:
        """See ``ProtectedHttpApi.add_route``."""
        chosen = authorizer or self._authorizer
        authorization = self._authorizers.authorization(chosen, scopes=scopes)
        for key in self._keys_of(path, method):
            self._route(self, key, authorization)
        self.signed = self.signed or isinstance(chosen, IamSignatures)

    def add_everything(self) -> None:
        """See ``ProtectedHttpApi.pass_everything``."""
        if self._everything:
            raise ConfigurationError(
                f"{self._where}: pass_everything",
                given="a second default route",
                allowed="one default route",
                mend="call it once; add_route(...) takes paths apart that differ",
            )
        self._everything = True
        authorization = self._authorizers.authorization(self._authorizer)
        if not self._preflights:
            self._claim(DEFAULT)
            self._route(self, DEFAULT, authorization)
            return
        # The default route would take the browser's preflights, too, and ask them for a token that browsers do not send. The way out
        # that API Gateway's guide names is an open OPTIONS route that reaches the service. Methods by name leave preflights to API Gateway.
        for path in ("/", "/{proxy+}"):
            for key in self._keys_of(path, "ANY"):
                self._route(self, key, authorization)

    def add_public(self, path: str, method: str, *, reason: str) -> None:
        """See ``ProtectedHttpApi.public``."""
        if method not in VERBS or "+}" in path:
            raise ConfigurationError(
                f"{self._where}: public",
                given=f"{method} {path}",
                allowed=f"one method ({', '.join(VERBS)}) of one path, without a variable that takes the rest",
                mend="name each open route by itself",
            )
        (key,) = self._keys_of(path, method)
        home = PublicRoute(self, f"Public {key}", route=key, reason=reason)
        route = self._route(home, key, Authorization("NONE"))
        waive(route, rule=_OPEN_RULES, because=reason, owner="platform")

    def throttle(self, path: str, method: str, *, rate: int, burst: int) -> None:
        """See ``ProtectedHttpApi.throttle``."""
        keys = [f"{method} {path}"] if f"{method} {path}" in self._keys else [f"{verb} {path}" for verb in VERBS if method == "ANY"]
        if not keys or not self._keys.issuperset(keys):
            raise ConfigurationError(
                f"{self._where}: throttle",
                given=f"{method} {path}",
                allowed="a route that was added before",
                mend="add_route(...) first; what the default route takes has the limit of the stage",
            )
        for name, value, most in (("rate", rate, self._posture.throttle_rate), ("burst", burst, self._posture.throttle_burst)):
            if not 1 <= value <= most:
                raise ConfigurationError(
                    f"{self._where}: throttle {method} {path}: {name}",
                    given=value,
                    allowed=f"1 to {most}, the posture's throttle_{name} of the whole stage",
                    mend="ask for less, or raise the posture",
                )
        for key in keys:
            self._throttled[key] = {"DetailedMetricsEnabled": True, "ThrottlingRateLimit": rate, "ThrottlingBurstLimit": burst}
        self._stage.route_settings = dict(self._throttled)

    def _keys_of(self, path: str, method: str) -> list[str]:
        if not path or not _PATH.match(path):
            raise ConfigurationError(
                f"{self._where}: path",
                given=path,
                allowed="a path such as '/orders', '/orders/{id}' or, for all below, '/orders/{rest+}'",
                mend="begin with '/', end without it; for everything else there is pass_everything()",
            )
        if method not in (*VERBS, "ANY"):
            raise ConfigurationError(
                f"{self._where}: method",
                given=method,
                allowed=f"{', '.join(VERBS)} or ANY",
                mend="write it in capitals; preflights (OPTIONS) are answered for allowed_origins",
            )
        keys = [f"{verb} {path}" for verb in VERBS] if method == "ANY" and self._preflights else [f"{method} {path}"]
        for key in keys:
            self._claim(key)
        return keys

    def _claim(self, key: str) -> None:
        if key in self._keys:
            raise ConfigurationError(
                f"{self._where}: route", given=f"{key}, a second time", allowed="each route once", mend="keep one of them"
            )
        if len(self._keys) == MOST_ROUTES:
            raise ConfigurationError(
                f"{self._where}: route",
                given=f"{key}, after {MOST_ROUTES} routes",
                allowed=f"{MOST_ROUTES} routes (API Gateway's quota for an HTTP API)",
                mend="take paths together: '/orders/{rest+}'",
            )
        self._keys.add(key)

    def _route(self, home: Part, key: str, authorization: Authorization) -> apigatewayv2.CfnRoute:
        return apigatewayv2.CfnRoute(
            home,
            key if home is self else "Resource",
            api_id=self._api_id,
            route_key=key,
            target=self._target,
            authorization_type=authorization.kind,
            authorizer_id=authorization.authorizer_id,
            authorization_scopes=list(authorization.scopes) or None,
        )
