"""AWS Budgets."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader

_NOTIFICATION = ("NotificationType", "ComparisonOperator", "Threshold", "ThresholdType")


def _budget(aws: Aws, physical_id: str, _: Properties) -> Any:
    """The budget, with its notifications as the template has them."""
    api = aws("budgets")
    of = {"AccountId": aws("sts").get_caller_identity()["Account"], "BudgetName": physical_id}
    told = []
    for one in api.describe_notifications_for_budget(**of)["Notifications"]:
        notification = {name: one[name] for name in _NOTIFICATION}
        people = api.describe_subscribers_for_notification(**of, Notification=notification)["Subscribers"]
        told.append({"Notification": notification, "Subscribers": people})
    return {**api.describe_budget(**of)["Budget"], "Notifications": told}


def _limit(value: Any) -> Any:
    """An amount is a text in the API: ``900.0``."""
    return {"Amount": float(value["Amount"]), "Unit": value["Unit"]}


READERS = {
    "AWS::Budgets::Budget": Reader(
        _budget,
        (
            *(Check(f"Budget.{name}", name) for name in ("BudgetType", "TimeUnit", "CostTypes", "CostFilters")),
            Check("Budget.BudgetLimit", lambda live: _limit(live["BudgetLimit"]), _limit),
            Check("NotificationsWithSubscribers", "Notifications"),
        ),
    )
}
