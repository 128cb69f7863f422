"""The arithmetic of the benchmark, and its cheap measurements. No assertion depends on how fast the machine is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench.__main__ import write
from bench.runs import OUTDIR, Run, added, in_turn, medians, once, ratio, table
from bench.sections.growth import Point, fit
from bench.sections.imports import load
from bench.sections.platform import message_lines


def runs(*cpu: float) -> list[Run]:
    return [Run(wall=2 * seconds, cpu=seconds, peak_mib=100) for seconds in cpu]


def test_ratios_and_differences_are_taken_round_by_round() -> None:
    # The second round was twice as slow for both: the quotient of the medians would say 1.5.
    measured = {"base": runs(1.0, 2.0, 1.0), "other": runs(1.5, 3.0, 1.6)}
    assert ratio(measured, "other", "base") == pytest.approx(1.5)
    assert added(measured, "other", "base") == pytest.approx(0.6)
    assert medians(measured, "base")["other"].cpu == pytest.approx(1.6)


def test_the_table_has_a_line_for_each_variant() -> None:
    header, base, other = table({"base": runs(1.0), "other": runs(2.0)}, "base")
    assert header.split() == ["variant", "wall", "s", "cpu", "s", "peak", "MiB", "cpu", "ratio"]
    assert base.split() == ["base", "2.00", "1.00", "100", "1.00"]
    assert other.split() == ["other", "4.00", "2.00", "100", "2.00"]


def test_commands_take_turns_after_a_round_that_does_not_count(tmp_path: Path) -> None:
    log = tmp_path / "log"
    note = f"import sys, pathlib; pathlib.Path({str(log)!r}).open('a').write(sys.argv[1])"
    measured = in_turn({name: [sys.executable, "-S", "-c", note, name] for name in "ab"}, rounds=2)
    assert log.read_text() == "abbaab"
    assert {name: len(some) for name, some in measured.items()} == {"a": 2, "b": 2}
    assert all(run.cpu > 0 and run.wall > 0 and run.peak_mib > 1 for some in measured.values() for run in some)


def test_each_run_has_an_empty_folder_that_is_gone_afterwards(tmp_path: Path) -> None:
    program = f"import pathlib, sys; assert not list(pathlib.Path(sys.argv[1]).iterdir()); pathlib.Path({str(tmp_path / 'name')!r}).write_text(sys.argv[1])"
    once([sys.executable, "-S", "-c", program, OUTDIR])
    assert not Path((tmp_path / "name").read_text()).exists()


def test_a_failing_command_ends_the_benchmark_with_its_output() -> None:
    with pytest.raises(SystemExit, match=r"ended with 3:\nbroken"):
        once([sys.executable, "-S", "-c", "import sys; print('broken'); sys.exit(3)"])


def test_a_straight_line_is_found_and_a_bent_one_is_seen() -> None:
    def points(*cpu: float) -> list[Point]:
        return [
            Point(environments=size, resources=100 * size, cpu=seconds, wall=seconds) for size, seconds in zip((1, 2, 4), cpu, strict=True)
        ]

    straight = fit(points(2.0, 3.0, 5.0))
    assert straight.fixed_seconds == pytest.approx(1.0)
    assert straight.ms_a_resource == pytest.approx(10.0)
    assert straight.curve == pytest.approx(1.0)
    assert fit(points(2.0, 3.0, 7.0)).curve == pytest.approx(2.0)


def test_messages_are_reported_by_stage_and_a_resource() -> None:
    assert message_lines({"construct": {"create": 6, "get": 4, "callback": 2}}, 5) == [
        "5 resources",
        "jsii messages, construct: 10 (2.00 a resource); callbacks into Python: 2 (create 6, get 4)",
    ]


@pytest.mark.parametrize("module", ["prodready_constructs", "stacks.settings", "prodready_constructs.cli"])
def test_importing_the_package_settings_or_command_line_loads_no_aws_module(module: str) -> None:
    found = load(module)
    assert found["aws_services"] == []
    assert not found["aws_cdk"]


def test_a_report_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    write(tmp_path / "bench.txt", "old\n")
    write(tmp_path / "bench.txt", "new\n")
    assert [file.name for file in tmp_path.iterdir()] == ["bench.txt"]
    assert (tmp_path / "bench.txt").read_text() == "new\n"
