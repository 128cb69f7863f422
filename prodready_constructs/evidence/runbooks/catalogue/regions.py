"""The region is gone: what stands in the second one takes over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prodready_constructs.evidence.assembly import Resource, StackTemplate
from prodready_constructs.evidence.runbooks.places import construct_of, name_of
from prodready_constructs.evidence.runbooks.procedure import Procedure, Step
from prodready_constructs.evidence.shell import Shell


def region_procedure(stack: StackTemplate, shell: Shell, *, planned_in: Sequence[str] = ()) -> Procedure | None:
    """Failing over what *stack* has copies of elsewhere; None where it has none. *planned_in*: stacks whose page has the whole takeover."""
    steps = [step for resource in stack.resources.values() for step in _steps(resource, shell)]
    if not steps:
        return None
    health = "aws health describe-events --region us-east-1 --filter regions={},eventTypeCategories=issue,eventStatusCodes=open"
    region = stack.region or '"$AWS_REGION"'
    whole = (
        f"The whole takeover is on the page fail-over-region of {', '.join(planned_in)}; here is what this stack has. "
        if planned_in
        else ""
    )
    verify = [step for resource in stack.resources.values() for step in _checks(resource, shell)]
    return Procedure(
        name="fail-over-region",
        title=f"Fail over what {stack.name} holds to the second region",
        construct=stack.path,
        when=f"{whole}AWS reports the region as impaired, or most of this environment's alarms are on and no release explains it, and it will last "
        "longer than a failover takes. Coming back later is another failover: decide with a second person.",
        steps=(
            Step(
                "Is it the region? (Business Support; else look at https://health.aws.amazon.com.)",
                f"{health.format(region)} --query 'events[].[service,eventTypeCode,startTime]'",
                '["RDS", "AWS_RDS_OPERATIONAL_ISSUE", "2026-01-31T12:00:07+00:00"]',
            ),
            *steps,
        ),
        verify=(
            *verify,
            Step(
                "A visitor's request is answered from there.",
                "curl --silent --show-error --output /dev/null --write-out '%{http_code} %{remote_ip}\\n' 'https://<the name of the service>/health'",
                "200 198.51.100.7",
            ),
        ),
        destroys="What was written in the last seconds (replicas) or since the last copy (backups) is left behind in the first region.",
        escalation="Before the first step: the incident lead and the owner named in the stack's tags decide together. Then an AWS Support case, severity business-critical system down.",
    )


def _steps(resource: Resource, shell: Shell) -> Iterator[Step]:
    construct = construct_of(resource)
    if resource.type == "AWS::RDS::GlobalCluster":
        name = shell.word(name_of(resource, "GlobalClusterIdentifier"))
        members = f"aws rds describe-global-clusters --global-cluster-identifier {name} --query 'GlobalClusters[0].GlobalClusterMembers[].[DBClusterArn,IsWriter]'"
        yield Step(f"Where `{construct}` is.", members, '["arn:aws:rds:us-west-2:...:cluster:ledger-west", false]')
        yield Step(
            "The other cluster becomes the writer.",
            f"aws rds failover-global-cluster --global-cluster-identifier {name} --allow-data-loss --target-db-cluster-identifier '<the ARN in the second region>'",
            '"Status": "failing-over"',
        )
    elif resource.type == "AWS::RDS::DBInstance" and (
        resource.get("SourceDBInstanceIdentifier") or resource.get("SourceDBClusterIdentifier")
    ):
        name = shell.word(name_of(resource, "DBInstanceIdentifier"))
        yield Step(
            f"`{construct}` becomes a database of its own.",
            f"aws rds promote-read-replica --db-instance-identifier {name}",
            '"DBInstanceStatus": "modifying"',
        )
        yield Step("Until it takes writes.", f"aws rds wait db-instance-available --db-instance-identifier {name}", "(nothing)")
    elif resource.type == "AWS::Backup::BackupPlan":
        for rule in (resource.get("BackupPlan", "BackupPlanRule") or ())[:1]:
            for copy in rule.get("CopyActions") or ():
                yield from _restored(construct, shell.word(copy.get("DestinationBackupVaultArn")))
    elif resource.type == "AWS::DynamoDB::GlobalTable" and len(resource.get("Replicas") or ()) > 1:
        name = shell.word(name_of(resource, "TableName"))
        yield Step(
            f"`{construct}` takes writes in every region already: only how far the copies are.",
            f"aws dynamodb describe-table --table-name {name} --query 'Table.Replicas[].[RegionName,ReplicaStatus]'",
            '["us-west-2", "ACTIVE"]',
        )
    elif resource.type == "AWS::Route53::RecordSet" and resource.get("Failover") == "PRIMARY" and resource.get("HealthCheckId"):
        check = shell.word(resource.get("HealthCheckId"))
        yield Step(
            f"`{construct}` moves by its health check: turned round, it fails while the region does not answer honestly.",
            f"aws route53 update-health-check --health-check-id {check} --inverted",
            '"Inverted": true',
        )


def _restored(construct: str, vault: str) -> Iterator[Step]:
    yield Step(
        f"The vault of `{construct}` in the second region.",
        f'VAULT_ARN={vault}; VAULT=${{VAULT_ARN##*:}}; SECOND_REGION=$(echo "$VAULT_ARN" | cut -d : -f 4)',
        "(nothing)",
    )
    points = 'aws backup list-recovery-points-by-backup-vault --region "$SECOND_REGION" --backup-vault-name "$VAULT"'
    yield Step(
        "What is there, newest first; a store that has a replica needs none of it.",
        f"{points} --query 'reverse(sort_by(RecoveryPoints,&CreationDate))[:20].[CreationDate,ResourceType,RecoveryPointArn]' --output text",
        "2026-01-31T05:00:00+00:00  RDS  arn:aws:rds:us-west-2:...:snapshot:awsbackup:copyjob-...",
    )
    yield Step("The one to restore.", "POINT='<its RecoveryPointArn>'", "(nothing)")
    yield Step(
        "What it asks for: give it the subnets, groups and key of the second region.",
        'aws backup get-recovery-point-restore-metadata --region "$SECOND_REGION" --backup-vault-name "$VAULT" --recovery-point-arn "$POINT" '
        "--query RestoreMetadata > restore.json",
        "(nothing)",
    )
    yield Step(
        "Restore it, with a role that may: AWSBackupDefaultServiceRole, or one of yours.",
        'aws backup start-restore-job --region "$SECOND_REGION" --recovery-point-arn "$POINT" --metadata file://restore.json '
        "--iam-role-arn '<the ARN of the role>' --query RestoreJobId --output text",
        "1A2B3C4D-5E6F-7A8B-9C0D-1E2F3A4B5C6D",
    )


def _checks(resource: Resource, shell: Shell) -> Iterator[Step]:
    if resource.type == "AWS::Backup::BackupPlan":
        yield Step(
            "The restore is complete.",
            "aws backup list-restore-jobs --region \"$SECOND_REGION\" --max-items 10 --query 'RestoreJobs[].[Status,PercentDone,CreatedResourceArn]'",
            '["COMPLETED", "100.00%", "arn:aws:rds:us-west-2:..."]',
        )
