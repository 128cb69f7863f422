"""Who takes on the role of a task."""

from __future__ import annotations

from aws_cdk import aws_iam as iam

from prodready_constructs.foundation.part import ACCOUNT_ID, PARTITION, REGION

#: Amazon ECS, for tasks of this account and region and of nobody else; a cluster cannot be named here.
#: Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
TASKS = iam.ServicePrincipal(
    "ecs-tasks.amazonaws.com",
    conditions={
        "StringEquals": {"aws:SourceAccount": ACCOUNT_ID},
        "ArnLike": {"aws:SourceArn": f"arn:{PARTITION}:ecs:{REGION}:{ACCOUNT_ID}:*"},
    },
)
#: The same, for what starts a task (image, logs, secrets): AWS does not document on whose behalf ECS says it comes then.
#: Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
STARTERS = iam.ServicePrincipal("ecs-tasks.amazonaws.com")
