"""How large a dashboard may be.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html (dashboards),
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html (template body in an S3 object)
"""

from __future__ import annotations

import json
from typing import Any

from prodready_constructs.errors import ConfigurationError

MOST_WIDGETS = 500
#: Metrics that a widget, and the whole dashboard, may retrieve; those inside expressions count.
MOST_METRICS_IN_A_WIDGET = 500
MOST_METRICS = 2_500
#: Bytes of a template: the body stands in one, as a JSON string in JSON.
MOST_BYTES = 1_000_000
_SPLIT = "split the constructs over two dashboards"


def check_limits(where: str, body: dict[str, Any]) -> None:
    """Refuse what CloudWatch or CloudFormation would refuse at deployment."""
    widgets = body["widgets"]
    if len(widgets) > MOST_WIDGETS:
        raise ConfigurationError(where, given=f"{len(widgets)} widgets", allowed=f"{MOST_WIDGETS} widgets, CloudWatch's limit", mend=_SPLIT)
    total = 0
    for widget in widgets:
        # A row that begins with a name is a metric; one that begins with options is an expression.
        retrieved = sum(isinstance(row[0], str) for row in widget["properties"].get("metrics", ()))
        if retrieved > MOST_METRICS_IN_A_WIDGET:
            raise ConfigurationError(
                f"{where}: {widget['properties']['title']}",
                given=f"{retrieved} metrics in one graph",
                allowed=f"{MOST_METRICS_IN_A_WIDGET}, CloudWatch's limit",
                mend="draw them in several graphs: nobody can tell so many lines apart",
            )
        total += retrieved
    if total > MOST_METRICS:
        raise ConfigurationError(where, given=f"{total:,} metrics", allowed=f"{MOST_METRICS:,} metrics, CloudWatch's limit", mend=_SPLIT)
    size = len(json.dumps(json.dumps(body)))
    if size > MOST_BYTES:
        raise ConfigurationError(where, given=f"{size:,} bytes", allowed=f"{MOST_BYTES:,} bytes, a whole template", mend=_SPLIT)
