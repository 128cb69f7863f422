"""ECS Exec: a shell in a running task, encrypted and logged."""

from __future__ import annotations

from typing import cast

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct, IConstruct

from prodready_constructs.contracts import ProcedureSpec, ProcedureStep, Severity
from prodready_constructs.foundation import REGION
from prodready_constructs.waivers import waive

#: Where the agent of Session Manager writes; all else in the container stays read-only (aws/containers-roadmap issue 1359).
WRITABLE = {"ExecAgent": "/managed-agents", "ExecState": "/var/lib/amazon/ssm", "ExecLog": "/var/log/amazon/ssm"}
_CHANNELS = (
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)


def open_to_exec(
    scope: Construct, *, service: ecs.FargateService, container: ecs.ContainerDefinition, role: iam.IRole, sessions: str, key: kms.IKey
) -> None:
    """Switch ECS Exec on for *service*; sessions go to the log group of the ARN *sessions*, encrypted with *key*."""
    definition = service.task_definition
    for name, path in WRITABLE.items():
        definition.add_volume(name=name)
        container.add_mount_points(ecs.MountPoint(container_path=path, read_only=False, source_volume=name))
    document = {
        "Statement": [
            {"Effect": "Allow", "Action": [*_CHANNELS, "logs:DescribeLogGroups"], "Resource": "*"},
            {
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                "Resource": sessions,
            },
            {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key.key_arn},
        ]
    }
    # A policy of its own, so that the waiver covers nothing that the application is granted.
    policy = iam.ManagedPolicy(scope, "ExecPolicy", document=iam.PolicyDocument.from_json(document), roles=[role])
    waive(
        cast("IConstruct", policy.node.default_child),
        rule="AwsSolutions-IAM5[Resource::*]",
        because="the channels of Session Manager and logs:DescribeLogGroups have no resource-level permission; writing and keys name their resource",
        owner="platform",
    )
    cast("ecs.CfnService", service.node.default_child).enable_execute_command = True
    service.node.add_dependency(policy)


def exec_command(*, cluster: str, service: str, container: str) -> str:
    """What somebody pastes for a shell in whichever task of *service* is running."""
    task = (
        f"aws ecs list-tasks --region {REGION} --cluster {cluster} --service-name {service} --desired-status RUNNING"
        " --query 'taskArns[0]' --output text"
    )
    return (
        f'aws ecs execute-command --region {REGION} --cluster {cluster} --task "$({task})" --container {container}'
        " --interactive --command /bin/sh"
    )


def shell_procedure(command: str) -> ProcedureSpec:
    """The page of the runbooks that says how a shell is opened by *command*."""
    return ProcedureSpec(
        id="OpenAShell",
        title="Open a shell in a running task",
        when="Logs and metrics do not show what is wrong, and somebody must look inside. All of the session is logged.",
        steps=(ProcedureStep(do="Open it in whichever task runs", command=command, expected="Starting session with SessionId: ..."),),
        verify=(
            ProcedureStep(
                do="See your session, and nobody's that should not be there",
                command="aws ssm describe-sessions --state Active --query 'Sessions[].[Owner,Target,StartDate]' --output table",
                expected="one line with your name",
            ),
        ),
        escalation="No shell after ten minutes: the task began before ECS Exec was allowed; start a new deployment, or read the logs.",
        severity=Severity.WARNING,
    )
