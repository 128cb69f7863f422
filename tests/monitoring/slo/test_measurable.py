"""Every construct that serves somebody knows how they fare: of which metrics, and what it rests on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_lambda as lambda_

from prodready_constructs.compute import WebService
from prodready_constructs.contracts import GoodAndBad, MathMetric, Measurable
from prodready_constructs.edge import ProtectedGraphqlApi, ProtectedLoadBalancer, ProtectedRestApi, ResolverCode
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.monitoring import Slo
from prodready_constructs.monitoring.slo.indicator import metrics_of
from prodready_constructs.posture import PRODUCTION
from tests.compute.functions.parts import a_function, a_vpc
from tests.edge.cdn.parts import a_balancer, a_site
from tests.edge.graphql.test_graphql_api import api as a_graphql_api
from tests.edge.http_api.parts import an_api
from tests.edge.parts import a_domain, a_log_bucket, a_private_vpc
from tests.support.synthesis import new_stack, synth

IMAGE = "hashicorp/http-echo@sha256:fcb75f691c8b0414d670ae570240cbf95502cc18a9ba57e982ecac589760a186"


def a_rest_api(stack: cdk.Stack) -> ProtectedRestApi:
    front = a_balancer(stack)
    return ProtectedRestApi(stack, "Api", posture=PRODUCTION.edge, load_balancer=front, web_acl=front.web_acl)


def a_service(stack: cdk.Stack, *, behind: bool = True) -> WebService:
    vpc = a_private_vpc(stack)
    domain = a_domain(stack)
    front = ProtectedLoadBalancer(stack, "Door", vpc=vpc, posture=PRODUCTION.edge, access_logs=a_log_bucket(stack), domain=domain)
    return WebService(
        stack,
        "Service",
        vpc=vpc,
        load_balancer=front if behind else None,
        image=ecs.ContainerImage.from_registry(IMAGE),
        posture=PRODUCTION.compute,
        container_port=5678,
    )


def an_answering_api(stack: cdk.Stack) -> ProtectedGraphqlApi:
    api = a_graphql_api(stack)
    prices = lambda_.Function.from_function_arn(stack, "Prices", "arn:aws:lambda:us-east-1:111122223333:function:prices")
    api.resolve("Query", "order", api.add_function("prices", prices), code=ResolverCode.invoke())
    return api


BUILT: dict[str, tuple[Callable[[cdk.Stack], Any], set[str], set[str], tuple[str, ...]]] = {
    "balancer": (
        a_balancer,
        {"HTTPCode_ELB_5XX_Count", "HTTPCode_Target_5XX_Count"},
        {"RequestCount", "HTTPCode_ELB_503_Count"},
        ("alb",),
    ),
    "service": (a_service, {"HTTPCode_Target_5XX_Count"}, {"RequestCount"}, ("alb", "fargate")),
    "rest": (a_rest_api, {"5XXError"}, {"Count"}, ("api-gateway",)),
    "http": (an_api, {"5xx"}, {"Count"}, ("api-gateway",)),
    "graphql": (an_answering_api, {"5XXError"}, {"Latency"}, ("appsync",)),
    "function": (lambda stack: a_function(stack, vpc=a_vpc(stack)), {"Errors"}, {"Invocations"}, ("lambda",)),
    "site": (a_site, {"5xxErrorRate", "Requests"}, {"Requests"}, ("cloudfront",)),
}


@pytest.mark.control("OPS-6")
@pytest.mark.parametrize("name", BUILT)
def test_an_objective_of(name: str) -> None:
    build, bad, total, rests_on = BUILT[name]
    stack = new_stack()
    measured: Measurable = build(stack)
    level = measured.service_level
    assert isinstance(level, GoodAndBad)
    assert {metric.name for metric in metrics_of(level.bad)} == bad
    assert {metric.name for metric in metrics_of(level.total)} == total
    assert level.rests_on == rests_on
    statistics = {metric.statistic for part in (level.bad, level.total) for metric in metrics_of(part)}
    assert statistics <= {"Sum", "SampleCount"} or name == "site", "counts, not averages"
    if isinstance(level.bad, MathMetric):
        assert all(used in level.bad.expression for used in level.bad.using)
    Slo(stack, "Promise", of=measured, target=99.5)
    sli = synth(stack).props("AWS::ApplicationSignals::ServiceLevelObjective")["RequestBasedSli"]["RequestBasedSliMetric"]
    counted = sli["MonitoredRequestCountMetric"]["BadCountMetric"]
    assert [query["ReturnData"] for query in counted].count(True) == 1
    assert counted[0]["Expression"].startswith("FILL(")


def test_a_service_that_nobody_asks_by_a_load_balancer() -> None:
    service = a_service(new_stack(), behind=False)
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Service: service_level: got 'no load balancer'; allowed: a service behind a load balancer, which counts its requests; give",
    ):
        _ = service.service_level
