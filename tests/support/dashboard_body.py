"""What CloudWatch's documentation says a dashboard body may be; :func:`faults` says where one is not.

Written from https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html and the quotas of
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html. Unknown keys are faults: CloudWatch drops them in silence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

GRID = 24
_RELATIVE = re.compile(r"-P(\d+[MWD]|T\d+[MH])")
_ABSOLUTE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_METRIC_ID = re.compile(r"[a-z][A-Za-z0-9_]*")
_ARN = re.compile(r"arn:[^:]+:cloudwatch:[^:]+:[^:]+:alarm:.+|<.+>")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d|<AWS::Region>")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
Check = Callable[[Any], bool]


def is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_period(value: Any) -> bool:
    return is_whole(value) and (value in {1, 5, 10, 20, 30} or (value > 0 and value % 60 == 0))


def one_of(*allowed: str) -> Check:
    return lambda value: value in allowed


def is_statistic(value: Any) -> bool:
    return value in {"SampleCount", "Average", "Sum", "Minimum", "Maximum", "IQM"} or bool(
        re.fullmatch(r"(p|tm|tc|ts|wm)\d{1,3}(\.\d+)?|(TM|PR|TC|TS|WM)\([^)]+\)", str(value))
    )


def matches(pattern: re.Pattern[str]) -> Check:
    return lambda value: isinstance(value, str) and bool(pattern.fullmatch(value))


def is_axis(value: Any) -> bool:
    sides = {"left", "right"}
    keys = {"label": is_text, "min": is_number, "max": is_number, "showUnits": is_flag}
    return (
        isinstance(value, dict)
        and set(value) <= sides
        and all(set(side) <= set(keys) and all(keys[key](side[key]) for key in side) for side in value.values())
    )


def are_annotations(value: Any) -> bool:
    if not isinstance(value, dict) or not set(value) <= {"alarms", "horizontal", "vertical"}:
        return False
    keys: dict[str, Check] = {
        "label": is_text,
        "value": is_number,
        "color": matches(_COLOR),
        "fill": one_of("above", "below", "none"),
        "visible": is_flag,
        "yAxis": one_of("left", "right"),
    }
    lines = value.get("horizontal", [])
    return all("value" in line and set(line) <= set(keys) and all(keys[key](line[key]) for key in line) for line in lines)


#: Options of a metric in the metrics array; the last element of its row.
METRIC_OPTIONS: dict[str, Check] = {
    "accountId": is_text,
    "color": matches(_COLOR),
    "id": matches(_METRIC_ID),
    "label": is_text,
    "period": is_period,
    "region": matches(_REGION),
    "stat": is_statistic,
    "visible": is_flag,
    "yAxis": one_of("left", "right"),
}
EXPRESSION_OPTIONS: dict[str, Check] = {
    **{key: METRIC_OPTIONS[key] for key in ("accountId", "color", "id", "label", "period", "region", "visible", "yAxis")},
    "expression": is_text,
}
METRIC_WIDGET: dict[str, Check] = {
    "accountId": is_text,
    "annotations": are_annotations,
    "end": is_text,
    "legend": lambda value: value in ({"position": "right"}, {"position": "bottom"}, {"position": "hidden"}),
    "liveData": is_flag,
    "metrics": lambda value: isinstance(value, list) and bool(value),
    "period": is_period,
    "region": matches(_REGION),
    "setPeriodToTimeRange": is_flag,
    "singleValueFullPrecision": is_flag,
    "sparkline": is_flag,
    "stacked": is_flag,
    "start": is_text,
    "stat": is_statistic,
    "table": lambda value: isinstance(value, dict),
    "timezone": matches(re.compile(r"[+-]\d{4}")),
    "title": is_text,
    "trend": is_flag,
    "view": one_of("timeSeries", "singleValue", "gauge", "bar", "pie", "table"),
    "yAxis": is_axis,
}
#: Widget type -> what its properties may be, and which must be there.
PROPERTIES: dict[str, tuple[Mapping[str, Check], set[str]]] = {
    "metric": (METRIC_WIDGET, {"region", "metrics"}),
    "text": ({"markdown": is_text, "background": one_of("transparent", "solid")}, {"markdown"}),
    "alarm": (
        {
            "alarms": lambda value: isinstance(value, list) and 1 <= len(value) <= 100 and all(map(matches(_ARN), value)),
            "sortBy": one_of("default", "stateUpdatedTimestamp", "timestamp"),
            "states": lambda value: isinstance(value, list) and set(value) <= {"ALARM", "INSUFFICIENT_DATA", "OK"},
            "title": is_text,
        },
        {"alarms"},
    ),
    "log": (
        {
            "accountId": is_text,
            "query": is_text,
            "queryLanguage": one_of("CWLI", "SQL", "PPL"),
            "region": matches(_REGION),
            "stacked": is_flag,
            "title": is_text,
            "view": one_of("table", "timeSeries", "bar", "pie"),
        },
        {"query", "region"},
    ),
}
VARIABLE: dict[str, Check] = {
    "defaultValue": is_text,
    "id": is_text,
    "inputType": one_of("input", "radio", "select"),
    "label": is_text,
    "pattern": is_text,
    "populateFrom": is_text,
    "property": is_text,
    "search": is_text,
    "type": one_of("property", "pattern"),
    "values": lambda value: bool(value) and all(set(one) <= {"label", "value"} and is_text(one["value"]) for one in value),
    "visible": is_flag,
}
BODY: dict[str, Check] = {
    "start": lambda value: bool(_RELATIVE.fullmatch(value) or _ABSOLUTE.fullmatch(value)),
    "end": lambda value: bool(_ABSOLUTE.fullmatch(value)),
    "periodOverride": one_of("auto", "inherit"),
    "variables": lambda value: isinstance(value, list) and len(value) <= 25,
    "widgets": lambda value: isinstance(value, list) and len(value) <= 500,
}


def faults(body: Mapping[str, Any]) -> list[str]:
    """Everything in *body* that the documentation does not allow."""
    found = list(_keys("body", body, BODY, {"widgets"}))
    for place, variable in enumerate(body.get("variables", [])):
        found += _keys(f"variables[{place}]", variable, VARIABLE, {"type", "id", "inputType", variable.get("type", "type")})
    retrieved = 0
    for place, widget in enumerate(body.get("widgets", [])):
        where = f"widgets[{place}]"
        found += _widget(where, widget)
        if widget.get("type") == "metric":
            metrics = widget["properties"].get("metrics", [])
            count = sum(isinstance(row[0], str) for row in metrics)
            retrieved += count
            if count > 500:
                found.append(f"{where}: {count} metrics")
    if retrieved > 2500:
        found.append(f"{retrieved} metrics")
    return [*found, *_overlaps(body.get("widgets", []))]


def _keys(where: str, given: Mapping[str, Any], known: Mapping[str, Check], needed: set[str]) -> Iterator[str]:
    for key in needed - set(given):
        yield f"{where}: no {key}"
    for key, value in given.items():
        if key not in known:
            yield f"{where}: unknown key {key}"
        elif not known[key](value):
            yield f"{where}.{key}: {value!r}"


def _widget(where: str, widget: Mapping[str, Any]) -> Iterator[str]:
    kind = widget.get("type")
    if kind not in PROPERTIES:
        yield f"{where}: unknown type {kind}"
        return
    for key in set(widget) - {"type", "x", "y", "width", "height", "properties"}:
        yield f"{where}: unknown key {key}"
    x, y, width, height = (widget.get(key, -1) for key in ("x", "y", "width", "height"))
    if not (is_whole(x) and is_whole(y) and is_whole(width) and is_whole(height)):
        yield f"{where}: a place that is no whole number"
    elif not (0 <= x < GRID and y >= 0 and 1 <= width <= GRID and x + width <= GRID and 1 <= height <= 1000):
        yield f"{where}: outside of the grid: {x}, {y}, {width} x {height}"
    known, needed = PROPERTIES[kind]
    yield from _keys(f"{where}.properties", widget["properties"], known, needed)
    if kind == "metric":
        yield from _metrics(where, widget["properties"].get("metrics", []))


def _metrics(where: str, rows: list[Any]) -> Iterator[str]:
    ids: list[str] = []
    expressions = []
    for place, row in enumerate(rows):
        here = f"{where}.metrics[{place}]"
        *words, options = row if isinstance(row[-1], dict) else [*row, {}]
        if not words:
            yield from _keys(here, options, EXPRESSION_OPTIONS, {"expression"})
            expressions.append((here, options.get("expression", "")))
        elif len(words) < 2 or len(words) % 2 or not all(map(is_text, words)):
            yield f"{here}: not a namespace, a name and pairs of dimensions: {words}"
        elif len(words) > 2 + 2 * 30:
            yield f"{here}: more than 30 dimensions"
        else:
            yield from _keys(here, options, METRIC_OPTIONS, set())
        ids += [options["id"]] if "id" in options else []
    for twice in {one for one in ids if ids.count(one) > 1}:
        yield f"{where}: id {twice} twice"
    for here, expression in expressions:
        # What is not in quotes and not a function's name is the id of another row.
        bare = re.sub(r"'[^']*'|\"[^\"]*\"", "", expression)
        if not bare.upper().startswith("SELECT"):
            for name in set(re.findall(r"\b[a-z][A-Za-z0-9_]*\b", bare)) - set(ids):
                yield f"{here}: {name} is no id of this widget"


def _overlaps(widgets: list[Any]) -> Iterator[str]:
    taken: dict[tuple[int, int], int] = {}
    last = -1
    for place, widget in enumerate(widgets):
        if widget["y"] < last:
            yield f"widgets[{place}]: above the one before it"
        last = widget["y"]
        for x in range(widget["x"], widget["x"] + widget["width"]):
            for y in range(widget["y"], widget["y"] + widget["height"]):
                if (x, y) in taken:
                    yield f"widgets[{place}]: on widgets[{taken[x, y]}]"
                    return
                taken[x, y] = place
