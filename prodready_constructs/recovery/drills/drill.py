"""One experiment: what breaks, what ends it, and what it is to show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aws_cdk import CfnOutput
from aws_cdk import aws_fis as fis
from aws_cdk import aws_iam as iam
from constructs import Construct

from prodready_constructs.contracts import ControlClaim, record
from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, REGION, ComposedRole, Part
from prodready_constructs.recovery.drills.planned import SHORTEST, Planned, iso_8601
from prodready_constructs.waivers import waive

CONTROLS = (
    ControlClaim(
        control="DR-5",
        how="An experiment on named resources only, which critical alarms stop, with a role for nothing else and a log of every run",
        frameworks=("NIST 800-53 r5 CP-4", "HIPAA 164.308(a)(7)(ii)(D)", "SOC 2 A1.3"),
    ),
)
#: The last action: it breaks nothing, and keeps the stop alarms on guard until everything has to be well again.
OBSERVE = "Observe"
#: Characters of an experiment template's description.
DESCRIPTION_LIMIT = 512
#: What sends the log of an experiment: CloudWatch Logs asks for this of whoever starts the delivery, and no resource narrows it.
#: Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
_LOGGING = ("logs:CreateLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a drill was asked to be, and what is the same for all drills.

    Attributes:
        expects: alarms that are to go off. recovers_within: when all is to be well again, and recovers_within_is: where that comes from.
    """

    question: str
    planned: tuple[Planned, ...]
    stop_alarms: tuple[str, ...]
    expects: tuple[str, ...]
    recovers_within: timedelta
    recovers_within_is: str
    log_group_arn: str
    in_production: str | None


class Drill(Part):
    """One AWS FIS experiment template with its role; made by ``Drills.add``.

    Always: one account; a target that finds nothing fails the experiment before anything breaks; stopped by the first stop alarm; after the
    faults the experiment goes on, breaking nothing, until everything is to be well again.

    Args:
        asked: what ``Drills.add`` was asked for.
    """

    def __init__(self, scope: Construct, construct_id: str, *, asked: Asked) -> None:
        super().__init__(scope, construct_id)
        path = self.path
        #: What FIS may do in this experiment.
        self.role = ComposedRole(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "fis.amazonaws.com",
                # https://docs.aws.amazon.com/fis/latest/userguide/getting-started-iam-service-role.html
                conditions={
                    "StringEquals": {"aws:SourceAccount": ACCOUNT_ID},
                    "ArnLike": {"aws:SourceArn": f"arn:{PARTITION}:fis:{REGION}:{ACCOUNT_ID}:experiment/*"},
                },
            ),
            description=f"AWS FIS: the faults of {path}"[:1000],
            statements=_statements(asked.planned),
        )
        waive(
            self.role.policy,
            rule=[f"AwsSolutions-IAM5[Resource::{resource}]" for resource in _wildcards(asked.planned)],
            because="FIS resolves targets with describe and list calls that know no resource; what it changes is limited to the drill's own "
            "resources, to tasks of the one cluster, whose ids are not known before they run, and to network ACLs that FIS itself tagged",
            owner="platform",
        )
        names = _names(asked.planned)
        template = fis.CfnExperimentTemplate
        #: The experiment template itself.
        self.template = template(
            self,
            "Template",
            description=f"{path}: {asked.question}"[:DESCRIPTION_LIMIT],
            role_arn=self.role.role_arn,
            stop_conditions=[
                template.ExperimentTemplateStopConditionProperty(source="aws:cloudwatch:alarm", value=arn) for arn in asked.stop_alarms
            ],
            targets={name: _target(one) for name, one in zip(names, asked.planned, strict=True)},
            actions={
                **{name: _action(name, one) for name, one in zip(names, asked.planned, strict=True)},
                OBSERVE: template.ExperimentTemplateActionProperty(
                    action_id="aws:fis:wait",
                    description="Breaks nothing: the time in which everything has to recover",
                    parameters={"duration": iso_8601(_observed(asked.recovers_within))},
                    start_after=names,
                ),
            },
            experiment_options=template.ExperimentTemplateExperimentOptionsProperty(
                account_targeting="single-account", empty_target_resolution_mode="fail"
            ),
            log_configuration=template.ExperimentTemplateLogConfigurationProperty(
                log_schema_version=2,
                # Untyped in the L1: the struct would be written in camel case, which CloudFormation refuses.
                cloud_watch_logs_configuration={"LogGroupArn": asked.log_group_arn},
            ),
            tags={"Name": path[:256]},
        )
        self.template.node.add_dependency(self.role.policy)
        identifier = self.template.ref
        start = f"aws fis start-experiment --experiment-template-id {identifier} --region {REGION}"
        #: The command that starts it; an output of the stack as well.
        self.start_command = start
        CfnOutput(self, "Start", value=start, description=f"Starts the drill: {asked.question}"[:1024])
        record(
            self,
            controls=CONTROLS,
            tier="recovery",
            drill={
                "question": asked.question,
                "does": [one.does for one in asked.planned],
                "expects": list(asked.expects),
                "stopped_by": list(asked.stop_alarms),
                "recovers_within": asked.recovers_within.total_seconds(),
                "recovers_within_is": asked.recovers_within_is,
                "in_production": asked.in_production,
                "template": identifier,
                "shows": [one.shows for one in asked.planned if one.shows],
                "commands": [
                    f"aws fis start-experiment --experiment-template-id {identifier} --experiment-options actionsMode=skip-all"
                    f" --region {REGION}  # breaks nothing: shows what would be hit",
                    start,
                    f"aws fis get-experiment --id $EXPERIMENT_ID --region {REGION} --query 'experiment.[state,actions]'",
                    f"aws fis stop-experiment --id $EXPERIMENT_ID --region {REGION}  # by hand, at any moment",
                    f"aws cloudwatch describe-alarms --state-value ALARM --region {REGION} --query '[MetricAlarms,CompositeAlarms][].AlarmName'",
                ],
            },
        )


