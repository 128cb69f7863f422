"""ECS services, on Fargate or EC2, with or without Container Insights."""

from __future__ import annotations

from prodready_constructs.contracts import AnyAlarmSpec, EventSpec, RunbookSpec
from prodready_constructs.monitoring.adopted.data import CRITICAL, LEDGER, WARNING, Service


def service(cluster: str, name: str, arn: str) -> tuple[AnyAlarmSpec, ...]:
    """A service by the names of itself and of its cluster."""
    look = f"aws ecs describe-services --cluster {cluster} --services {name} --query 'services[0].events[:10]'"
    stopped = f"aws ecs list-tasks --cluster {cluster} --service-name {name} --desired-status STOPPED"
    of = Service("AWS/ECS", {"ClusterName": cluster, "ServiceName": name}, (look, stopped))
    return (
        of.alarm(
            "NoRunningTasks",
            of.metric("CPUUtilization", "SampleCount"),
            1,
            comparison="LessThanThreshold",
            severity=CRITICAL,
            source=f"{LEDGER}: no running tasks; Amazon ECS developer guide: the sample count of CPUUtilization is the number of running tasks",
            periods=3,
            # Every running task reports each minute: silence is no task.
            missing_data="breaching",
            meaning="No task of the service is running.",
            causes=("tasks crash at start", "the image or a secret cannot be read", "no capacity", "somebody scaled it to zero"),
        ),
        *(
            of.alarm(
                f"High{what}",
                of.metric(f"{what}Utilization", "Average"),
                80,
                severity=WARNING,
                source=f"{LEDGER}: {what} above 80 %; scaling acts below it",
                periods=10,
                datapoints=8,
                missing_data="missing",
                meaning=f"Tasks are short of {words} for ten minutes{then}.",
                causes=("more load than the service can scale to", "an expensive request or a leak", "scaling cannot start tasks"),
            )
            for what, words, then in (("CPU", "CPU", ""), ("Memory", "memory", "; what takes more than it has is killed"))
        ),
        EventSpec(
            id="DeploymentFailed",
            pattern={
                "source": ["aws.ecs"],
                "detail-type": ["ECS Deployment State Change"],
                "resources": [arn],
                "detail": {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]},
            },
            severity=CRITICAL,
            source="Amazon ECS developer guide: service deployment state change events",
            runbook=RunbookSpec(
                meaning="A release of the service failed.",
                causes=("the new version crashes or fails its health check", "a setting or secret is wrong", "no capacity for new tasks"),
                first_commands=(look, stopped),
            ),
        ),
    )


ADOPTS = {
    "aws_ecs.IBaseService": lambda found: service(found.cluster.cluster_name, found.service_name, found.service_arn),
    "aws_ecs.CfnService": lambda found: service(found.cluster or "default", found.attr_name, found.ref),
}
