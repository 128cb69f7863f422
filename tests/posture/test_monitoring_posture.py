"""What the monitoring posture refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import PRODUCTION


@pytest.mark.control("OPS-4", "LIB-2")
@pytest.mark.parametrize(
    ("span", "message"),
    [
        (
            timedelta(minutes=30),
            r"^MonitoringPosture.dashboard_span: got '0:30:00'; allowed: 1:00:00 to 455 days .*; the nearest is 1:00:00$",
        ),
        (timedelta(days=456), r"got '456 days'; .*; the nearest is 455 days$"),
    ],
)
def test_refuses(span: timedelta, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        replace(PRODUCTION.monitoring, dashboard_span=span)
