"""What every REST API of this library has around its methods, whether they are written in Python or in an OpenAPI file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from aws_cdk import Duration, Names
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from constructs import Construct

from prodready_constructs.contracts import AnyAlarmSpec, ControlClaim, GoodAndBad, GraphSpec, record
from prodready_constructs.edge.balancer.load_balancer import ProtectedLoadBalancer
from prodready_constructs.edge.dns.domain import Domain
from prodready_constructs.edge.rest_api.alarms import rest_api_alarms, rest_api_graphs, rest_api_service_level
from prodready_constructs.edge.rest_api.answers import answer_safely, require_origins
from prodready_constructs.edge.rest_api.callers import Callers
from prodready_constructs.edge.rest_api.clients import Clients
from prodready_constructs.edge.rest_api.endpoint import TYPES, Endpoint, keep_default_name, name_it, require_endpoint
from prodready_constructs.edge.rest_api.link import PrivateLink
from prodready_constructs.edge.rest_api.logs import ApiLogs
from prodready_constructs.edge.rest_api.methods import Methods
from prodready_constructs.edge.rest_api.stage import STAGE, account_role, log_to, stage_options
from prodready_constructs.edge.waf.web_acl import WebAcl
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import REGION, URL_SUFFIX, DataKey, Part
from prodready_constructs.posture import EdgePosture

CONTROLS = (
    ControlClaim(
        control="WEB-5",
        how="REST API, regional or edge-optimised: every method authorised, or open by name with a reason; requests and bodies validated, WAF, "
        "throttling (of paths and clients apart, where asked), resource policy where asked, JSON access logs and execution logs in encrypted "
        "groups, X-Ray, TLS 1.2 or newer with forward secrecy, private integration by VPC link, cache encrypted",
        frameworks=("NIST 800-53 r5 AC-3", "NIST 800-53 r5 AU-2", "NIST 800-53 r5 SC-8", "HIPAA 164.312(a)(1)", "PCI DSS 3.2.1 10.1"),
    ),
)
_CORS_HEADERS = ("Authorization", "Content-Type", "X-Amz-Date", "X-Amz-Security-Token", "X-Api-Key")


class RestApiDoor(Part):
    """The stage, the link, the answers, the name, the logs and the alarms of a REST API; its methods are the subclass's.

    Args:
        posture: degrees.
        load_balancer: what answers; its security group is opened to the VPC link alone.
        domain: the API's own name, with its certificate.
        web_acl: what stands in front; its own, regional, when None.
        allowed_origins: ``https://`` origins whose pages may call (CORS).
        endpoint: ``REGIONAL`` or ``EDGE``.
        logs: whose key encrypts them, and who made the role that writes them.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: EdgePosture,
        load_balancer: ProtectedLoadBalancer,
        domain: Domain | None,
        web_acl: WebAcl | None,
        allowed_origins: Sequence[str],
        endpoint: Endpoint,
        logs: ApiLogs,
    ) -> None:
        super().__init__(scope, construct_id)
        require_origins(self, allowed_origins)
        certificate = require_endpoint(self, endpoint, domain=domain, web_acl=web_acl)
        key = logs.encryption_key or DataKey(self, "Key", description=f"{self.path}: logs", encrypts_logs=True).key
        # The metrics of API Gateway know an API by its name only, so the name must be its own.
        self._name = Names.unique_resource_name(self, max_length=100, separator="-")
        #: The L2 itself. Whatever is changed through it is still judged at synth.
        self.rest_api = apigateway.RestApi(
            self,
            "RestApi",
            rest_api_name=self._name,
            endpoint_types=[TYPES[endpoint]],
            disable_execute_api_endpoint=domain is not None,
            cloud_watch_role=False,
            deploy_options=stage_options(self, posture=posture, name=self._name),
            default_cors_preflight_options=apigateway.CorsOptions(
                allow_origins=list(allowed_origins),
                allow_headers=list(_CORS_HEADERS),
                allow_credentials=True,
                max_age=Duration.hours(1),
            )
            if allowed_origins
            else None,
        )
        self._api_id = self.rest_api.rest_api_id
        answer_safely(self.rest_api, allowed_origins, hsts_max_age=posture.hsts_max_age)
        stage = self.rest_api.deployment_stage
        stage_l1 = cast("apigateway.CfnStage", stage.node.default_child)
        self._log_group, before = log_to(stage_l1, self, posture=posture, encryption_key=key, name=self._name, api_id=self._api_id)
        if logs.role == "create":
            before.append(account_role(self))
        stage_l1.node.add_dependency(*before)
        self._private = PrivateLink(self, load_balancer)
        #: The way from API Gateway into the VPC, and the security group the load balancer admits.
        self.vpc_link, self.security_group = self._private.vpc_link, self._private.security_group
        self._methods = Methods(self, rest_api=self.rest_api, stage=stage_l1, posture=posture, private=self._private)
        self._clients = Clients(self, api_id=self._api_id, stage=stage_l1, methods=self._methods)
        self._callers: Callers | None = None
        self._preflights = bool(allowed_origins)
        self._behind_cloudfront = web_acl is not None and web_acl.placement == "BEHIND_CLOUDFRONT"
        #: What stands in front of it.
        self.web_acl = web_acl or WebAcl(self, "WebAcl", posture=posture, placement="REGIONAL", encryption_key=logs.encryption_key)
        self.web_acl.protect(self, stage.stage_arn)
        #: The host name of the API, and what comes before its paths: CloudFront's origin and origin path.
        self.host, self.base_path = f"{self._api_id}.execute-api.{REGION}.{URL_SUFFIX}", f"/{STAGE}"
        if domain and certificate:
            self.host, self.base_path = domain.name, ""
            name_it(self, self.rest_api, endpoint, domain=domain, certificate=certificate)
        else:
            keep_default_name(self, self.rest_api, endpoint)
        #: Where callers meet it: in its region, or at the edge.
        self.endpoint = endpoint
        #: Where callers find the API.
        self.url = f"https://{self.host}{self.base_path}"
        record(self, controls=CONTROLS, tier="edge", watchable=True, domain=domain.name if domain else None, endpoint=endpoint)

    def add_client(self, name: str, *, rate: int, burst: int, daily_quota: int | None = None) -> apigateway.IApiKey:
        """Count and limit the calls of one client: an API key and its usage plan.

        A key is for metering and is no authentication: the authorizer stays on every method. From the first client on **every** call
        but those of open methods needs the key of some client as well, in the header ``X-Api-Key``, because API Gateway applies a plan
        nowhere else.

        Args:
            name: of the client: ``partner-shop``.
            rate, burst: steady requests a second and burst of this client, up to the posture's.
            daily_quota: requests a day; no quota when None. API Gateway enforces it as well as it can, not to the last request.

        Raises:
            ConfigurationError: a name malformed or twice, a limit above the stage's, a quota of nothing.

        Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
        """
        return self._clients.add(name, rate=rate, burst=burst, daily_quota=daily_quota)

    def admit_only(self, callers: Callers) -> None:
        """Turn everybody else away before an authorizer is asked: the API's resource policy.

        Raises:
            ConfigurationError: a second time; addresses behind a ``Website``, where API Gateway sees CloudFront's; accounts or
                organizations where no method is called by signature.
        """
        signed = any(made.guard.signed for made in self._methods.made.values())
        wrong, mend = (
            ("callers a second time", "name all of them in one value")
            if self._callers
            else ("addresses behind CloudFront", "limit addresses in the web ACL of the website: API Gateway sees CloudFront's here")
            if callers.addresses and self._behind_cloudfront
            else ("accounts or organizations without a signed method", "leave out the authorizer: callers then sign with IAM")
            if callers.signed and not signed
            else (None, "")
        )
        if wrong:
            raise ConfigurationError(
                f"{self.path}: admit_only", given=wrong, allowed="once, what API Gateway can tell of these callers", mend=mend
            )
        self._callers = callers
        self._renew_policy()

    def _renew_policy(self) -> None:
        """Write the resource policy for the methods that there are now."""
        if self._callers is None:
            return
        policy = self._callers.policy(unsigned=self._methods.unsigned(STAGE, preflights=self._preflights))
        cast("apigateway.CfnRestApi", self.rest_api.node.default_child).policy = policy
        # A policy takes effect with the next deployment (API Gateway developer guide, "Create and attach a resource policy").
        self._methods.deploy_anew(policy)

    def grant_invoke(self, grantee: iam.IGrantable, *, method: str = "*", path: str = "/*") -> iam.Grant:
        """Let *grantee* call *method* on *path* with an IAM signature (where no authorizer was given)."""
        return iam.Grant.add_to_principal(
            grantee=grantee, actions=["execute-api:Invoke"], resource_arns=[self.rest_api.arn_for_execute_api(method, path, STAGE)]
        )

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """Errors, latency, refused and throttled requests."""
        return rest_api_alarms(api_id=self._api_id, name=self._name, log_group=self._log_group, load_balancer=self._private.target)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Requests, errors and latency."""
        return rest_api_graphs(name=self._name)

    @property
    def service_level(self) -> GoodAndBad:
        """Requests that ended in 5xx, of all: ``Slo(of=api)``."""
        return rest_api_service_level(name=self._name)
