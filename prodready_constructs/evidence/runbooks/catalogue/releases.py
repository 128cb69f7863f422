"""Going back to the version before: services, functions, stacks."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.evidence.assembly import Assembly, Resource, StackTemplate
from prodready_constructs.evidence.runbooks.places import construct_of, name_of, slug
from prodready_constructs.evidence.runbooks.procedure import Procedure, Step
from prodready_constructs.evidence.shell import Shell

#: What going back means while visitors move, by strategy of the ECS deployment controller.
_WHILE = {
    "ROLLING": "tasks of the new version are replaced by tasks of the old one, a few at a time",
    "BLUE_GREEN": "all visitors go back to the old version, whose tasks still run, at once",
    "CANARY": "the few visitors of the new version go back to the old one, whose tasks still run, at once",
    "LINEAR": "the visitors moved so far go back to the old version, whose tasks still run, at once",
}


def service_procedures(assembly: Assembly, resource: Resource, shell: Shell) -> Iterator[Procedure]:
    """An Amazon ECS service: during a release, and after it."""
    if resource.type != "AWS::ECS::Service":
        return
    strategy = str(resource.get("DeploymentConfiguration", "Strategy") or "ROLLING")
    cluster, service = shell.word(resource.get("Cluster") or "default"), shell.word(name_of(resource, "ServiceName"))
    there = f"--cluster {cluster} --service"
    construct = construct_of(resource)
    bake = resource.get("DeploymentConfiguration", "BakeTimeInMinutes")
    keeps = f" The old tasks stay for {bake} minutes after the last visitor has moved." if isinstance(bake, int) and bake else ""
    yield Procedure(
        name=f"roll-back-{slug(construct)}",
        title=f"Roll back the release of {construct}",
        construct=f"{resource.stack.path}/{construct}",
        when=f"A new version does harm and its alarms have not sent it back. Strategy {strategy}: {_WHILE.get(strategy, _WHILE['ROLLING'])}.{keeps}",
        steps=(
            Step(
                "The last release, and whether it is still going on.",
                f"aws ecs list-service-deployments {there} {service} --max-results 1 "
                "--query 'serviceDeployments[0].[serviceDeploymentArn,status,createdAt]' --output text",
                "arn:aws:ecs:us-east-1:111122223333:service-deployment/shop/orders/NCWGC2ZR  IN_PROGRESS  2026-01-31T12:00:07+00:00",
            ),
            Step(
                "IN_PROGRESS: send it back. Otherwise go on with the next step.",
                "aws ecs stop-service-deployment --stop-type ROLLBACK --service-deployment-arn "
                f"$(aws ecs list-service-deployments {there} {service} --status IN_PROGRESS "
                "--query 'serviceDeployments[0].serviceDeploymentArn' --output text)",
                '{"serviceDeploymentArn": "arn:aws:ecs:us-east-1:111122223333:service-deployment/shop/orders/NCWGC2ZR"}',
            ),
            Step(
                "It is over: which revisions there are, newest first.",
                "aws ecs list-task-definitions --sort DESC --max-items 5 --query taskDefinitionArns --family-prefix "
                f"$(aws ecs describe-services --cluster {cluster} --services {service} "
                "--query 'services[0].taskDefinition' --output text | sed 's|.*/||; s|:.*||')",
                '["arn:aws:ecs:us-east-1:111122223333:task-definition/orders:42", "arn:aws:ecs:us-east-1:111122223333:task-definition/orders:41"]',
            ),
            Step("The one that was right.", "REVISION='<the ARN of the revision before>'", "(nothing)"),
            Step(
                "Release it by the same strategy, alarms included.",
                f"aws ecs update-service {there} {service} --task-definition \"$REVISION\" --query 'service.deployments[0].rolloutState'",
                '"IN_PROGRESS"',
            ),
            Step(
                "Until it has taken over.",
                f"aws ecs wait services-stable --cluster {cluster} --services {service}",
                "(nothing; status 255 after ten minutes: give it again)",
            ),
            Step(
                "Revert the change in the repository too: the next deployment would bring it back.",
                "git revert --no-edit '<the commit of the release>'",
                "1 file changed",
            ),
        ),
        verify=(
            Step(
                "One deployment, of the old revision, complete.",
                f"aws ecs describe-services --cluster {cluster} --services {service} "
                "--query 'services[0].[deployments[].[status,rolloutState,taskDefinition],runningCount,desiredCount]'",
                '[[["PRIMARY", "COMPLETED", "arn:aws:ecs:us-east-1:111122223333:task-definition/orders:41"]], 3, 3]',
            ),
            Step(
                "And what ECS says of the release.",
                f"aws ecs list-service-deployments {there} {service} --max-results 2 --query 'serviceDeployments[].status'",
                '["SUCCESSFUL", "ROLLBACK_SUCCESSFUL"]',
            ),
        ),
    )


def alias_procedures(assembly: Assembly, resource: Resource, shell: Shell) -> Iterator[Procedure]:
    """A Lambda alias, released at once or step by step by AWS CodeDeploy."""
    if resource.type != "AWS::Lambda::Alias":
        return
    function, alias = shell.word(resource.get("FunctionName")), shell.word(resource.get("Name"))
    construct = construct_of(resource)
    there = f"--function-name {function} --name {alias}"
    releases = (resource.body.get("UpdatePolicy") or {}).get("CodeDeployLambdaAliasUpdate") or {}
    while_shifting: tuple[Step, ...] = ()
    if releases:
        names = f"--application-name {shell.word(releases['ApplicationName'])} --deployment-group-name {shell.word(releases['DeploymentGroupName'])}"
        while_shifting = (
            Step(
                "A release that is going on, if any.",
                f"aws deploy list-deployments {names} --include-only-statuses Created Queued InProgress Baking --query deployments",
                '["d-A1B2C3D4E"], or [] when it is over',
            ),
            Step(
                "Going on: stop it, and all calls go to the old version at once.",
                f"aws deploy stop-deployment --auto-rollback-enabled --deployment-id $(aws deploy list-deployments {names} "
                "--include-only-statuses Created Queued InProgress Baking --query 'deployments[0]' --output text)",
                '"status": "Pending", or "Succeeded"',
            ),
        )
    yield Procedure(
        name=f"roll-back-{slug(construct)}",
        title=f"Roll back the release of {construct}",
        construct=f"{resource.stack.path}/{construct.rpartition('/')[0] or construct}",
        when="A new version of the function does harm and its alarms have not sent it back.",
        steps=(
            Step(
                "Which version answers now.",
                f"aws lambda get-alias {there} --query '[FunctionVersion,RoutingConfig]'",
                '["42", {"AdditionalVersionWeights": {"43": 0.1}}]',
            ),
            *while_shifting,
            Step(
                "The versions, newest last.",
                f"aws lambda list-versions-by-function --function-name {function} --query 'Versions[-5:].[Version,LastModified]' --output text",
                "41  2026-01-30T09:00:00.000+0000",
            ),
            Step("The one that was right.", "VERSION='<the number of the version before>'", "(nothing)"),
            Step(
                "All calls to it, at once.",
                f'aws lambda update-alias {there} --function-version "$VERSION" --routing-config AdditionalVersionWeights={{}}',
                '"FunctionVersion": "41"',
            ),
            Step(
                "Revert the change in the repository too: the next deployment would bring it back.",
                "git revert --no-edit '<the commit of the release>'",
                "1 file changed",
            ),
        ),
        verify=(
            Step(
                "One version, without a second one beside it.",
                f"aws lambda get-alias {there} --query '[FunctionVersion,RoutingConfig]'",
                '["41", null]',
            ),
        ),
    )


def stack_procedure(stack: StackTemplate) -> Procedure:
    """A stack whose deployment failed, hangs, or went through and should not have."""
    name = stack.name
    return Procedure(
        name="roll-back-stack",
        title=f"Roll back a deployment of {name}",
        construct=stack.path,
        when="A deployment failed half-way, hangs, or went through and does harm that no single service explains.",
        steps=(
            Step(
                "Where it stands.",
                f"aws cloudformation describe-stacks --stack-name {name} --query 'Stacks[0].[StackStatus,StackStatusReason]'",
                '["UPDATE_IN_PROGRESS", null]',
            ),
            Step(
                "What failed first: the last line is the cause, those before follow from it.",
                f"aws cloudformation describe-stack-events --stack-name {name} --max-items 100 "
                "--query \"StackEvents[?ends_with(ResourceStatus, 'FAILED')].[Timestamp,LogicalResourceId,ResourceStatusReason]\" --output text",
                "2026-01-31T12:00:07Z  OrdersService  Resource handler returned message: ...",
            ),
            Step(
                "UPDATE_IN_PROGRESS: go back now.",
                f"aws cloudformation cancel-update-stack --stack-name {name}",
                "(nothing; the status becomes UPDATE_ROLLBACK_IN_PROGRESS)",
            ),
            Step(
                "UPDATE_FAILED: go back.",
                f"aws cloudformation rollback-stack --stack-name {name}",
                '{"StackId": "arn:aws:cloudformation:..."}',
            ),
            Step(
                "UPDATE_ROLLBACK_FAILED: mend what the events name, then go on.",
                f"aws cloudformation continue-update-rollback --stack-name {name}",
                "(nothing; the status becomes UPDATE_ROLLBACK_IN_PROGRESS)",
            ),
            Step(
                "UPDATE_COMPLETE: deploy the commit before. Read the difference: a stateful resource must not be replaced.",
                f"git checkout '<the commit before>' && cdk diff {name} && cdk deploy {name} --exclusively",
                f"{name}: deployment finished",
            ),
        ),
        verify=(
            Step(
                "It stands still, at an end that is none of the FAILED ones.",
                f"aws cloudformation describe-stacks --stack-name {name} --query 'Stacks[0].StackStatus' --output text",
                "UPDATE_ROLLBACK_COMPLETE, or UPDATE_COMPLETE",
            ),
            Step(
                "Nothing in the stack is in alarm.",
                f"aws cloudwatch describe-alarms --alarm-name-prefix {name} --state-value ALARM --query 'MetricAlarms[].AlarmName'",
                "[]",
            ),
        ),
    )
