"""The report says what was found, escapes it, and is written whole or not at all."""

import json
from pathlib import Path

import pytest

from prodready_constructs.local.assembly import Assembly, Stack
from prodready_constructs.local.drills import Drill, DrillFailedError, run_drill
from prodready_constructs.local.progress import Phase, Progress, plain_table
from prodready_constructs.local.readback import Kind, ReadBack, Row
from prodready_constructs.local.readback.table import differing, totals
from prodready_constructs.local.report import Evidence, write_report


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
