"""What is watched of a function, and what brings its release back."""

from __future__ import annotations

from collections.abc import Sequence

from prodready_constructs.compute.functions.alarms import function_alarms, rollback_alarms
from prodready_constructs.compute.functions.metrics import WatchedFunction, function_graphs
from prodready_constructs.compute.functions.release import FunctionRelease
from prodready_constructs.contracts import AlarmSpec, AnyAlarmSpec, GoodAndBad, GraphSpec


class Watched:
    """Mixed into a function, which sets the attributes: its alarms, graphs and release."""

    #: CodeDeploy's side of a release.
    release: FunctionRelease
    _watched: WatchedFunction

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """Errors, throttles, slowness, crowding, dead letters, lost events, loops, a release that failed."""
        return function_alarms(self._watched)

    @property
    def rollback_specs(self) -> tuple[AlarmSpec, ...]:
        """Errors and slowness of the new version alone, and throttles: what brings a release back."""
        return rollback_alarms(self._watched)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Executions, errors, duration, concurrency, events given up."""
        return function_graphs(self._watched)

    @property
    def service_level(self) -> GoodAndBad:
        """Executions that ended in an error, of all: ``Slo(of=function)``."""
        return GoodAndBad(bad=self._watched.metric("Errors"), total=self._watched.metric("Invocations"), rests_on=("lambda",))

    def roll_back_on(self, alarm_names: Sequence[str]) -> None:
        """Have a release stop and go back when one of these alarms is on; ``Watch`` calls it."""
        self.release.roll_back_on(alarm_names)
