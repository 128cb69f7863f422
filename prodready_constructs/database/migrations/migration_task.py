"""Schema migrations as a part of the deployment, before the service's new release."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Protocol, cast

import jsii
from aws_cdk import CfnOutput, CfnResource, CustomResource, Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from prodready_constructs.contracts import AnyAlarmSpec, ControlClaim, GraphSpec, SecretField, record
from prodready_constructs.database.migrations.alarms import migration_alarms, migration_graphs
from prodready_constructs.database.migrations.runner import migration_runner, rights
from prodready_constructs.database.migrations.task import CONTAINER, migration_task
from prodready_constructs.database.migrations.wiring import field_of, setting
from prodready_constructs.database.users import DatabaseUser
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import DataKey, EncryptedLogGroup, Part, require_subnets
from prodready_constructs.posture import ComputePosture

CONTROLS = (
    ControlClaim(
        control="DB-11",
        how="A one-off Fargate task with a user of its own runs in the deployment; the service waits for it, and its failure fails the stack",
        frameworks=("NIST 800-53 r5 CM-3", "NIST 800-53 r5 AC-6", "PCI DSS 3.2.1 6.4.5", "SOC 2 CC8.1"),
    ),
)
#: CloudFormation waits for an answer an hour at most; the rest is for waiting, stopping and answering.
SHORTEST, LONGEST, ANSWER = timedelta(minutes=1), timedelta(minutes=50), timedelta(minutes=10)
_ANYWHERE, _HTTPS = ec2.Peer.any_ipv4(), ec2.Port.tcp(443)


class HasService(Protocol):
    """A ``WebService``, or another construct around an ECS service."""

    @property
    def service(self) -> Any: ...


@jsii.implements(ec2.IConnectable, iam.IGrantable)
class MigrationTask(Part):
    """A one-off Fargate task that migrates a schema inside the deployment: ``migration.before(service)``.

    Always: runs when image, command or *release* changed, and not otherwise; waits for its database user and for a migration that still
    runs; its failure, or the end of *time_limit*, stops the task and fails the deployment with the last lines of its log as the reason, so
    that the old release goes on; never runs in a rollback, and nothing is migrated back. Private subnets, no public address, an unprivileged
    user, a read-only root file system; encrypted logs, temporary disk and failed runs; the task's egress is HTTPS and the database.

    Args:
        vpc: with private subnets (a way out) in two zones.
        image: the image with the migrations; the service's own, usually.
        command: what to run; the image's own command when empty. Must leave with 0 when there is nothing to do.
        user: a ``DatabaseUser`` with the rights ``schema``; its name and password are DATABASE_USER and DATABASE_PASSWORD.
        posture: ``PRODUCTION.compute``: size, architecture, log retention.
        time_limit: 1 to 50 minutes, waiting included.
        release: changes it by hand where the image's name does not (a tag that is moved).
        encryption_key: a key whose policy admits CloudWatch Logs; an own ``DataKey`` when None.

    Raises:
        ConfigurationError: a user without the rights ``schema``, a time limit out of bounds, no private subnets in two zones.

    Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/standalone-tasks.html,
        https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-custom-resources.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        image: ecs.ContainerImage,
        user: DatabaseUser,
        posture: ComputePosture,
        command: Sequence[str] = (),
        time_limit: timedelta = timedelta(minutes=15),
        release: str | None = None,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._check(user, time_limit)
        subnets = require_subnets(self, vpc, tier="private")
        key = encryption_key or DataKey(self, "Key", description=f"{self.path}: logs and temporary disks", encrypts_logs=True).key
        self._logs = EncryptedLogGroup(self, "Output", retention=posture.log_retention, encryption_key=key).log_group
        self._task = task = migration_task(
            self, path=self.path, vpc=vpc, image=image, command=command, posture=posture, key=key, log_group=self._logs
        )
        #: The cluster (nothing else runs in it), the task definition, and what the migration itself may do.
        self.cluster, self.task_definition, self.task_role = task.cluster, task.definition, task.task_role
        #: The security group of the task: HTTPS out, and the database.
        self.security_group = ec2.SecurityGroup(
            self, "TaskAccess", vpc=vpc, description=f"Migration {self.path}"[:255], allow_all_outbound=False
        )
        self.security_group.add_egress_rule(_ANYWHERE, _HTTPS, "HTTPS to AWS")
        self._subnets: list[str] = list(vpc.select_subnets(subnet_type=subnets.subnet_type).subnet_ids)
        self._settings, self._secrets = Construct(self, "Settings"), Construct(self, "Secrets")
        attachment = user.attachment
        self.security_group.connections.allow_to(attachment.connections, ec2.Port.tcp(attachment.port))
        for name, value in attachment.environment.items():
            self.add_setting(name, value)
        for name, field in attachment.secrets.items():
            self.add_secret(name, field)
        self._cluster_arn, self._definition_arn = self.cluster.cluster_arn, self.task_definition.task_definition_arn
        runner, hands_on = migration_runner(
            self,
            path=self.path,
            vpc=vpc,
            subnets=subnets,
            key=key,
            log_retention=posture.log_retention,
            statements=rights(
                cluster_arn=self._cluster_arn,
                definition_arn=self._definition_arn,
                roles=[self.task_role.role_arn, task.execution_role.role_arn],
                log_group_arn=self._logs.log_group_arn,
                secret_arn=user.secret.secret_arn,
            ),
        )
        self._runner = runner
        self._users: list[str] = [user.secret.secret_arn]
        #: The step of the deployment.
        self.resource = CustomResource(
            self,
            "Run",
            resource_type="Custom::SchemaMigration",
            service_token=runner.function.function_arn,
            service_timeout=Duration.seconds((time_limit + ANSWER).total_seconds()),
            properties={
                "Cluster": self._cluster_arn,
                "TaskDefinition": self._definition_arn,
                "Container": CONTAINER,
                "Subnets": self._subnets,
                "SecurityGroup": self.security_group.security_group_id,
                "LogGroup": self._logs.log_group_name,
                "LimitSeconds": str(int(time_limit.total_seconds())),
                "Users": self._users,
                "Release": {"Image": task.container.image_name, "Command": list(command), "Name": release or ""},
            },
        )
        self.resource.node.add_dependency(
            hands_on, task.execution_role, self.security_group, self._settings, *attachment.connections.security_groups
        )
        self.resource.node.add_dependency(user)
        # The rules of the security group must be there first; that the group itself is named twice does no harm.
        cast("CfnResource", self.resource.node.default_child).add_metadata("cfn-lint", {"config": {"ignore_checks": ["W3005"]}})
        CfnOutput(self, "RunCommand", value=self.run_command, description=f"Runs the migration {self.path} outside a deployment")
        record(self, controls=CONTROLS, tier="compute", watchable=True, time_limit=time_limit.total_seconds())

    def _check(self, user: DatabaseUser, time_limit: timedelta) -> None:
        if user.rights != "schema":
            raise ConfigurationError(
                f"{self.path}: user",
                given=f"{user.name}, who may {user.rights}",
                allowed="a DatabaseUser with the rights 'schema', for migrations alone",
                mend="make one: DatabaseUser(..., name='migrations', rights='schema')",
            )
        if not SHORTEST <= time_limit <= LONGEST:
            raise ConfigurationError(
                f"{self.path}: time_limit",
                given=str(time_limit),
                allowed=f"{SHORTEST} to {LONGEST}: CloudFormation waits an hour at most",
                mend="split the migration, or run its long part outside the deployment by run_command",
            )

    def before(self, *services: HasService | ecs.BaseService) -> None:
        """Let *services* start their new tasks only after the migration succeeded."""
        for service in services:
            inner = cast("ecs.BaseService", getattr(service, "service", service))
            inner.node.add_dependency(self.resource)

    def wait_for(self, *users: DatabaseUser) -> None:
        """Run, and let what waits for the migration run, only once these users exist too: those of the services, on a first deployment."""
        for user in users:
            arn = user.secret.secret_arn
            self._users.append(arn)
            self._runner.role.allow({"Action": "secretsmanager:DescribeSecret", "Resource": arn})
            self.resource.node.add_dependency(user)
        cast("CfnResource", self.resource.node.default_child).add_property_override("Users", self._users)

    def add_setting(self, name: str, value: str) -> None:
        """Give the container the plain value *value* in the environment variable *name*, by way of an SSM parameter.

        Raises:
            ConfigurationError: the value looks like a secret, or is empty.
        """
        made = setting(self._settings, name, value, where=self.path, stack=self.stack)
        self._task.container.add_secret(name, made)

    def add_secret(self, name: str, field: SecretField) -> None:
        """Give the container one field of a secret in the environment variable *name*; only the execution role may read it."""
        self._task.container.add_secret(name, field_of(self._secrets, name, field, reader=self._task.execution_role))

    @property
    def connections(self) -> ec2.Connections:
        """Who the task may talk to."""
        return self.security_group.connections

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The task role: ``bucket.grant_read(migration)``."""
        return self.task_role.grant_principal

    @property
    def run_command(self) -> str:
        """The command by which a delivery pipeline (or a person) runs the migration; it is an output of the stack too."""
        network = f"subnets=[{','.join(self._subnets)}],securityGroups=[{self.security_group.security_group_id}],assignPublicIp=DISABLED"
        return (
            f"aws ecs run-task --cluster {self._cluster_arn} --task-definition {self._definition_arn} --launch-type FARGATE "
            f"--started-by pipeline --network-configuration 'awsvpcConfiguration={{{network}}}'"
        )

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """A migration that failed, and its runner failing."""
        return migration_alarms(
            path=self.path,
            cluster_arn=self._cluster_arn,
            log_group=self._logs.log_group_name,
            runner=self._runner.function.function_name,
            runner_logs=self._runner.log_group.log_group_name,
            failures=self._runner.failures.topic_name,
        )

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Runs and errors."""
        return migration_graphs(path=self.path, runner=self._runner.function.function_name)
