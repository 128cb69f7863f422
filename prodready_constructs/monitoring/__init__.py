"""Alarms, who hears of them, and the dashboard: made from what every construct says about itself.

Names are loaded when they are first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prodready_constructs.monitoring.adopted.adopt import adopt as adopt
    from prodready_constructs.monitoring.canaries.canary import Canary as Canary
    from prodready_constructs.monitoring.canaries.steps import CanarySecret as CanarySecret
    from prodready_constructs.monitoring.canaries.steps import CanaryStep as CanaryStep
    from prodready_constructs.monitoring.changes import Change as Change
    from prodready_constructs.monitoring.cost.spending import Spending as Spending
    from prodready_constructs.monitoring.dashboard.business import BusinessMetric as BusinessMetric
    from prodready_constructs.monitoring.dashboard.business import BusinessMetrics as BusinessMetrics
    from prodready_constructs.monitoring.dashboard.dashboard import Dashboard as Dashboard
    from prodready_constructs.monitoring.dashboard.variable import DashboardVariable as DashboardVariable
    from prodready_constructs.monitoring.logs.account_masking import AccountMasking as AccountMasking
    from prodready_constructs.monitoring.logs.counted_logs import CountedLogs as CountedLogs
    from prodready_constructs.monitoring.logs.kept_logs import KeptLogs as KeptLogs
    from prodready_constructs.monitoring.logs.log_archive import LogArchive as LogArchive
    from prodready_constructs.monitoring.logs.masking import LogMasking as LogMasking
    from prodready_constructs.monitoring.routes.account_events import AccountEvents as AccountEvents
    from prodready_constructs.monitoring.routes.addresses import Opsgenie as Opsgenie
    from prodready_constructs.monitoring.routes.addresses import PagerDuty as PagerDuty
    from prodready_constructs.monitoring.routes.chat import SlackChannel as SlackChannel
    from prodready_constructs.monitoring.routes.chat import TeamsChannel as TeamsChannel
    from prodready_constructs.monitoring.routes.routes import Routes as Routes
    from prodready_constructs.monitoring.routes.webhook import Webhook as Webhook
    from prodready_constructs.monitoring.slo.downtime import AgreedDowntime as AgreedDowntime
    from prodready_constructs.monitoring.slo.slo import Slo as Slo
    from prodready_constructs.monitoring.watch import Watch as Watch

__all__ = [
    "AccountEvents",
    "AccountMasking",
    "AgreedDowntime",
    "BusinessMetric",
    "BusinessMetrics",
    "Canary",
    "CanarySecret",
    "CanaryStep",
    "Change",
    "CountedLogs",
    "Dashboard",
    "DashboardVariable",
    "KeptLogs",
    "LogArchive",
    "LogMasking",
    "Opsgenie",
    "PagerDuty",
    "Routes",
    "SlackChannel",
    "Slo",
    "Spending",
    "TeamsChannel",
    "Watch",
    "Webhook",
    "adopt",
]

_HOMES = {
    "adopted.adopt": "adopt",
    "canaries.canary": "Canary",
    "canaries.steps": "CanarySecret CanaryStep",
    "changes": "Change",
    "cost.spending": "Spending",
    "dashboard.business": "BusinessMetric BusinessMetrics",
    "dashboard.dashboard": "Dashboard",
    "dashboard.variable": "DashboardVariable",
    "logs.account_masking": "AccountMasking",
    "logs.counted_logs": "CountedLogs",
    "logs.kept_logs": "KeptLogs",
    "logs.log_archive": "LogArchive",
    "logs.masking": "LogMasking",
    "routes.account_events": "AccountEvents",
    "routes.addresses": "Opsgenie PagerDuty",
    "routes.chat": "SlackChannel TeamsChannel",
    "routes.routes": "Routes",
    "routes.webhook": "Webhook",
    "slo.downtime": "AgreedDowntime",
    "slo.slo": "Slo",
    "watch": "Watch",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
