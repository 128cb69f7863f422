"""How a new version of a function takes over: CodeDeploy moves the alias, asks the checks, and goes back by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import cast

from aws_cdk import CfnCodeDeployLambdaAliasUpdate, CfnUpdatePolicy
from aws_cdk import aws_codedeploy as codedeploy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, REGION, ComposedRole, path_of
from prodready_constructs.posture import Release

ALIAS = "live"
#: What AWS offers ready-made: nothing of the account's quota of own configurations goes to them.
#: Source: https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
_CANARIES, _LINEARS = (5, 10, 15, 30), (1, 2, 3, 10)
_MINUTE = timedelta(minutes=1)
_CODEDEPLOY = iam.ServicePrincipal("codedeploy.amazonaws.com")
#: When CodeDeploy goes back by itself.
_EVENTS = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]


class FunctionRelease:
    """The application, deployment group and role of CodeDeploy for one alias; made of children of *scope*.

    All strategies pass through CodeDeploy, so that checks and alarms count whatever the posture says.
    """

    def __init__(self, scope: Construct, *, alias: lambda_.Alias, function_arn: str, release: Release) -> None:
        self._where = path_of(scope)
        self._alias_resource = cast("lambda_.CfnAlias", alias.node.default_child)
        self._alarms: list[str] = []
        self._before: str | None = None
        self._after: str | None = None
        #: What CodeDeploy may do: move this alias, read these alarms, ask these checks.
        self.role = ComposedRole(
            scope,
            "ReleaseRole",
            assumed_by=_CODEDEPLOY,
            description=f"{self._where}: lets CodeDeploy move the alias {ALIAS}"[:1000],
            statements=[
                {
                    "Action": ["lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig", "lambda:UpdateAlias"],
                    "Resource": [function_arn, f"{function_arn}:{ALIAS}"],
                }
            ],
        )
        #: The application: one function.
        self.application = codedeploy.CfnApplication(scope, "Releases", compute_platform="Lambda")
        self._application_name = self.application.ref
        #: The deployment group: one alias.
        self.group = codedeploy.CfnDeploymentGroup(
            scope,
            "Release",
            application_name=self._application_name,
            deployment_config_name=_configuration(scope, release),
            service_role_arn=self.role.role_arn,
            deployment_style=codedeploy.CfnDeploymentGroup.DeploymentStyleProperty(
                deployment_option="WITH_TRAFFIC_CONTROL", deployment_type="BLUE_GREEN"
            ),
            auto_rollback_configuration=codedeploy.CfnDeploymentGroup.AutoRollbackConfigurationProperty(enabled=True, events=_EVENTS),
        )
        self._group_name = self.group.ref
        #: Its names, for commands and events.
        self.names = (self._application_name, self._group_name)
        self._say()
        # The alias names the group; that the group's role may do its work by then is said here.
        self._alias_resource.add_resource_dependency(cast("iam.CfnManagedPolicy", self.role.policy.node.default_child))

    @property
    def answer(self) -> dict[str, str]:
        """What a check must be allowed: to tell CodeDeploy how it went."""
        group = f"arn:{PARTITION}:codedeploy:{REGION}:{ACCOUNT_ID}:deploymentgroup:{self._application_name}/{self._group_name}"
        return {"Action": "codedeploy:PutLifecycleEventHookExecutionStatus", "Resource": group}

    def roll_back_on(self, alarm_names: Sequence[str]) -> None:
        """Stop and go back when one of these alarms is on; a release does not even begin while one is."""
        self._alarms += alarm_names
        group = codedeploy.CfnDeploymentGroup
        self.group.alarm_configuration = group.AlarmConfigurationProperty(
            enabled=True,
            ignore_poll_alarm_failure=False,
            alarms=[group.AlarmProperty(name=name) for name in self._alarms],
        )
        self._allow(
            "cloudwatch:DescribeAlarms", *(f"arn:{PARTITION}:cloudwatch:{REGION}:{ACCOUNT_ID}:alarm:{name}" for name in alarm_names)
        )

    def require_free(self, *, before: bool) -> None:
        """Refuse a second check at the same moment."""
        if (self._before if before else self._after) is not None:
            raise ConfigurationError(
                f"{self._where}: {'pre' if before else 'post'}-traffic check",
                given="a second check",
                allowed="one: CodeDeploy asks one function at each moment",
                mend="let one check ask all that must be asked",
            )

    def ask(self, check: lambda_.Function, *, before: bool) -> None:
        """Have *check*, which may :attr:`answer`, asked before any caller meets the new version, or after all do.

        Raises:
            ConfigurationError: a second check at the same moment.
        """
        self.require_free(before=before)
        if before:
            self._before = check.function_name
        else:
            self._after = check.function_name
        self._allow("lambda:InvokeFunction", check.function_arn)
        self._say()

    def _allow(self, action: str, *resources: str) -> None:
        self.role.allow({"Action": action, "Resource": list(resources)})

    def _say(self) -> None:
        self._alias_resource.cfn_options.update_policy = CfnUpdatePolicy(
            code_deploy_lambda_alias_update=CfnCodeDeployLambdaAliasUpdate(
                application_name=self._application_name,
                deployment_group_name=self._group_name,
                before_allow_traffic_hook=self._before,
                after_allow_traffic_hook=self._after,
            )
        )


def _configuration(scope: Construct, release: Release) -> str:
    minutes = release.bake // _MINUTE
    if release.strategy in ("ALL_AT_ONCE", "BLUE_GREEN"):
        return "CodeDeployDefault.LambdaAllAtOnce"
    if release.strategy == "CANARY" and release.percent == 10 and minutes in _CANARIES:
        return f"CodeDeployDefault.LambdaCanary10Percent{minutes}Minutes"
    if release.strategy == "LINEAR" and release.percent == 10 and minutes in _LINEARS:
        return f"CodeDeployDefault.LambdaLinear10PercentEvery{minutes}Minute{'s' if minutes > 1 else ''}"
    config = codedeploy.CfnDeploymentConfig
    canary = config.TimeBasedCanaryProperty(canary_interval=minutes, canary_percentage=release.percent)
    linear = config.TimeBasedLinearProperty(linear_interval=minutes, linear_percentage=release.percent)
    is_canary = release.strategy == "CANARY"
    return codedeploy.CfnDeploymentConfig(
        scope,
        "Steps",
        compute_platform="Lambda",
        traffic_routing_config=config.TrafficRoutingConfigProperty(
            type="TimeBasedCanary" if is_canary else "TimeBasedLinear",
            time_based_canary=canary if is_canary else None,
            time_based_linear=None if is_canary else linear,
        ),
    ).ref
