"""How the users of an adopted resource fare: what ``Slo(of=adopt(...))`` counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prodready_constructs.contracts import GoodAndBad, MathMetric, Metric
from prodready_constructs.monitoring.adopted.data import FIVE, Service
from prodready_constructs.monitoring.adopted.load_balancer import name_of


def _load_balancer(name: str) -> GoodAndBad:
    """A 503 of the load balancer's own met no target: ``RequestCount`` leaves it out.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
    """
    of = Service("AWS/ApplicationELB", {"LoadBalancer": name}, ())
    bad = {"own": of.metric("HTTPCode_ELB_5XX_Count"), "theirs": of.metric("HTTPCode_Target_5XX_Count")}
    total = {"requests": of.metric("RequestCount"), "refused": of.metric("HTTPCode_ELB_503_Count")}
    return GoodAndBad(bad=_sum(bad, "Requests that ended in 5xx"), total=_sum(total, "Requests"), rests_on=("alb",))


def _function(name: str) -> GoodAndBad:
    of = Service("AWS/Lambda", {"FunctionName": name}, (), FIVE)
    return GoodAndBad(bad=of.metric("Errors"), total=of.metric("Invocations"), rests_on=("lambda",))


def _api(dimensions: dict[str, str], server: str) -> GoodAndBad:
    of = Service("AWS/ApiGateway", dimensions, ())
    return GoodAndBad(bad=of.metric(server), total=of.metric("Count"), rests_on=("api-gateway",))


def _graphql_api(api_id: str) -> GoodAndBad:
    """As many requests as have a latency: AppSync does not count them otherwise."""
    of = Service("AWS/AppSync", {"GraphQLAPIId": api_id}, ())
    return GoodAndBad(bad=of.metric("5XXError"), total=of.metric("Latency", "SampleCount"), rests_on=("appsync",))


def _distribution(distribution_id: str) -> GoodAndBad:
    """CloudFront tells a rate of 5xx, not their number: rate times requests."""
    of = Service("AWS/CloudFront", {"DistributionId": distribution_id, "Region": "Global"}, (), region="us-east-1")
    requests = of.metric("Requests")
    using = {"rate": of.metric("5xxErrorRate", "Average"), "requests": requests}
    bad = MathMetric(expression="rate * requests / 100", using=using, label="Requests that ended in 5xx")
    return GoodAndBad(bad=bad, total=requests, rests_on=("cloudfront",))


def _sum(using: dict[str, Metric], label: str) -> MathMetric:
    return MathMetric(expression=" + ".join(f"FILL({name}, 0)" for name in using), using=using, label=label)


#: The CDK's name of a class or interface -> its indicator.
LEVELS: dict[str, Callable[[Any], GoodAndBad]] = {
    "aws_elasticloadbalancingv2.IApplicationLoadBalancer": lambda found: _load_balancer(name_of(found)),
    "aws_elasticloadbalancingv2.CfnLoadBalancer": lambda found: _load_balancer(found.attr_load_balancer_full_name),
    "aws_lambda.IFunction": lambda found: _function(found.function_name),
    "aws_lambda.CfnFunction": lambda found: _function(found.ref),
    "aws_apigateway.IRestApi": lambda found: _api({"ApiName": found.rest_api_name}, "5XXError"),
    "aws_apigateway.CfnRestApi": lambda found: _api({"ApiName": found.name}, "5XXError"),
    "aws_apigatewayv2.IHttpApi": lambda found: _api({"ApiId": found.api_id}, "5xx"),
    "aws_apigatewayv2.CfnApi": lambda found: _api({"ApiId": found.ref}, "5xx"),
    "aws_appsync.IGraphqlApi": lambda found: _graphql_api(found.api_id),
    "aws_appsync.CfnGraphQLApi": lambda found: _graphql_api(found.attr_api_id),
    "aws_cloudfront.IDistribution": lambda found: _distribution(found.distribution_id),
    "aws_cloudfront.CfnDistribution": lambda found: _distribution(found.ref),
}
