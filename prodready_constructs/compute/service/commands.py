"""What somebody pastes at night: how a service is, what its last release did, and the way back by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prodready_constructs.compute.service.metrics import ServiceMetrics


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """AWS CLI commands with the names of one service.

    *rule*: the ARN of the rule that leads visitors, and *smoke_logs* the log group of the smoke test, where versions take turns.
    """

    metrics: ServiceMetrics
    log_group: str
    rule: str | None = None
    smoke_logs: str | None = None

    @property
    def events(self) -> str:
        """What ECS says of the service."""
        where = f"--cluster {self.metrics.cluster} --services {self.metrics.service}"
        return f"aws ecs describe-services {where} --query 'services[0].events[:10].message'"

    @property
    def errors(self) -> str:
        """What the application says."""
        return f"aws logs tail {self.log_group} --since 30m --filter-pattern ?ERROR"

    @property
    def stopped(self) -> str:
        """Why tasks ended."""
        cluster = self.metrics.cluster
        return (
            f"aws ecs describe-tasks --cluster {cluster} --tasks $(aws ecs list-tasks --cluster {cluster}"
            f" --service-name {self.metrics.service} --desired-status STOPPED --query 'taskArns[]' --output text)"
            " --query 'tasks[].[stoppedReason,containers[].reason]'"
        )

    @property
    def health(self) -> Sequence[str]:
        """Each target and why it is unhealthy, of every group."""
        return [f"aws elbv2 describe-target-health --target-group-arn {arn}" for arn in self.metrics.target_group_arns]

    @property
    def weights(self) -> Sequence[str]:
        """Which group visitors are led to."""
        return (
            [f"aws elbv2 describe-rules --rule-arns {self.rule} --query 'Rules[0].Actions[0].ForwardConfig.TargetGroups'"]
            if self.rule
            else []
        )

    @property
    def back(self) -> str:
        """After a release has ended: the version before, released like any other."""
        return (
            f"aws ecs update-service --cluster {self.metrics.cluster} --service {self.metrics.service}"
            " --task-definition <the previous revision>  # if a deployment caused it"
        )

    @property
    def stop(self) -> str:
        """While a release runs: stop it, and lead visitors back."""
        return f"aws ecs stop-service-deployment --stop-type ROLLBACK --service-deployment-arn $({self._releases('IN_PROGRESS')} --output text)"

    @property
    def reason(self) -> str:
        """What the last release did, and why."""
        return (
            f"aws ecs describe-service-deployments --service-deployment-arns $({self._releases()} --output text)"
            " --query 'serviceDeployments[0].[status,statusReason,lifecycleStage,alarms.triggeredAlarmNames,deploymentCircuitBreaker]'"
        )

    @property
    def smoke(self) -> Sequence[str]:
        """What the smoke test met."""
        return [f"aws logs tail {self.smoke_logs} --since 2h"] if self.smoke_logs else []

    def _releases(self, status: str | None = None) -> str:
        only = f" --status {status}" if status else ""
        return (
            f"aws ecs list-service-deployments --cluster {self.metrics.cluster} --service {self.metrics.service}{only}"
            " --query 'serviceDeployments[0].serviceDeploymentArn'"
        )
