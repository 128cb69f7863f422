"""The judge of alarms is asked of every alarm: those described, those made by hand, and those that look at others."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from prodready_constructs.contracts import AlarmSpec, AnomalySpec, CompositeSpec, EventSpec, Metric, Severity
from prodready_constructs.monitoring import Routes, Watch
from prodready_constructs.posture import PRODUCTION, STAGING
from tests.compute.workers.test_queue_worker import a_worker
from tests.monitoring.watched import CPU, ERRORS, LATENCY, RUNBOOK, Watched
from tests.support.cloudwatch.alarms import of_template
from tests.support.cloudwatch.composites import composite_state, members
from tests.support.cloudwatch.proof import faults
from tests.support.cloudwatch.roll_call import TESTS, RollCall, is_whole
from tests.support.cloudwatch.rules import rule_of
from tests.support.cloudwatch.states import State
from tests.support.cloudwatch.witness import PACKAGE, Place, Seen, escaped, places, witnessed
from tests.support.event_patterns import LONGEST
from tests.support.event_patterns import faults as pattern_faults
from tests.support.synthesis import Template, new_stack, synth

#: What makes an alarm in a template without a description that the judge sees. ``alarms.py`` makes them of descriptions.
MAKERS = {"Alarm", "CfnAlarm", "create_alarm", "AnomalyDetectionAlarm", "CfnAnomalyDetector", "scale_on_metric", "StepScalingPolicy"}
COMPOSITES = {"CompositeAlarm", "CfnCompositeAlarm"}


def calls_of(names: set[str]) -> set[str]:
    """The files of the library that call one of *names*."""
    return {
        str(file.relative_to(PACKAGE))
        for file in PACKAGE.rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] in names
    }


# -- made by hand ----------------------------------------------------------------------------------------------------


@pytest.mark.control("OPS-2")
def test_an_alarm_made_by_hand_is_judged_below() -> None:
    assert calls_of(MAKERS) == {"monitoring/alarms.py", "compute/workers/scaling.py"}
    assert calls_of(COMPOSITES) == {"monitoring/making.py", "monitoring/quiet.py", "monitoring/watch.py"}


@pytest.mark.control("OPS-2")
def test_the_alarm_that_wakes_a_worker() -> None:
    stack = new_stack()
    a_worker(stack, posture=replace(STAGING.workers, zero_when_empty=True))
    ((name, wake),) = synth(stack).of_type("AWS::CloudWatch::Alarm").items()
    assert faults(of_template(name, wake["Properties"])) == []


# -- alarms that look at others --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hushed() -> Template:
    """Each kind of composite alarm: the sum of the critical ones, one that waits for both of two, and the warnings of a deployment."""
    stack = new_stack()
    together = CompositeSpec(
        id="Both", all_of=(CPU, replace(CPU, id="Late")), severity=Severity.WARNING, runbook=RUNBOOK, source="both or none"
    )
    orders = Watched(stack, "Orders", CPU, LATENCY, ERRORS, replace(ERRORS, id="Worse"), together)
    routes = Routes(stack, "Routes", posture=PRODUCTION.monitoring, critical=("oncall@example.com",), warning=("team@example.com",))
    watch = Watch(stack, "Watch", routes=routes, watching=[orders], runbook_base_url="https://runbooks.example.com")
    watch.hush(orders, during=Metric(namespace="ECS/ContainerInsights", name="DeploymentCount"), above=1)
    return synth(stack)


@pytest.mark.control("OPS-4", "OPS-8")
@pytest.mark.parametrize(
    ("which", "looks_at", "needs_all"),
    [
        ("AnyCritical", {"ErrorRate", "Worse"}, False),
        ("Both", {"CpuHigh", "Late"}, True),
        ("Warnings", {"CpuHigh", "LatencyHigh", "Both"}, False),
    ],
)
def test_a_composite_is_on_when_what_it_looks_at_is(hushed: Template, which: str, looks_at: set[str], needs_all: bool) -> None:
    (properties,) = [body["Properties"] for name, body in hushed.of_type("AWS::CloudWatch::CompositeAlarm").items() if which in name[:-8]]
    rule = rule_of(properties)
    names = members(rule)
    assert len(names) == len(looks_at)
    assert all(any(name[:-8].endswith(one) for name in names) for one in looks_at)
    quiet = dict.fromkeys(names, State.OK)
    assert composite_state(rule, quiet) is State.OK
    assert composite_state(rule, dict.fromkeys(names, State.ALARM)) is State.ALARM
    assert composite_state(rule, dict.fromkeys(names, State.INSUFFICIENT)) is State.OK
    for one in names:
        assert composite_state(rule, {**quiet, one: State.ALARM}) is (State.OK if needs_all else State.ALARM)


@pytest.mark.control("OPS-8")
def test_each_alarm_of_a_hushed_construct_still_works(hushed: Template) -> None:
    alarms = hushed.of_type("AWS::CloudWatch::Alarm")
    assert [name for name in alarms if "UnderWay" in name]
    assert [fault for name, alarm in alarms.items() for fault in faults(of_template(name, alarm["Properties"]))] == []


# -- described -------------------------------------------------------------------------------------------------------


@pytest.fixture
def library() -> Any:
    """A module of the library as far as a witness can tell."""
    module = ModuleType("prodready_constructs.made_up")
    exec(
        "def make(kind, **given):\n    return kind(**given)\ndef other(change, spec, **given):\n    return change(spec, **given)",
        module.__dict__,
    )
    return module


def _given(spec: Any, **changed: Any) -> dict[str, Any]:
    return {**{name: getattr(spec, name) for name in type(spec).__slots__}, **changed}


@pytest.mark.control("OPS-2")
def test_alarms_that_behave_alike_are_judged_once_and_others_each(library: Any) -> None:
    with witnessed() as seen:
        for changed in (
            *({}, {"id": "Same"}, {"severity": Severity.CRITICAL}),
            *({"comparison": "LessThanThreshold"}, {"threshold": 81}, {"periods": 6}, {"datapoints": 3}, {"missing_data": "breaching"}),
            {"metric": replace(CPU.metric, namespace="AWS/DynamoDB")},
        ):
            library.make(AlarmSpec, **_given(CPU, **changed))
    assert len(seen.alarms) == 7


@pytest.mark.control("OPS-2", "OPS-8")
def test_a_band_is_judged_and_a_changed_alarm_too(library: Any) -> None:
    with witnessed() as seen:
        band = library.make(AnomalySpec, id="Odd", metric=CPU.metric, severity=CPU.severity, runbook=RUNBOOK, source="x")
        library.other(replace, CPU, threshold=1)
        library.other(replace, band, side="ABOVE")
    assert [alarm.band for alarm in seen.alarms.values()] == [True, False, True]
    assert seen.faults() == []


@pytest.mark.control("OPS-2")
def test_what_a_test_describes_may_be_wrong(library: Any) -> None:
    with witnessed() as seen:
        replace(CPU, metric=replace(ERRORS.metric, expression="IF(errors > 0, 1, 0)"), threshold=1)
    assert seen == Seen()
    with witnessed() as seen:
        library.other(replace, CPU, metric=replace(ERRORS.metric, expression="IF(errors > 0, 1, 0)"), threshold=1)
    assert seen.faults() == ["CpuHigh: no data makes it go off, or all data does"]


@pytest.mark.control("OPS-2")
def test_a_pattern_that_matches_nothing_is_found(library: Any) -> None:
    with witnessed() as seen:
        library.make(EventSpec, id="Stopped", pattern={"source": "aws.ecs"}, severity=Severity.WARNING, runbook=RUNBOOK, source="x")
    assert seen.faults() == ["Stopped: source is no list with something in it, and matches nothing"]


@pytest.mark.control("OPS-2")
@pytest.mark.parametrize(
    ("pattern", "fault"),
    [
        ({"detail": {"state": ["FAILED"]}}, "it says neither source nor detail-type: it would hear of everything"),
        ({"source": ["aws.ecs"], "detail_type": ["x"]}, "no event has a field 'detail_type'"),
        ({"source": ["aws.ecs"], "detail": {"state": []}}, "detail.state is no list with something in it, and matches nothing"),
        (
            {"source": ["aws.ecs"], "$or": [{"detail": {"a": [{"larger": 1}]}}]},
            "detail.a has an operator that EventBridge does not know: {'larger': 1}",
        ),
        ({"source": ["x" * LONGEST]}, f"{LONGEST + 16} characters, of {LONGEST} that EventBridge takes"),
    ],
)
def test_a_bad_pattern_is_found(pattern: dict[str, Any], fault: str) -> None:
    assert pattern_faults(pattern) == [fault]


# -- the roll call ---------------------------------------------------------------------------------------------------


@pytest.mark.control("OPS-2")
def test_a_new_alarm_that_no_test_describes_is_named(tmp_path: Path) -> None:
    file = tmp_path / "new.py"
    file.write_text(
        "def specs():\n    return [\n        AlarmSpec(\n            id='New',\n        ),\n        contracts.EventSpec(id='Old')]\n"
    )
    new, old = places(tmp_path)
    assert (new, old) == (Place(str(file), 3, 5, "AlarmSpec"), Place(str(file), 6, 6, "EventSpec"))
    assert escaped([], [new, old]) == [f"{file}:3 AlarmSpec(...)", f"{file}:6 EventSpec(...)"]
    assert escaped([(str(file), 4), ("elsewhere.py", 6)], [new, old]) == [f"{file}:6 EventSpec(...)"]


@pytest.mark.control("OPS-2")
def test_a_witness_knows_the_place(library: Any) -> None:
    with witnessed() as seen:
        Watched(new_stack(), "Orders", CPU)
        library.make(AlarmSpec, **_given(CPU))
    assert {line for _, line in seen.lines} == {2}
    assert len(places()) > 150


class _Config(SimpleNamespace):
    """As much of pytest's configuration as the roll call asks for."""

    def __init__(self, **more: Any) -> None:
        super().__init__(option=SimpleNamespace(keyword="", markexpr=""), **more)


