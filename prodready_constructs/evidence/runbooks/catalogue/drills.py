"""Drills: how one is held, and what is compared afterwards."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.evidence.assembly import Assembly, Resource
from prodready_constructs.evidence.objectives import plain
from prodready_constructs.evidence.runbooks.answers import answers
from prodready_constructs.evidence.runbooks.places import RECORDED, name_of, stack_of
from prodready_constructs.evidence.runbooks.procedure import Procedure, Step
from prodready_constructs.evidence.shell import Shell

_ALARMS = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
_TOLD_BY_RDS = "AWS::RDS::EventSubscription"
_EXPERIMENT = 'aws fis get-experiment --id "$EXPERIMENT_ID" --query'
_HISTORY = "aws cloudwatch describe-alarm-history"
_CHANGES = '--alarm-types MetricAlarm CompositeAlarm --history-item-type StateUpdate --start-date "$BEGAN"'


def drill_procedure(assembly: Assembly, path: str, fact: Mapping[str, Any], shell: Shell, *, name: str) -> Procedure:
    """The drill at *path*: what ``recovery.Drill`` recorded of it.

    Raises:
        ConfigurationError: it expects an alarm that nothing in the assembly makes.
    """
    alarms = _alarms(assembly)
    for expected in fact["expects"]:
        if expected not in alarms:
            alike = difflib.get_close_matches(expected, sorted(alarms), 1)
            raise ConfigurationError(
                f"{path}: expects",
                given=expected,
                allowed="an alarm of this app",
                mend=f"use {alike[0]!r}" if alike else "name it as its runbook page is named, or watch what it is about",
            )
    allowed = fact["recovers_within"]
    within = f"all is well within {plain(allowed)} ({shell.text(fact['recovers_within_is'])})"
    expects = f"{', '.join(fact['expects'])} go off" if fact["expects"] else "no alarm goes off"
    stopped_by = ", ".join(f"`{shell.text(arn)}`" for arn in fact["stopped_by"])
    named = f" In production: {shell.text(fact['in_production'])}." if fact.get("in_production") else ""
    return Procedure(
        name=name,
        title=f"Drill: {shell.text(fact['question'])}",
        construct=path,
        severity="warning",
        when=f"A day was agreed, and it was said who watches and until when. It {'; it '.join(shell.text(one) for one in fact['does'])}. "
        f"Expected: {expects}; {within}. It ends at once when one of these goes off: {stopped_by}.{named}",
        steps=tuple(_held(shell.word(fact["template"]))),
        verify=(
            *_compared(assembly, alarms, fact, shell),
            *_said_by_what_broke(fact, shell),
            Step(
                "Put the time in place of the assumption, for `Objectives(measured=...)`.",
                'echo "Measured(recovery_time=timedelta(seconds=THE-SECONDS), on=date($(date -u -d "$BEGAN" +%Y,%-m,%-d)), '
                f"how='drill {path}, $EXPERIMENT_ID')\"",
                f"Measured(recovery_time=timedelta(seconds=95), on=date(2026,1,31), how='drill {path}, EXP6vh3TRmBkYRvV4')",
            ),
        ),
        escalation="Stop it (above) as soon as somebody asks for it: what it broke comes back when it is stopped. Users hurt after that: this is "
        "an incident, follow the page of the alarm that is on.",
        destroys="It breaks something that works. Nothing starts by itself.",
    )


def _held(template: str) -> Iterator[Step]:
    start = f"EXPERIMENT_ID=$(aws fis start-experiment --experiment-template-id {template}"
    yield Step(
        "All is well before it: a drill into an incident shows nothing.",
        "aws cloudwatch describe-alarms --state-value ALARM --alarm-types MetricAlarm CompositeAlarm "
        "--query '[MetricAlarms,CompositeAlarms][].AlarmName'",
        "[]",
    )
    yield Step(
        "What would be hit. This breaks nothing.",
        f"{start} --experiment-options actionsMode=skip-all --query experiment.id --output text)\n"
        'aws fis list-experiment-resolved-targets --experiment-id "$EXPERIMENT_ID" '
        "--query 'resolvedTargets[].[targetName,targetInformation]'",
        '["StopTasks", {"arn": "arn:aws:ecs:us-east-1:111122223333:task/shop/0f3b"}]',
    )
    yield Step("Now in earnest.", f"{start} --query experiment.id --output text)", "(nothing)")
    yield Step("How far it is.", f"{_EXPERIMENT} 'experiment.[state,actions]'", '"status": "running"; then "completed", or "stopped"')
    yield Step(
        "By hand, at any moment: it ends, and what can be undone is undone.",
        'aws fis stop-experiment --id "$EXPERIMENT_ID" --query experiment.state.status',
        '"stopping"',
    )


def _compared(assembly: Assembly, alarms: Mapping[str, Resource], fact: Mapping[str, Any], shell: Shell) -> Iterator[Step]:
    yield Step(
        "Users felt nothing that a stop alarm would have told, until everything had to be well again.",
        f"{_EXPERIMENT} 'experiment.[state.status,state.reason]' --output text",
        "completed  Experiment completed.",
    )
    # The last action breaks nothing: it begins when the faults end.
    yield Step(
        "When it began, when the faults ended, when it ended.",
        f"read -r BEGAN FAULTS_ENDED ENDED <<< \"$({_EXPERIMENT} 'experiment.[startTime,actions.Observe.startTime,endTime]' --output text)\"",
        "(nothing)",
    )
    with_state = [name for name in fact["expects"] if alarms[name].type in _ALARMS]
    for name in fact["expects"]:
        resource = alarms[name]
        if resource.type == _TOLD_BY_RDS:
            yield _told_by_rds(name, resource)
            continue
        word = shell.word(name_of(resource, "AlarmName", "Name"))
        if name in with_state:
            yield Step(
                f"`{name}` went off, and is over.",
                f"{_HISTORY} --alarm-name {word} {_CHANGES} --scan-by TimestampAscending "
                "--query 'AlarmHistoryItems[].[Timestamp,HistorySummary]' --output text",
                "2026-01-31T12:01:10+00:00  Alarm updated from OK to ALARM\n2026-01-31T12:02:35+00:00  Alarm updated from ALARM to OK",
            )
        else:
            yield Step(
                f"`{name}` was told. It is an event and has no state: its rule counts.",
                "aws cloudwatch get-metric-statistics --namespace AWS/Events --metric-name MatchedEvents --statistics Sum --period 60 "
                f'--dimensions Name=RuleName,Value={word} --start-time "$BEGAN" --end-time "$(date -u +%FT%TZ)" '
                "--query 'sum(Datapoints[].Sum)'",
                "1.0 or more; 0 is an alarm that kept silent",
            )
    others = "no line" if not with_state else f"the alarms that were expected and no other: {', '.join(with_state)}"
    yield Step(
        "What went off at all while it ran.",
        f"{_HISTORY} {_CHANGES} --end-date \"$ENDED\" --query 'AlarmHistoryItems[?contains(HistorySummary,`to ALARM`)].[Timestamp,AlarmName]' "
        "--output text | sort",
        others,
    )
    allowed = int(fact["recovers_within"])
    if with_state:
        yield Step(
            "In time: from the end of the faults until the last alarm was over (`None`: one still is on, or none went off).",
            f"BACK=$({_HISTORY} {_CHANGES} --query 'AlarmHistoryItems[?contains(HistorySummary,`to OK`)].Timestamp | [0]' --output text)\n"
            f'echo "well again after $(($(date -d "$BACK" +%s) - $(date -d "$FAULTS_ENDED" +%s))) s, {allowed} s were allowed"',
            f"well again after {min(95, allowed)} s, {allowed} s were allowed",
        )


def _told_by_rds(name: str, subscription: Resource) -> Step:
    """RDS tells a topic itself: no rule counts, and there is no state. It remembers for a fortnight what it told."""
    categories = " ".join(shlex.quote(str(one)) for one in subscription.get("EventCategories") or ())
    return Step(
        f"`{name}` was told. It is an event of RDS and has no state: RDS remembers what it told.",
        f'aws rds describe-events --source-type {subscription.get("SourceType")} --start-time "$BEGAN" '
        f"{f'--event-categories {categories} ' if categories else ''}"
        "--query 'Events[].[Date,SourceIdentifier,Message]' --output text",
        "2026-01-31T12:01:10+00:00  orders  Multi-AZ instance failover completed",
    )


def _said_by_what_broke(fact: Mapping[str, Any], shell: Shell) -> Iterator[Step]:
    for command in dict.fromkeys(shell.text(one) for one in fact["shows"]):
        yield Step("What it says itself: from the first line to the last is the time it was away.", command, answers([command])[0])


def _alarms(assembly: Assembly) -> dict[str, Resource]:
    """What can be expected, by the name of its page or of its own: an alarm with a state, or the rule of an event."""
    found: dict[str, Resource] = {}
    for one in assembly.of_type(*_ALARMS):
        if isinstance(stated := one.get("AlarmName"), str):
            found[stated] = one
    for path, data in assembly.recorded(RECORDED):
        rules = stack_of(assembly, path).resources.values() if data.get("alarms") else ()
        for alarm in data.get("alarms", ()):
            arn = alarm.get("alarm")
            for resource in rules:
                is_it = resource.logical_id == arn["Fn::GetAtt"][0] if arn else resource.path == f"{path}/{alarm['name']}"
                if is_it:
                    found[alarm["name"]] = resource
    return found
