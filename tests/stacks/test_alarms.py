"""Every alarm of the reference platform, evaluated by CloudWatch's rules against series made for it."""

from __future__ import annotations

import pytest

from tests.stacks.conftest import Platform
from tests.support.cloudwatch.alarms import Alarm, of_template
from tests.support.cloudwatch.composites import composite_state, members
from tests.support.cloudwatch.proof import faults
from tests.support.cloudwatch.rules import rule_of
from tests.support.cloudwatch.states import State
from tests.support.synthesis import Template

#: On the worker of the other tests of the platform: it is synthesized once.
pytestmark = pytest.mark.xdist_group("platform")


def alarms(template: Template) -> dict[str, Alarm]:
    return {name: of_template(name, alarm["Properties"]) for name, alarm in template.of_type("AWS::CloudWatch::Alarm").items()}


@pytest.mark.control("OPS-2")
def test_every_alarm_fires_when_it_should_and_only_then(platform: Platform) -> None:
    judged = [(stack, alarm) for stack, template in platform.templates.items() for alarm in alarms(template).values()]
    assert len(judged) > 400
    assert [f"{stack}: {fault}" for stack, alarm in judged for fault in faults(alarm)] == []


@pytest.mark.control("OPS-4", "OPS-8")
def test_every_composite_alarm_sums_up_what_is_there(platform: Platform) -> None:
    seen = 0
    for template in platform.templates.values():
        single = alarms(template)
        for name, composite in template.of_type("AWS::CloudWatch::CompositeAlarm").items():
            text = rule_of(composite["Properties"])
            named = members(text)
            quiet = dict.fromkeys(named, State.OK)
            all_on = dict.fromkeys(named, State.ALARM)
            seen += 1
            assert set(named) <= set(single) | set(template.of_type("AWS::CloudWatch::CompositeAlarm")), name
            assert composite_state(text, quiet) is State.OK, name
            assert composite_state(text, all_on) is State.ALARM, name
            if " AND " not in text:
                assert all(composite_state(text, {**quiet, one: State.ALARM}) is State.ALARM for one in named), name
            assert composite_state(text, dict.fromkeys(named, State.INSUFFICIENT)) is State.OK, name
    assert seen >= 4