def _session(config: _Config, *, files: set[Path] | None = None, exitstatus: int = pytest.ExitCode.OK) -> Any:
    files = set(TESTS.rglob("test_*.py")) if files is None else files
    return SimpleNamespace(config=config, items=[SimpleNamespace(path=file) for file in files], exitstatus=exitstatus)


def _asked(config: _Config, session: Any, *workers: dict[str, Any]) -> tuple[int, list[str]]:
    """How a session ends, and what is said of it."""
    said: list[str] = []
    call = RollCall(config)  # type: ignore[arg-type]
    try:
        for told in workers:
            call.pytest_testnodedown(SimpleNamespace(workeroutput=told))
        call.pytest_sessionfinish(session)
        call.pytest_terminal_summary(SimpleNamespace(write_line=lambda line, **_: said.append(line)))  # type: ignore[arg-type]
    finally:
        call.pytest_unconfigure()
    return session.exitstatus, said


@pytest.mark.control("OPS-2")
def test_a_whole_run_that_left_an_alarm_out_fails() -> None:
    config = _Config()
    status, said = _asked(config, _session(config))
    assert status == pytest.ExitCode.TESTS_FAILED
    assert len(said) == len(places())
    assert said[0].startswith("FAILED ")
    assert said[0].endswith("(...): no test describes this alarm, so nobody has evaluated it")


