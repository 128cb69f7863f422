"""Who hears of an experiment: it began, or it ended early. No AWS module."""

from __future__ import annotations

from prodready_constructs.contracts import EventSpec, RunbookSpec, Severity


def notices(log_group: str) -> tuple[EventSpec, ...]:
    """Events of every experiment of the account and region; those of ours are logged in *log_group*."""
    return (
        _event(
            "ExperimentBegan",
            ["running"],
            meaning="An AWS FIS experiment began in this account and region: what breaks now may be broken on purpose.",
            causes=("a drill that was announced", "somebody who may start experiments and should not: compare with the calendar"),
            commands=(
                "aws fis list-experiments --query 'experiments[?state.status==`running`]'",
                "aws fis stop-experiment --id $EXPERIMENT_ID",
            ),
        ),
        _event(
            "ExperimentStopped",
            ["failed", "stopped"],
            meaning="An AWS FIS experiment ended early: a stop alarm went off, a target found nothing, or a person stopped it.",
            causes=(
                "the system did not bear the fault: the stop alarm says what users felt",
                "a target has no resource (a service asleep, a database without standby)",
                "the role lacks a permission",
            ),
            commands=(
                "aws fis get-experiment --id $EXPERIMENT_ID --query 'experiment.[state,actions]'",
                f"aws logs tail {log_group} --since 1h",
            ),
        ),
    )


def _event(event_id: str, statuses: list[str], *, meaning: str, causes: tuple[str, ...], commands: tuple[str, ...]) -> EventSpec:
    return EventSpec(
        id=event_id,
        pattern={
            "source": ["aws.fis"],
            "detail-type": ["FIS Experiment State Change"],
            "detail": {"new-state": {"status": statuses}},
        },
        severity=Severity.WARNING,
        source="https://docs.aws.amazon.com/fis/latest/userguide/monitoring-eventbridge.html",
        runbook=RunbookSpec(meaning=meaning, causes=causes, first_commands=commands),
    )
