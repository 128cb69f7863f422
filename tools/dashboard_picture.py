"""A picture of the dashboard, drawn from its body with made-up data: ``docs/images/dashboard.svg``.

usage: python -m tools.dashboard_picture

The body is the one that the library synthesizes for a small shop; the lines are drawn from the names of the metrics, so that the picture is
the same on every machine.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import aws_cdk as cdk
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_route53 as route53

from prodready_constructs import (
    PRODUCTION,
    BusinessMetric,
    BusinessMetrics,
    Dashboard,
    Domain,
    LogBucket,
    MultiAzDatabase,
    PrivateNetwork,
    ProtectedLoadBalancer,
    ReliableQueue,
    Routes,
    Slo,
    Watch,
    WebService,
)
from prodready_constructs.contracts import Metric, Watchable

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "images" / "dashboard.svg"
COLUMN, ROW = 50, 26
POINTS = 48
COLOURS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b")
_HASH = re.compile(r"[0-9A-F]{8}$")
_IMAGE = "hashicorp/http-echo@sha256:fcb75f691c8b0414d670ae570240cbf95502cc18a9ba57e982ecac589760a186"


class _Shop(cdk.Stack):
    @property
    def availability_zones(self) -> list[str]:
        return [f"us-east-1{letter}" for letter in "abc"]


def body() -> dict[str, Any]:
    """The dashboard body of a small shop; what only a deployment knows stands in angle brackets."""
    directory = tempfile.mkdtemp(prefix="picture-")
    app = cdk.App(outdir=directory, builtin_cloud_formation_validation=False, analytics_reporting=False)
    shop = _Shop(app, "Shop", env=cdk.Environment(account="111122223333", region="us-east-1"))
    alerts = Routes(shop, "Alerts", posture=PRODUCTION.monitoring, critical=["oncall@example.com"], warning=["team@example.com"])
    logs = LogBucket(shop, "Logs", posture=PRODUCTION.storage)
    network = PrivateNetwork(shop, "Network", posture=PRODUCTION.network)
    database = MultiAzDatabase(shop, "Orders", vpc=network.vpc, posture=PRODUCTION.database, database_name="orders")
    work = ReliableQueue(shop, "Work", posture=PRODUCTION.messaging, data_class=PRODUCTION.data.confidential)
    zone = route53.HostedZone.from_hosted_zone_attributes(shop, "Zone", hosted_zone_id="Z0123456789ABCDEFGHIJ", zone_name="example.com")
    name = Domain(shop, "Name", name="shop.example.com", hosted_zone=zone)
    front = ProtectedLoadBalancer(shop, "Front", vpc=network.vpc, posture=PRODUCTION.edge, access_logs=logs.bucket, domain=name)
    image = ecs.ContainerImage.from_registry(_IMAGE)
    service = WebService(
        shop, "Service", vpc=network.vpc, load_balancer=front, image=image, posture=PRODUCTION.compute, container_port=5678
    )
    promise = Slo(shop, "Promise", of=front, target=99.9, depends_on=["fargate", "rds"])
    orders = BusinessMetric(
        title="Orders a minute", metric=Metric(namespace="Shop", name="OrdersPlaced", statistic="Sum", label="orders"), goal=40
    )
    business = BusinessMetrics(shop, "Business", shown=[orders])
    watched: list[Watchable] = [promise, front, service, database, work, business, alerts]
    watch = Watch(
        shop, "Watch", routes=alerts, watching=[one for one in watched if one.alarm_specs], runbook_base_url="https://runbooks.example.com"
    )
    dashboard = Dashboard(shop, "Dashboard", posture=PRODUCTION.monitoring, title="Shop production", watching=watched, watches=[watch])
    dashboard.add_log_lines(
        "Last errors",
        log_groups=["/shop/orders"],
        query="fields @timestamp, message | filter level = 'ERROR' | sort @timestamp desc | limit 20",
    )
    dashboard.add_cost(monthly_budget=900, services=["AmazonRDS", "AmazonECS"])
    template = json.loads((Path(app.synth().directory) / "Shop.template.json").read_text())
    (found,) = [one for one in template["Resources"].values() if one["Type"] == "AWS::CloudWatch::Dashboard"]
    return dict(json.loads(_flat(found["Properties"]["DashboardBody"])))


def _flat(value: Any) -> str:
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        return "".join(map(_flat, value["Fn::Join"][1]))
    # An attribute, a reference, or a function of them: the innermost name will do.
    name = value.get("Ref") or value.get("Fn::GetAtt", [None])[0]
    return f"<{name}>" if name else "<name>"


def rendered(drawn: dict[str, Any] | None = None) -> str:
    """The picture as SVG."""
    widgets = (drawn or body())["widgets"]
    height = max(widget["y"] + widget["height"] for widget in widgets) * ROW
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {24 * COLUMN} {height}" font-family="Helvetica, Arial, sans-serif">',
        f'<title>A CloudWatch dashboard, with made-up data</title><rect width="{24 * COLUMN}" height="{height}" fill="#f2f3f3"/>',
    ]
    for widget in widgets:
        x, y = widget["x"] * COLUMN + 3, widget["y"] * ROW + 3
        width, tall = widget["width"] * COLUMN - 6, widget["height"] * ROW - 6
        parts.append(f'<g transform="translate({x} {y})"><rect width="{width}" height="{tall}" rx="4" fill="#ffffff" stroke="#d5dbdb"/>')
        parts += _INSIDE[widget["type"]](widget["properties"], width, tall)
        parts.append("</g>")
    return "\n".join([*parts, "</svg>", ""])


def _text(words: str, x: float, y: float, *, size: int = 12, colour: str = "#16191f", weight: str = "normal") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" fill="{colour}" font-weight="{weight}">{escape(words)}</text>'


def _markdown(properties: dict[str, Any], width: int, tall: int) -> Iterator[str]:
    first, *rest = properties["markdown"].split("\n")
    level = len(first) - len(first.lstrip("#"))
    yield _text(first.lstrip("# "), 10, 20, size={1: 20, 2: 16}.get(level, 13), weight="bold")
    for number, line in enumerate(rest):
        words = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", line)
        most = width // 6
        yield _text(
            words if len(words) <= most else words[: most - 2] + " …",
            10,
            38 + 15 * number,
            size=11,
            colour="#0073bb" if "](" in line else "#545b64",
        )
    assert tall


def _alarms(properties: dict[str, Any], width: int, tall: int) -> Iterator[str]:
    yield _text(properties["title"], 10, 17, size=12, weight="bold")
    names = [_alarm_name(arn) for arn in properties["alarms"]]
    columns = min(len(names), 8)
    chip = (width - 20) / columns
    high = min(20.0, (tall - 26) / max(1, -(-len(names) // columns)))
    for number, name in enumerate(names):
        x, y = 10 + number % columns * chip, 24 + number // columns * high
        # One warning stands out, as it would.
        colour = "#d13212" if name == "WorkOldestMessage" else "#1d8102"
        yield f'<rect x="{x:.1f}" y="{y:.1f}" width="{chip - 4:.1f}" height="{high - 3:.1f}" rx="3" fill="{colour}"/>'
        yield _text(name[: int((chip - 10) / 5.2)], x + 5, y + high - 7, size=9, colour="#ffffff")


def _alarm_name(arn: str) -> str:
    return _HASH.sub("", arn.strip("<>")).removeprefix("Watch")


def _graph(properties: dict[str, Any], width: int, tall: int) -> Iterator[str]:
    yield _text(properties["title"], 10, 17, weight="bold")
    left, top, right, bottom = 34, 28, width - 12, tall - 30
    for step in range(5):
        y = top + (bottom - top) * step / 4
        yield f'<line x1="{left}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#eaeded"/>'
    unit = properties.get("yAxis", {}).get("left", {}).get("label", "")
    yield _text(unit, 6, top + 4, size=9, colour="#687078")
    for line in properties.get("annotations", {}).get("horizontal", ()):
        y = top + (bottom - top) * 0.18
        yield f'<line x1="{left}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#d13212" stroke-dasharray="5 4"/>'
        yield _text(f"{line['label']} {line['value']:g}", right - 80, y - 3, size=9, colour="#d13212")
    shown = [row for row in properties["metrics"] if row[-1].get("visible", True)]
    x = float(left)
    for number, row in enumerate(shown):
        colour = COLOURS[number % len(COLOURS)]
        label = row[-1].get("label") or row[1]
        points = " ".join(
            f"{left + (right - left) * place / (POINTS - 1):.1f},{bottom - (bottom - top) * value:.1f}"
            for place, value in enumerate(_series(f"{properties['title']}/{label}/{row[-1].get('stat', '')}"))
        )
        yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.4"/>'
        room = int((right - x - 16) / 5.4)
        if room > 3:
            yield f'<rect x="{x:.0f}" y="{bottom + 12}" width="8" height="8" fill="{colour}"/>'
            yield _text(label[:room], x + 11, bottom + 20, size=9, colour="#545b64")
        x += 20 + 5.4 * len(label)


def _series(name: str) -> list[float]:
    """A day in half hours, between 0 and 1: busy by day, with a ripple of its own. Flat near 0 for what should be none."""
    digest = hashlib.sha256(name.encode()).digest()
    flat = any(word in name.lower() for word in ("error", "5xx", "4xx", "fail", "dead", "burn", "not delivered", "refused", "rejected"))
    height, lift = (0.05, 0.02) if flat else (0.35 + digest[0] / 800, 0.12 + digest[1] / 1200)
    shift, ripple = digest[2] / 40, 0.02 + digest[3] / 6000
    if "charges" in name.lower():
        return [round(0.1 + (0.4 + digest[0] / 1000) * point / POINTS, 3) for point in range(POINTS)]
    if "/attained/" in name:
        return [round(0.9 - (0.01 if point > 30 else 0), 3) for point in range(POINTS)]
    if "budget left" in name.lower():
        return [round(0.95 - 0.004 * point - (0.08 if point > 30 else 0), 3) for point in range(POINTS)]
    return [
        round(
            max(
                0.01,
                lift
                + height * (1 - math.cos(2 * math.pi * (point + shift) / POINTS)) / 2
                + ripple * math.sin(point * (1.7 + digest[4] / 90)) * (0.3 if flat else 1),
            ),
            3,
        )
        for point in range(POINTS)
    ]


def _log(properties: dict[str, Any], width: int, tall: int) -> Iterator[str]:
    yield _text(properties["title"], 10, 17, weight="bold")
    rows = (
        ("14:31:07", "order 4711: the payment service did not answer in 2 s"),
        ("14:30:58", "order 4709: the payment service did not answer in 2 s"),
        ("11:02:13", "upload refused: 26 MB are more than the 25 MB allowed"),
    )
    for number, (time, message) in enumerate((("@timestamp", "message"), *rows)):
        y = 38 + 20 * number
        yield f'<line x1="10" y1="{y + 6}" x2="{width - 10}" y2="{y + 6}" stroke="#eaeded"/>'
        for words, x in ((time, 14), (message, 140)):
            yield _text(words, x, y, size=11, weight="bold" if number == 0 else "normal", colour="#16191f" if number else "#545b64")
    assert tall


_INSIDE = {"text": _markdown, "alarm": _alarms, "metric": _graph, "log": _log}


if __name__ == "__main__":
    TARGET.write_text(rendered(), encoding="utf-8")
