"""Step Functions state machines."""

from __future__ import annotations

from prodready_constructs.contracts import AnyAlarmSpec
from prodready_constructs.monitoring.adopted.data import CRITICAL, FIVE, LEDGER, WARNING, Service


def state_machine(arn: str) -> tuple[AnyAlarmSpec, ...]:
    """A state machine by its ARN."""
    of = Service(
        "AWS/States",
        {"StateMachineArn": arn},
        (
            f"aws stepfunctions list-executions --state-machine-arn {arn} --status-filter FAILED --max-items 10",
            f"aws stepfunctions describe-state-machine --state-machine-arn {arn}",
        ),
        FIVE,
    )
    return (
        *(
            of.alarm(
                f"Executions{what}",
                of.metric(f"Executions{what}"),
                0,
                severity=severity,
                source="Our reason: an execution that did not end well is work that is not done",
                periods=1,
                # The metrics come with an execution that ended so. So in all of this file.
                missing_data="notBreaching",
                meaning=f"An execution {words}.",
                causes=causes,
            )
            for what, severity, words, causes in (
                (
                    "Failed",
                    CRITICAL,
                    "failed",
                    ("a task failed more often than its retries", "an input no branch takes", "a missing permission"),
                ),
                ("TimedOut", CRITICAL, "ran longer than it may", ("a task that waits for an answer that never comes", "a slow service")),
                ("Aborted", WARNING, "was stopped by somebody", ("a person or a program stopped it", "a parent was stopped")),
            )
        ),
        of.alarm(
            "Throttled",
            of.metric("ExecutionThrottled"),
            0,
            severity=WARNING,
            source=f"{LEDGER}: throttles",
            periods=3,
            missing_data="notBreaching",
            meaning="State transitions are throttled: executions take longer.",
            causes=("a surge of executions", "the account's quota of state transitions"),
        ),
    )


ADOPTS = {
    "aws_stepfunctions.IStateMachine": lambda found: state_machine(found.state_machine_arn),
    "aws_stepfunctions.CfnStateMachine": lambda found: state_machine(found.ref),
}
