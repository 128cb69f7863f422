"""S3 buckets. S3 fails for nobody alone, and counts requests only where somebody pays for it: there is nothing to wake anybody for.

They can be adopted all the same, for what a store is asked: backups, restore tests, objectives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prodready_constructs.contracts import AnyAlarmSpec


def _nothing(_found: Any) -> tuple[AnyAlarmSpec, ...]:
    return ()


ADOPTS: dict[str, Callable[[Any], tuple[AnyAlarmSpec, ...]]] = {"aws_s3.IBucket": _nothing, "aws_s3.CfnBucket": _nothing}
