"""``prodready objectives``: the table of an assembly, its JSON, and measurements that are too old."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from prodready_constructs import PRODUCTION, Measured, Objectives
from prodready_constructs.cli.commands import main
from prodready_constructs.evidence.objectives import expired, objectives_in, plain, table
from tests.recovery.stores import Store
from tests.support.synthesis import new_app, new_stack

pytestmark = pytest.mark.control("DR-4")


@pytest.fixture(scope="module")
def assembly() -> Path:
    app = new_app()
    stack = new_stack(app)
    drill = Measured(recovery_time=timedelta(minutes=40), on=date(2026, 6, 1), how="drill | June")
    given = {"PostgreSQL orders": drill}
    Objectives(stack, "Objectives", posture=PRODUCTION.recovery, stores=[Store(stack, "Orders")], measured=given, as_of=date(2026, 6, 2))
    return Path(app.synth().directory)


def test_the_table_says_what_decides_and_who_says_so(assembly: Path) -> None:
    lines = table(objectives_in(assembly)).splitlines()
    assert lines[0] == "## Stack/Objectives"
    assert lines[2] == "Promised: back within 1 h, at most 5 min lost. A star: the way back by which the promise is judged."
    assert lines[4] == "| what | loses at most | because | back within | by | the time is |"
    standby, restore = lines[6:]
    assert standby.startswith(
        "| PostgreSQL orders: loss of a zone * | nothing | RDS acknowledges a write when the standby has it: https://"
    )
    assert standby.endswith("| 2 min | standby | stated: the posture's promise |")
    assert restore.startswith("| PostgreSQL orders | 5 min | RDS uploads transaction logs every five minutes: https://docs.aws.amazon.com/")
    assert restore.endswith(r"| 40 min | point-in-time restore | measured, until 2027-06-01: drill \| June, 2026-06-01 |")


def test_an_assumption_is_called_so_once() -> None:
    row = {"store": "Orders", "decides": True, "recovery_point": 0, "recovery_time": 60, "how": "standby", "basis": "assumed"}
    said = {
        "an assumption for an instance of ordinary size": "assumed for an instance of ordinary size",
        "an assumption: a minute to notice": "assumed: a minute to notice",
        "we assume so": "assumed: we assume so",
    }
    for source, expected in said.items():
        judged = {"recovery_time": 60, "recovery_point": 0, "rows": [{**row, "source": source}]}
        assert table({"Stack/Objectives": judged}).endswith(f"| {expected} |")


def test_a_measurement_ends(assembly: Path) -> None:
    found = objectives_in(assembly)
    assert expired(found, today=date(2027, 6, 1)) == []
    assert expired(found, today=date(2027, 6, 2)) == [
        "Stack/Objectives: PostgreSQL orders: measured too long ago, it counted until 2027-06-01; hold the drill again"
    ]


def test_the_command_prints_both_forms(assembly: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from prodready_constructs.cli import commands

    class Day(date):
        @classmethod
        def today(cls) -> Day:
            return cls(2026, 6, 2)

    monkeypatch.setattr(commands, "date", Day)
    assert main(["objectives", "--assembly", str(assembly)]) == 0
    assert capsys.readouterr().out.startswith("## Stack/Objectives\n")
    assert main(["objectives", "--json", "--assembly", str(assembly)]) == 0
    assert json.loads(capsys.readouterr().out)["Stack/Objectives"]["recovery_time"] == 3600
    monkeypatch.setattr(Day, "today", classmethod(lambda cls: cls(2028, 1, 1)))
    assert main(["objectives", "--assembly", str(assembly)]) == 1
    assert "hold the drill again" in capsys.readouterr().err


def test_an_assembly_without_objectives_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    app = new_app()
    new_stack(app)
    assert main(["objectives", "--assembly", app.synth().directory]) == 2
    assert (
        "got 'no objectives'; allowed: an app that has an Objectives; add Objectives(stack, ..., stores=[...])" in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "nothing"), (59, "59 s"), (5400, "1 h 30 min"), (86_400, "1 d"), (90_061, "1 d 1 h 1 min 1 s")]
)
def test_times_in_words(seconds: float, said: str) -> None:
    assert plain(seconds) == said
