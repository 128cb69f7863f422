"""How much monitoring: thresholds that every alarm of a kind shares."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.posture._check import within


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringPosture:
    """Degrees of ``monitoring.Routes``, ``monitoring.Watch`` and ``monitoring.Dashboard``.

    Attributes:
        page_on_critical: critical alarms must have somebody to page: ``Routes`` refuses a posture that pages nobody.
        dashboard_span: how far back the dashboard looks when opened.
        webhook_log_retention: how long a webhook's own logs are kept.
        repeats_held_back: how long a webhook holds back an alarm that says again what it said last.
    """

    page_on_critical: bool
    dashboard_span: timedelta
    webhook_log_retention: timedelta
    repeats_held_back: timedelta

    def __post_init__(self) -> None:
        within(
            "MonitoringPosture.dashboard_span",
            self.dashboard_span,
            timedelta(hours=1),
            timedelta(days=455),
            because="CloudWatch keeps metrics 15 months",
        )
        within(
            "MonitoringPosture.webhook_log_retention",
            self.webhook_log_retention,
            timedelta(days=1),
            timedelta(days=3653),
            because="CloudWatch Logs' retentions",
        )
        within(
            "MonitoringPosture.repeats_held_back",
            self.repeats_held_back,
            timedelta(minutes=30),
            timedelta(hours=24),
            because="Lambda may run an alert again for half an hour, and what lasts a day deserves a second word",
        )
