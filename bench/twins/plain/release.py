"""How a new version of the service takes over: a tenth of the visitors for a quarter of an hour, tested before, taken back on alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from aws_cdk import Duration
from aws_cdk import aws_applicationautoscaling as appscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from bench.twins.plain.front import Front
from bench.twins.plain.smoke_test import HEADER, NAME, TEST_PORT, new_smoke_test

PORT = 5678


@dataclass(frozen=True)
class Release:
    """The two target groups that take turns."""

    targets: elbv2.ApplicationTargetGroup
    alternate: elbv2.ApplicationTargetGroup
    resource: ecs.CfnService

    def roll_back_on(self, alarm_names: Sequence[str]) -> None:
        """Go back when one of these alarms goes off."""
        self.resource.add_property_override(
            "DeploymentConfiguration.Alarms", {"AlarmNames": list(alarm_names), "Enable": True, "Rollback": True}
        )


def add_release(home: Construct, vpc: ec2.Vpc, front: Front, service: ecs.FargateService, key: kms.Key) -> Release:
    """Two target groups, two rules, a smoke test, and a role with which Amazon ECS moves visitors."""
    route = Construct(home, "ServiceRoute")
    targets = _group(route, "Targets", vpc)
    alternate = _group(route, "Alternate", vpc)
    weighted = elbv2.ListenerAction.weighted_forward(
        [elbv2.WeightedTargetGroup(target_group=targets, weight=1), elbv2.WeightedTargetGroup(target_group=alternate, weight=0)]
    )
    rule = elbv2.ApplicationListenerRule(
        route,
        "Rule",
        listener=front.listener,
        priority=50_000,
        conditions=[elbv2.ListenerCondition.path_patterns(["/*"])],
        action=weighted,
    )
    test_listener = front.load_balancer.add_listener(
        "TestHttp",
        port=TEST_PORT,
        protocol=elbv2.ApplicationProtocol.HTTP,
        open=False,
        default_action=elbv2.ListenerAction.fixed_response(404, content_type="text/plain", message_body="Not found"),
    )
    test_listener.set_attribute("routing.http.response.server.enabled", "false")
    test_listener.set_attribute("routing.http.response.x_content_type_options.header_value", "nosniff")
    test_rule = elbv2.ApplicationListenerRule(
        route,
        "TestRule",
        listener=test_listener,
        priority=50_000,
        conditions=[elbv2.ListenerCondition.http_header(HEADER, [NAME])],
        action=weighted,
    )
    targets.register_connectable(service, ec2.Port.tcp(PORT))
    function = new_smoke_test(home, vpc, front, key)
    rules = [rule.listener_rule_arn, test_rule.listener_rule_arn]
    role, policy = _role(home, [targets.target_group_arn, alternate.target_group_arn], rules, function.function_arn)
    service.node.add_dependency(policy)
    resource = cast("ecs.CfnService", service.node.default_child)
    resource.load_balancers = [
        ecs.CfnService.LoadBalancerProperty(
            container_name="App",
            container_port=PORT,
            target_group_arn=targets.target_group_arn,
            advanced_configuration=ecs.CfnService.AdvancedConfigurationProperty(
                alternate_target_group_arn=alternate.target_group_arn,
                production_listener_rule=rules[0],
                test_listener_rule=rules[1],
                role_arn=role.role_arn,
            ),
        )
    ]
    canary = {"CanaryPercent": 10, "CanaryBakeTimeInMinutes": 15}
    hook = {
        "HookTargetArn": function.function_arn,
        "RoleArn": role.role_arn,
        "LifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"],
        "TargetType": "AWS_LAMBDA",
        "TimeoutConfiguration": {"TimeoutInMinutes": 60, "Action": "ROLLBACK"},
    }
    resource.add_property_override(
        "DeploymentConfiguration",
        {"Strategy": "CANARY", "BakeTimeInMinutes": 5, "CanaryConfiguration": canary, "LifecycleHooks": [hook]},
    )
    return Release(targets=targets, alternate=alternate, resource=resource)


def follow_requests(home: Construct, service: ecs.FargateService, release: Release) -> None:
    """A thousand requests a minute for each task, whichever group has them."""
    target = cast("appscaling.ScalableTarget", service.node.find_child("TaskCount").node.find_child("Target"))
    policy = appscaling.CfnScalingPolicy
    groups = (release.targets, release.alternate)
    balancer = release.targets.first_load_balancer_full_name
    metrics = [
        policy.TargetTrackingMetricDataQueryProperty(
            id=f"m{number}",
            return_data=False,
            metric_stat=policy.TargetTrackingMetricStatProperty(
                stat="Sum",
                metric=policy.TargetTrackingMetricProperty(
                    namespace="AWS/ApplicationELB",
                    metric_name="RequestCountPerTarget",
                    dimensions=[
                        policy.TargetTrackingMetricDimensionProperty(name="LoadBalancer", value=balancer),
                        policy.TargetTrackingMetricDimensionProperty(name="TargetGroup", value=group.target_group_full_name),
                    ],
                ),
            ),
        )
        for number, group in enumerate(groups)
    ]
    total = policy.TargetTrackingMetricDataQueryProperty(
        id="perTask", label="Requests per task", expression="SUM([m0, m1])", return_data=True
    )
    policy(
        home,
        "RequestsPolicy",
        policy_name="Requests",
        policy_type="TargetTrackingScaling",
        scaling_target_id=target.scalable_target_id,
        target_tracking_scaling_policy_configuration=policy.TargetTrackingScalingPolicyConfigurationProperty(
            target_value=1000,
            scale_out_cooldown=60,
            scale_in_cooldown=300,
            customized_metric_specification=policy.CustomizedMetricSpecificationProperty(metrics=[*metrics, total]),
        ),
    )


def _group(route: Construct, name: str, vpc: ec2.Vpc) -> elbv2.ApplicationTargetGroup:
    return elbv2.ApplicationTargetGroup(
        route,
        name,
        vpc=vpc,
        port=PORT,
        protocol=elbv2.ApplicationProtocol.HTTP,
        target_type=elbv2.TargetType.IP,
        deregistration_delay=Duration.seconds(30),
        load_balancing_algorithm_type=elbv2.TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS,
        health_check=elbv2.HealthCheck(
            path="/health",
            protocol=elbv2.Protocol.HTTP,
            healthy_http_codes="200-299",
            interval=Duration.seconds(30),
            timeout=Duration.seconds(5),
            healthy_threshold_count=2,
            unhealthy_threshold_count=3,
        ),
    )


def _role(home: Construct, groups: list[str], rules: list[str], function: str) -> tuple[iam.Role, iam.ManagedPolicy]:
    role = iam.Role(
        home,
        "ReleaseRole",
        assumed_by=iam.ServicePrincipal("ecs.amazonaws.com"),
        description="Shop/Api: what Amazon ECS does to release it",
    )
    look = [f"elasticloadbalancing:Describe{what}" for what in ("Listeners", "Rules", "TargetGroups", "TargetHealth")]
    change = ["elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:RegisterTargets"]
    policy = iam.ManagedPolicy(
        role,
        "Policy",
        roles=[role],
        statements=[
            iam.PolicyStatement(actions=look, resources=["*"]),
            iam.PolicyStatement(actions=change, resources=groups),
            iam.PolicyStatement(actions=["elasticloadbalancing:ModifyRule"], resources=rules),
            iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[function]),
        ],
    )
    return role, policy
