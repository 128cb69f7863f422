"""Containers, their scaling and what stands in front of them: ministack's ECS and API Gateway, moto for Application Auto Scaling."""

from __future__ import annotations

from botocore.exceptions import ClientError
from ministack.core.responses import get_account_id

from prodready_constructs.local.emulator.calls import call, camel, client, moto_client
from prodready_constructs.local.emulator.registration import Made, Properties, creates, made_name


@creates("AWS::ECS::ClusterCapacityProviderAssociations")
def capacity_providers(logical_id: str, properties: Properties, stack: str) -> Made:
    call("ecs", "put_cluster_capacity_providers", camel(properties))
    return properties["Cluster"], {}


def _delete_task_definition(physical_id: str, _: Properties) -> None:
    client("ecs").deregister_task_definition(taskDefinition=physical_id)


@creates("AWS::ECS::TaskDefinition", delete=_delete_task_definition, instead=True)
def task_definition(logical_id: str, properties: Properties, stack: str) -> Made:
    # ministack's own handler drops the platform, the storage and more; its API keeps them.
    wanted = {"Family": f"{stack}-{logical_id}", **properties}
    arn = call("ecs", "register_task_definition", wanted)["taskDefinition"]["taskDefinitionArn"]
    return arn, {"TaskDefinitionArn": arn}


def _delete_validator(physical_id: str, properties: Properties) -> None:
    client("apigateway").delete_request_validator(restApiId=properties["RestApiId"], requestValidatorId=physical_id)


@creates("AWS::ApiGateway::RequestValidator", delete=_delete_validator, instead=True)
def request_validator(logical_id: str, properties: Properties, stack: str) -> Made:
    # ministack's own handler draws an id and stores nothing.
    made = call("apigateway", "create_request_validator", {"Name": made_name(stack, logical_id), **properties})["id"]
    return made, {"RequestValidatorId": made}


def _deregister(physical_id: str, _: Properties) -> None:
    resource, dimension, namespace = physical_id.split("|")
    client("application-autoscaling").deregister_scalable_target(
        ServiceNamespace=namespace, ResourceId=resource, ScalableDimension=dimension
    )


@creates("AWS::ApplicationAutoScaling::ScalableTarget", backing="moto", delete=_deregister)
def scalable_target(logical_id: str, properties: Properties, stack: str) -> Made:
    if properties["ServiceNamespace"] == "ecs":
        _mirror_service(properties["ResourceId"])
    role = properties.get("RoleARN", f"arn:aws:iam::{get_account_id()}:role/application-autoscaling")
    # Each scheduled action is a call of its own; the target's properties are kept by the first.
    actions = properties.get("ScheduledActions", [])
    wanted = {name: value for name, value in properties.items() if name != "ScheduledActions"}
    call("application-autoscaling", "register_scalable_target", {**wanted, "RoleARN": role})
    names = {name: properties[name] for name in ("ServiceNamespace", "ResourceId", "ScalableDimension")}
    for action in actions:
        # Start and end times are strings in a template and moments in the API.
        call("application-autoscaling", "put_scheduled_action", {**names, **action})
    return f"{properties['ResourceId']}|{properties['ScalableDimension']}|{properties['ServiceNamespace']}", {}


def _mirror_service(resource_id: str) -> None:
    """moto validates against its own ECS, so a stub of the same name stands there."""
    _, cluster, service = resource_id.split("/")
    ecs = moto_client("ecs")
    ecs.create_cluster(clusterName=cluster)
    ecs.register_task_definition(family="stub", containerDefinitions=[{"name": "stub", "image": "stub", "memory": 64}])
    try:
        ecs.create_service(cluster=cluster, serviceName=service, taskDefinition="stub", desiredCount=0)
    except ClientError as error:
        if "already" not in str(error) and "not idempotent" not in str(error):
            raise


def _policy_names(properties: Properties) -> Properties:
    wanted = dict(properties)
    if "ScalingTargetId" in wanted:
        wanted["ResourceId"], wanted["ScalableDimension"], wanted["ServiceNamespace"] = wanted.pop("ScalingTargetId").split("|")
    return wanted


def _delete_policy(_: str, properties: Properties) -> None:
    wanted = _policy_names(properties)
    names = ("PolicyName", "ServiceNamespace", "ResourceId", "ScalableDimension")
    client("application-autoscaling").delete_scaling_policy(**{name: wanted[name] for name in names})


@creates("AWS::ApplicationAutoScaling::ScalingPolicy", backing="moto", delete=_delete_policy)
def scaling_policy(logical_id: str, properties: Properties, stack: str) -> Made:
    arn = call("application-autoscaling", "put_scaling_policy", _policy_names(properties))["PolicyARN"]
    return arn, {"Arn": arn}


@creates("AWS::Events::Archive", delete=lambda physical_id, _: client("events").delete_archive(ArchiveName=physical_id))
def archive(logical_id: str, properties: Properties, stack: str) -> Made:
    name = properties.get("ArchiveName") or made_name(stack, logical_id, longest=48)
    arn = call("events", "create_archive", {**properties, "ArchiveName": name, "EventSourceArn": properties["SourceArn"]})["ArchiveArn"]
    return name, {"Arn": arn, "ArchiveName": name}
