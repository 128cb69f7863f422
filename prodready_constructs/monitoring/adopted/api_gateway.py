"""REST and HTTP APIs of API Gateway."""

from __future__ import annotations

from typing import Any

from prodready_constructs.contracts import AnyAlarmSpec
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.monitoring.adopted.data import CRITICAL, RECOMMENDED, WARNING, Service

#: Shares of requests, and milliseconds at p90, that AWS recommends.
SERVER_ERRORS, CLIENT_ERRORS, SLOW = 0.05, 0.05, 2_500


def _api(of: Service, server: str, client: str) -> tuple[AnyAlarmSpec, ...]:
    return (
        of.alarm(
            "ServerErrors",
            of.metric(server, "Average"),
            SERVER_ERRORS,
            severity=CRITICAL,
            source=RECOMMENDED,
            periods=3,
            # No requests, no datapoints: silence is calm. So in all of this file.
            missing_data="notBreaching",
            meaning="More than one request in twenty is answered with 5xx.",
            causes=("the integration behind the API fails or times out", "its permission was removed", "the last release"),
        ),
        of.alarm(
            "ClientErrors",
            of.metric(client, "Average"),
            CLIENT_ERRORS,
            severity=WARNING,
            source=RECOMMENDED,
            missing_data="notBreaching",
            meaning="More than one request in twenty is answered with 4xx.",
            causes=("a client that sends wrong requests, or expired tokens", "a route that is gone", "throttling (429)"),
        ),
        of.alarm(
            "SlowResponses",
            of.metric("Latency", "p90"),
            SLOW,
            comparison="GreaterThanOrEqualToThreshold",
            severity=WARNING,
            source=RECOMMENDED,
            missing_data="notBreaching",
            meaning="One request in ten takes two and a half seconds or longer.",
            causes=("the integration behind the API is slow", "cold starts"),
        ),
    )


def rest_api(name: str, api_id: str) -> tuple[AnyAlarmSpec, ...]:
    """A REST API; its metrics carry its name, not its id."""
    look = (f"aws apigateway get-stages --rest-api-id {api_id}", f"aws apigateway get-deployments --rest-api-id {api_id}")
    return _api(Service("AWS/ApiGateway", {"ApiName": name}, look), "5XXError", "4XXError")


def http_api(api_id: str) -> tuple[AnyAlarmSpec, ...]:
    """An HTTP API by its id."""
    look = (f"aws apigatewayv2 get-stages --api-id {api_id}", f"aws apigatewayv2 get-integrations --api-id {api_id}")
    return _api(Service("AWS/ApiGateway", {"ApiId": api_id}, look), "5xx", "4xx")


def _of_plain(found: Any) -> tuple[AnyAlarmSpec, ...]:
    if found.protocol_type != "HTTP":
        raise ConfigurationError(
            "adopt", given=f"an API of {found.protocol_type}", allowed="HTTP APIs and REST APIs", mend="describe its alarms as AlarmSpec"
        )
    return http_api(found.ref)


ADOPTS = {
    "aws_apigateway.IRestApi": lambda found: rest_api(found.rest_api_name, found.rest_api_id),
    "aws_apigateway.CfnRestApi": lambda found: rest_api(found.name, found.ref),
    "aws_apigatewayv2.IHttpApi": lambda found: http_api(found.api_id),
    "aws_apigatewayv2.CfnApi": _of_plain,
}
