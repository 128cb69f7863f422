"""The storage posture refuses retentions that protect from nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import PRODUCTION


@pytest.mark.control("STORE-1")
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"noncurrent_retention": timedelta(days=1)}, r"noncurrent_retention: got '1 day'; allowed: 7 days to 3650 days"),
        ({"log_retention": timedelta(days=1)}, r"log_retention: got '1 day'; allowed: 7 days to 3650 days \(access logs are evidence\)"),
        ({"archive_after": timedelta(0)}, r"archive_after: got '1 day > 0:00:00'; .*; S3 moves objects after a day at the earliest"),
        ({"lock_retention": timedelta(hours=5)}, r"lock_retention: got '5:00:00'; allowed: 1 day to 90 days"),
        ({"lock_retention": timedelta(days=91)}, r"lock_retention: got '91 days'; .*; the nearest is 90 days"),
        ({"lock_mode": "NONE"}, r"lock_mode: got 'NONE'; allowed: one of 'GOVERNANCE', 'COMPLIANCE' \(the modes of S3 Object Lock\)"),
    ],
)
def test_refuses(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        replace(PRODUCTION.storage, **wrong)