@pytest.mark.control("OPS-2")
def test_nothing_is_asked_of_a_part_of_the_tests_or_of_a_run_that_failed() -> None:
    config = _Config()
    assert _asked(config, _session(config, files={Path(__file__)})) == (pytest.ExitCode.OK, [])
    assert _asked(config, _session(config, exitstatus=pytest.ExitCode.INTERRUPTED)) == (pytest.ExitCode.INTERRUPTED, [])
    for left_out in ("keyword", "markexpr"):
        setattr(config.option, left_out, "not slow")
        assert not is_whole(_session(config))
        setattr(config.option, left_out, "")


@pytest.mark.control("OPS-2")
def test_workers_tell_what_they_saw_and_their_leader_judges() -> None:
    worker = _Config(workeroutput={})
    assert _asked(worker, _session(worker)) == (pytest.ExitCode.OK, [])
    assert worker.workeroutput == {"alarm_lines": [], "whole_run": True}
    everywhere = {"alarm_lines": [(place.file, place.line) for place in places()], "whole_run": True}
    half = {**everywhere, "alarm_lines": everywhere["alarm_lines"][1:]}
    leader = _Config()
    # It collects nothing itself.
    assert _asked(leader, _session(leader, files=set()), half, everywhere) == (pytest.ExitCode.OK, [])
    status, said = _asked(leader, _session(leader, files=set()), half, half)
    assert (status, len(said)) == (pytest.ExitCode.TESTS_FAILED, 1)
    crashed: dict[str, Any] = {}
    assert _asked(leader, _session(leader, files=set()), half, crashed) == (pytest.ExitCode.OK, [])
