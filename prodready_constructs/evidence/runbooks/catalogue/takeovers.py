"""A region that takes over: as ``recovery.StandbyPlan`` added it up, and as ``recovery.RegionSwitch`` carries it out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prodready_constructs.evidence.objectives import plain
from prodready_constructs.evidence.runbooks.answers import answers
from prodready_constructs.evidence.runbooks.procedure import Procedure, Step
from prodready_constructs.evidence.shell import Shell

#: The page of a takeover in the stack of the region that takes over.
NAME = "fail-over-region"
DECIDE = (
    "Before the first promotion: the incident lead and the owner named in the stack's tags decide together. Then an AWS Support case, severity "
    "business-critical system down."
)


def standby_procedure(path: str, fact: Mapping[str, Any], shell: Shell) -> Procedure:
    """The takeover that the plan at *path* describes."""
    home, region = fact["home"], fact["region"]
    stores = "; ".join(
        f"{one['store']}: {_most(one['recovery_point'])}, back after {plain(one['recovery_time'])} ({shell.text(one['recovery_time_is'])})"
        for one in fact["stores"]
    )
    return Procedure(
        name=NAME,
        title=f"Fail over from {home} to {region} ({fact['readiness'].lower().replace('_', ' ')})",
        construct=path,
        when=f"{home} is lost and will be for longer than this takes. Users are served after {fact['recovery_time_is']}; "
        f"{_most(fact['recovery_point'])}. {stores}. Coming back later is another failover.",
        steps=tuple(_steps(fact["steps"], shell)),
        verify=tuple(_checks(fact, shell)),
        destroys=f"A promotion has no way back, and what {home} had not sent yet is left behind there.",
        escalation=f"{DECIDE} The way back: make {home} follow {region}, wait until it has caught up, and fail over in a quiet hour; a promoted "
        "read replica does not become a replica again, and its old source keeps the writes that were lost: read them before it is deleted.",
    )


def _most(seconds: float) -> str:
    return "nothing is lost" if seconds == 0 else f"at most {plain(seconds)} lost"


def _steps(steps: Sequence[Mapping[str, Any]], shell: Shell) -> Iterator[Step]:
    yield Step("Note the time: what this takes replaces what was assumed.", "BEGAN=$(date -u +%s)", "(nothing)")
    for step in steps:
        given = [shell.text(command) for command in step["commands"]]
        takes = f"{plain(step['takes'])}, {shell.text(step['takes_is'])}" if step["takes"] else shell.text(step["takes_is"])
        yield Step(
            f"{shell.text(step['title'])}. ({takes}.)",
            "\n".join(given) if given else "true  # nothing to be done by hand",
            "\n".join(answers(given)).replace("`", "") or "(nothing)",
        )


def _checks(fact: Mapping[str, Any], shell: Shell) -> Iterator[Step]:
    if fact.get("name"):
        yield Step(
            "A visitor's request is answered from there.",
            f"curl --silent --show-error --output /dev/null --write-out '%{{http_code}} %{{remote_ip}}\\n' 'https://{shell.text(fact['name'])}/health'",
            "200 198.51.100.7",
        )
    yield Step(
        "Nothing critical is on there.",
        f"aws cloudwatch describe-alarms --state-value ALARM --alarm-types MetricAlarm CompositeAlarm --region {fact['region']} "
        "--query '[MetricAlarms,CompositeAlarms][].AlarmName'",
        "[], but for alarms that wait for a night's backup",
    )
    yield Step(
        "How long it took: write it into the plan, Counterpart.measured_as(...) and StandbyService(takes=...).",
        f'echo "$((($(date -u +%s) - BEGAN) / 60)) min, {int(fact["recovery_time"]) // 60} min were promised"',
        f"47 min, {int(fact['recovery_time']) // 60} min were promised",
    )


def switch_procedure(path: str, fact: Mapping[str, Any], shell: Shell, *, name: str) -> Procedure:
    """The plan of ARC Region switch at *path*."""
    evaluated, start, followed = (shell.text(command) for command in fact["commands"])
    home, standby = fact["home"], fact["standby"]
    plan = start.partition(" --plan-arn ")[2].partition(" --")[0]
    return Procedure(
        name=name,
        title=f"Switch from {home} to {standby} by ARC",
        construct=path,
        when=f"{home} is lost and will be for longer than this takes. ARC does, in this order: {', '.join(fact['steps'])}.",
        steps=(
            Step(
                "What ARC found when it last looked, within the last half hour: warnings name what would fail.",
                evaluated,
                '"evaluationState": "passed"',
            ),
            Step(
                "Begin, from the region that takes over.",
                f"EXECUTION_ID=$({start} --query executionId --output text)",
                "(nothing)",
            ),
            Step(
                "The first step waits for a person, who is another one than you.",
                f"aws arc-region-switch approve-plan-execution-step --plan-arn {plan} --execution-id \"$EXECUTION_ID\" --step-name '{fact['steps'][0]}' "
                f"--approval approve --region {standby}",
                "(nothing)",
            ),
            Step(
                "How far it is.",
                f'aws arc-region-switch get-plan-execution --plan-arn {plan} --execution-id "$EXECUTION_ID" --region {standby} '
                "--query '[executionState,stepStates[].[name,status]]'",
                '["inProgress", [["Decide", "completed"], ["Database", "running"]]]',
            ),
        ),
        verify=(
            Step(
                "It is through, and how long it took.",
                f"{followed} --query 'items[0].[executionState,startTime,actualRecoveryTime]'",
                '["completed", "2026-01-31T12:00:07+00:00", "PT38M"]',
            ),
        ),
        destroys="A step that promotes a read replica has no way back.",
        escalation=f"{DECIDE} A step that hangs: cancel-plan-execution ends it, and the page {NAME} has the same steps by hand.",
    )
