"""AppSync GraphQL APIs."""

from __future__ import annotations

from prodready_constructs.contracts import AnyAlarmSpec
from prodready_constructs.monitoring.adopted.data import CRITICAL, LEDGER, WARNING, Service


def graphql_api(api_id: str) -> tuple[AnyAlarmSpec, ...]:
    """An API by its id."""
    of = Service(
        "AWS/AppSync",
        {"GraphQLAPIId": api_id},
        (f"aws appsync get-graphql-api --api-id {api_id}", f"aws appsync list-data-sources --api-id {api_id}"),
    )
    return (
        of.alarm(
            "ServerErrors",
            of.percent((of.metric("5XXError"),), of.metric("Latency", "SampleCount"), "5xx, % of requests"),
            5,
            severity=CRITICAL,
            source=f"{LEDGER}: 5xx rate above 5 %",
            datapoints=3,
            # No requests, no datapoints: silence is calm.
            missing_data="notBreaching",
            meaning="More than one request in twenty is answered with 5xx.",
            causes=("a data source is down", "AppSync itself has a fault"),
        ),
        of.alarm(
            "SlowResponses",
            of.metric("Latency", "p95"),
            500,
            severity=WARNING,
            source=f"{LEDGER}: latency above 500 ms (p95); AppSync reports milliseconds",
            missing_data="notBreaching",
            meaning="One request in twenty takes longer than half a second.",
            causes=("a slow data source", "resolvers that ask it once for each item"),
        ),
    )


ADOPTS = {
    "aws_appsync.IGraphqlApi": lambda found: graphql_api(found.api_id),
    "aws_appsync.CfnGraphQLApi": lambda found: graphql_api(found.attr_api_id),
}
