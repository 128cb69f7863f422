"""A machine that does what a user does, every few minutes, and tells when it no longer works."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from aws_cdk import Duration, Names
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_synthetics as synthetics
from constructs import Construct

from prodready_constructs.contracts import AlarmSpec, ControlClaim, GoodMinutes, GraphSpec, Releasable, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import DataKey, EncryptedLogGroup, Part, require_subnets
from prodready_constructs.monitoring.canaries.canary_alarms import GOOD_RUNS, canary_alarms, canary_graphs, failing, metric, period_of
from prodready_constructs.monitoring.canaries.host import port_of
from prodready_constructs.monitoring.canaries.parts import canary_role, log_policy
from prodready_constructs.monitoring.canaries.schedule import interval_of, rate_of, timeout_of
from prodready_constructs.monitoring.canaries.steps import MOST_STEPS, CanaryStep
from prodready_constructs.posture import MonitoringPosture

CONTROLS = (
    ControlClaim(
        control="OPS-6",
        how="A synthetic canary walks the health check and the critical paths on a schedule; failing, slow and silent runs raise alarms",
        frameworks=("NIST 800-53 r5 SI-4", "NIST 800-53 r5 CP-2", "SOC 2 A1.1", "SOC 2 CC7.2"),
    ),
)
#: Node.js without a browser. Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Synthetics_Library_Nodejs.html
RUNTIME = "syn-nodejs-3.1"
#: The least that Synthetics offers. Source: AWS::Synthetics::Canary, RunConfig.
MEMORY_MIB = 960
#: Of ``cwsyn-<name>-<36 characters>``, the name of its function, which Lambda limits to 64.
LONGEST_NAME = 21
#: How often a fast twin looks: a release waits for it.
_FAST = 2
_SCRIPT = Path(__file__).parent / "handlers" / "index.js"
_ANYWHERE, _HTTPS = ec2.Peer.any_ipv4(), ec2.Port.tcp(443)


class Canary(Part):
    """A CloudWatch Synthetics canary that asks a host for one path or walks several, from outside or from inside a VPC.

    Always: HTTPS (TLS 1.2 or newer, certificate and name checked), the script is ours and has no dependency, one function that goes with the
    canary, X-Ray tracing, artifacts encrypted under a prefix of its own that ends, logs encrypted in a group of a stated retention, a role for
    exactly this prefix, group and these secrets; no screenshots. A run that fails is not tried again: the alarm waits for a second failure.

    Args:
        host: ``"shop.example.com"``, with a port if it is not 443; a value known at the deployment only is taken as it is.
        artifacts: the bucket of its reports, such as ``LogBucket.bucket``. A bucket of this app gets the lifecycle rule of the prefix.
        posture: how often it runs, how long its runs, artifacts and logs are kept.
        steps: one after the other, at most 10; ``GET /health`` when left out.
        schedule: ``"rate(5 minutes)"`` or ``"cron(0/10 6-22 * * ? *)"`` (UTC), a run a day or more; the posture's interval when None.
        timeout: of a run; what the steps may take and 30 seconds when None.
        vpc: where a host without a public address is reached, from private subnets, by HTTPS; None: from Lambda's own network, as users come.
        encryption_key: of logs and variables, and of artifacts in a bucket without a key; its policy must admit CloudWatch Logs; its own when None.

    Raises:
        ConfigurationError: a host with a scheme or a path, plain HTTP, no step or too many, a schedule or timeout that cannot be.

    Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Synthetics_Canaries.html,
        https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Synthetics_Canaries_CanaryPermissions.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        host: str,
        artifacts: s3.IBucket,
        posture: MonitoringPosture,
        steps: Sequence[CanaryStep] = (CanaryStep(path="/health"),),
        schedule: str | None = None,
        timeout: timedelta | None = None,
        vpc: ec2.IVpc | None = None,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        port = port_of(self.path, host)
        if not 1 <= len(steps) <= MOST_STEPS:
            raise ConfigurationError(
                f"{self.path}: steps",
                given=f"{len(steps)} steps",
                allowed=f"1 to {MOST_STEPS}",
                mend="make two canaries, whose alarms say which half is broken",
            )
        expression = rate_of(posture.canary_interval) if schedule is None else schedule
        shortest, self._interval = interval_of(self.path, expression)
        self._timeout = timeout_of(self.path, timeout, steps=steps, interval=shortest)
        #: Its name: a dimension of its metrics.
        self.name = Names.unique_resource_name(self, max_length=LONGEST_NAME, separator="-", allowed_special_characters="-").lower()
        self._what = f"{steps[0].method} {host}{steps[0].path}" + (f" and {len(steps) - 1} more" if len(steps) > 1 else "")
        key = encryption_key or DataKey(self, "Key", description=f"{self.path}: logs and variables", encrypts_logs=True).key
        self._bucket, self._prefix = artifacts.bucket_name, f"canaries/{self.name}/"
        secrets = {id(secret): secret for step in steps for secret in step.secrets}
        arns = {known: secret.secret_arn for known, secret in secrets.items()}
        subnets = require_subnets(self, vpc, tier="private") if vpc is not None else None
        #: What a run may do.
        self.role = canary_role(
            self, bucket=artifacts, prefix=self._prefix, key=key, secret_arns=sorted(set(arns.values())), in_vpc=vpc is not None
        )
        for secret in secrets.values():
            if secret.encryption_key is not None:
                secret.encryption_key.grant_decrypt(self.role)
        #: Its security group in the VPC, for the rules of those it calls; None outside.
        self.security_group: ec2.SecurityGroup | None = None
        if vpc is not None:
            self.security_group = ec2.SecurityGroup(
                self, "SecurityGroup", vpc=vpc, allow_all_outbound=False, description=f"Canary {self.path}"[:255]
            )
            self.security_group.add_egress_rule(_ANYWHERE, ec2.Port.tcp(port), "HTTPS of the steps")
            if port != 443:
                self.security_group.add_egress_rule(_ANYWHERE, _HTTPS, "HTTPS to AWS: artifacts, metrics, traces, secrets")
        plan = {"name": self.name, "host": host, "steps": [step.plan(arns) for step in steps]}
        days = posture.canary_retention.days
        #: The L1 itself: the L2 knows neither the role's paths nor the encryption of artifacts without a key of its own.
        self.canary = synthetics.CfnCanary(
            self,
            "Canary",
            name=self.name,
            runtime_version=RUNTIME,
            code=synthetics.CfnCanary.CodeProperty(handler="index.handler", script=_script(json.dumps(plan))),
            execution_role_arn=self.role.role_arn,
            artifact_s3_location=f"s3://{self._bucket}/{self._prefix.rstrip('/')}",
            artifact_config=synthetics.CfnCanary.ArtifactConfigProperty(
                s3_encryption=synthetics.CfnCanary.S3EncryptionProperty(
                    encryption_mode="SSE_KMS", kms_key_arn=(artifacts.encryption_key or key).key_arn
                )
            ),
            schedule=synthetics.CfnCanary.ScheduleProperty(expression=expression, duration_in_seconds="0"),
            run_config=synthetics.CfnCanary.RunConfigProperty(
                active_tracing=True, memory_in_mb=MEMORY_MIB, timeout_in_seconds=int(self._timeout.total_seconds())
            ),
            kms_key_arn=key.key_arn,
            start_canary_after_creation=True,
            provisioned_resource_cleanup="AUTOMATIC",
            resources_to_replicate_tags=["lambda-function"],
            success_retention_period=days,
            failure_retention_period=days,
            vpc_config=synthetics.CfnCanary.VPCConfigProperty(
                vpc_id=vpc.vpc_id,
                subnet_ids=vpc.select_subnets(subnet_type=subnets.subnet_type).subnet_ids,
                security_group_ids=[self.security_group.security_group_id],
            )
            if vpc is not None and subnets is not None and self.security_group is not None
            else None,
        )
        self.canary.node.add_dependency(self.role.policy)
        #: Where its function logs; made after it, because its name has the id that Synthetics gives: the role may not make another.
        self.log_group: logs.ILogGroup = EncryptedLogGroup(
            self,
            "Logs",
            retention=posture.canary_retention,
            encryption_key=key,
            name=f"/aws/lambda/cwsyn-{self.name}-{self.canary.attr_id}",
        ).log_group
        log_policy(self, self.role, self.log_group)
        self._releases: list[Releasable] = []
        if isinstance(artifacts, s3.Bucket):
            artifacts.add_lifecycle_rule(
                id=f"Canary-{self.name}",
                enabled=True,
                prefix=self._prefix,
                expiration=Duration.days(days),
                noncurrent_version_expiration=Duration.days(1),
            )
        record(
            self,
            controls=CONTROLS,
            tier="monitoring",
            watchable=True,
            host=host,
            paths=[step.path.partition("?")[0] for step in steps],
            interval=self._interval.total_seconds(),
        )

    def guard_releases_of(self, service: Releasable) -> None:
        """Bring a release of *service* back when this canary fails meanwhile; hand the canary to the ``Watch`` of the service's stack.

        Raises:
            ConfigurationError: a canary that runs less often than every 5 minutes, which a release does not wait for.
        """
        if self._interval > timedelta(minutes=5):
            raise ConfigurationError(
                f"{self.path}: guard_releases_of",
                given=f"a run every {self._interval}",
                allowed="a run every 5 minutes or more often: a release is over before this one has failed twice",
                mend="hand over schedule='rate(1 minute)'",
            )
        self._releases.append(service)

    @property
    def rollback_specs(self) -> tuple[AlarmSpec, ...]:
        """Two failures in a row, where it guards a release."""
        if not self._releases:
            return ()
        commands = (f"aws synthetics get-canary-runs --name {self.name} --max-results 5",)
        return (failing(self.name, what=self._what, period=period_of(self._interval), commands=commands, datapoints=_FAST, periods=_FAST),)

    def roll_back_on(self, alarm_names: Sequence[str]) -> None:
        """Tell the guarded services the names of these alarms; ``Watch`` calls it."""
        for service in self._releases:
            service.roll_back_on(alarm_names)

    @property
    def indicator(self) -> GoodMinutes:
        """For ``Slo(of=canary.indicator)``: the periods in which a user could do what the canary does. Runs every 5 minutes or more often only."""
        return GoodMinutes(
            metric=metric(self.name, "SuccessPercent", period=period_of(self._interval)),
            threshold=GOOD_RUNS,
            good_while="GreaterThanOrEqualToThreshold",
        )

    @property
    def alarm_specs(self) -> tuple[AlarmSpec, ...]:
        """It fails, it is slow, it does not run."""
        return canary_alarms(
            self.name, what=self._what, interval=self._interval, timeout=self._timeout, bucket=self._bucket, prefix=self._prefix
        )

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """How many runs are good, and how long they take."""
        return canary_graphs(self.name, interval=self._interval)


def _script(plan: str) -> str:
    """Our script with its plan; what a plan holds cannot end a line of it."""
    return f"{_SCRIPT.read_text(encoding='utf-8')}exports.handler = canary({plan});\n"
