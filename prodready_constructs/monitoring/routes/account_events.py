"""What happens in an account and has no metric: one of these for each account and region."""

from __future__ import annotations

from collections.abc import Mapping
from weakref import WeakKeyDictionary

from aws_cdk import Stack
from constructs import Construct

from prodready_constructs.contracts import ControlClaim, EventSpec, GraphSpec, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part
from prodready_constructs.monitoring.routes.operational_events import operational_events
from prodready_constructs.monitoring.routes.security_events import security_events
from prodready_constructs.waivers import SHORTEST_REASON

CONTROLS = (
    ControlClaim(
        control="OPS-2",
        how="Failed backups, copies and restores, failures of databases, rotations, deployments and certificates, findings of GuardDuty, Security "
        "Hub and Access Analyzer, AWS Health and use of the root user reach people by EventBridge rules",
        frameworks=("NIST 800-53 r5 SI-4(5)", "HIPAA 164.308(a)(6)(ii)", "PCI DSS 3.2.1 10.6", "SOC 2 CC7.2"),
    ),
)

_seen: WeakKeyDictionary[Stack, str] = WeakKeyDictionary()


class AccountEvents(Part):
    """Events of this account and region, for ``Watch(watching=[...])``: each becomes an EventBridge rule with dead letters.

    Always: every event has a severity, a meaning and a runbook. Sign-ins of the root user are heard of in us-east-1 only: watch a second one
    there. Findings come from services that somebody has switched on; events of CloudTrail need a trail with management events.

    Args:
        leaving_out: event id -> why it need not be told here, at least 40 characters.

    Raises:
        ConfigurationError: a second one in a stack, an unknown event left out, or no reason for it.

    Source: https://docs.aws.amazon.com/eventbridge/latest/ref/events.html
    """

    def __init__(self, scope: Construct, construct_id: str, *, leaving_out: Mapping[str, str] | None = None) -> None:
        super().__init__(scope, construct_id)
        where, stack = self.path, self.stack
        if stack in _seen:
            raise ConfigurationError(
                where,
                given=f"a second AccountEvents beside {_seen[stack]}",
                allowed="one for each account and region",
                mend="watch the first one; each event would be told twice",
            )
        _seen[stack] = where
        every = (*operational_events(), *security_events(self.stated_region))
        left_out = dict(leaving_out or {})
        # The sign-in may be left out where it is not heard of anyway: one setting serves all regions.
        known = {*(spec.id for spec in every), "RootSignIn"}
        for event_id, because in left_out.items():
            if event_id not in known:
                raise ConfigurationError(
                    f"{where}: leaving_out", given=event_id, allowed=", ".join(sorted(known)), mend="take the id from the table of events"
                )
            if len(because.strip()) < SHORTEST_REASON:
                raise ConfigurationError(
                    f"{where}: leaving_out[{event_id}]",
                    given=because,
                    allowed=f"a reason of at least {SHORTEST_REASON} characters",
                    mend="say who hears of it instead",
                )
        self._specs = tuple(spec for spec in every if spec.id not in left_out)
        record(self, controls=CONTROLS, tier="monitoring", watchable=True, left_out=left_out)

    @property
    def alarm_specs(self) -> tuple[EventSpec, ...]:
        """The events."""
        return self._specs

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """None: events have no metric."""
        return ()
