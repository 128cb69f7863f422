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
from constructs import Construct

from prodready_constructs.compute.functions.checks import check_signing, check_timeout
from prodready_constructs.compute.functions.claims import CONTROLS
from prodready_constructs.compute.functions.code import FunctionCode, check_code
from prodready_constructs.compute.functions.environment import check_setting
from prodready_constructs.compute.functions.metrics import WatchedFunction
from prodready_constructs.compute.functions.parts import hardened_function
from prodready_constructs.compute.functions.placement import OutsideVpc, place
from prodready_constructs.compute.functions.release import ALIAS, FunctionRelease
from prodready_constructs.compute.functions.signing import CodeSigning
from prodready_constructs.compute.functions.smoke import smoke_check
from prodready_constructs.compute.functions.verbs import FunctionVerbs
from prodready_constructs.contracts import record
from prodready_constructs.foundation import DataKey, Part
from prodready_constructs.foundation.dead_letters import dead_letter_queue
from prodready_constructs.posture import FunctionPosture


@jsii.implements(ec2.IConnectable, iam.IGrantable)
class HardenedFunction(FunctionVerbs, Part):
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
        self.timeout = timeout
        #: The most executions at a time: what an event source may ask for.
        self.reserved_concurrency: int | None = posture.reserved_concurrency
        self.posture = posture
        self._placement = vpc
        self._inside = place(self, vpc)
        #: The key of logs, environment and dead letters.
        self.key: kms.IKey = encryption_key or DataKey(self, "Key", description=f"{path}: logs and events", encrypts_logs=True).key
        #: Events that were given up.
        self.dead_letters = dead_letter_queue(
            self,
            key=self.key,
            rules=["Serverless-SQSRedrivePolicy"],
            because="This queue is itself where failed events end: nothing consumes it, it keeps them as long as SQS can, and a critical alarm "
            "fires on its first message.",
        )
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
        self.function = made.function
        self.role = made.role
        #: The function's own log group.
        self.log_group = made.log_group
        self.security_group = self._inside.security_group if self._inside else None
        #: The version that is published when code or configuration change.
        self.version = self.function.current_version
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
            maximum_event_age_in_seconds=int(self.posture.event_age.total_seconds()),
            maximum_retry_attempts=self.posture.retries,
            destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(on_failure=destination),
        )
        config.node.add_dependency(self.alias)

    def add_smoke_check(self, payload: Mapping[str, Any], *, expects: Mapping[str, Any] | None = None) -> None:
        """Before callers meet a new version, send it *payload*; go back when it fails, or its answer lacks what is expected.

        Raises:
            ConfigurationError: a second check before the release, or more JSON than fits.
        """
        self.release.require_free(before=True)
        check = smoke_check(
            Construct(self, "SmokeCheck"),
            version=self.version,
            answer=self.release.answer,
            payload=payload,
            expects=expects or {},
            timeout=self.timeout,
            posture=self.posture,
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
        answer = self.release.answer
        iam.Grant.add_to_principal(grantee=check, actions=["lambda:InvokeFunction"], resource_arns=[new_version])
        iam.Grant.add_to_principal(grantee=check, actions=[answer["Action"]], resource_arns=[answer["Resource"]])
        self.release.ask(check, before=before)
