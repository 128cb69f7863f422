"""A REST API on API Gateway in front of a private load balancer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal, cast

from aws_cdk import Annotations, Duration, Names
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_route53_targets as targets
from constructs import Construct

from prodready_constructs.contracts import AnyAlarmSpec, ControlClaim, GraphSpec, record
from prodready_constructs.edge.domain import Domain
from prodready_constructs.edge.load_balancer import ProtectedLoadBalancer
from prodready_constructs.edge.rest_api_alarms import rest_api_alarms, rest_api_graphs
from prodready_constructs.edge.rest_api_answers import answer_safely, require_origins
from prodready_constructs.edge.rest_api_link import PrivateLink
from prodready_constructs.edge.rest_api_stage import STAGE, account_role, log_to, method_settings, stage_options
from prodready_constructs.edge.web_acl import WebAcl
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import REGION, URL_SUFFIX, DataKey, Part
from prodready_constructs.posture import EdgePosture
from prodready_constructs.waivers import waive

CONTROLS = (
    ControlClaim(
        control="WEB-5",
        how="Regional REST API: every method authorised, requests validated, WAF, throttling, JSON access logs and execution logs in "
        "encrypted groups, X-Ray, TLS 1.2 or newer with forward secrecy, private integration by VPC link, cache encrypted",
        frameworks=("NIST 800-53 r5 AC-3", "NIST 800-53 r5 AU-2", "NIST 800-53 r5 SC-8", "HIPAA 164.312(a)(1)", "PCI DSS 3.2.1 10.1"),
    ),
)
#: TLS 1.3, and 1.2 with forward secrecy, both with post-quantum key exchange (API Gateway developer guide, "Supported security policies").
SECURITY_POLICY = apigateway.SecurityPolicy.TLS13_1_2_PFS_PQ_2025_09
#: How long API Gateway may keep an answer (API Gateway developer guide, "Cache settings").
CACHE_LIFE = (timedelta(seconds=1), timedelta(hours=1))


class ProtectedRestApi(Part):
    """A REST API that passes every path to a private load balancer, for callers it knows.

    Always: no method without an authorizer; request validator; WAF; throttling; X-Ray; access logs as JSON and execution logs, both
    encrypted and kept for the posture's time; TLS of today; the load balancer is reached by a VPC link and sees API Gateway's client
    certificate; errors carry security headers and no detail. With a domain the default endpoint is off. *posture* decides how much: throttling,
    log retention, cache size.

    Args:
        posture: degrees.
        load_balancer: what answers; its security group is opened to the VPC link alone.
        authorizer: who may call (``CognitoUserPoolsAuthorizer`` ...); IAM signatures when None: see ``grant_invoke``.
        domain: the API's own name, with its certificate in this region; API Gateway's name when None, with a warning.
        web_acl: ``REGIONAL`` where callers come themselves, ``BEHIND_CLOUDFRONT`` behind a ``Website``; its own, regional, when None.
        allowed_origins: ``https://`` origins whose pages may call (CORS); none when empty.
        encryption_key: of the logs; must admit CloudWatch Logs. Its own when None.
        log_role: ``create`` sets API Gateway's one log role of this account and region (kept when the stack goes); ``existing`` trusts
            that there is one.

    Raises:
        ConfigurationError: an origin that is no ``https://`` origin, a certificate of another region, a cached path or life that cannot be.

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
        encryption_key: kms.IKey | None = None,
        log_role: Literal["create", "existing"] = "create",
    ) -> None:
        super().__init__(scope, construct_id)
        require_origins(self, allowed_origins)
        certificate = domain.require_region(self.stated_region, wanted_by=self) if domain else None
        key = encryption_key or DataKey(self, "Key", description=f"{self.path}: logs", encrypts_logs=True).key
        self._posture = posture
        self._authorizer = authorizer
        self._cached: dict[str, timedelta] = {}
        # The metrics of API Gateway know an API by its name only, so the name must be its own.
        self._name = Names.unique_resource_name(self, max_length=100, separator="-")
        #: The L2 itself. Whatever is changed through it is still judged at synth.
        self.rest_api = apigateway.RestApi(
            self,
            "RestApi",
            rest_api_name=self._name,
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            disable_execute_api_endpoint=domain is not None,
            cloud_watch_role=False,
            deploy_options=stage_options(self, posture=posture, name=self._name),
            default_cors_preflight_options=apigateway.CorsOptions(
                allow_origins=list(allowed_origins),
                allow_headers=["Authorization", "Content-Type", "X-Amz-Date", "X-Amz-Security-Token", "X-Api-Key"],
                allow_credentials=True,
                max_age=Duration.hours(1),
            )
            if allowed_origins
            else None,
        )
        self._api_id = self.rest_api.rest_api_id
        self._validator = self.rest_api.add_request_validator("Validator", validate_request_body=True, validate_request_parameters=True)
        answer_safely(self.rest_api, allowed_origins, hsts_max_age=posture.hsts_max_age)
        stage = self.rest_api.deployment_stage
        self._stage = cast("apigateway.CfnStage", stage.node.default_child)
        self._log_group, before = log_to(self._stage, self, posture=posture, encryption_key=key, name=self._name, api_id=self._api_id)
        if log_role == "create":
            before.append(account_role(self))
        self._stage.node.add_dependency(*before)
        self._private = PrivateLink(self, load_balancer)
        #: The way from API Gateway into the VPC, and the security group the load balancer admits.
        self.vpc_link, self.security_group = self._private.vpc_link, self._private.security_group
        root = self.rest_api.root
        self._method(root, "ANY", "")
        self._method(root.add_resource("{proxy+}"), "ANY", "{proxy}", path_parameters=("proxy",))
        self._set_methods()
        #: What stands in front of it.
        self.web_acl = web_acl or WebAcl(self, "WebAcl", posture=posture, placement="REGIONAL", encryption_key=encryption_key)
        self.web_acl.protect(self, stage.stage_arn)
        #: The host name of the API, and what comes before its paths: CloudFront's origin and origin path.
        self.host, self.base_path = f"{self._api_id}.execute-api.{REGION}.{URL_SUFFIX}", f"/{STAGE}"
        if domain and certificate:
            self.host, self.base_path = domain.name, ""
            name = self.rest_api.add_domain_name(
                "DomainName",
                domain_name=domain.name,
                certificate=certificate,
                endpoint_type=apigateway.EndpointType.REGIONAL,
                security_policy=SECURITY_POLICY,
                endpoint_access_mode=apigateway.EndpointAccessMode.STRICT,
            )
            domain.alias(targets.ApiGatewayDomain(name), scope=self)
        else:
            self._keep_default_endpoint()
        #: Where callers find the API.
        self.url = f"https://{self.host}{self.base_path}"
        record(self, controls=CONTROLS, tier="edge", watchable=True, domain=domain.name if domain else None)

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
        if not path.startswith("/") or path.endswith("/") or "{" in path or path in self._cached:
            raise ConfigurationError(
                f"{self.path}: path",
                given=path,
                allowed="a literal path such as '/catalogue/products', once",
                mend="begin with '/', name every part, and leave out variables: each of them would be a cache of its own",
            )
        if not CACHE_LIFE[0] <= life <= CACHE_LIFE[1]:
            raise ConfigurationError(
                f"{self.path}: life", given=str(life), allowed="1 second to 1 hour", mend="API Gateway keeps answers no longer"
            )
        self._cached[path] = life
        resource = self.rest_api.root.resource_for_path(path)
        method = self._method(resource, "GET", path.removeprefix("/"), query_strings=tuple(query_strings), cached=True)
        self._set_methods()
        return method

    def grant_invoke(self, grantee: iam.IGrantable, *, method: str = "*", path: str = "/*") -> iam.Grant:
        """Let *grantee* call *method* on *path* with an IAM signature (where no authorizer was given)."""
        return iam.Grant.add_to_principal(
            grantee=grantee, actions=["execute-api:Invoke"], resource_arns=[self.rest_api.arn_for_execute_api(method, path, STAGE)]
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
            request_validator=self._validator,
            request_parameters={**needed, **dict.fromkeys(keys, False)},
        )
        l1 = cast("apigateway.CfnMethod", method.node.default_child)
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
        settings = method_settings(self._posture, cached=self._cached, uncached=("/", "/{proxy+}"))
        self._stage.method_settings = [*settings]

    def _keep_default_endpoint(self) -> None:
        resource = cast("apigateway.CfnRestApi", self.rest_api.node.default_child)
        resource.security_policy = f"SecurityPolicy_{SECURITY_POLICY.name}"
        resource.endpoint_access_mode = apigateway.EndpointAccessMode.STRICT.name
        Annotations.of(self).add_warning_v2(
            "prodready:no-domain",
            f"{self.path}: callers use API Gateway's own name, which changes when the API is made anew; production wants domain=",
        )

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """Errors, latency, refused and throttled requests."""
        return rest_api_alarms(api_id=self._api_id, name=self._name, log_group=self._log_group, load_balancer=self._private.target)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Requests, errors and latency."""
        return rest_api_graphs(name=self._name)
