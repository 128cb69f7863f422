"""An HTTP API on API Gateway, with CloudFront and its web ACL in front and a private service behind."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Annotations, Duration, Names
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_route53_targets as targets
from constructs import Construct

from prodready_constructs.contracts import AnyAlarmSpec, ControlClaim, GoodAndBad, GraphSpec, record
from prodready_constructs.edge.balancer.load_balancer import ProtectedLoadBalancer
from prodready_constructs.edge.cdn.door import CloudFrontDoor
from prodready_constructs.edge.dns.domain import Domain
from prodready_constructs.edge.http_api.alarms import http_api_alarms, http_api_graphs, http_api_service_level
from prodready_constructs.edge.http_api.authorizers import Authorizer
from prodready_constructs.edge.http_api.front import OwnDistribution, SitePath, api_origin, own_distribution, prove
from prodready_constructs.edge.http_api.link import CloudMapTarget, PrivateLink
from prodready_constructs.edge.http_api.origin_certificate import OriginCertificate
from prodready_constructs.edge.http_api.origin_secret import OriginSecret
from prodready_constructs.edge.http_api.routes import VERBS, Routes
from prodready_constructs.edge.http_api.stage import STAGE, make_stage
from prodready_constructs.edge.http_api.way_around import require_closed
from prodready_constructs.edge.rest_api.answers import require_origins
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, REGION, URL_SUFFIX, DataKey, Part
from prodready_constructs.posture import EdgePosture

CONTROLS = (
    ControlClaim(
        control="WEB-5",
        how="HTTP API behind CloudFront's web ACL, with no way around it; no route without an authorizer but those named public with a reason; "
        "throttling of stage and routes, JSON access logs in an encrypted group, private integration by VPC link, CORS by exact origins",
        frameworks=("NIST 800-53 r5 AC-3", "NIST 800-53 r5 AU-2", "NIST 800-53 r5 SC-7", "HIPAA 164.312(a)(1)", "PCI DSS 3.2.1 10.1"),
    ),
)
_METHODS = [apigatewayv2.CorsHttpMethod[verb] for verb in VERBS]
_ALLOWED_HEADERS = ["authorization", "content-type", "x-amz-date", "x-amz-security-token", "x-requested-with"]


class ProtectedHttpApi(Part):
    """An HTTP API that passes what it routes to a private service, for callers it knows. It answers 404 until it has routes.

    HTTP APIs take no web ACL, so CloudFront stands in front with one, and what does not come through CloudFront is refused
    (docs/decisions/0071 says how far). Always: an authorizer on every route but those that ``public`` names; throttling; access
    logs as JSON, encrypted; detailed metrics; a VPC link; CORS by exact origins; nothing cached. With a domain the default endpoint is off.
    *posture* decides how much: throttling, log retention, HSTS, countries and price class.

    Args:
        posture: degrees.
        target: what answers: an internal load balancer, or a Cloud Map service.
        authorizer: who may call: ``JwtIssuer``, ``IamSignatures`` or ``LambdaCheck``.
        front: ``OwnDistribution``, or ``SitePath`` for a path of a ``Website``.
        domain: the API's own name, which only CloudFront calls (not the name callers use), with its certificate in this region. API
            Gateway's name when None, with a warning.
        proof: how CloudFront is known behind: ``OriginSecret`` (of its own when None), or ``OriginCertificate``, which needs *domain*.
        allowed_origins: ``https://`` origins whose pages may call (CORS); none when empty.
        encryption_key: of the logs and the origin secret; must admit CloudWatch Logs. Its own when None.

    Raises:
        ConfigurationError: a way around CloudFront, a CORS origin that is not one ``https://`` origin, a certificate of another region.

    Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vs-rest.html
        https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-protect.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: EdgePosture,
        target: ProtectedLoadBalancer | CloudMapTarget,
        authorizer: Authorizer,
        front: OwnDistribution | SitePath,
        domain: Domain | None = None,
        proof: OriginSecret | OriginCertificate | None = None,
        allowed_origins: Sequence[str] = (),
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        require_origins(self, allowed_origins)
        require_closed(self.path, target=target, front=front, domain=domain, proof=proof)
        certificate = domain.require_region(self.stated_region, wanted_by=self) if domain else None
        key = encryption_key or DataKey(self, "Key", description=f"{self.path}: logs", encrypts_logs=True).key
        if proof is None and isinstance(target, ProtectedLoadBalancer):
            proof = OriginSecret(self, "OriginSecret", load_balancer=target, encryption_key=key)
        assert proof is not None  # require_closed has seen to it
        #: How what is behind knows CloudFront.
        self.proof = proof
        name = Names.unique_resource_name(self, max_length=100, separator="-")
        #: The L2 itself. Whatever is changed through it is still judged at synth; a route made through it is not guarded by this construct.
        self.http_api = apigatewayv2.HttpApi(
            self,
            "HttpApi",
            api_name=name,
            create_default_stage=False,
            disable_execute_api_endpoint=domain is not None,
            cors_preflight=apigatewayv2.CorsPreflightOptions(
                allow_origins=list(allowed_origins),
                allow_methods=_METHODS,
                allow_headers=_ALLOWED_HEADERS,
                allow_credentials=True,
                max_age=Duration.hours(1),
            )
            if allowed_origins
            else None,
        )
        self._api_id = self.http_api.api_id
        self._name = name
        #: The only stage (the L1).
        self.stage, self._log_group = make_stage(self, api_id=self._api_id, name=name, posture=posture, encryption_key=key)
        link = PrivateLink(self, api_id=self._api_id, target=target, parameters=proof.integration_parameters)
        #: The way from API Gateway into the VPC, and the security group that what answers admits.
        self.vpc_link, self.security_group = link.vpc_link, link.security_group
        self._look = link.look
        self._routes = Routes(
            self,
            "Routes",
            api_id=self._api_id,
            target=link.target,
            stage=self.stage,
            posture=posture,
            authorizer=authorizer,
            preflights=bool(allowed_origins),
        )
        #: The name that CloudFront calls, and nobody else.
        self.host = domain.name if domain else f"{self._api_id}.execute-api.{REGION}.{URL_SUFFIX}"
        if domain and certificate:
            mapped = apigatewayv2.DomainName(
                self,
                "DomainName",
                domain_name=domain.name,
                certificate=certificate,
                endpoint_type=apigatewayv2.EndpointType.REGIONAL,
                # The strictest that a name of an HTTP API takes.
                security_policy=apigatewayv2.SecurityPolicy.TLS_1_2,
                mtls=proof.truststore,
            )
            apigatewayv2.CfnApiMapping(self, "Mapping", api_id=self._api_id, domain_name=mapped.name, stage=self.stage.ref)
            domain.alias(targets.ApiGatewayv2DomainProperties(mapped.regional_domain_name, mapped.regional_hosted_zone_id), scope=self)
        else:
            Annotations.of(self).add_warning_v2(
                "prodready:no-domain",
                f"{self.path}: CloudFront calls API Gateway's own name, which cannot be switched off; production wants domain=",
            )
        origin = api_origin(self.host, proof)
        #: What stands in front of it: its own distribution or the website, to be watched in us-east-1.
        self.front: CloudFrontDoor
        if isinstance(front, OwnDistribution):
            self.front = own_distribution(self, front, posture=posture, origin=origin)
        else:
            self.front = front.site
            self.front.add_origin(front.path_pattern, origin)
        prove(self.front, proof)
        Annotations.of(self).add_info(
            f"{self.path}: an HTTP API takes no web ACL; {self.front.path} stands in front of it with one, and a request that does "
            "not come through it is refused"
        )
        record(
            self,
            controls=CONTROLS,
            tier="edge",
            watchable=True,
            domain=domain.name if domain else None,
            closed_by="mutual TLS" if proof.truststore else "origin secret",
        )

    def add_route(self, path: str, method: str, *, authorizer: Authorizer | None = None, scopes: Sequence[str] = ()) -> None:
        """Pass *method* on *path* on, for callers that *authorizer* lets in.

        Args:
            path: ``/orders``, ``/orders/{id}`` or, for all below, ``/orders/{rest+}``.
            method: DELETE, GET, HEAD, PATCH, POST, PUT or ANY.
            authorizer: the API's own when None.
            scopes: of which the token must have one; the issuer's when empty.

        Raises:
            ConfigurationError: a path or method malformed, a route twice, scopes without a ``JwtIssuer``, two authorizers of one name.
        """
        self._routes.add(path, method, authorizer=authorizer, scopes=scopes)

    def pass_everything(self) -> None:
        """Pass on whatever no other route takes, for callers that the API's authorizer lets in.

        Raises:
            ConfigurationError: a second time.
        """
        self._routes.add_everything()

    def public(self, path: str, method: str, *, reason: str) -> None:
        """Open one route to everybody; CloudFront's web ACL and the throttling still stand before it.

        Args:
            path: without a variable that takes the rest.
            method: one, not ANY.
            reason: for a sceptical auditor, 40 characters or more; it goes into the waiver register and the evidence.

        Raises:
            ConfigurationError: more than one route, a route twice, or a reason that says nothing.
        """
        self._routes.add_public(path, method, reason=reason)

    def throttle(self, path: str, method: str, *, rate: int, burst: int) -> None:
        """Slow a route that was added before down further than the stage: a login, a search.

        Args:
            rate: steady requests a second of all callers together, up to the posture's.
            burst: how many of them at once, up to the posture's.

        Raises:
            ConfigurationError: a route that was not added, or a limit above the stage's.
        """
        self._routes.throttle(path, method, rate=rate, burst=burst)

    def grant_invoke(self, grantee: iam.IGrantable, *, method: str = "*", path: str = "/*") -> iam.Grant:
        """Let *grantee* call *method* on *path* with an IAM signature (made for ``host``, which CloudFront passes on as Host).

        Raises:
            ConfigurationError: an API that asks nobody for a signature.
        """
        if not self._routes.signed:
            raise ConfigurationError(
                f"{self.path}: grant_invoke",
                given="an API without routes that ask for a signature",
                allowed="authorizer=IamSignatures(), of the API or of a route added before",
                mend="callers of the other routes are let in by the issuer of their tokens",
            )
        arn = f"arn:{PARTITION}:execute-api:{REGION}:{ACCOUNT_ID}:{self._api_id}/{STAGE}/{method}{path}"
        return iam.Grant.add_to_principal(grantee=grantee, actions=["execute-api:Invoke"], resource_arns=[arn])

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """Errors, latency, throttled requests. CloudFront's are ``front``'s, in us-east-1."""
        return http_api_alarms(api_id=self._api_id, name=self._name, log_group=self._log_group, look=self._look)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Requests, errors and latency."""
        return http_api_graphs(api_id=self._api_id)

    @property
    def service_level(self) -> GoodAndBad:
        """Requests that ended in 5xx, of all: ``Slo(of=api)``."""
        return http_api_service_level(api_id=self._api_id)
