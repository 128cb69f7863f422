"""What leaked: secrets and keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from prodready_constructs.evidence.assembly import Assembly, Resource, StackTemplate, references
from prodready_constructs.evidence.runbooks.places import construct_of, slug
from prodready_constructs.evidence.runbooks.procedure import Procedure, Step
from prodready_constructs.evidence.shell import Shell

#: CloudTrail's event history goes back 90 days: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html
_SINCE = "--start-time $(date -u -d '90 days ago' +%Y-%m-%dT%H:%M:%SZ)"
_WHO = "Events[].[EventTime,Username,EventName,EventId]"


def secret_procedures(assembly: Assembly, resource: Resource, shell: Shell) -> Iterator[Procedure]:
    """A secret of AWS Secrets Manager, one that RDS keeps for its master user included."""
    construct = construct_of(resource)
    if resource.type == "AWS::SecretsManager::Secret":
        value: Any = {"Ref": resource.logical_id}
        rotates = any(
            one.type == "AWS::SecretsManager::RotationSchedule"
            and ("Local", resource.logical_id) in references({"SecretId": one.get("SecretId")})
            for one in resource.stack.resources.values()
        )
    elif resource.type in {"AWS::RDS::DBInstance", "AWS::RDS::DBCluster"} and resource.get("ManageMasterUserPassword"):
        value, rotates = {"Fn::GetAtt": [resource.logical_id, "MasterUserSecret.SecretArn"]}, True
    else:
        return
    secret = shell.word(value)
    yield Procedure(
        name=f"secret-compromised-{slug(construct)}",
        title=f"A secret of {construct} may be known to others",
        construct=f"{resource.stack.path}/{construct}",
        when="It was seen in a log, a repository, a chat or a machine it does not belong on, or CloudTrail shows a reader nobody knows.",
        steps=(
            Step(
                "Who has read or changed it: write the answer down before anything else.",
                f"aws cloudtrail lookup-events {_SINCE} --lookup-attributes AttributeKey=ResourceName,AttributeValue={secret} --query '{_WHO}'",
                '["2026-01-31T12:00:07+00:00", "orders-task", "GetSecretValue", "7c4e..."]',
            ),
            Step(
                "Also by event: readers that named it otherwise. Look for addresses and roles that are not yours.",
                f"aws cloudtrail lookup-events {_SINCE} --lookup-attributes AttributeKey=EventName,AttributeValue=GetSecretValue "
                "--query 'Events[].[EventTime,Username,Resources[].ResourceName]'",
                '["2026-01-31T12:00:07+00:00", "orders-task", ["arn:aws:secretsmanager:..."]]',
            ),
            *_renewed(secret, rotates=rotates),
            *_restarts(assembly, resource, shell),
        ),
        verify=(
            Step(
                "It was made anew minutes ago, and the current version is another one.",
                f"aws secretsmanager describe-secret --secret-id {secret} --query '[LastRotatedDate,LastChangedDate,VersionIdsToStages]'",
                '["2026-01-31T12:05:00+00:00", "2026-01-31T12:05:00+00:00", {"new-id": ["AWSCURRENT", "AWSPENDING"], "old-id": ["AWSPREVIOUS"]}]',
            ),
            Step(
                "Nobody unknown has read it since.",
                f"aws cloudtrail lookup-events --lookup-attributes AttributeKey=ResourceName,AttributeValue={secret} --max-items 20 --query '{_WHO}'",
                "only names that you know; events come about five minutes late",
            ),
        ),
        destroys="Whoever still signs in with the old value is refused.",
        escalation="At once, and not after the commands: tell who answers for security; they decide whether others have to be told by law.",
    )


def _renewed(secret: str, *, rotates: bool) -> tuple[Step, ...]:
    if not rotates:
        return (
            Step(
                "It has no rotation: have its issuer make a new value, write it to a file, and store it.",
                f"aws secretsmanager put-secret-value --secret-id {secret} --secret-string file://new-value.json",
                '"VersionStages": ["AWSCURRENT"]',
            ),
            Step("Leave no copy.", "shred --remove new-value.json", "(nothing)"),
        )
    asked = f"aws secretsmanager describe-secret --secret-id {secret} --query"
    turn = (
        Step("A new password, now.", f"aws secretsmanager rotate-secret --secret-id {secret} --rotate-immediately", '"VersionId": "..."'),
        Step(
            "Until the new version is the current one.",
            f"{asked} VersionIdsToStages",
            '{"new-id": ["AWSCURRENT", "AWSPENDING"], "old-id": ["AWSPREVIOUS"]}',
        ),
    )
    return (
        *turn,
        Step(
            "Once more: where two users take turns, the first rotation made the other one's password anew, and the leaked one's only now goes.",
            f"aws secretsmanager rotate-secret --secret-id {secret} --rotate-immediately",
            '"VersionId": "..."',
        ),
    )


def _restarts(assembly: Assembly, resource: Resource, shell: Shell) -> Iterator[Step]:
    """A new deployment of every service whose containers were given the secret at their start."""
    for stack in assembly.stacks:
        for service in stack.resources.values():
            if service.type != "AWS::ECS::Service":
                continue
            task = next(iter(assembly.targets(stack, service.get("TaskDefinition"))), None)
            if task is None or resource not in assembly.targets(stack, task.get("ContainerDefinitions")):
                continue
            region = f" --region {stack.region}" if stack.region and stack.region != resource.stack.region else ""
            yield Step(
                f"`{construct_of(service)}` reads it when a task starts: start new ones.",
                f"aws ecs update-service{region} --force-new-deployment --cluster {shell.word(service.get('Cluster'))} "
                f"--service {shell.word({'Ref': service.logical_id})} --query 'service.deployments[0].rolloutState'",
                '"IN_PROGRESS"',
            )


def key_procedure(stack: StackTemplate, shell: Shell, keys: Sequence[Resource]) -> Procedure:
    """The KMS keys of *stack*: their material never leaves AWS KMS, so what leaks is the right to use them."""
    listed = tuple(
        Step(f"If it is that of `{construct_of(key)}`.", f"KEY={shell.word({'Ref': key.logical_id})}", "(nothing)") for key in keys
    )
    return Procedure(
        name="key-compromised",
        title=f"Somebody may use a key of {stack.name} who should not",
        construct=stack.path,
        when="CloudTrail shows a caller of Decrypt that nobody knows, or a role that may use the key has leaked. The material of the key "
        "itself never leaves AWS KMS.",
        steps=(
            *listed,
            Step(
                "It stands as it should, and which one it is.",
                "aws kms describe-key --key-id \"$KEY\" --query 'KeyMetadata.[Arn,KeyState,Description]'",
                '["arn:aws:kms:...:key/...", "Enabled", "..."]',
            ),
            Step(
                "Who has used it.",
                f"aws cloudtrail lookup-events {_SINCE} --lookup-attributes AttributeKey=ResourceName,AttributeValue="
                f"$(aws kms describe-key --key-id \"$KEY\" --query KeyMetadata.Arn --output text) --query '{_WHO}'",
                '["2026-01-31T12:00:07+00:00", "orders-task", "Decrypt", "7c4e..."]',
            ),
            Step(
                "Who may use it by its policy.",
                'aws kms get-key-policy --key-id "$KEY" --output text',
                "statements whose principals you know",
            ),
            Step(
                "Who may use it by a grant.",
                "aws kms list-grants --key-id \"$KEY\" --query 'Grants[].[GrantId,GranteePrincipal,Operations]'",
                '["0c237476b39f...", "backup.amazonaws.com", ["Decrypt"]]',
            ),
            Step("A grant that nobody knows goes.", "aws kms revoke-grant --key-id \"$KEY\" --grant-id '<its GrantId>'", "(nothing)"),
            Step(
                "The role that leaked: what it signed in with before now is refused from now on.",
                "aws iam put-role-policy --role-name '<the role>' --policy-name RevokeOlderSessions --policy-document "
                '\'{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*",'
                '"Condition":{"DateLessThan":{"aws:TokenIssueTime":"<now, in UTC: 2026-01-31T12:00:00Z>"}}}}\'',
                "(nothing)",
            ),
            Step("New material for whatever is encrypted from now on.", 'aws kms rotate-key-on-demand --key-id "$KEY"', '{"KeyId": "..."}'),
            Step(
                "Last resort, and a second person agrees: everything that is encrypted with it stops, until enable-key.",
                'aws kms disable-key --key-id "$KEY"',
                "(nothing)",
            ),
        ),
        verify=(
            Step(
                "New material since today.",
                "aws kms list-key-rotations --key-id \"$KEY\" --query 'Rotations[-1].[RotationDate,RotationType]'",
                '["2026-01-31T12:00:07+00:00", "ON_DEMAND"]',
            ),
            Step("It is on.", 'aws kms describe-key --key-id "$KEY" --query KeyMetadata.KeyState', '"Enabled"'),
        ),
        destroys="A disabled key stops every store that it encrypts; a deleted one destroys their data for ever, so none is deleted here.",
        escalation="At once, and not after the commands: tell who answers for security; they decide whether others have to be told by law.",
    )
