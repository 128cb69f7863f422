"""The metrics of AWS IoT Core and Device Defender that alarms and graphs read.

Source: https://docs.aws.amazon.com/iot/latest/developerguide/metrics_dimensions.html
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from prodready_constructs.compute.devices.account import LOG_GROUP
from prodready_constructs.compute.devices.rules import TopicRule
from prodready_constructs.contracts import MathMetric, Metric

LEDGER = "Ledger FN-6"
FIVE = timedelta(minutes=5)
#: The beginning of a command that reads the logs; what is looked for follows.
LOGS = f"aws logs tail {LOG_GROUP} --since 30m --filter-pattern"


def summed(metrics: Sequence[Metric], label: str) -> MathMetric:
    """The sum of *metrics*; none counts as nothing."""
    using = {f"m{number}": metric for number, metric in enumerate(metrics)}
    return MathMetric(expression=" + ".join(f"FILL({name}, 0)" for name in using), using=using, label=label, period=FIVE)


def of_rule(rule: TopicRule, name: str, label: str | None = None) -> Metric:
    """A metric of one rule."""
    return Metric(namespace="AWS/IoT", name=name, dimensions={"RuleName": rule.name}, statistic="Sum", period=FIVE, label=label)


def over_mqtt(name: str) -> Metric:
    """A metric of all devices of the account."""
    return Metric(namespace="AWS/IoT", name=name, dimensions={"Protocol": "MQTT"}, statistic="Sum", period=FIVE, label=name)


def violations_of(profile: str) -> Metric:
    """New violations of a security profile."""
    return Metric(
        namespace="AWS/IoT",
        name="Violations",
        dimensions={"SecurityProfileName": profile},
        statistic="Sum",
        period=FIVE,
        label="Violations",
    )


def depth_of(name: str) -> Metric:
    """Messages in a queue."""
    return Metric(
        namespace="AWS/SQS",
        name="ApproximateNumberOfMessagesVisible",
        dimensions={"QueueName": name},
        statistic="Maximum",
        label="Dead letters",
    )
