"""How much monitoring: thresholds that every alarm of a kind shares."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.posture._check import within


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringPosture:
    """Degrees of ``monitoring.Routes``, ``Watch``, ``Dashboard``, of log groups and of canaries.

    Attributes:
        page_on_critical: critical alarms must have somebody to page: ``Routes`` refuses a posture that pages nobody.
        dashboard_span: how far back the dashboard looks when opened.
        webhook_log_retention: how long a webhook's own logs are kept.
        repeats_held_back: how long a webhook holds back an alarm that says again what it said last.
        log_deletion_protection: whether AWS refuses to delete a log group until somebody switches that off.
        findings_retention: how long is kept what was found to be masked in logs (of what kind and where, never the value).
        canary_interval: how often a canary runs where it is not told when; its price is by the run.
        canary_retention: how long a canary's runs, artifacts and logs are kept.
    """

    page_on_critical: bool
    dashboard_span: timedelta
    webhook_log_retention: timedelta
    repeats_held_back: timedelta
    log_deletion_protection: bool
    findings_retention: timedelta
    canary_interval: timedelta
    canary_retention: timedelta

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
        within(
            "MonitoringPosture.findings_retention",
            self.findings_retention,
            timedelta(days=30),
            timedelta(days=3653),
            because="who looks into a leak looks back weeks",
        )
        within(
            "MonitoringPosture.canary_interval",
            self.canary_interval,
            timedelta(minutes=1),
            timedelta(hours=1),
            because="CloudWatch Synthetics' rates",
        )
        within(
            "MonitoringPosture.canary_retention",
            self.canary_retention,
            timedelta(days=7),
            timedelta(days=455),
            because="a weekly failure is seen twice, and CloudWatch keeps metrics 15 months",
        )
