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
from prodready_constructs.edge.balancer.load_balancer import ProtectedLoadBalancer
from prodready_constructs.edge.dns.domain import Domain
from prodready_constructs.edge.rest_api.alarms import rest_api_alarms, rest_api_graphs
from prodready_constructs.edge.rest_api.answers import answer_safely, require_origins
from prodready_constructs.edge.rest_api.clients import Clients
from prodready_constructs.edge.rest_api.link import PrivateLink
from prodready_constructs.edge.rest_api.paths import Paths
from prodready_constructs.edge.rest_api.stage import STAGE, account_role, log_to, stage_options
from prodready_constructs.edge.waf.web_acl import WebAcl
from prodready_constructs.foundation import REGION, URL_SUFFIX, DataKey, Part
from prodready_constructs.posture import EdgePosture

CONTROLS = (
    ControlClaim(
        control="WEB-5",
        how="Regional REST API: every method authorised, requests validated, WAF, throttling (of paths and clients apart, where asked), JSON access logs and execution logs in "
        "encrypted groups, X-Ray, TLS 1.2 or newer with forward secrecy, private integration by VPC link, cache encrypted",
        frameworks=("NIST 800-53 r5 AC-3", "NIST 800-53 r5 AU-2", "NIST 800-53 r5 SC-8", "HIPAA 164.312(a)(1)", "PCI DSS 3.2.1 10.1"),
    ),
)
#: TLS 1.3, and 1.2 with forward secrecy, both with post-quantum key exchange (API Gateway developer guide, "Supported security policies").
SECURITY_POLICY = apigateway.SecurityPolicy.TLS13_1_2_PFS_PQ_2025_09


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
        validator = self.rest_api.add_request_validator("Validator", validate_request_body=True, validate_request_parameters=True)
        answer_safely(self.rest_api, allowed_origins, hsts_max_age=posture.hsts_max_age)
        stage = self.rest_api.deployment_stage
        stage_l1 = cast("apigateway.CfnStage", stage.node.default_child)
        self._log_group, before = log_to(stage_l1, self, posture=posture, encryption_key=key, name=self._name, api_id=self._api_id)
        if log_role == "create":
            before.append(account_role(self))
        stage_l1.node.add_dependency(*before)
        self._private = PrivateLink(self, load_balancer)
        #: The way from API Gateway into the VPC, and the security group the load balancer admits.
        self.vpc_link, self.security_group = self._private.vpc_link, self._private.security_group
        self._paths = Paths(
            self.path,
            rest_api=self.rest_api,
            stage=stage_l1,
            posture=posture,
            private=self._private,
            authorizer=authorizer,
            validator=validator,
        )
        self._paths.pass_everything()
        self._clients = Clients(self, api_id=self._api_id, stage=stage_l1, paths=self._paths)
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
        return self._paths.add_cached_get(path, life=life, query_strings=query_strings)

    def throttle(self, path: str, method: str, *, rate: int, burst: int) -> None:
        """Slow *method* on *path* down further than the stage: a login, a search.

        Args:
            path: a literal path such as ``/login``; cache it before, if it is to be cached.
            method: DELETE, GET, HEAD, PATCH, POST or PUT.
            rate, burst: steady requests a second and burst of all callers together, up to the posture's.

        Raises:
            ConfigurationError: a path that is no literal path, a method twice or unknown, a limit above the stage's.
        """
        self._paths.throttle(path, method, rate=rate, burst=burst)

    def add_client(self, name: str, *, rate: int, burst: int, daily_quota: int | None = None) -> apigateway.IApiKey:
        """Count and limit the calls of one client: an API key and its usage plan.

        A key is for metering and is no authentication: the authorizer stays on every method. From the first client on **every** call
        needs the key of some client as well, in the header ``X-Api-Key``, because API Gateway applies a plan nowhere else.

        Args:
            name: of the client: ``partner-shop``.
            rate, burst: steady requests a second and burst of this client, up to the posture's.
            daily_quota: requests a day; no quota when None. API Gateway enforces it as well as it can, not to the last request.

        Raises:
            ConfigurationError: a name malformed or twice, a limit above the stage's, a quota of nothing.

        Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
        """
        return self._clients.add(name, rate=rate, burst=burst, daily_quota=daily_quota)

    def grant_invoke(self, grantee: iam.IGrantable, *, method: str = "*", path: str = "/*") -> iam.Grant:
        """Let *grantee* call *method* on *path* with an IAM signature (where no authorizer was given)."""
        return iam.Grant.add_to_principal(
            grantee=grantee, actions=["execute-api:Invoke"], resource_arns=[self.rest_api.arn_for_execute_api(method, path, STAGE)]
        )

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
