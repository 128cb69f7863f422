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
    targets = aws("application-autoscaling").describe_scalable_targets(**asked, ResourceIds=[properties["ResourceId"]])
    return targets["ScalableTargets"][0]


def _policy(aws: Aws, physical_id: str, _: Properties) -> Any:
    policies = aws("application-autoscaling").describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    return next(each for each in policies if each["PolicyARN"] == physical_id)


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
            Check("DeploymentConfiguration.MaximumPercent", "deploymentConfiguration.maximumPercent"),
            Check("DeploymentConfiguration.MinimumHealthyPercent", "deploymentConfiguration.minimumHealthyPercent"),
            Check("DeploymentConfiguration.DeploymentCircuitBreaker", "deploymentConfiguration.deploymentCircuitBreaker"),
            Check("NetworkConfiguration", "networkConfiguration"),
            Check("HealthCheckGracePeriodSeconds", "healthCheckGracePeriodSeconds"),
            Check("LoadBalancers", "loadBalancers", lambda value: [{"ContainerPort": each["ContainerPort"]} for each in value]),
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
    "AWS::ApplicationAutoScaling::ScalableTarget": Reader(_target, same("MinCapacity", "MaxCapacity", "ScalableDimension", "ResourceId")),
    "AWS::ApplicationAutoScaling::ScalingPolicy": Reader(
        _policy,
        (
            *same("PolicyType"),
            Check("TargetTrackingScalingPolicyConfiguration.TargetValue", "TargetTrackingScalingPolicyConfiguration.TargetValue"),
            Check(
                "TargetTrackingScalingPolicyConfiguration.PredefinedMetricSpecification.PredefinedMetricType",
                "TargetTrackingScalingPolicyConfiguration.PredefinedMetricSpecification.PredefinedMetricType",
            ),
        ),
    ),
}
