"""What the edge costs in messages to the jsii kernel: no more than this, on any machine."""

from __future__ import annotations

from datetime import timedelta

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from prodready_constructs import PRODUCTION
from prodready_constructs.edge import DnsZone, Domain, ProtectedLoadBalancer, ProtectedRestApi, WebAcl, Website
from tests.edge.parts import a_log_bucket, a_private_vpc, a_service, a_zone
from tests.support.messages import at_most, begun_stack

POSTURE = PRODUCTION.edge
ACL = "arn:aws:wafv2:us-east-1:111122223333:global/webacl/acl/0"


@pytest.fixture
def stack() -> cdk.Stack:
    return begun_stack()


def front(stack: cdk.Stack, *, domain: Domain | None = None, web_acl: WebAcl | None = None) -> ProtectedLoadBalancer:
    return ProtectedLoadBalancer(
        stack,
        "Front",
        vpc=a_private_vpc(stack),
        posture=POSTURE,
        access_logs=a_log_bucket(stack),
        domain=domain,
        web_acl=web_acl or WebAcl(stack, "Acl", posture=POSTURE, placement="BEHIND_CLOUDFRONT"),
    )


def a_domain(stack: cdk.Stack) -> Domain:
    return Domain(stack, "Domain", name="shop.example.com", hosted_zone=a_zone(stack))


def test_web_acl(stack: cdk.Stack) -> None:
    with at_most(16):
        acl = WebAcl(stack, "Acl", posture=POSTURE)
    with at_most(0):
        assert acl.alarm_specs and acl.graphs  # noqa: PT018


def test_domain(stack: cdk.Stack) -> None:
    zone = a_zone(stack)
    with at_most(8):
        domain = Domain(stack, "Domain", name="shop.example.com", hosted_zone=zone)
    with at_most(2):
        assert domain.alarm_specs and domain.graphs  # noqa: PT018


@pytest.mark.parametrize(("asked", "messages"), [(True, 34), (False, 11)], ids=["signed", "plain"])
def test_dns_zone(stack: cdk.Stack, asked: bool, messages: int) -> None:
    with at_most(messages):
        zone = DnsZone(stack, "Zone", name="example.com", signed=asked, query_log_retention=timedelta(days=90) if asked else None)
    with at_most(1 if asked else 0):
        assert zone.graphs
        assert bool(zone.alarm_specs) is asked


@pytest.mark.parametrize(("named", "messages"), [(True, 39), (False, 52)], ids=["domain", "trial"])
def test_load_balancer(stack: cdk.Stack, named: bool, messages: int) -> None:
    domain = a_domain(stack) if named else None
    vpc, logs = a_private_vpc(stack), a_log_bucket(stack)
    acl = WebAcl(stack, "Acl", posture=POSTURE, placement="BEHIND_CLOUDFRONT")
    service = a_service(stack)
    with at_most(messages):
        balancer = ProtectedLoadBalancer(stack, "Front", vpc=vpc, posture=POSTURE, access_logs=logs, domain=domain, web_acl=acl)
    with at_most(0):
        assert balancer.alarm_specs and balancer.graphs  # noqa: PT018
    with at_most(12):
        balancer.route_to(service, container_port=8080, health_check_path="/health", drain=timedelta(seconds=30))


@pytest.mark.parametrize(("named", "messages"), [(True, 75), (False, 76)], ids=["domain", "trial"])
def test_rest_api(stack: cdk.Stack, named: bool, messages: int) -> None:
    balancer = front(stack)
    domain = a_domain(stack) if named else None
    with at_most(messages):
        api = ProtectedRestApi(stack, "Api", posture=POSTURE, load_balancer=balancer, domain=domain, web_acl=balancer.web_acl)
    with at_most(0):
        assert api.alarm_specs and api.graphs  # noqa: PT018
    with at_most(21):
        api.add_cached_get("/catalogue/products", life=timedelta(minutes=5), query_strings=["page"])


@pytest.mark.parametrize(("named", "messages"), [(True, 43), (False, 48)], ids=["domain", "trial"])
def test_website(stack: cdk.Stack, named: bool, messages: int) -> None:
    domain = a_domain(stack) if named else None
    content = s3.Bucket(stack, "Content", encryption_key=kms.Key(stack, "ContentKey"))
    logs = s3.Bucket(stack, "SiteLogs", object_ownership=s3.ObjectOwnership.OBJECT_WRITER)
    with at_most(messages):
        site = Website(stack, "Site", posture=POSTURE, content=content, access_logs=logs, web_acl_arn=ACL, domain=domain)
    with at_most(0):
        assert site.alarm_specs and site.graphs  # noqa: PT018
    balancer = front(stack)
    api = ProtectedRestApi(stack, "Api", posture=POSTURE, load_balancer=balancer, web_acl=balancer.web_acl)
    with at_most(2):
        site.add_api("/api/*", api)
    with at_most(4):
        site.add_load_balancer("/app/*", balancer)
    with at_most(2):
        site.add_load_balancer("/shop/*", balancer)


def test_a_caller_is_granted_in_few_words(stack: cdk.Stack) -> None:
    balancer = front(stack)
    api = ProtectedRestApi(stack, "Api", posture=POSTURE, load_balancer=balancer, web_acl=balancer.web_acl)
    caller = iam.Role(stack, "Caller", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    with at_most(2):
        api.grant_invoke(caller)