def lasts(planned: tuple[Planned, ...], recovers_within: timedelta) -> timedelta:
    """How long the whole experiment takes."""
    return max((one.lasts or timedelta(0) for one in planned), default=timedelta(0)) + _observed(recovers_within)


def _observed(recovers_within: timedelta) -> timedelta:
    # FIS waits whole minutes, one at least.
    return max(SHORTEST, -(-recovers_within // SHORTEST) * SHORTEST)


def _names(planned: Sequence[Planned]) -> list[str]:
    """The name of each, with a number from the second of its kind on."""
    names: list[str] = []
    for index, one in enumerate(planned):
        earlier = sum(other.name == one.name for other in planned[:index])
        names.append(f"{one.name}{earlier + 1}" if earlier else one.name)
    return names


def _statements(planned: Sequence[Planned]) -> list[dict[str, Any]]:
    reads = sorted({*_LOGGING, *(read for one in planned for read in one.reads)})
    statements: list[dict[str, Any]] = [{"Sid": "Look", "Action": reads, "Resource": "*"}]
    for name, one in zip(_names(planned), planned, strict=True):
        number = name.removeprefix(one.name)
        statements += [{**statement, "Sid": f"{statement['Sid']}{number}"} for statement in one.allowed]
    return statements


def _wildcards(planned: Sequence[Planned]) -> list[str]:
    """Every resource with a wildcard, once."""
    found = ["*"]
    for one in planned:
        for statement in one.allowed:
            resources = statement["Resource"]
            found += [each for each in ([resources] if isinstance(resources, str) else resources) if each.endswith("*")]
    return list(dict.fromkeys(found))


def _target(one: Planned) -> fis.CfnExperimentTemplate.ExperimentTemplateTargetProperty:
    template = fis.CfnExperimentTemplate
    return template.ExperimentTemplateTargetProperty(
        resource_type=one.resource_type,
        selection_mode=one.selection,
        resource_arns=list(one.arns) or None,
        resource_tags=dict(one.tags) or None,
        parameters=dict(one.parameters) or None,
        filters=[template.ExperimentTemplateTargetFilterProperty(path=path, values=[value]) for path, value in one.filters.items()] or None,
    )


def _action(name: str, one: Planned) -> fis.CfnExperimentTemplate.ExperimentTemplateActionProperty:
    return fis.CfnExperimentTemplate.ExperimentTemplateActionProperty(
        action_id=one.action, description=one.does[:512], parameters=dict(one.settings) or None, targets={one.target_key: name}
    )
