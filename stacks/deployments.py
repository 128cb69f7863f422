"""One environment: the same classes with other values."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import App, Stack

from prodready_constructs import Posture
from stacks.background import BackgroundStack
from stacks.data import DataStack
from stacks.edge import EdgeStack, SiteAlarmsStack
from stacks.operations import OperationsStack
from stacks.recovery import RecoveryStack
from stacks.settings import Settings
from stacks.workload import WorkloadStack


@dataclass(frozen=True)
class Deployment:
    """The stacks of one environment; ``cdk deploy <prefix>Stack`` brings them all."""

    recovery: RecoveryStack
    edge: EdgeStack
    data: DataStack
    background: BackgroundStack
    operations: OperationsStack
    workload: WorkloadStack
    #: Only where the workload is not in us-east-1.
    site_alarms: SiteAlarmsStack | None

    @property
    def stacks(self) -> tuple[Stack, ...]:
        """All of them."""
        return (self.recovery, self.edge, self.data, self.background, self.operations, self.workload, *filter(None, [self.site_alarms]))


def deploy(app: App, prefix: str, *, posture: Posture, settings: Settings) -> Deployment:
    """The stacks ``<prefix>RecoveryStack``, ``EdgeStack``, ``DataStack``, ``BackgroundStack``, ``OperationsStack`` and ``<prefix>Stack``.

    Outside us-east-1 also ``<prefix>SiteAlarmsStack``.
    """
    recovery = RecoveryStack(app, f"{prefix}RecoveryStack", posture=posture, settings=settings)
    edge = EdgeStack(app, f"{prefix}EdgeStack", posture=posture, settings=settings)
    data = DataStack(app, f"{prefix}DataStack", posture=posture, settings=settings, edge=edge, recovery=recovery)
    background = BackgroundStack(app, f"{prefix}BackgroundStack", posture=posture, settings=settings, data=data)
    operations = OperationsStack(app, f"{prefix}OperationsStack", posture=posture, settings=settings, data=data, background=background)
    workload = WorkloadStack(
        app, f"{prefix}Stack", posture=posture, settings=settings, data=data, edge=edge, background=background, operations=operations
    )
    site_alarms = (
        SiteAlarmsStack(
            app,
            f"{prefix}SiteAlarmsStack",
            posture=posture,
            settings=settings,
            edge=edge,
            site=workload.site,
            watching=workload.watched_from_us_east_1,
        )
        if workload.watched_from_us_east_1
        else None
    )
    return Deployment(
        recovery=recovery, edge=edge, data=data, background=background, operations=operations, workload=workload, site_alarms=site_alarms
    )
