"""A takeover that a service of AWS carries out, from the region that is left."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_arcregionswitch as arc
from aws_cdk import aws_iam as iam
from constructs import Construct

from prodready_constructs.contracts import ControlClaim, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ACCOUNT_ID, ComposedRole, Part, require_region
from prodready_constructs.posture import RegionPosture
from prodready_constructs.recovery.regions.switch_steps import Approve, SwitchStep
from prodready_constructs.waivers import waive

CONTROLS = (
    ControlClaim(
        control="DR-5",
        how="The takeover is a plan that ARC evaluates every 30 minutes and carries out from either region, after a person's approval",
        frameworks=("NIST 800-53 r5 CP-10", "SOC 2 A1.2"),
    ),
)
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?")


class RegionSwitch(Part):
    """A plan of Amazon Application Recovery Controller's Region switch: the same steps for a takeover by either region.

    Always: active and passive; the first step is a person's approval; a role for the resources of its steps.

    Charged for by the month (see AWS pricing): for what must be led over by people who have never seen the runbook.

    Args:
        name: letters, digits and hyphens, 32 at most; unique in the account.
        posture: the promised recovery time, which ARC measures each execution by.
        home: the region that serves now. standby: the one that takes over.
        steps: name -> what is done, in this order: ``Approve``, ``PromoteAurora``, ``PromoteReplica``, ``ScaleService``, ``SwitchNames``.

    Raises:
        ConfigurationError: a name ARC refuses, twice the same region, one that is not allowed, a first step without approval, no further step;
            and what each step refuses.

    Source: https://docs.aws.amazon.com/r53recovery/latest/dg/region-switch.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        posture: RegionPosture,
        home: str,
        standby: str,
        steps: Mapping[str, SwitchStep],
    ) -> None:
        super().__init__(scope, construct_id)
        where = self.path
        if not _NAME.fullmatch(name):
            raise ConfigurationError(
                f"{where}: name",
                given=name,
                allowed="1 to 32 letters, digits and hyphens",
                mend="shorten it, or leave out the other characters",
            )
        if home == standby:
            raise ConfigurationError(
                f"{where}: standby", given=standby, allowed=f"another region than {home}", mend="name the second region"
            )
        require_region(where, standby, posture.allowed_regions)
        _check_steps(where, steps)
        blocks = {title: step.block(where, (home, standby)) for title, step in steps.items()}
        #: What ARC may do in an execution.
        self.role = ComposedRole(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "arc-region-switch.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": ACCOUNT_ID}}
            ),
            description=f"ARC Region switch: the steps of {where}"[:1000],
            statements=_merged([statement for block in blocks.values() for statement in block.allowed]),
        )
        if any(statement["Resource"] == "*" for block in blocks.values() for statement in block.allowed):
            waive(
                self.role.policy,
                rule="AwsSolutions-IAM5[Resource::*]",
                because="ARC reads clusters, instances, metrics and scaling bounds with calls that know no resource, and Application Auto Scaling's "
                "registration has none that a template can name; what is promoted and scaled is named",
                owner="platform",
            )
        plan = arc.CfnPlan
        #: The plan itself.
        self.plan = plan(
            self,
            "Plan",
            name=name,
            description=f"{where}: {home} to {standby} and back",
            execution_role=self.role.role_arn,
            recovery_approach="activePassive",
            regions=[home, standby],
            primary_region=home,
            recovery_time_objective_minutes=int(posture.recovery_time.total_seconds()) // 60,
            workflows=[
                plan.WorkflowProperty(
                    workflow_target_action="activate",
                    workflow_target_region=region,
                    workflow_description=f"{region} takes over",
                    steps=[
                        plan.StepProperty(name=title, execution_block_type=block.kind, execution_block_configuration=block.configuration)
                        for title, block in blocks.items()
                    ],
                )
                for region in (standby, home)
            ],
        )
        arn = self.plan.attr_arn
        #: The command by which *standby* takes over; it is asked there, because *home* may be gone.
        self.start_command = (
            f"aws arc-region-switch start-plan-execution --plan-arn {arn} --target-region {standby} --action activate --region {standby}"
        )
        record(
            self,
            controls=CONTROLS,
            tier="recovery",
            allowed_regions=list(posture.allowed_regions),
            switch={
                "home": home,
                "standby": standby,
                "steps": list(steps),
                "commands": [
                    f"aws arc-region-switch get-plan-evaluation-status --plan-arn {arn} --region {standby}",
                    self.start_command,
                    f"aws arc-region-switch list-plan-executions --plan-arn {arn} --region {standby}",
                ],
            },
        )


def _check_steps(where: str, steps: Mapping[str, SwitchStep]) -> None:
    kinds = list(steps.values())
    if len(kinds) < 2 or not isinstance(kinds[0], Approve):
        raise ConfigurationError(
            f"{where}: steps",
            given=list(steps),
            allowed="an Approve first, and what is done after it",
            mend="begin with {'Decide': Approve(role_arn=...)}: a promotion has no way back",
        )


def _merged(statements: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """*statements* with ids that no other has."""
    named: list[Mapping[str, Any]] = []
    for index, statement in enumerate(statements):
        earlier = sum(other["Sid"] == statement["Sid"] for other in statements[:index])
        named.append({**statement, "Sid": f"{statement['Sid']}{earlier + 1}"} if earlier else statement)
    return named
