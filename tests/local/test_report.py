"""The report says what was found, escapes it, and is written whole or not at all."""

import json
import re
import subprocess
from dataclasses import replace
from datetime import timedelta
from html import escape
from pathlib import Path

import pytest
from aws_cdk import aws_dynamodb as dynamodb

from prodready_constructs import PRODUCTION, STAGING, Drills, Objectives, ProtectedTable, Routes, StopTasks, TableSchema, Watch
from prodready_constructs.local import promised, promises
from prodready_constructs.local.assembly import Assembly, Stack, load
from prodready_constructs.local.drills import Drill, DrillFailedError, run_drill
from prodready_constructs.local.progress import Phase, Progress, plain_table
from prodready_constructs.local.readback import Kind, ReadBack, Row
from prodready_constructs.local.readback.table import differing, totals
from prodready_constructs.local.report import Evidence, write_report
from tests.edge.cdn.browser import browsing, chromium, serving
from tests.evidence.test_runbooks_html import HOSTILE, outline
from tests.local.operated import network, service
from tests.support.synthesis import new_app, new_stack

pytestmark = pytest.mark.xdist_group("browser")
QUESTION = f"Do visitors notice? {HOSTILE}"


@pytest.fixture(scope="module")
def operated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An assembly with a promise, a drill and runbooks, in which somebody wrote markup."""
    folder = tmp_path_factory.mktemp("operated")
    app = new_app(outdir=str(folder))
    stack = new_stack(app, "Shop")
    schema = TableSchema(partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING), ttl_attribute="expires_at")
    carts = ProtectedTable(stack, "Carts", schema=schema, posture=PRODUCTION.tables, data_class=PRODUCTION.data.confidential)
    Objectives(stack, "Objectives", posture=PRODUCTION.recovery, stores=[carts])
    routes = Routes(stack, "Routes", posture=STAGING.monitoring, critical=(), warning=())
    watch = Watch(stack, "Watch", routes=routes, watching=[carts, routes], runbook_base_url="https://r.example.com")
    Drills(stack, "Drills", posture=STAGING.drills).add(
        "TaskKill",
        question=QUESTION,
        faults=[StopTasks(service=service(stack, network(stack)))],
        stop_alarms=[watch.any_critical.attr_arn],
        expects=[],
        recovers_within=timedelta(minutes=3),
    )
    app.synth()
    return folder


def _row(kind: Kind = Kind.LIVE, *, agrees: bool = True, found: str = "true") -> Row:
    return Row("Stack", "Stack/Orders (Database)", "Db1", "AWS::RDS::DBInstance", "MultiAZ", "true", found, kind, agrees)


_ROWS = (_row(), _row(agrees=False, found="<script>alert(1)</script>"), _row(Kind.RECORDED), _row(Kind.TEMPLATE_ONLY))


def _evidence(folder: Path, rows: tuple[Row, ...] = _ROWS, drills: tuple[Drill, ...] = (Drill("d", True, ("s",)),)) -> Evidence:
    template = folder / "Stack.template.json"
    template.write_text('{"Resources": {}}')
    stack = Stack("Stack", "Stack", "111122223333", "us-east-1", template, (), True, {}, {})
    return Evidence(Assembly(folder, (stack,)), ReadBack(rows, ("AWS::New::Thing",)), drills, (Phase("p", 1.0, True),), None)


def test_recorded_and_unread_properties_never_count_as_verified() -> None:
    assert totals(_ROWS) == {"verified": 1, "differing": 1, "recorded": 1, "template-only": 1}
    assert differing(_ROWS) == [_ROWS[1]]


def test_a_recorded_property_that_differs_fails_too() -> None:
    assert totals([_row(Kind.RECORDED, agrees=False)])["differing"] == 1


def test_both_files_are_written(tmp_path: Path) -> None:
    (tmp_path / "guard-report.json").write_text('{"findings": [], "waivers": [{"rule": "IAM5", "reason": "a & b"}]}')
    data, page = write_report(_evidence(tmp_path), tmp_path)
    content = json.loads(data.read_text())
    assert content["totals"]["verified"] == 1
    assert content["unsupported_types"] == ["AWS::New::Thing"]
    assert content["guard"]["waivers"][0]["rule"] == "IAM5"
    assert content["read_back"][2]["kind"] == "recorded"
    html = page.read_text()
    assert "AWS::New::Thing" in html
    assert "a &amp; b" in html
    assert "not ready" in html
    assert not list(tmp_path.glob(".*"))


def test_what_was_found_is_escaped(tmp_path: Path) -> None:
    html = write_report(_evidence(tmp_path), tmp_path)[1].read_text()
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


@pytest.mark.parametrize(
    ("rows", "drills", "ready"),
    [
        ((_row(),), (Drill("d", True, ()),), True),
        ((_row(agrees=False),), (Drill("d", True, ()),), False),
        ((_row(),), (Drill("d", False, ()),), False),
        ((_row(),), (), False),
    ],
)
def test_ready_means_no_difference_and_every_drill(tmp_path: Path, rows: tuple[Row, ...], drills: tuple[Drill, ...], ready: bool) -> None:
    assert _evidence(tmp_path, rows, drills).ready is ready


@pytest.mark.control("OPS-3", "DR-4", "DR-5")
def test_objectives_drills_and_runbooks_stand_in_the_report(tmp_path: Path, operated: Path) -> None:
    evidence = replace(_evidence(tmp_path), assembly=load(operated))
    data, page = write_report(evidence, tmp_path)
    content = json.loads(data.read_text())
    ((path, judged),) = content["objectives"].items()
    assert path == "Shop/Objectives"
    assert [row["store"] for row in judged["rows"] if row["decides"]] == ["DynamoDB table Carts"]
    assert content["objectives_too_old"] == []
    (drill,) = content["planned_drills"]
    assert (drill["construct"], drill["question"]) == ("Shop/Drills/TaskKill", QUESTION)
    assert drill["commands"][0].startswith("aws fis start-experiment --experiment-template-id ${DrillsTaskKillTemplate")
    html = page.read_text()
    assert '<section class="runbooks" id="runbooks"' in html
    assert "Back within 1 h, at most 5 min lost." in html
    assert "point-in-time recovery into a new table" in html
    assert escape(QUESTION) in html
    assert html.index('id="read-back"') < html.index('id="objectives"') < html.index('id="planned"') < html.index('id="runbooks"')
    assert "Fn::" not in html.partition('id="objectives"')[2].partition('id="runbooks"')[0]
    found = outline(html)
    assert {link[1:] for link in found.links if link.startswith("#")} <= set(found.ids)
    assert len(found.ids) == len(set(found.ids))


def test_an_assembly_that_promises_nothing_says_so(tmp_path: Path) -> None:
    data, page = write_report(_evidence(tmp_path), tmp_path)
    content = json.loads(data.read_text())
    assert (content["objectives"], content["planned_drills"]) == ({}, [])
    assert "Nothing in the assembly judges how soon data comes back." in page.read_text()
    assert "The assembly brings no experiment." in page.read_text()
    assert "#runbooks" not in page.read_text()


def test_a_measurement_that_is_too_old_is_said(tmp_path: Path) -> None:
    row = {"store": "Carts", "recovery_point": 300, "recovery_time": 60, "how": "restore", "source": "a drill", "basis": "measured"}
    (tmp_path / "a.json").write_text("{}")
    judged = {"recovery_time": 3600, "recovery_point": 300, "rows": [{**row, "decides": True, "expires": "2020-01-31"}]}
    assert promises.too_old({"Shop/Objectives": judged}) == [
        "Shop/Objectives: Carts: measured too long ago, it counted until 2020-01-31; hold the drill again"
    ]
    html = promised.objectives({"Shop/Objectives": judged}, ["<b>too old</b>"])
    assert '<p class="bad">&lt;b&gt;too old&lt;/b&gt;</p>' in html
    assert "measured, until 2020-01-31: a drill" in html


@pytest.mark.browser
@pytest.mark.control("OPS-3")
def test_a_browser_shows_the_page_and_runs_nothing_of_it(tmp_path: Path, operated: Path) -> None:
    """Without the page's own policy, only the escaping stands between a text and the browser."""
    drills = (Drill(HOSTILE, True, (HOSTILE,)),)
    evidence = replace(_evidence(tmp_path, (_row(found=HOSTILE),), drills), assembly=load(operated), failure=HOSTILE)
    html = write_report(evidence, tmp_path)[1].read_text()
    bare = re.sub(r"<meta http-equiv=[^>]*>", "", html)
    assert bare != html
    asking = "<script>setTimeout(() => fetch('/done'), 300);</script></body>"
    with serving() as server:
        server.pages = {"/index.html": ("text/html", bare.replace("</body>", asking))}
        with browsing(f"{server.url}/index.html"):
            assert server.wait_for("/done")
        assert not server.was_asked("/ran")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom"]
    shown = subprocess.run(
        [chromium(), *flags, (tmp_path / "readiness.html").as_uri()], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    for at in ("drills", "guard", "read-back", "objectives", "planned", "runbooks"):
        assert f'id="{at}"' in shown
    assert shown.count("<article") == html.count("<article") > 0


def test_a_write_that_fails_leaves_the_old_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, _ = write_report(_evidence(tmp_path), tmp_path)
    before = data.read_text()

    def refuse(self: Path, target: Path) -> Path:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="disk full"):
        write_report(_evidence(tmp_path, ()), tmp_path)
    assert data.read_text() == before
    assert not list(tmp_path.glob(".readiness*"))


def test_a_drill_keeps_the_steps_up_to_its_failure() -> None:
    def steps():  # type: ignore[no-untyped-def]
        yield "first"
        raise DrillFailedError("it went through")

    assert run_drill("name", steps()) == Drill("name", False, ("first", "FAILED: it went through"))


def test_tables_are_plain_where_there_is_no_terminal() -> None:
    assert plain_table("T", ("a", "b"), [("x" * 60, "1")], widest=5) == "\nT\n  a      b\n  xxxx…  1"


def test_a_phase_that_fails_is_kept_as_failed(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress()
    with pytest.raises(ValueError, match="no"), progress.phase("work"):
        raise ValueError("no")
    assert [(phase.name, phase.passed) for phase in progress.phases] == [("work", False)]
    assert "✗ work" in capsys.readouterr().out
