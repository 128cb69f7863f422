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
    """

    page_on_critical: bool
    dashboard_span: timedelta

    def __post_init__(self) -> None:
        within(
            "MonitoringPosture.dashboard_span",
            self.dashboard_span,
            timedelta(hours=1),
            timedelta(days=455),
            because="CloudWatch keeps metrics 15 months",
        )
