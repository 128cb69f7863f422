"""What is done by hand in one environment: pages of your own, and Automation runbooks for the steps that need no judgement."""

from __future__ import annotations

import re
from collections.abc import Sequence

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from constructs import Construct

from prodready_constructs.contracts import ControlClaim, ProcedureSpec, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, REGION, URL_SUFFIX, Part, path_of
from prodready_constructs.recovery.procedures import releases, stores
from prodready_constructs.recovery.procedures.automation import Automation
from prodready_constructs.recovery.procedures.document import Action

CONTROLS = (
    ControlClaim(
        control="DR-6",
        how="Procedures with commands, expected output, verification and escalation, written out by 'prodready runbooks'",
        frameworks=("NIST 800-53 r5 CP-2", "HIPAA 164.308(a)(7)(ii)(B)", "PCI DSS 3.2.1 12.10.1", "SOC 2 A1.2"),
    ),
)
#: Whom aws:approve takes: users and roles of an account. https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-approve.html
#: What only the deployment knows stands in partition and account.
_TOKEN = r"\$\{Token\[[^\]]+\]\}"
_APPROVER = re.compile(
    rf"arn:(aws[a-z-]*|{_TOKEN}):"
    rf"(iam::(\d{{12}}|{_TOKEN}):(user|role)/[\w+=,.@/-]+|sts::(\d{{12}}|{_TOKEN}):assumed-role/[\w+=,.@-]+/[\w+=,.@-]+)"
)


class Procedures(Part):
    """Pages beside those that ``prodready runbooks`` writes of itself, and Automation runbooks that those pages name.

    Always: every automation has a role for this one thing; what interrupts users or undoes a release waits an hour for an approver, and
    then does nothing.

    Args:
        specs: pages of your own: what a person does when this system is in a state that no construct knows of.
        approvers: ARNs of IAM users and roles, one of whom approves what interrupts; whoever starts it should not be one of them.
        notifying: where they are told of it; Systems Manager wants the topic's name to begin with ``Automation``.

    Raises:
        ConfigurationError: two specs of one id, an approver that is no user or role, or an automation that wants an approver and has none.

    Sources: https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-approve.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        specs: Sequence[ProcedureSpec] = (),
        approvers: Sequence[str] = (),
        notifying: sns.ITopic | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        ids = [spec.id for spec in specs]
        if twice := sorted({each for each in ids if ids.count(each) > 1}):
            raise ConfigurationError(f"{self.path}: specs", given=twice, allowed="each id once", mend="rename one of them")
        if wrong := [each for each in approvers if not _APPROVER.fullmatch(each)]:
            raise ConfigurationError(
                f"{self.path}: approvers",
                given=wrong,
                allowed="ARNs of IAM users, roles or assumed roles",
                mend="such as arn:aws:iam::111122223333:role/OnCall",
            )
        self._approvers = tuple(approvers)
        self._topic_arn = notifying.topic_arn if notifying and approvers else None
        record(self, controls=CONTROLS, tier="recovery", procedures=[spec.as_fact() for spec in specs])

    def restart(self, construct_id: str, service: ecs.IBaseService) -> Automation:
        """New tasks of the version that runs. Nobody needs to approve it: the service's own strategy keeps users served."""
        path = path_of(service)
        made = releases.restart(
            cluster=service.cluster.cluster_name, service=service.service_name, service_arn=service.service_arn, name=path
        )
        return self._automate(construct_id, made, about=path)

    def return_to_revision(self, construct_id: str, service: ecs.IBaseService) -> Automation:
        """An older revision of the task definition, by the service's own strategy, once it is approved."""
        path = path_of(service)
        made = releases.return_to(
            cluster=service.cluster.cluster_name, service=service.service_name, service_arn=service.service_arn, name=path
        )
        return self._automate(construct_id, made, about=path)

    def rotate(self, construct_id: str, secret: secretsmanager.ISecret, *, rotated_by: lambda_.IFunction | None = None) -> Automation:
        """A new value now. *rotated_by* is its rotation function; None where the service that owns the secret rotates it."""
        path = path_of(secret)
        function_arn = rotated_by.function_arn if rotated_by else None
        return self._automate(construct_id, releases.rotate(secret_arn=secret.secret_arn, function_arn=function_arn, name=path), about=path)

    def restore(self, construct_id: str, table: dynamodb.ITable, *, encryption_key: kms.IKey | None = None) -> Automation:
        """*table* as it was at a moment of the past, beside it, under its name with ``-restored``. *encryption_key* is the table's own."""
        made = stores.restore_table(
            table=table.table_name,
            table_arn=table.table_arn,
            key_arn=encryption_key.key_arn if encryption_key else None,
            url_suffix=URL_SUFFIX,
            region=REGION,
        )
        return self._automate(construct_id, made, about=path_of(table))

    def restore_database(
        self,
        construct_id: str,
        database: rds.IDatabaseInstance,
        *,
        subnet_group: str,
        parameter_group: str,
        option_group: str,
        encryption_key: kms.IKey | None = None,
    ) -> Automation:
        """*database* as it was at a moment of the past, beside it, under its name with ``-restored``, behind its security groups.

        Names of its groups: an option group is ``default:postgres-17`` where it has none of its own. *encryption_key* is the database's own.
        """
        here = f"arn:{PARTITION}:rds:{REGION}:{ACCOUNT_ID}"
        groups = (("subgrp", subnet_group), ("pg", parameter_group), ("og", option_group))
        made = stores.restore_instance(
            identifier=database.instance_identifier,
            arn=database.instance_arn,
            groups={kind: (name, f"{here}:{kind}:{name}") for kind, name in groups},
            security_groups=[group.security_group_id for group in database.connections.security_groups],
            key_arn=encryption_key.key_arn if encryption_key else None,
            through=f"rds.{REGION}.{URL_SUFFIX}",
        )
        return self._automate(construct_id, made, about=path_of(database))

    def promote(self, construct_id: str, replica: rds.IDatabaseInstance) -> Automation:
        """A read replica becomes a database of its own, once it is approved: for the loss of its source's region."""
        made = stores.promote_replica(identifier=replica.instance_identifier, arn=replica.instance_arn)
        return self._automate(construct_id, made, about=path_of(replica))

    def fail_over(self, construct_id: str, database: rds.IDatabaseInstance) -> Automation:
        """The standby becomes the database, once it is approved."""
        made = stores.fail_over_instance(identifier=database.instance_identifier, arn=database.instance_arn)
        return self._automate(construct_id, made, about=path_of(database))

    def fail_over_cluster(self, construct_id: str, cluster: rds.IDatabaseCluster) -> Automation:
        """A reader becomes the writer, once it is approved."""
        made = stores.fail_over_cluster(identifier=cluster.cluster_identifier, arn=cluster.cluster_arn)
        return self._automate(construct_id, made, about=path_of(cluster))

    def _automate(self, construct_id: str, action: Action, *, about: str) -> Automation:
        if action.approved and not self._approvers:
            raise ConfigurationError(
                f"{self.path}/{construct_id}",
                given="no approvers",
                allowed="at least one IAM user or role: what it does interrupts users",
                mend="name them in Procedures(approvers=[...])",
            )
        return Automation(self, construct_id, action=action, about=about, approvers=self._approvers, topic_arn=self._topic_arn)
