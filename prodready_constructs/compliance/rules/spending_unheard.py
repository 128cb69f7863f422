"""Money that is watched, and nobody is told."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, mappings

MONITORS = "AWS::CE::AnomalyMonitor"
SUBSCRIPTIONS = "AWS::CE::AnomalySubscription"


def _find(subject: Subject) -> Iterator[Hit]:
    for budget in subject.of_type("AWS::Budgets::Budget"):
        told = budget.get("NotificationsWithSubscribers")
        # What only the deployment knows may be a list of people.
        if not told or (isinstance(told, list) and not any(one.get("Subscribers") for one in mappings(told))):
            yield hit(budget, detail="Budget", note="Nobody hears when it is spent.")
    for subscription in subject.of_type(SUBSCRIPTIONS):
        people = subscription.get("Subscribers")
        if not people:
            yield hit(subscription, detail="Anomalies", note="Nobody hears of an anomaly.")
        elif any(one.get("Type") == "SNS" for one in mappings(people)) and subscription.get("Frequency") in ("DAILY", "WEEKLY"):
            yield hit(subscription, detail="Summary", note="A topic is told at once or not at all: AWS sends summaries by e-mail.")
    heard = subject.referred([SUBSCRIPTIONS], lambda subscription: subscription.get("MonitorArnList"))
    for monitor in subject.of_type(MONITORS):
        if monitor not in heard:
            yield hit(monitor, detail="Monitor", note="No subscription tells of what it finds.")


RULE = Rule(
    name="SpendingUnheard",
    controls=("COST-1",),
    why="A budget or a monitor that tells nobody is read when the bill comes (AWS Cost Management user guide, "
    "https://docs.aws.amazon.com/cost-management/latest/userguide/getting-started-ad.html).",
    fix="NotificationsWithSubscribers and an AnomalySubscription, to a topic with frequency IMMEDIATE; monitoring.Spending has both",
    find=_find,
)
