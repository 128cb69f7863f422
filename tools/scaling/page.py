"""The tables and the plots of ``docs/scaling.md``."""

from __future__ import annotations

import re
from pathlib import Path

from tools.scaling.scenarios import (
    BLIND,
    PACE,
    STATED,
    numbers,
    recovered,
    service_over,
    service_run,
    services,
    worker_over,
    worker_run,
    workers,
)
from tools.scaling.svg import chart

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "scaling.md"
_BLOCK = re.compile(r"<!-- (?P<name>[a-z]+): made by tools/scaling -->\n.*?<!-- end -->\n", re.DOTALL)


def _percent(value: float) -> str:
    return "0" if value < 0.005 else f"{value:.2f}" if value < 1 else f"{value:.1f}"


def _table(header: tuple[str, ...], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + "|".join(["---", *["---:"] * (len(header) - 1)]) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"


def _numbers() -> str:
    service, worker = numbers().service, numbers().worker
    rows = [
        ["tasks, at least to at most", f"{service.least} to {service.most}", f"{worker.least} to {worker.most}"],
        *(
            [f"target of `{name}`", *(next((f"{p.target:g} {unit}" for p in r.policies if p.name == name), "") for r in (service, worker))]
            for name, unit in (("cpu", "%"), ("memory", "%"), ("requests", "a minute"), ("backlog", "messages"), ("flow", "%"))
        ),
        ["scale-out cooldown", f"{service.out_cooldown} s", f"{worker.out_cooldown} s"],
        ["scale-in cooldown", f"{service.in_cooldown} s", f"{worker.in_cooldown} s"],
    ]
    return _table(("stated in the template", "service", "worker"), rows)


def _services() -> str:
    rows = []
    for name in services():
        run = {shape: service_run(name, shape) for shape in ("steady", "day", "spike", "sawtooth")}
        rows.append(
            [
                f"**{name}**" if name == STATED else name,
                _percent(run["spike"].lost_percent),
                _percent(run["spike"].late_percent),
                str(recovered(run["spike"])),
                f"{service_over(name, 'spike'):+.0f}",
                _percent(run["sawtooth"].late_percent + run["sawtooth"].lost_percent),
                str(run["sawtooth"].outs + run["sawtooth"].ins),
                f"{service_over(name, 'sawtooth'):+.0f}",
                _percent(run["day"].late_percent + run["day"].lost_percent),
                f"{service_over(name, 'day'):+.0f}",
                str(run["steady"].outs + run["steady"].ins),
            ]
        )
    header = (
        "service",
        "spike: lost %",
        "late %",
        "minutes",
        "hours %",
        "sawtooth: late %",
        "actions",
        "hours %",
        "day: late %",
        "hours %",
        "steady: actions",
    )
    return _table(header, rows)


def _workers() -> str:
    rows = []
    for name, scenario in workers().items():
        run = {shape: worker_run(name, shape) for shape in ("steady", "day", "spike", "sawtooth")}
        wait = scenario.more.get("pace", PACE).acceptable_wait.total_seconds()
        rows.append(
            [
                f"**{name}**" if name == STATED else name,
                f"{run['spike'].worst_wait / 60:.0f}",
                str(recovered(run["spike"], late=wait)),
                f"{worker_over(name, 'spike'):+.0f}",
                f"{run['sawtooth'].worst_wait:.0f}",
                str(run["sawtooth"].outs + run["sawtooth"].ins),
                f"{run['day'].worst_wait:.0f}",
                f"{worker_over(name, 'day'):+.0f}",
                str(run["steady"].outs + run["steady"].ins),
            ]
        )
    header = (
        "worker",
        "spike: longest wait, minutes",
        "late for minutes",
        "hours %",
        "sawtooth: longest wait, s",
        "actions",
        "day: longest wait, s",
        "hours %",
        "steady: actions",
    )
    return _table(header, rows)


BLOCKS = {"numbers": _numbers, "service": _services, "worker": _workers}


def refreshed(text: str) -> str:
    """*text* with its tables as the simulation makes them now."""
    return _BLOCK.sub(lambda block: f"<!-- {block['name']}: made by tools/scaling -->\n{BLOCKS[block['name']]()}<!-- end -->\n", text)


def images() -> dict[str, str]:
    """File -> SVG."""
    requests, messages = "tasks needed at the targets", "tasks needed at the target"
    hasty, alone = "scale-in cooldown 60 s", "backlog alone"
    return {
        "scaling-service-steady.svg": chart(
            "A service, as usual", [(STATED, service_run(STATED, "steady"))], hours=(0, 24), needed=requests
        ),
        "scaling-service-day.svg": chart("A service, over a day", [(STATED, service_run(STATED, "day"))], hours=(0, 24), needed=requests),
        "scaling-service-spike.svg": chart(
            "A service, ten times the load for two hours",
            [(STATED, service_run(STATED, "spike")), (BLIND, service_run(BLIND, "spike"))],
            hours=(11, 17),
            needed=requests,
        ),
        "scaling-service-sawtooth.svg": chart(
            "A service, five times the load each hour",
            [(STATED, service_run(STATED, "sawtooth")), (hasty, service_run(hasty, "sawtooth"))],
            hours=(9, 15),
            needed=requests,
        ),
        "scaling-worker-day.svg": chart(
            "A worker, over a day", [(STATED, worker_run(STATED, "day")), (alone, worker_run(alone, "day"))], hours=(8, 14), needed=messages
        ),
        "scaling-worker-spike.svg": chart(
            "A worker, ten times the load for two hours",
            [(STATED, worker_run(STATED, "spike")), ("20 tasks at most", worker_run("20 tasks at most", "spike"))],
            hours=(11, 17),
            needed=messages,
        ),
    }


def write() -> None:
    """Write the plots, and the tables into the page."""
    for name, text in images().items():
        (DOCS / "images").mkdir(exist_ok=True)
        (DOCS / "images" / name).write_text(text, encoding="utf-8")
    PAGE.write_text(refreshed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
