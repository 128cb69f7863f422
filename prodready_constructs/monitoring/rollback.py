"""The alarms that bring a release back: faster twins of the critical ones, which a deployment looks at while it shifts visitors."""

from __future__ import annotations

from dataclasses import replace

from aws_cdk import Stack

from prodready_constructs.contracts import AlarmSpec, Severity, Watchable
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part, path_of

#: What the id of a twin ends with.
SUFFIX = "Rollback"


def rollback_twins(watched: Watchable) -> tuple[AlarmSpec, ...]:
    """The twins of *watched*, none where it does not release step by step.

    Nobody is woken by them: the release goes back by itself, and the critical alarm beside each twin wakes someone if that does not help.
    """
    specs: tuple[AlarmSpec, ...] = getattr(watched, "rollback_specs", ())
    return tuple(replace(spec, id=f"{spec.id}{SUFFIX}", severity=Severity.WARNING) for spec in specs)


def require_one_stack(where: str, stack: Stack, watched: Watchable) -> None:
    """Refuse twins in another stack than their release: each stack would wait for the other."""
    theirs = watched.stack if isinstance(watched, Part) else Stack.of(watched)  # type: ignore[arg-type]
    if theirs is not stack:
        raise ConfigurationError(
            where,
            given=f"{path_of(watched)}, which releases step by step, of {path_of(theirs)}",
            allowed=f"releases of {path_of(stack)}: a deployment names its alarms, and they name what is deployed",
            mend="make a Watch in its stack; a Dashboard shows both",
        )
