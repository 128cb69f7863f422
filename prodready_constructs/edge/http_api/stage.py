"""How an HTTP API is watched and limited: access logs and throttling."""

from __future__ import annotations

import json

from aws_cdk import Fn
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs

from prodready_constructs.foundation import EncryptedLogGroup, Part
from prodready_constructs.posture import EdgePosture

#: The only stage, whose name does not show in the URL: environments are stacks of their own.
STAGE = "$default"
#: Where refused-for-pace requests are counted: API Gateway has no metric for them.
THROTTLED_NAMESPACE = "ProdReady/HttpApi"
#: One JSON line a request. Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
ACCESS_LOG_FORMAT = json.dumps(
    {
        "requestId": "$context.requestId",
        "extendedRequestId": "$context.extendedRequestId",
        "requestTime": "$context.requestTime",
        "ip": "$context.identity.sourceIp",
        "userAgent": "$context.identity.userAgent",
        "caller": "$context.identity.caller",
        "userArn": "$context.identity.userArn",
        "principal": "$context.authorizer.principalId",
        "subject": "$context.authorizer.claims.sub",
        "client": "$context.authorizer.claims.client_id",
        "httpMethod": "$context.httpMethod",
        "path": "$context.path",
        "routeKey": "$context.routeKey",
        "protocol": "$context.protocol",
        "status": "$context.status",
        "responseLength": "$context.responseLength",
        "responseLatency": "$context.responseLatency",
        "integrationStatus": "$context.integrationStatus",
        "integrationLatency": "$context.integrationLatency",
        "integrationError": "$context.integrationErrorMessage",
        "authorizerError": "$context.authorizer.error",
        "errorType": "$context.error.responseType",
    },
    separators=(",", ":"),
)


def make_stage(api: Part, *, api_id: str, name: str, posture: EdgePosture, encryption_key: kms.IKey) -> tuple[apigatewayv2.CfnStage, str]:
    """The stage, and the name of its access logs. By the L1: the L2 writes no encrypted destination and no route settings."""
    group = EncryptedLogGroup(api, "AccessLogs", retention=posture.log_retention, encryption_key=encryption_key).log_group.log_group_name
    logs.CfnMetricFilter(
        api,
        "Throttled",
        log_group_name=group,
        filter_pattern='{ $.status = "429" }',
        metric_transformations=[
            logs.CfnMetricFilter.MetricTransformationProperty(
                metric_namespace=THROTTLED_NAMESPACE, metric_name=f"{name}-Throttled", metric_value="1", default_value=0, unit="Count"
            )
        ],
    )
    stage = apigatewayv2.CfnStage(
        api,
        "Stage",
        api_id=api_id,
        stage_name=STAGE,
        auto_deploy=True,
        access_log_settings=apigatewayv2.CfnStage.AccessLogSettingsProperty(
            destination_arn=Fn.sub("arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${Group}", {"Group": group}),
            format=ACCESS_LOG_FORMAT,
        ),
        default_route_settings=apigatewayv2.CfnStage.RouteSettingsProperty(
            detailed_metrics_enabled=True,
            throttling_rate_limit=posture.throttle_rate,
            throttling_burst_limit=posture.throttle_burst,
        ),
    )
    return stage, group
