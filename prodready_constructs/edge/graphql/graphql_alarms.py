"""What somebody must hear about a GraphQL API beside what every AppSync API reports: fields that fail, messages that are lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from aws_cdk import aws_logs as logs

from prodready_constructs.contracts import AlarmSpec, GoodAndBad, GraphSpec, Metric, RunbookSpec, Severity
from prodready_constructs.edge.graphql.alarms import http_alarms, http_graphs, http_service_level, key_alarms, logged, metric
from prodready_constructs.edge.graphql.authorization import AppSyncAuthorization
from prodready_constructs.foundation import Part

#: Where fields that failed are counted: GraphQL answers 200 to them, and AppSync has no metric for all of them together.
FIELD_ERRORS_NAMESPACE = "ProdReady/GraphqlApi"
#: In AppSync's log of a field, at every level. Source: AppSync developer guide, "Analyzing your logs with CloudWatch Logs Insights".
FIELD_ERRORS_PATTERN = "{ $.fieldInError IS TRUE }"


def count_failed_fields(api: Part, *, log_group: logs.ILogGroup, name: str) -> None:
    """Count in the log of *api* the fields that failed."""
    logs.CfnMetricFilter(
        api,
        "FieldErrors",
        log_group_name=log_group.log_group_name,
        filter_pattern=FIELD_ERRORS_PATTERN,
        metric_transformations=[
            logs.CfnMetricFilter.MetricTransformationProperty(
                metric_namespace=FIELD_ERRORS_NAMESPACE, metric_name=f"{name}-FieldErrors", metric_value="1", default_value=0, unit="Count"
            )
        ],
    )


def graphql_alarms(*, api_id: str, name: str, log_group: str, authorization: Sequence[AppSyncAuthorization]) -> tuple[AlarmSpec, ...]:
    """The alarms of one API."""
    dimensions = {"GraphQLAPIId": api_id}
    fields = logged(log_group, "filter fieldInError | stats count() by resolverArn, logType | sort count() desc")
    return (
        *http_alarms(dimensions, log_group=log_group, describe=f"aws appsync get-graphql-api --api-id {api_id}"),
        *key_alarms(authorization, dimensions, api_id=api_id),
        AlarmSpec(
            id="FieldErrors",
            metric=Metric(namespace=FIELD_ERRORS_NAMESPACE, name=f"{name}-FieldErrors", statistic="Sum", period=timedelta(minutes=5)),
            threshold=50,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=2,
            missing_data="notBreaching",
            source="Our reason: GraphQL answers 200 to a failed field; 50 in 5 minutes, twice, is more than callers' mistakes",
            runbook=RunbookSpec(
                meaning="Fields answer with errors though the requests succeed: users see parts missing.",
                causes=(
                    "A data source fails or throttles",
                    "A resolver's role lacks a permission",
                    "Clients send input that resolvers refuse",
                ),
                first_commands=(fields, f"aws appsync list-data-sources --api-id {api_id}"),
            ),
        ),
        AlarmSpec(
            id="MessagesDropped",
            metric=metric(dimensions, "InboundMessageDropped"),
            threshold=0,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=1,
            missing_data="notBreaching",
            source="Our reason: a dropped message is data that subscribers do not see",
            runbook=RunbookSpec(
                meaning="Subscribers miss messages: AppSync dropped them because a message quota is used up.",
                causes=("More mutations or subscribers than the quota allows", "Several subscriptions listen to one mutation"),
                first_commands=(
                    "aws service-quotas list-service-quotas --service-code appsync --query \"Quotas[?contains(QuotaName, 'message')]\"",
                ),
            ),
        ),
        AlarmSpec(
            id="ConnectErrors",
            metric=metric(dimensions, "ConnectServerError"),
            threshold=0,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=3,
            missing_data="notBreaching",
            source="Our reason: AppSync's own failures to connect, for 15 minutes, are no blip",
            runbook=RunbookSpec(
                meaning="Clients cannot open their WebSocket for subscriptions; what they show goes stale.",
                causes=("AppSync fails: see the AWS Health Dashboard", "The user pool or issuer cannot be reached"),
                first_commands=("aws health describe-events --filter services=APPSYNC --region us-east-1",),
            ),
        ),
    )


def graphql_service_level(*, api_id: str) -> GoodAndBad:
    """5xx, of all requests."""
    return http_service_level({"GraphQLAPIId": api_id})


def graphql_graphs(*, api_id: str) -> tuple[GraphSpec, ...]:
    """Requests, errors, latency, subscribers."""
    dimensions = {"GraphQLAPIId": api_id}
    return (
        *http_graphs(dimensions, title="GraphQL"),
        GraphSpec(
            title="GraphQL subscriptions",
            metrics=tuple(metric(dimensions, one, period=timedelta(minutes=1)) for one in ("ActiveConnections", "ActiveSubscriptions")),
        ),
    )
