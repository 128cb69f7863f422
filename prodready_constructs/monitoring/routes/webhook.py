"""Alerts in a chat channel, or in a program of yours, by a webhook whose address is a secret."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from constructs import Construct

from prodready_constructs.contracts import AlarmSpec, ControlClaim, GraphSpec, SecretField, Severity, record
from prodready_constructs.foundation import ACCOUNT_ID, Part, require_subnets
from prodready_constructs.foundation.errand_function import errand_function
from prodready_constructs.foundation.secret_reading import let_read
from prodready_constructs.monitoring.routes.addresses import Address, endpoints, require_https, subscription
from prodready_constructs.monitoring.routes.routes import Routes
from prodready_constructs.monitoring.routes.webhook_alarms import NAMESPACE, WatchedWebhook, webhook_alarms, webhook_graphs
from prodready_constructs.monitoring.routes.webhook_parts import HOSTS, WebhookKind, check, memory_of, webhook_key
from prodready_constructs.posture import MonitoringPosture

CONTROLS = (
    ControlClaim(
        control="OPS-1",
        how="Alerts reach a chat channel by a function whose secret sits in Secrets Manager, which retries, tells nothing twice, and sends what "
        "was not taken, with the reason, to people by a topic of its own",
        frameworks=("NIST 800-53 r5 SI-4(5)", "HIPAA 164.308(a)(6)(ii)", "PCI DSS 3.2.1 10.6", "SOC 2 CC7.3"),
    ),
)

_CODE = Path(__file__).parent / "handlers"
#: Of one run: time for eight attempts and for saying that they failed.
TIMEOUT = timedelta(seconds=120)
#: A run that said nothing for so long is dead; its retry may take over.
LEASE = TIMEOUT + timedelta(seconds=10)
#: An alert that could not be told in half an hour goes the other way, and people learn of it there.
OLDEST = timedelta(minutes=30)
#: Lambda's most: after one minute, and after two more. Source: Lambda developer guide, error handling of asynchronous invocation.
RETRIES = 2


class Webhook(Part):
    """A function that tells a webhook of what *routes* tell, as a message for people: what it means, how bad, runbook, dashboard.

    Always: HTTPS with the certificate verified, no redirect followed; the URL in Secrets Manager only, read again when it is refused; retries
    with growing pauses, or as long as the server asks (``Retry-After``); nothing told twice within ``posture.repeats_held_back``. What is
    not taken goes, with its text and the reason, to *failures_to* by a topic of its own, and is kept in the routes' dead-letter queue.

    Args:
        kind: ``SLACK``, ``TEAMS`` (a Workflows webhook), ``DISCORD``, or ``JSON`` for a program of yours.
        url: the secret that is the URL, or the field of one that holds it (``SecretField``); its host must be one of ``HOSTS[kind]``.
        routes: whose topics it hears. hears: of which severities.
        failures_to: e-mail or ``https://`` addresses, or pagers, that hear what the channel did not take: another way than this webhook.
        vpc: with private subnets that reach the internet.
        encryption_key: of logs, memory and failures, in place of a new one; its policy must admit CloudWatch Logs and CloudWatch.

    Raises:
        ConfigurationError: an unknown kind, a severity twice or none, nobody in *failures_to*, a malformed address.

    Sources: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
    https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html (a message may come more than once)
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: MonitoringPosture,
        kind: WebhookKind,
        url: secretsmanager.ISecret | SecretField,
        routes: Routes,
        failures_to: Sequence[Address],
        vpc: ec2.IVpc,
        hears: Sequence[Severity] = (Severity.CRITICAL, Severity.WARNING),
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        where = self.path
        check(where, kind, hears, failures_to)
        others = endpoints(f"{where}: failures_to", failures_to)
        subnets = require_subnets(self, vpc, tier="private")
        #: The key of logs, memory and failures.
        self.key: kms.IKey = encryption_key or webhook_key(self)
        table = memory_of(self, self.key.key_arn)
        secret, field = (url.secret, url.field) if isinstance(url, SecretField) else (url, "")
        secret_arn = secret.secret_arn

        undelivered_url = routes.undelivered.queue_url
        made = errand_function(
            self,
            code=lambda_.Code.from_asset(str(_CODE), exclude=["**/__pycache__", "**/*.pyc"]),
            handler="webhook.index.handler",
            purpose=(f"{where}: tells {kind}", f"{where}: out to {kind}", f"{where}: tells {kind} of alerts"),
            vpc=vpc,
            subnets=subnets,
            egress=(ec2.Peer.any_ipv4(), f"HTTPS to {kind} and to AWS"),
            key=self.key,
            log_retention=posture.webhook_log_retention,
            statements=[
                {"Action": ["dynamodb:GetItem", "dynamodb:PutItem"], "Resource": table.attr_arn},
                {"Action": "sqs:SendMessage", "Resource": routes.undelivered_arn},
                {"Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": routes.key.key_arn},
            ],
            timeout=TIMEOUT,
            environment={
                "KIND": kind,
                "HOSTS": ",".join(HOSTS[kind]),
                "SECRET_ARN": secret_arn,
                "SECRET_FIELD": field,
                "TABLE": table.ref,
                "WINDOW_SECONDS": str(int(posture.repeats_held_back.total_seconds())),
                "LEASE_SECONDS": str(int(LEASE.total_seconds())),
                "UNDELIVERED_URL": undelivered_url,
                "DASHBOARD_URL": "",
                "NAMESPACE": NAMESPACE,
                "WEBHOOK": where,
            },
        )
        self._linked = False
        #: The function, with its role and security group.
        self.function: lambda_.Function = made.function
        #: Hears of alerts that were not taken, and of this webhook's own alarms; the webhook does not serve it.
        self.failures: sns.Topic = made.failures
        self._failures_arn = self.failures.topic_arn
        self._tell_others(others, routes)
        let_read(secret, made.role)
        self.function.add_environment("FAILURES_TOPIC_ARN", self._failures_arn)
        self.function.add_environment(
            "SEVERITIES",
            self.stack.to_json_string({arn: severity.value for severity, arn in routes.topic_arns.items() if severity in hears}),
        )
        self._hear(routes, hears)
        self._watched = WatchedWebhook(
            path=where,
            function_name=self.function.function_name,
            log_group_name=made.log_group.log_group_name,
            secret_arn=secret_arn,
            failures_arn=self._failures_arn,
            queue_url=undelivered_url,
        )
        record(self, controls=CONTROLS, tier="monitoring", watchable=True, kind=kind, hears=[severity.value for severity in hears])

    def link_dashboard(self, url: str) -> None:
        """Link the dashboard at *url* in each message, in place of the one that shows this webhook, which is linked by itself.

        Raises:
            ConfigurationError: no ``https://`` address.
        """
        require_https(
            f"{self.path}: link_dashboard", url, mend="copy it from the browser when it shows the dashboard, or use dashboard.url"
        )
        self._linked = True
        self.function.add_environment("DASHBOARD_URL", url)

    def shown_on(self, url: str) -> None:
        """A dashboard that shows this webhook says where it is; the first one is linked, unless ``link_dashboard`` has said another."""
        if not self._linked:
            self.link_dashboard(url)

    @property
    def alarm_specs(self) -> tuple[AlarmSpec, ...]:
        """Alerts not taken, lost, late; each told by the topic ``failures``, another way than the webhook."""
        return webhook_alarms(self._watched)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Alerts told, failed and given up, and their age."""
        return webhook_graphs(self._watched)

    def _tell_others(self, others: dict[str, tuple[str, str]], routes: Routes) -> None:
        statement: dict[str, Any] = {
            "Sid": "AlarmsOfThisAccount",
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": self._failures_arn,
            "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT_ID}},
        }
        self.failures.add_to_resource_policy(iam.PolicyStatement.from_json(statement))
        for address, (protocol, subscription_id) in others.items():
            keywords = subscription(protocol, address, topic_arn=self._failures_arn, dead_letters_arn=routes.undelivered_arn)
            sns.CfnSubscription(self, f"FailuresTo{subscription_id}", **keywords)

    def _hear(self, routes: Routes, hears: Sequence[Severity]) -> None:
        name, arn = self.function.function_name, self.function.function_arn
        lambda_.CfnEventInvokeConfig(
            self,
            "Retries",
            function_name=name,
            qualifier="$LATEST",
            maximum_event_age_in_seconds=int(OLDEST.total_seconds()),
            maximum_retry_attempts=RETRIES,
            # People hear of it by the function's dead-letter topic; here it is kept, with the reason.
            destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
                on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(destination=routes.undelivered_arn)
            ),
        )
        for severity in hears:
            title, topic_arn = severity.value.title(), routes.topic_arns[severity]
            permission = lambda_.CfnPermission(
                self,
                f"{title}Invoke",
                action="lambda:InvokeFunction",
                function_name=arn,
                principal="sns.amazonaws.com",
                source_arn=topic_arn,
                source_account=ACCOUNT_ID,
            )
            heard = sns.CfnSubscription(
                self,
                f"{title}Alerts",
                topic_arn=topic_arn,
                protocol="lambda",
                endpoint=arn,
                redrive_policy={"deadLetterTargetArn": routes.undelivered_arn},
            )
            heard.add_resource_dependency(permission)
