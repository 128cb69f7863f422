"""AccountEvents: every pattern against events in AWS's documented shape, by a matcher that follows EventBridge's rules."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bench.messages import counted, total
from prodready_constructs.contracts import EventSpec, Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part
from prodready_constructs.monitoring import AccountEvents, Routes, Watch
from prodready_constructs.posture import PRODUCTION
from tests.monitoring.routes.samples import SAMPLES
from tests.support.aws_cli import faults
from tests.support.event_patterns import matches
from tests.support.packs import findings
from tests.support.synthesis import new_stack, synth

SPECS: dict[str, EventSpec] = {spec.id: spec for spec in AccountEvents(new_stack(), "Events").alarm_specs}
PATTERNS = {event_id: spec.pattern for event_id, spec in SPECS.items()}


@pytest.mark.control("OPS-2")
@pytest.mark.parametrize("event_id", list(PATTERNS))
def test_every_event_has_samples_that_match_and_others_that_do_not(event_id: str) -> None:
    yes, no = SAMPLES[event_id]
    assert yes
    assert no
    for sample in yes:
        assert matches(PATTERNS[event_id], sample), sample["detail"]
    for sample in no:
        assert not matches(PATTERNS[event_id], sample), sample["detail"]


def test_no_sample_is_without_its_event() -> None:
    assert set(SAMPLES) == set(PATTERNS)


@pytest.mark.parametrize("event_id", list(PATTERNS))
def test_nothing_is_told_twice(event_id: str) -> None:
    for sample in SAMPLES[event_id][0]:
        assert [other for other, pattern in PATTERNS.items() if matches(pattern, sample)] == [event_id]


@pytest.mark.control("OPS-2")
def test_what_wakes_somebody() -> None:
    waking = {event_id for event_id, spec in SPECS.items() if spec.severity is Severity.CRITICAL}
    assert waking == {
        *("AwsIssue", "BackupJobFailed", "CertificateExpired", "CopyJobFailed", "FindingCritical", "KeyDisabled", "PublicAccess"),
        *("RestoreJobFailed", "RootSignIn", "ThreatHigh", "TrailStopped"),
    }


@pytest.mark.control("OPS-3")
@pytest.mark.parametrize("event_id", list(PATTERNS))
def test_first_commands_exist(event_id: str) -> None:
    for command in SPECS[event_id].runbook.first_commands:
        assert not list(faults(command)), command


def test_patterns_are_within_eventbridges_limit() -> None:
    for pattern in PATTERNS.values():
        assert len(json.dumps(pattern)) <= 2048


def test_root_signs_in_where_it_is_heard_of() -> None:
    def ids(region: str) -> set[str]:
        return {spec.id for spec in AccountEvents(new_stack(region=region), "Events").alarm_specs}

    assert ids("us-east-1") - ids("eu-central-1") == {"RootSignIn"}
    assert "RootSignIn" in SPECS, "where the region is not known"


def test_each_becomes_a_rule_with_dead_letters_and_the_packs_have_nothing_to_say() -> None:
    stack = new_stack()
    routes = Routes(stack, "Routes", posture=PRODUCTION.monitoring, critical=("a@example.com",), warning=("b@example.com",))
    events = AccountEvents(stack, "Events", leaving_out={"ForeignAccess": "The security team's own account hears of every finding."})
    Watch(stack, "Watch", routes=routes, watching=[events], runbook_base_url="https://runbooks.example.com")
    template = synth(stack)
    rules = template.of_type("AWS::Events::Rule")
    assert len(rules) == len(SPECS) - 1
    for rule in rules.values():
        (target,) = rule["Properties"]["Targets"]
        assert target["DeadLetterConfig"]
        assert target["RetryPolicy"]
    assert [finding for finding in findings(stack) if "Undelivered" not in finding] == []
    (fact,) = template.recorded("AccountEvents")
    assert fact["left_out"] == {"ForeignAccess": "The security team's own account hears of every finding."}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"Nothing": "x" * 40},
            r"^Stack/Events: leaving_out: got 'Nothing'; allowed: AwsChange, .*ThreatMedium, TrailStopped; take the id",
        ),
        ({"RootCall": "no"}, r"^Stack/Events: leaving_out\[RootCall\]: got 'no'; allowed: a reason of at least 40 characters; say who"),
    ],
)
def test_refuses(given: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        AccountEvents(new_stack(), "Events", leaving_out=given)


def test_refuses_a_second_one() -> None:
    stack = new_stack()
    AccountEvents(stack, "Events")
    with pytest.raises(ConfigurationError, match=r"^Stack/Again: got 'a second AccountEvents beside Stack/Events'; allowed: one for each"):
        AccountEvents(stack, "Again")


def test_messages() -> None:
    stack = new_stack()
    first = Part(stack, "First")
    assert first.path
    assert first.stated_region
    with counted() as counts:
        events = AccountEvents(stack, "Events")
        assert events.alarm_specs
        assert events.graphs == ()
    assert total(counts) <= 4, counts


@pytest.mark.parametrize(
    ("pattern", "event", "expected"),
    [
        ({"a": ["x"]}, {"a": "x"}, True),
        ({"a": ["x"]}, {"a": ["y", "x"]}, True),
        ({"a": ["x"]}, {}, False),
        ({"a": [1]}, {"a": 1.0}, True),
        ({"a": [1]}, {"a": True}, False),
        ({"a": [{"prefix": "ab"}]}, {"a": "abc"}, True),
        ({"a": [{"prefix": "ab"}]}, {"a": "cab"}, False),
        ({"a": [{"suffix": "c"}]}, {"a": "abc"}, True),
        ({"a": [{"anything-but": ["x", "y"]}]}, {"a": "z"}, True),
        ({"a": [{"anything-but": ["x", "y"]}]}, {"a": "x"}, False),
        ({"a": [{"anything-but": "x"}]}, {}, False),
        ({"a": [{"anything-but": {"prefix": "x"}}]}, {"a": "xy"}, False),
        ({"a": [{"numeric": [">", 1, "<=", 3]}]}, {"a": 3}, True),
        ({"a": [{"numeric": [">", 1, "<=", 3]}]}, {"a": 1}, False),
        ({"a": [{"numeric": ["=", 3]}]}, {"a": "3"}, False),
        ({"a": [{"exists": True}]}, {"a": ""}, True),
        ({"a": [{"exists": True}]}, {"a": {"b": 1}}, False),
        ({"a": [{"exists": False}]}, {"b": 1}, True),
        ({"a": {"b": [{"exists": False}]}}, {}, True),
        ({"a": {"b": ["x"]}}, {"a": [{"b": "y"}, {"b": "x"}]}, True),
        ({"$or": [{"a": ["x"]}, {"b": ["y"]}]}, {"b": "y"}, True),
        ({"$or": [{"a": ["x"]}, {"b": ["y"]}]}, {"a": "y"}, False),
        ({"a": [{"equals-ignore-case": "X"}]}, {"a": "x"}, True),
    ],
)
def test_the_matcher_itself(pattern: dict[str, Any], event: dict[str, Any], expected: bool) -> None:
    assert matches(pattern, event) is expected
