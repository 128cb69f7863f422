"""What somebody must hear about an event API beside what every AppSync API reports: who cannot connect, what is not delivered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from prodready_constructs.contracts import AlarmSpec, GraphSpec, MathMetric, RunbookSpec, Severity
from prodready_constructs.edge.graphql.alarms import http_alarms, http_graphs, key_alarms, logged, metric
from prodready_constructs.edge.graphql.authorization import AppSyncAuthorization

#: What AppSync reports of a namespace when events do not arrive through a fault of AppSync's or of a handler.
_LOST = ("FailedEvents", "PublishServerError", "BroadcastEventServerError", "InboundMessageDropped")
_REFUSED = ("ConnectClientError", "SubscribeClientError")
_FIVE_MINUTES = timedelta(minutes=5)


def event_alarms(
    *, api_id: str, log_group: str, namespaces: Sequence[str], authorization: Sequence[AppSyncAuthorization]
) -> tuple[AlarmSpec, ...]:
    """The alarms of one API: those of connections once, those of events for each namespace."""
    dimensions = {"EventAPIId": api_id}
    recent = logged(log_group, "fields @timestamp, @message | sort @timestamp desc | limit 50")
    return (
        *http_alarms(dimensions, log_group=log_group, describe=f"aws appsync get-api --api-id {api_id}"),
        *key_alarms(authorization, dimensions, api_id=api_id),
        AlarmSpec(
            id="ConnectErrors",
            metric=metric(dimensions, "ConnectServerError"),
            threshold=0,
            comparison="GreaterThanThreshold",
            severity=Severity.CRITICAL,
            periods=3,
            missing_data="notBreaching",
            source="Our reason: real-time is what this API is for, and 15 minutes of AppSync's own connection failures are no blip",
            runbook=RunbookSpec(
                meaning="Clients cannot open their WebSocket; they hear nothing.",
                causes=("AppSync fails: see the AWS Health Dashboard", "The user pool or issuer cannot be reached"),
                first_commands=(recent, "aws health describe-events --filter services=APPSYNC --region us-east-1"),
            ),
        ),
        *(_lost(dimensions, name, api_id=api_id, recent=recent) for name in namespaces),
        *(_refused(dimensions, name, api_id=api_id, recent=recent) for name in namespaces),
    )


def event_graphs(*, api_id: str, namespaces: Sequence[str]) -> tuple[GraphSpec, ...]:
    """Requests, errors, latency, and for each namespace what came and what went."""
    dimensions = {"EventAPIId": api_id}
    return (
        *http_graphs(dimensions, title="Events"),
        *(
            GraphSpec(
                title=f"Events {name}",
                metrics=tuple(
                    metric(dimensions | {"ChannelNamespaceName": name}, one)
                    for one in ("SuccessfulEvents", "DroppedEvents", "FailedEvents", "BroadcastEventSuccess")
                ),
            )
            for name in namespaces
        ),
    )


def _lost(dimensions: dict[str, str], name: str, *, api_id: str, recent: str) -> AlarmSpec:
    return AlarmSpec(
        id=f"{pascal(name)}PublishErrors",
        metric=_sum(dimensions, name, _LOST, label=f"Events lost in {name}"),
        threshold=0,
        comparison="GreaterThanThreshold",
        severity=Severity.WARNING,
        periods=2,
        missing_data="notBreaching",
        source="Our reason: an event that fails is data that subscribers do not see",
        runbook=RunbookSpec(
            meaning=f"Events of {name} are lost: published, and not delivered.",
            causes=("The onPublish handler fails on some events", "A message quota is used up", "AppSync fails"),
            first_commands=(
                recent,
                f"aws appsync get-channel-namespace --api-id {api_id} --name {name} --query channelNamespace.codeHandlers",
                "aws service-quotas list-service-quotas --service-code appsync",
            ),
        ),
    )


def _refused(dimensions: dict[str, str], name: str, *, api_id: str, recent: str) -> AlarmSpec:
    return AlarmSpec(
        id=f"{pascal(name)}SubscribersRefused",
        metric=_sum(dimensions, name, _REFUSED, label=f"Subscribers refused in {name}"),
        threshold=100,
        comparison="GreaterThanThreshold",
        severity=Severity.WARNING,
        periods=3,
        missing_data="notBreaching",
        source="Our reason: 100 refusals in 5 minutes for 15 minutes are a broken client or somebody trying other people's channels",
        runbook=RunbookSpec(
            meaning=f"Many subscriptions to {name} are refused.",
            causes=("Expired tokens that are not refreshed", "Somebody tries channels of others", "A handler that refuses too much"),
            first_commands=(recent, f"aws appsync get-channel-namespace --api-id {api_id} --name {name}"),
        ),
    )


def pascal(name: str) -> str:
    """``live-orders`` as ``LiveOrders``."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("-"))


def _sum(dimensions: dict[str, str], name: str, counts: Sequence[str], *, label: str) -> MathMetric:
    using = {f"m{place}": metric(dimensions | {"ChannelNamespaceName": name}, count) for place, count in enumerate(counts)}
    return MathMetric(expression=f"SUM([{', '.join(using)}])", using=using, label=label, period=_FIVE_MINUTES)
