"""HTTP APIs for the tests: behind a distribution of their own, with everything; and the least there is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_servicediscovery as servicediscovery

from prodready_constructs.compliance.hardening import hardening_findings
from prodready_constructs.compliance.rules import Subject
from prodready_constructs.edge import Domain, ProtectedLoadBalancer, WebAcl
from prodready_constructs.edge.http_api.authorizers import Authorizer, JwtIssuer
from prodready_constructs.edge.http_api.front import OwnDistribution, SitePath
from prodready_constructs.edge.http_api.http_api import ProtectedHttpApi
from prodready_constructs.edge.http_api.link import CloudMapTarget
from prodready_constructs.edge.http_api.origin_certificate import OriginCertificate
from prodready_constructs.edge.http_api.origin_secret import OriginSecret
from prodready_constructs.evidence.assembly import read_assembly
from prodready_constructs.posture import PRODUCTION, EdgePosture
from tests.edge.parts import a_domain, a_log_bucket, a_private_vpc, a_zone

ACL = "arn:aws:wafv2:us-east-1:111122223333:global/webacl/acl/0"
CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/0"
ORIGINS = ("https://shop.example.com", "https://admin.example.com")
ISSUER = JwtIssuer(url="https://login.example.com/", audiences=("api://orders",))
REASON = "The status page is shown to visitors who have not signed in, and says nothing but up or down."


def a_balancer(stack: cdk.Stack, *, named: bool = False) -> ProtectedLoadBalancer:
    return ProtectedLoadBalancer(
        stack,
        "Front",
        vpc=a_private_vpc(stack),
        posture=PRODUCTION.edge,
        access_logs=a_log_bucket(stack),
        domain=a_domain(stack) if named else None,
    )


def a_name(stack: cdk.Stack, construct_id: str, name: str) -> Domain:
    known = stack.node.try_find_child("Zone")
    zone = cast("route53.IHostedZone", known) if known else a_zone(stack)
    return Domain(stack, construct_id, name=name, hosted_zone=zone)


def some_logs(stack: cdk.Stack) -> s3.Bucket:
    return s3.Bucket(stack, "FrontLogs", object_ownership=s3.ObjectOwnership.OBJECT_WRITER)


def own_front(stack: cdk.Stack, *, domain: Domain | None = None, web_acl_arn: str = ACL) -> OwnDistribution:
    return OwnDistribution(web_acl_arn=web_acl_arn, access_logs=some_logs(stack), domain=domain)


def an_api(
    stack: cdk.Stack,
    *,
    posture: EdgePosture = PRODUCTION.edge,
    target: ProtectedLoadBalancer | CloudMapTarget | None = None,
    authorizer: Authorizer = ISSUER,
    front: OwnDistribution | SitePath | None = None,
    domain: Domain | None = None,
    proof: OriginSecret | OriginCertificate | None = None,
    origins: Sequence[str] = (),
) -> ProtectedHttpApi:
    """The least there is: a trial without names, without routes."""
    return ProtectedHttpApi(
        stack,
        "Api",
        posture=posture,
        target=target or a_balancer(stack),
        authorizer=authorizer,
        front=front or own_front(stack),
        domain=domain,
        proof=proof,
        allowed_origins=origins,
    )


def a_whole_api(stack: cdk.Stack) -> ProtectedHttpApi:
    """Names, users of a pool, origins, routes of each kind."""
    pool = cognito.UserPool(stack, "Pool")
    api = an_api(
        stack,
        target=a_balancer(stack, named=True),
        authorizer=JwtIssuer.for_user_pool(pool, pool.add_client("App")),
        front=own_front(stack, domain=a_name(stack, "ApiDomain", "api.example.com")),
        domain=a_name(stack, "OriginDomain", "origin-api.example.com"),
        origins=ORIGINS,
    )
    api.pass_everything()
    api.add_route("/orders/{id}", "GET", scopes=["orders/read"])
    api.add_route("/search", "ANY")
    api.throttle("/search", "ANY", rate=5, burst=6)
    api.public("/status", "GET", reason=REASON)
    return api


def a_certificate(stack: cdk.Stack, *, arn: str = CERTIFICATE, key: str = "cloudfront.pem", version: str = "v1") -> OriginCertificate:
    trusted = s3.Bucket.from_bucket_name(stack, "Trust", "trust")
    return OriginCertificate(
        stack, "OriginCertificate", client_certificate_arn=arn, truststore=trusted, truststore_key=key, truststore_version=version
    )


def a_cloud_map_target(stack: cdk.Stack, *, server_name: str | None = None, port: int = 8080) -> CloudMapTarget:
    vpc = a_private_vpc(stack)
    space = servicediscovery.PrivateDnsNamespace(stack, "Space", name="internal", vpc=vpc)
    group = ec2.SecurityGroup(stack, "Instances", vpc=vpc, allow_all_outbound=False)
    return CloudMapTarget(service=space.create_service("Orders"), vpc=vpc, connections=group, port=port, server_name=server_name)


def a_cloudfront_acl(stack: cdk.Stack) -> WebAcl:
    return WebAcl(stack, "EdgeAcl", posture=PRODUCTION.edge, placement="CLOUDFRONT")


def own_findings(stack: cdk.Stack) -> list[str]:
    """What this library's own rules find of the API, as ``rule @ construct path``; its waivers are not looked at."""
    directory = Path(cast("cdk.App", stack.node.root).synth(force=True).directory)
    found = hardening_findings(Subject(assembly=read_assembly(directory), staging=frozenset(), required_tags=()))
    return sorted(f"{finding.rule} @ {finding.path}" for finding in found if "Stack/Api" in finding.path)
