"""How the stage of a REST API is watched and limited: logs, tracing, throttling, cache."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import timedelta

from aws_cdk import Fn, RemovalPolicy
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct, IDependable

from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, EncryptedLogGroup, Part
from prodready_constructs.posture import EdgePosture
from prodready_constructs.waivers import waive

#: The name of the only stage: environments are stacks of their own, not stages of one API.
STAGE = "live"
#: What API Gateway has no metric for is counted from the access log: requests refused for their pace, and requests that found no service.
COUNTED_NAMESPACE = "ProdReady/RestApi"
#: A context variable without a value is logged as ``-``.
_COUNTED = {"Throttled": '{ $.status = "429" }', "IntegrationErrors": '{ $.integrationError != "-" }'}
_PUSH_POLICY = "service-role/AmazonAPIGatewayPushToCloudWatchLogs"
#: One JSON line a request. Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
ACCESS_LOG_FORMAT = json.dumps(
    {
        "requestId": "$context.requestId",
        "extendedRequestId": "$context.extendedRequestId",
        "xrayTraceId": "$context.xrayTraceId",
        "requestTime": "$context.requestTime",
        "ip": "$context.identity.sourceIp",
        "userAgent": "$context.identity.userAgent",
        "caller": "$context.identity.caller",
        "principal": "$context.authorizer.principalId",
        "subject": "$context.authorizer.claims.sub",
        "httpMethod": "$context.httpMethod",
        "resourcePath": "$context.resourcePath",
        "protocol": "$context.protocol",
        "tlsVersion": "$context.tlsVersion",
        "cipherSuite": "$context.cipherSuite",
        "status": "$context.status",
        "responseLength": "$context.responseLength",
        "responseLatency": "$context.responseLatency",
        "integrationStatus": "$context.integration.status",
        "integrationLatency": "$context.integration.latency",
        "integrationError": "$context.integration.error",
        "authorizerError": "$context.authorizer.error",
        "errorType": "$context.error.responseType",
        "wafResponseCode": "$context.waf.status",
    },
    separators=(",", ":"),
)


def account_role(scope: Construct) -> apigateway.CfnAccount:
    """API Gateway's one role of the account and region for writing logs. It stays when the stack goes: other APIs use it."""
    # By the L1: the role is granted nothing besides.
    role = iam.CfnRole(
        Part(scope, "LogRole"),
        "Resource",
        description="API Gateway writes the logs of this account and region",
        assume_role_policy_document={
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT_ID}},
                    "Effect": "Allow",
                    "Principal": {"Service": "apigateway.amazonaws.com"},
                }
            ],
        },
        managed_policy_arns=[f"arn:{PARTITION}:iam::aws:policy/{_PUSH_POLICY}"],
    )
    role.apply_removal_policy(RemovalPolicy.RETAIN)
    waive(
        role,
        rule=f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{_PUSH_POLICY}]",
        because="API Gateway checks the account's log role against this service policy of AWS, and one role serves every API of the region",
        owner="platform",
    )
    account = apigateway.CfnAccount(scope, "Account", cloud_watch_role_arn=role.attr_arn)
    account.apply_removal_policy(RemovalPolicy.RETAIN)
    return account


def stage_options(scope: Construct, *, posture: EdgePosture, name: str) -> apigateway.StageOptions:
    """Tracing, the cache, and the certificate that tells the load balancer who asks. The rest is set by :func:`log_to`."""
    certificate = apigateway.CfnClientCertificate(scope, "ClientCertificate", description=f"API Gateway shows it to the origin of {name}")
    cached = posture.api_cache_gib is not None
    return apigateway.StageOptions(
        stage_name=STAGE,
        tracing_enabled=True,
        client_certificate_id=certificate.ref,
        cache_cluster_enabled=cached or None,
        cache_cluster_size=f"{posture.api_cache_gib:g}" if cached else None,
    )


def log_to(
    stage: apigateway.CfnStage, scope: Construct, *, posture: EdgePosture, encryption_key: kms.IKey, name: str, api_id: str
) -> tuple[str, list[IDependable]]:
    """Set what *stage* logs. By the L1: no feature flag of the consumer changes it.

    Returns the name of the access logs, and what must be there before the stage.
    """
    access = EncryptedLogGroup(scope, "AccessLogs", retention=posture.log_retention, encryption_key=encryption_key).log_group
    # API Gateway would make this group with the first request: without a key, kept for ever. So it is there before.
    execution = EncryptedLogGroup(
        scope,
        "ExecutionLogs",
        retention=posture.log_retention,
        encryption_key=encryption_key,
        name=f"API-Gateway-Execution-Logs_{api_id}/{STAGE}",
    )
    group_name = access.log_group_name
    for what, pattern in _COUNTED.items():
        logs.CfnMetricFilter(
            scope,
            what,
            log_group_name=group_name,
            filter_pattern=pattern,
            metric_transformations=[
                logs.CfnMetricFilter.MetricTransformationProperty(
                    metric_namespace=COUNTED_NAMESPACE, metric_name=f"{name}-{what}", metric_value="1", default_value=0, unit="Count"
                )
            ],
        )
    stage.access_log_setting = apigateway.CfnStage.AccessLogSettingProperty(
        destination_arn=Fn.sub("arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${Group}", {"Group": group_name}),
        format=ACCESS_LOG_FORMAT,
    )
    return group_name, [execution.log_group]


def method_settings(
    posture: EdgePosture,
    *,
    cached: Mapping[str, timedelta],
    uncached: Collection[tuple[str, str]],
    throttled: Mapping[tuple[str, str], tuple[int, int]],
) -> list[apigateway.CfnStage.MethodSettingProperty]:
    """The settings of all methods, and of those that differ in caching or in pace.

    Args:
        cached: resource path of a GET -> how long an answer is kept.
        uncached: resource paths and methods (ANY for those that take every one) that never keep an answer.
        throttled: resource path and method -> their own requests a second and burst.
    """
    caching = posture.api_cache_gib is not None

    def setting(path: str, method: str, *, cache: bool, life: timedelta | None = None) -> apigateway.CfnStage.MethodSettingProperty:
        rate, burst = throttled.get((path, method), (posture.throttle_rate, posture.throttle_burst))
        return apigateway.CfnStage.MethodSettingProperty(
            resource_path=_encoded(path) if path != "/*" else path,
            http_method=method,
            caching_enabled=cache,
            cache_data_encrypted=True,
            cache_ttl_in_seconds=int(life.total_seconds()) if life else None,
            # Full request and response bodies would carry personal data into the logs.
            data_trace_enabled=False,
            logging_level="ERROR",
            metrics_enabled=True,
            throttling_rate_limit=rate,
            throttling_burst_limit=burst,
        )

    settings = [setting("/*", "*", cache=caching)]
    if caching:
        alone = [each for each in uncached if each not in throttled and not (each[1] == "GET" and each[0] in cached)]
        settings += [setting(path, method, cache=False) for path, method in alone]
        settings += [setting(path, "GET", cache=True, life=life) for path, life in cached.items()]
    settings += [setting(path, method, cache=False) for path, method in throttled if not (caching and method == "GET" and path in cached)]
    return settings


def _encoded(path: str) -> str:
    """As AWS::ApiGateway::Stage wants it: ``/`` for the root, else ``/~1orders~1recent``."""
    return path if path == "/" else "/" + path.replace("/", "~1")
