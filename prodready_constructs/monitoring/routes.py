"""Where an alert goes: two encrypted SNS topics, one that wakes somebody and one that waits for the morning."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import timedelta

from aws_cdk import Aws, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from prodready_constructs.contracts import AlarmSpec, ControlClaim, GraphSpec, Severity, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ComposedRole, DataKey
from prodready_constructs.monitoring.delivery import delivery_alarms, delivery_graphs
from prodready_constructs.posture import MonitoringPosture
from prodready_constructs.waivers import waive

CONTROLS = (
    ControlClaim(
        control="OPS-1",
        how="Two SNS topics, critical and warning, encrypted with a customer-managed key, TLS only, each with its own subscribers",
        frameworks=("NIST 800-53 r5 SI-4(5)", "HIPAA 164.308(a)(6)(ii)", "PCI DSS 3.2.1 10.6", "SOC 2 CC7.3"),
    ),
)

#: Services that publish alerts of this account. EventBridge is not among them: it ignores conditions in a topic policy, so its
#: rules publish with ``event_role``. Source: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
PUBLISHERS = (
    "cloudwatch.amazonaws.com",
    "events.rds.amazonaws.com",
    "backup.amazonaws.com",
    "budgets.amazonaws.com",
    "costalerts.amazonaws.com",
)
#: Services that put what could not be delivered into the encrypted dead-letter queue.
DEAD_LETTER_SENDERS = ("sns.amazonaws.com", "events.amazonaws.com")

_EMAIL = re.compile(r"[^@\s/]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_HTTPS = re.compile(r"https://(?P<host>[A-Za-z0-9.-]+\.[A-Za-z]{2,})(:\d+)?(/\S*)?")

#: A pager that is down for a minute must not lose a page: some 15 minutes of growing pauses (SNS allows an hour in all).
HTTPS_DELIVERY = {
    "healthyRetryPolicy": {
        "numRetries": 20,
        "numNoDelayRetries": 0,
        "minDelayTarget": 5,
        "maxDelayTarget": 60,
        "numMinDelayRetries": 3,
        "numMaxDelayRetries": 10,
        "backoffFunction": "exponential",
    }
}
#: How long an alert that could not be delivered can still be read: the longest SQS keeps a message.
UNDELIVERED_KEPT = timedelta(days=14)


class Routes(Construct):
    """Two SNS topics: ``critical_topic`` wakes somebody, ``warning_topic`` waits for the morning.

    Always: one customer-managed key over topics and dead letters; TLS only; only this account's CloudWatch, RDS events, AWS Backup and cost
    alerts may publish; an alert that cannot be delivered is kept 14 days in a dead-letter queue, and that itself raises an alarm.

    Args:
        posture: whether somebody must be paged on critical.
        critical: addresses that wake somebody: e-mail addresses, or ``https://`` webhooks of a pager (PagerDuty, Opsgenie).
        warning: addresses that are read by day.
        encryption_key: your own key, in place of a new one; the publishers are added to its policy where the CDK can (an imported key's
            policy must admit them already).

    Raises:
        ConfigurationError: an address that is neither e-mail nor HTTPS, the same one twice, or nobody to page where the posture demands it.

    Sources: https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: MonitoringPosture,
        critical: Sequence[str],
        warning: Sequence[str],
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        where = self.node.path
        if posture.page_on_critical and not critical:
            raise ConfigurationError(
                f"{where}: critical",
                given=list(critical),
                allowed="at least one address, because posture.page_on_critical is set",
                mend="add the pager's HTTPS address or an e-mail address",
            )
        endpoints = {
            "Critical": {address: _endpoint(f"{where}: critical", address, critical) for address in critical},
            "Warning": {address: _endpoint(f"{where}: warning", address, warning) for address in warning},
        }

        #: The key of both topics and of the dead letters.
        self.key: kms.IKey = encryption_key or DataKey(self, "Key", description="Alerts on their way to people").key
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(service) for service in (*PUBLISHERS, *DEAD_LETTER_SENDERS)],
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=["*"],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
        #: Alerts that no subscriber took, and events that no topic took.
        self.undelivered = self._dead_letters()
        undelivered_arn = self.undelivered.queue_arn
        #: Wakes somebody.
        self.critical_topic = self._topic("Critical", endpoints["Critical"], undelivered_arn)
        #: Waits for the morning.
        self.warning_topic = self._topic("Warning", endpoints["Warning"], undelivered_arn)
        arns = {Severity.CRITICAL: self.critical_topic.topic_arn, Severity.WARNING: self.warning_topic.topic_arn}
        #: Severity -> ARN of its topic, for actions of alarms.
        self.topic_arns: dict[Severity, str] = arns
        #: The role with which EventBridge rules publish to both topics (``targets.SnsTopic(topic, role=routes.event_role)``).
        self.event_role = ComposedRole(
            self,
            "EventRole",
            assumed_by=iam.ServicePrincipal("events.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}),
            description="EventBridge rules publish alerts to the two alert topics",
        )
        self.event_role.add_to_policy(iam.PolicyStatement(actions=["sns:Publish"], resources=list(arns.values())))
        self.event_role.add_to_policy(iam.PolicyStatement(actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[self.key.key_arn]))
        self._names = {severity: topic.topic_name for severity, topic in self._topics().items()}
        self._undelivered_name = self.undelivered.queue_name
        record(self, controls=CONTROLS, tier="monitoring", watchable=True)

    def topic_for(self, severity: Severity) -> sns.Topic:
        """The topic of *severity*."""
        return self._topics()[severity]

    def _topics(self) -> dict[Severity, sns.Topic]:
        return {Severity.CRITICAL: self.critical_topic, Severity.WARNING: self.warning_topic}

    def _topic(self, construct_id: str, endpoints: dict[str, tuple[str, str]], undelivered_arn: str) -> sns.Topic:
        topic = sns.Topic(
            self,
            construct_id,
            display_name=f"{construct_id} alerts of {Stack.of(self).stack_name}"[:100],
            master_key=self.key,
            enforce_ssl=True,
        )
        arn = topic.topic_arn
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlertsOfThisAccount",
                principals=[iam.ServicePrincipal(service) for service in PUBLISHERS],
                actions=["sns:Publish"],
                resources=[arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
        for address, (protocol, subscription_id) in endpoints.items():
            sns.CfnSubscription(
                self,
                f"{construct_id}To{subscription_id}",
                topic_arn=arn,
                protocol=protocol,
                endpoint=address,
                redrive_policy={"deadLetterTargetArn": undelivered_arn},
                delivery_policy=HTTPS_DELIVERY if protocol == "https" else None,
            )
        return topic

    def _dead_letters(self) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            "Undelivered",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=self.key,
            enforce_ssl=True,
            retention_period=Duration.seconds(UNDELIVERED_KEPT.total_seconds()),
        )
        queue.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(service) for service in DEAD_LETTER_SENDERS],
                actions=["sqs:SendMessage"],
                resources=[queue.queue_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
        for rule in ("AwsSolutions-SQS3", "Serverless-SQSRedrivePolicy"):
            waive(
                queue,
                rule=rule,
                because="This queue is itself the dead-letter queue of the alert subscriptions and event rules, nothing consumes it, "
                "and an alarm fires on its first message.",
                owner="platform",
            )
        return queue

    @property
    def alarm_specs(self) -> tuple[AlarmSpec, ...]:
        """Alarms about the alerting itself; each travels by a route that does not depend on what failed, as far as there is one."""
        return delivery_alarms(
            topic_names=self._names, topic_arns=self.topic_arns, queue_name=self._undelivered_name, queue_url=self.undelivered.queue_url
        )

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Alerts sent and alerts that failed, by route."""
        return delivery_graphs(self._names)


def _endpoint(where: str, address: str, among: Sequence[str]) -> tuple[str, str]:
    """(SNS protocol, construct id) of *address*; the id follows the address, so that a new colleague changes nobody's subscription."""
    if list(among).count(address) > 1:
        raise ConfigurationError(where, given=address, allowed="each address once", mend="remove the second one")
    digest = hashlib.sha256(address.encode()).hexdigest()[:8]
    if _EMAIL.fullmatch(address):
        return "email", f"Email{digest}"
    if _HTTPS.fullmatch(address):
        return "https", f"Https{digest}"
    raise ConfigurationError(
        where,
        given=address,
        allowed="an e-mail address (ops@example.com) or an https:// address",
        mend="correct the address; plain http would send alerts in the clear",
    )
