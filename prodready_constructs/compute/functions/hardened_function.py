"""A Lambda function that is released step by step, and loses no event quietly."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from prodready_constructs.compute.functions.alarms import WatchedFunction
from prodready_constructs.compute.functions.checks import check_for_api, check_signing, check_timeout
from prodready_constructs.compute.functions.claims import CONTROLS
from prodready_constructs.compute.functions.code import FunctionCode, check_code
from prodready_constructs.compute.functions.environment import check_setting
from prodready_constructs.compute.functions.parts import dead_letter_queue, hardened_function
from prodready_constructs.compute.functions.placement import OutsideVpc, place
from prodready_constructs.compute.functions.release import ALIAS, FunctionRelease
from prodready_constructs.compute.functions.secrets import read_at_run_time
from prodready_constructs.compute.functions.signing import CodeSigning
from prodready_constructs.compute.functions.smoke import smoke_check
from prodready_constructs.compute.functions.watched import Watched
from prodready_constructs.contracts import Attachable, SecretField, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import DataKey
from prodready_constructs.posture import FunctionPosture


@jsii.implements(ec2.IConnectable, iam.IGrantable)
class HardenedFunction(Watched):
    """A Lambda function with its own role, log group and dead-letter queue, published in versions behind the alias ``live``.

    Always: no inline policy and no right that was not granted; JSON logs, environment, dead letters and snapshots under a customer-managed
    key; traced; a runtime that AWS still mends; recursion stopped; what cannot be handled is kept 14 days, as it was and as a record that
    says why; CodeDeploy moves the alias, asks the checks first, and goes back when one fails or an alarm goes off (``Watch`` makes those).
    *posture* decides memory, concurrency, levels, attempts and how a release goes.

    Args:
        code: ``FunctionCode.zip(...)``, ``.stored(...)``, ``.image(...)`` or ``.repository_image(...)``.
        posture: ``PRODUCTION.functions``.
        vpc: private subnets of it, in two zones; or ``OutsideVpc(because=...)``.
        timeout: of one execution, whole seconds up to 15 minutes.
        environment: plain configuration; what looks like a secret is refused.
        encryption_key: a key whose policy admits CloudWatch Logs; its own when None.
        code_signing: whose signatures count; for ``FunctionCode.stored`` only. None runs unsigned code.

    Raises:
        ConfigurationError: a deprecated runtime, a handler that is not in the code, a layer without a version, a secret among
            *environment*, a timeout out of bounds, no private subnets in two zones, signing of what cannot be signed.

    Sources: https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html,
        https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-steps-lambda.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        code: FunctionCode,
        posture: FunctionPosture,
        vpc: ec2.IVpc | OutsideVpc,
        timeout: timedelta = timedelta(seconds=10),
        environment: Mapping[str, str] | None = None,
        encryption_key: kms.IKey | None = None,
        code_signing: CodeSigning | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        # With this flag the CDK would write inline policies past our role.
        self.node.set_context("@aws-cdk/aws-lambda:createNewPoliciesWithAddToRolePolicy", False)
        path = self.path
        check_timeout(path, timeout)
        check_code(path, code, region=self.stated_region, ephemeral_mib=posture.ephemeral_mib, provisioned=posture.provisioned)
        check_signing(path, code, asked=code_signing is not None)
        for name, value in (environment or {}).items():
            check_setting(path, name, value)
        #: How long one execution may take.
        self.timeout = timeout
        #: The most executions at a time: what an event source may ask for.
        self.reserved_concurrency: int | None = posture.reserved_concurrency
        self._posture = posture
        self._placement = vpc
        self._inside = place(self, vpc)
        #: The key of logs, environment and dead letters.
        self.key: kms.IKey = encryption_key or DataKey(self, "Key", description=f"{path}: logs and events", encrypts_logs=True).key
        #: Events that were given up.
        self.dead_letters = dead_letter_queue(self, key=self.key)
        made = hardened_function(
            self,
            code=code,
            posture=posture,
            inside=self._inside,
            timeout=timeout,
            key=self.key,
            dead_letters=self.dead_letters,
            description=path,
            environment=environment,
            signing_arn=code_signing.arn if code_signing else None,
        )
        if isinstance(vpc, OutsideVpc):
            vpc.waive_for(made.function)
        self._lambda_policy = made.lambda_policy
        #: The L2 itself. Whatever is changed through it is still judged at synth. Call :attr:`alias`, not this.
        self.function = made.function
        #: What the function may do; hand the construct itself to any ``grant_*``.
        self.role = made.role
        #: The function's own log group.
        self.log_group = made.log_group
        #: Who the function may talk to; None outside of a VPC.
        self.security_group = self._inside.security_group if self._inside else None
        #: The version that is published when code or configuration change.
        self.version = self.function.current_version
        #: What callers call, and event sources are connected to: it moves from version to version.
        self.alias = lambda_.Alias(
            self, "Live", alias_name=ALIAS, version=self.version, provisioned_concurrent_executions=posture.provisioned or None
        )
        #: Scaling of the executions kept warm; None where there are none.
        self.scaling: lambda_.IScalableFunctionAttribute | None = None
        if posture.provisioned:
            self.scaling = self.alias.add_auto_scaling(min_capacity=posture.provisioned, max_capacity=posture.max_provisioned)
            self.scaling.scale_on_utilization(utilization_target=posture.provisioned_target / 100)
        self._name = self.function.function_name
        self._asynchronous_calls()
        self.release = FunctionRelease(self, alias=self.alias, function_arn=self.function.function_arn, release=posture.release)
        application, group = self.release.names
        self._watched = WatchedFunction(
            name=self._name,
            version=self.version.version,
            log_group=self.log_group.log_group_name,
            dead_letters_name=self.dead_letters.queue_name,
            dead_letters_url=self.dead_letters.queue_url,
            application=application,
            deployment_group=group,
            timeout=timeout,
            reserved=posture.reserved_concurrency,
            provisioned=posture.provisioned,
        )
        record(self, controls=CONTROLS, tier="compute", watchable=True, release=posture.release.strategy)

    def _asynchronous_calls(self) -> None:
        destination = lambda_.CfnEventInvokeConfig.OnFailureProperty(destination=self.dead_letters.queue_arn)
        config = lambda_.CfnEventInvokeConfig(
            self,
            "Events",
            function_name=self._name,
            qualifier=ALIAS,
            maximum_event_age_in_seconds=int(self._posture.event_age.total_seconds()),
            maximum_retry_attempts=self._posture.retries,
            destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(on_failure=destination),
        )
        config.node.add_dependency(self.alias)

    @property
    def connections(self) -> ec2.Connections:
        """Who the function may talk to.

        Raises:
            ConfigurationError: outside of a VPC there is nothing to connect.
        """
        if self.security_group is None:
            raise ConfigurationError(
                f"{self.path}: connections", given="a function outside of any VPC", allowed="one in a VPC", mend="hand over a vpc"
            )
        return self.security_group.connections

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The role: ``bucket.grant_read(function)``."""
        return self.role.grant_principal

    def grant_invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* call the alias."""
        return self.alias.grant_invoke(grantee)

    def for_api(self, limit: timedelta = timedelta(seconds=29)) -> lambda_.Alias:
        """The alias, for an API that waits for *limit*: 29 s for a REST API, 30 s for HTTP APIs and AppSync.

        Raises:
            ConfigurationError: the function may take longer than that: it would go on working for a caller who has left.

        Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
        """
        check_for_api(self.path, timeout=self.timeout, limit=limit)
        return self.alias

    def add_setting(self, name: str, value: str) -> None:
        """Give the function the plain *value* in the environment variable *name*.

        Raises:
            ConfigurationError: the value looks like a secret, or the name is Lambda's.
        """
        check_setting(self.path, name, value)
        self.function.add_environment(name, value)

    def add_secret(self, name: str, secret: SecretField | secretsmanager.ISecret) -> None:
        """Let the function read *secret* when it runs: its ARN is in ``<NAME>_SECRET_ARN``, a field's name in ``<NAME>_SECRET_FIELD``."""
        for variable, value in read_at_run_time(name, secret, reader=self.role).items():
            self.add_setting(variable, value)

    def connect_to(self, attachable: Attachable) -> None:
        """Let the function use a store: open the port between the two security groups, and hand over its address and its secrets' ARNs.

        Raises:
            ConfigurationError: the store is in a VPC and the function is not.
        """
        attachment = attachable.attachment
        if self.security_group is not None:
            self.connections.allow_to(attachment.connections, ec2.Port.tcp(attachment.port))
        elif attachment.connections.security_groups:
            raise ConfigurationError(
                f"{self.path}: connect_to",
                given="a store inside a VPC",
                allowed="stores reached by AWS's own endpoints",
                mend="hand over a vpc",
            )
        for name, value in attachment.environment.items():
            self.add_setting(name, value)
        for name, secret in attachment.secrets.items():
            self.add_secret(name, secret)

    def add_url(self, *, streams: bool = False) -> lambda_.FunctionUrl:
        """An HTTPS address of the alias for callers that sign their requests (IAM); there is no other kind.

        Who may call it is granted: ``url.grant_invoke_url(role)``.

        Args:
            streams: answers are sent as they are made, up to 200 MB, instead of whole.
        """
        mode = lambda_.InvokeMode.RESPONSE_STREAM if streams else lambda_.InvokeMode.BUFFERED
        return self.alias.add_function_url(auth_type=lambda_.FunctionUrlAuthType.AWS_IAM, invoke_mode=mode)

    def add_smoke_check(self, payload: Mapping[str, Any], *, expects: Mapping[str, Any] | None = None) -> None:
        """Before callers meet a new version, send it *payload*; go back when it fails, or its answer lacks what is expected.

        Raises:
            ConfigurationError: a second check before the release, or more JSON than fits.
        """
        check = smoke_check(
            Construct(self, "SmokeCheck"),
            version=self.version,
            payload=payload,
            expects=expects or {},
            timeout=self.timeout,
            posture=self._posture,
            placement=self._placement,
            inside=self._inside,
            key=self.key,
            dead_letters=self.dead_letters,
            lambda_policy=self._lambda_policy,
            where=self.path,
        )
        self.release.ask(check, before=True)

    def add_pre_traffic_check(self, check: lambda_.Function) -> None:
        """Before callers meet a new version, let *check* decide: it finds the version's ARN in ``NEW_VERSION`` and tells CodeDeploy.

        Raises:
            ConfigurationError: a second check before the release.
        """
        self._ask(check, before=True)

    def add_post_traffic_check(self, check: lambda_.Function) -> None:
        """When all callers meet the new version, let *check* decide whether it stays; as :meth:`add_pre_traffic_check`.

        Raises:
            ConfigurationError: a second check after the release.
        """
        self._ask(check, before=False)

    def _ask(self, check: lambda_.Function, *, before: bool) -> None:
        new_version = self.version.function_arn
        check.add_environment("NEW_VERSION", new_version)
        iam.Grant.add_to_principal(grantee=check, actions=["lambda:InvokeFunction"], resource_arns=[new_version])
        self.release.ask(check, before=before)
