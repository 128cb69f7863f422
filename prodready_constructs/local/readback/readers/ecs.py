"""Containers and their scaling."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader, camel, same


def _cluster(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("ecs").describe_clusters(clusters=[physical_id], include=["SETTINGS", "CONFIGURATIONS"])["clusters"][0]


def _service(aws: Aws, physical_id: str, properties: Properties) -> Any:
    return aws("ecs").describe_services(cluster=properties["Cluster"], services=[physical_id])["services"][0]


def _task_definition(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("ecs").describe_task_definition(taskDefinition=physical_id)["taskDefinition"]


def _providers(aws: Aws, _: str, properties: Properties) -> Any:
    return aws("ecs").describe_clusters(clusters=[properties["Cluster"]])["clusters"][0]


def _target(aws: Aws, _: str, properties: Properties) -> Any:
    asked = {"ServiceNamespace": properties["ServiceNamespace"], "ScalableDimension": properties["ScalableDimension"]}
    scaling = aws("application-autoscaling")
    target = scaling.describe_scalable_targets(**asked, ResourceIds=[properties["ResourceId"]])["ScalableTargets"][0]
    if "ScheduledActions" in properties:
        target["ScheduledActions"] = scaling.describe_scheduled_actions(**asked, ResourceId=properties["ResourceId"])["ScheduledActions"]
    return target


def _policy(aws: Aws, physical_id: str, _: Properties) -> Any:
    policies = aws("application-autoscaling").describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    return next(each for each in policies if each["PolicyARN"] == physical_id)


#: What says how a service is released: property by property, for each is a decision of its own.
_DEPLOYMENT = (
    *("Strategy", "BakeTimeInMinutes", "CanaryConfiguration", "LinearConfiguration", "Alarms", "LifecycleHooks"),
    *("MaximumPercent", "MinimumHealthyPercent", "DeploymentCircuitBreaker"),
)


def _low(name: str) -> str:
    return name[:1].lower() + name[1:]


#: What hardening says of a container; images and ports are the caller's own.
_CONTAINER = ("Name", "Image", "Essential", "ReadonlyRootFilesystem", "User", "Privileged", "LogConfiguration", "Secrets", "HealthCheck")


def _containers(value: Any) -> Any:
    return [{name: camel(each[name]) for name in _CONTAINER if name in each} for each in value]


READERS = {
    "AWS::ECS::Cluster": Reader(
        _cluster, (Check("ClusterName", "clusterName"), Check("ClusterSettings", "settings"), Check("Configuration", "configuration"))
    ),
    "AWS::ECS::ClusterCapacityProviderAssociations": Reader(
        _providers,
        (
            Check("CapacityProviders", "capacityProviders"),
            Check("DefaultCapacityProviderStrategy", "defaultCapacityProviderStrategy"),
        ),
    ),
    "AWS::ECS::Service": Reader(
        _service,
        (
            Check("DesiredCount", "desiredCount"),
            Check("LaunchType", "launchType"),
            Check("PlatformVersion", "platformVersion"),
            Check("EnableExecuteCommand", "enableExecuteCommand"),
            Check("Cluster", lambda live: live["clusterArn"].rpartition("/")[2]),
            *(Check(f"DeploymentConfiguration.{name}", f"deploymentConfiguration.{_low(name)}") for name in _DEPLOYMENT),
            Check("DeploymentController", "deploymentController"),
            Check("PropagateTags", "propagateTags"),
            Check("EnableECSManagedTags", "enableECSManagedTags"),
            Check("ServiceRegistries", "serviceRegistries"),
            Check("CapacityProviderStrategy", "capacityProviderStrategy"),
            Check("NetworkConfiguration", "networkConfiguration"),
            Check("HealthCheckGracePeriodSeconds", "healthCheckGracePeriodSeconds"),
            Check("LoadBalancers", "loadBalancers"),
            Check("TaskDefinition", "taskDefinition"),
        ),
    ),
    "AWS::ECS::TaskDefinition": Reader(
        _task_definition,
        (
            Check("Family", "family"),
            Check("Cpu", "cpu"),
            Check("Memory", "memory"),
            Check("EphemeralStorage", "ephemeralStorage", camel),
            Check("NetworkMode", "networkMode"),
            Check("RequiresCompatibilities", "requiresCompatibilities"),
            Check("RuntimePlatform", "runtimePlatform"),
            Check("TaskRoleArn", "taskRoleArn"),
            Check("ExecutionRoleArn", "executionRoleArn"),
            Check("ContainerDefinitions", "containerDefinitions", _containers),
        ),
    ),
    "AWS::ApplicationAutoScaling::ScalableTarget": Reader(
        _target,
        (
            *same("MinCapacity", "MaxCapacity", "ScalableDimension", "ResourceId", "ServiceNamespace", "RoleARN"),
            Check("ScheduledActions", "ScheduledActions"),
        ),
    ),
    "AWS::ApplicationAutoScaling::ScalingPolicy": Reader(
        _policy,
        (
            *same("PolicyType", "PolicyName", "TargetTrackingScalingPolicyConfiguration", "StepScalingPolicyConfiguration"),
            Check("ScalingTargetId", lambda live: "|".join(live[name] for name in ("ResourceId", "ScalableDimension", "ServiceNamespace"))),
        ),
    ),
}
