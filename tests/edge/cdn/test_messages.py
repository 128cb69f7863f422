"""What a site's verbs cost in messages to the jsii kernel. A number here may fall; where it must rise, the commit says what it buys."""

from __future__ import annotations

from datetime import timedelta

import aws_cdk as cdk
import pytest

from prodready_constructs.edge import ContentSecurityPolicy, ProtectedDistribution, RealUserMonitoring, SiteLogs, SiteRouting
from prodready_constructs.posture import PRODUCTION
from tests.edge.cdn.parts import ACL, P_256, a_balancer, a_site, content, key_pair, logs
from tests.support.messages import at_most, begun_stack

HOUR = timedelta(hours=1)


@pytest.fixture
def stack() -> cdk.Stack:
    return begun_stack()


def test_a_policy_and_routes_are_plain_values() -> None:
    with at_most(0):
        ContentSecurityPolicy().allow("img-src", "data:").report_only("https://reports.example.com/")
        SiteRouting(redirects={"/old": "/new"}, trailing_slash="remove")


def test_verbs(stack: cdk.Stack) -> None:
    site, front = a_site(stack, fallback=content(stack, "Copy")), a_balancer(stack)
    with at_most(8):
        site.add_assets("/assets/*")
    with at_most(1):
        site.add_assets("/fonts/*")
    with at_most(12):
        site.add_cached_get("/feeds/*", front, life=HOUR, query_strings=["page"])
    with at_most(6):
        site.add_private("/members/*", trusted_keys=[key_pair(*P_256)[1]])


def test_door(stack: cdk.Stack) -> None:
    front, bucket = a_balancer(stack), logs(stack)
    with at_most(40):
        door = ProtectedDistribution(stack, "Door", posture=PRODUCTION.edge, origin=front, access_logs=bucket, web_acl_arn=ACL)
    with at_most(0):
        assert door.alarm_specs
        assert door.graphs


def test_logs_and_monitoring(stack: cdk.Stack) -> None:
    site = a_site(stack)
    with at_most(17):
        SiteLogs(stack, "AccessLogs", site=site, posture=PRODUCTION.edge)
    with at_most(6):
        rum = RealUserMonitoring(stack, "Rum", names=["shop.example.com"])
    with at_most(0):
        assert rum.alarm_specs
        assert rum.content_sources
