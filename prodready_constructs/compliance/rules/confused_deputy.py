"""A role that an AWS service may take on for anybody's sake."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, listed, mappings

#: The services that say on whose behalf they assume a role, where AWS documents it for trust policies. Others are not here: a condition that
#: a service does not fill is never met (Amazon Q Developer in chat applications, AppSync, RDS Proxy, CodeDeploy).
DEPUTIES = {
    "ecs-tasks.amazonaws.com": "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html",
    "events.amazonaws.com": "https://docs.aws.amazon.com/eventbridge/latest/userguide/cross-service-confused-deputy-prevention.html",
    "firehose.amazonaws.com": "https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html",
    "fis.amazonaws.com": "https://docs.aws.amazon.com/fis/latest/userguide/getting-started-iam-service-role.html",
    "iot.amazonaws.com": "https://docs.aws.amazon.com/iot/latest/developerguide/cross-service-confused-deputy-prevention.html",
    "logs.amazonaws.com": "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Subscriptions-confused-deputy.html",
    "monitoring.rds.amazonaws.com": "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Monitoring.OS.Enabling.html",
    "pipes.amazonaws.com": "https://docs.aws.amazon.com/eventbridge/latest/userguide/cross-service-confused-deputy-prevention.html",
    "scheduler.amazonaws.com": "https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html",
    "ssm.amazonaws.com": "https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-setup-iam.html",
    "states.amazonaws.com": "https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html",
    "vpc-flow-logs.amazonaws.com": "https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html",
}
#: What tells whose call it is. Firehose names the account as the external id.
KEYS = ("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths", "sts:externalid")


#: What containers run as; for the role that starts them AWS documents no condition.
TASKS = "ecs-tasks.amazonaws.com"


def _says_whose(statement: dict[str, Any]) -> bool:
    condition = statement.get("Condition")
    operators = condition.values() if isinstance(condition, dict) else ()
    asked = {str(key).lower(): value for one in operators if isinstance(one, dict) for key, value in one.items()}
    return any(key in asked and "*" not in listed(asked[key]) for key in KEYS)


def _find(subject: Subject) -> Iterator[Hit]:
    containers = subject.referred(["AWS::ECS::TaskDefinition"], lambda task: task.get("TaskRoleArn"))
    for role in subject.of_type("AWS::IAM::Role"):
        for statement in mappings(listed(role.get("AssumeRolePolicyDocument", "Statement"))):
            principal = statement.get("Principal")
            services = listed(principal.get("Service")) if isinstance(principal, dict) else []
            if statement.get("Effect") == "Allow" and not _says_whose(statement):
                for service in services:
                    if service in DEPUTIES and (service != TASKS or role in containers):
                        yield hit(role, detail=str(service).partition(".amazonaws")[0], note=f"See {DEPUTIES[service]}.")


RULE = Rule(
    name="ConfusedDeputy",
    controls=("SEC-1",),
    why="The service may take the role on when another account asks it to (https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html).",
    fix="aws:SourceAccount, and aws:SourceArn where the resource is known, in the condition of the trust policy; every role of this library has them "
    "where AWS documents them",
    find=_find,
)
