"""Alarms, who hears of them, and the dashboard: made from what every construct says about itself."""

from prodready_constructs.monitoring.dashboard import Dashboard
from prodready_constructs.monitoring.routes import Routes
from prodready_constructs.monitoring.watch import Watch

__all__ = ["Dashboard", "Routes", "Watch"]
