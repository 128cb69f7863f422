"""A choice above the dashboard that changes what all of it shows."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Literal

from prodready_constructs.errors import ConfigurationError

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardVariable:
    """A list to choose from, in the console, above the widgets.

    Attributes:
        id: of this variable; letters, digits, dash and underscore.
        label: beside the list.
        replaces: for a ``property``, its name: a dimension (``"Environment"``) or a property of widgets (``"region"``); for a ``pattern``,
            a regular expression over the text of the body.
        values: what can be chosen, the first at the start.

    Raises:
        ConfigurationError: a malformed id, fewer than two values or one twice, or a pattern that does not parse.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_dashboard_variables.html
    """

    id: str
    label: str
    replaces: str
    values: tuple[str, ...]
    kind: Literal["property", "pattern"] = "property"

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise ConfigurationError(
                "DashboardVariable.id", given=self.id, allowed="letters, digits, - and _, at most 64", mend="rename the variable"
            )
        if len(self.values) < 2 or len(set(self.values)) < len(self.values):
            raise ConfigurationError(
                f"DashboardVariable {self.id}: values",
                given=list(self.values),
                allowed="two different values or more",
                mend="a choice of one is no choice",
            )
        if self.kind == "pattern":
            try:
                re.compile(self.replaces)
            except re.error as error:
                raise ConfigurationError(
                    f"DashboardVariable {self.id}: replaces", given=self.replaces, allowed="a regular expression", mend=f"mend it: {error}"
                ) from None

    def changes_something(self, widgets: list[dict[str, Any]]) -> bool:
        """Whether the widgets have what it replaces."""
        if self.kind == "pattern":
            return re.search(self.replaces, json.dumps(widgets)) is not None
        return any(self.replaces in {*widget["properties"], *_names(widget)} for widget in widgets)

    def render(self) -> dict[str, Any]:
        """As the dashboard body wants it."""
        return {
            "type": self.kind,
            self.kind: self.replaces,
            "inputType": "select",
            "id": self.id,
            "label": self.label,
            "defaultValue": self.values[0],
            "visible": True,
            "values": [{"label": value, "value": value} for value in self.values],
        }


def _names(widget: dict[str, Any]) -> set[str]:
    """The names of dimensions and options in the metrics of *widget*."""
    found: set[str] = set()
    for row in widget["properties"].get("metrics", ()):
        names = [part for part in row if isinstance(part, str)]
        found |= {*names[2::2], *row[-1]}
    return found
