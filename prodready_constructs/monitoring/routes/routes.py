"""Where an alert goes: two encrypted SNS topics, one that wakes somebody and one that waits for the morning."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from prodready_constructs.contracts import AlarmSpec, ControlClaim, GraphSpec, Severity, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ACCOUNT_ID, ComposedRole, Part, own_key
from prodready_constructs.monitoring.routes.addresses import Address, endpoints, subscription
from prodready_constructs.monitoring.routes.chat import ChatChannel, ChatConfiguration, SlackChannel, TeamsChannel, chat_id, chat_name
from prodready_constructs.monitoring.routes.delivery import delivery_alarms, delivery_graphs
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
#: What writing to an encrypted topic or queue needs of its key.
_KEY_ACTIONS = ["kms:Decrypt", "kms:GenerateDataKey"]
_THIS_ACCOUNT = {"StringEquals": {"aws:SourceAccount": ACCOUNT_ID}}

#: How long an alert that could not be delivered can still be read: the longest SQS keeps a message.
UNDELIVERED_KEPT = timedelta(days=14)
_KEPT = Duration.days(UNDELIVERED_KEPT.days)

#: Whoever can hear of alerts without a function in between; ``Webhook`` is one with.
Receiver = Address | ChatChannel


class Routes(Part):
    """Two SNS topics: ``critical_topic`` wakes somebody, ``warning_topic`` waits for the morning.

    Always: one customer-managed key over topics and dead letters; TLS only; only this account's CloudWatch, RDS events, AWS Backup and cost
    alerts may publish; an alert that cannot be delivered is kept 14 days in a dead-letter queue, and that itself raises an alarm.

    Args:
        posture: whether somebody must be paged on critical.
        critical: who is woken: e-mail addresses, ``https://`` addresses, ``PagerDuty``, ``Opsgenie``; and chat channels (``SlackChannel``,
            ``TeamsChannel``), which wake nobody and are not enough.
        warning: who reads by day; the same kinds.
        encryption_key: your own key, in place of a new one; the publishers are added to its policy where the CDK can (an imported key's
            policy must admit them already).

    Raises:
        ConfigurationError: an address that is neither e-mail nor HTTPS, the same receiver twice, or nobody to page where the posture
            demands it.

    Sources: https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: MonitoringPosture,
        critical: Sequence[Receiver],
        warning: Sequence[Receiver],
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        where = self.path
        called = _addresses(critical)
        if posture.page_on_critical and not called:
            raise ConfigurationError(
                f"{where}: critical",
                given=list(critical),
                allowed="at least one address, because posture.page_on_critical is set",
                mend="add the pager's HTTPS address or an e-mail address; a chat channel wakes nobody",
            )
        found = {
            "Critical": endpoints(f"{where}: critical", called),
            "Warning": endpoints(f"{where}: warning", _addresses(warning)),
        }
        channels = {
            channel: [severity for severity, heard in ((Severity.CRITICAL, critical), (Severity.WARNING, warning)) if channel in heard]
            for channel in (*_channels(f"{where}: critical", critical), *_channels(f"{where}: warning", warning))
        }

        #: The key of both topics and of the dead letters.
        self.key: kms.IKey = own_key(
            self,
            encryption_key,
            description="Alerts on their way to people",
            statements=[_admit([*PUBLISHERS, *DEAD_LETTER_SENDERS], _KEY_ACTIONS, "*")],
        )
        #: Alerts that no subscriber took, and events that no topic took.
        self.undelivered, undelivered_arn = self._dead_letters()
        #: ARN of that queue.
        self.undelivered_arn: str = undelivered_arn
        self._stack_name = self.stack.stack_name
        #: Wakes somebody.
        self.critical_topic, critical_arn = self._topic("Critical", found["Critical"])
        #: Waits for the morning.
        self.warning_topic, warning_arn = self._topic("Warning", found["Warning"])
        #: Severity -> ARN of its topic, for actions of alarms.
        self.topic_arns: dict[Severity, str] = {Severity.CRITICAL: critical_arn, Severity.WARNING: warning_arn}
        self._chatted = {severity for severities in channels.values() for severity in severities}
        #: Chat channels that hear of alerts; one that is named in both lists hears of both.
        self.chats: tuple[ChatConfiguration, ...] = tuple(
            ChatConfiguration(
                self,
                construct_id,
                channel=channel,
                topic_arns=[self.topic_arns[severity] for severity in severities],
                name=chat_name(where, construct_id),
            )
            for channel, severities in channels.items()
            for construct_id in (chat_id(channel),)
        )
        #: The role with which EventBridge rules publish to both topics (``targets.SnsTopic(topic, role=routes.event_role)``).
        self.event_role = ComposedRole(
            self,
            "EventRole",
            assumed_by=iam.ServicePrincipal("events.amazonaws.com", conditions=_THIS_ACCOUNT),
            description="EventBridge rules publish alerts to the two alert topics",
        )
        #: Its ARN.
        self.event_role_arn: str = self.event_role.role_arn
        self.event_role.allow(
            {"Action": ["sns:Publish"], "Resource": [critical_arn, warning_arn]}, {"Action": _KEY_ACTIONS, "Resource": self.key.key_arn}
        )
        # Of the L1: a dashboard in another region can read it, while the L2's wants a physical name there.
        self._names = {
            severity: cast("sns.CfnTopic", topic.node.default_child).attr_topic_name for severity, topic in self._topics().items()
        }
        self._undelivered_name = self.undelivered.queue_name
        record(self, controls=CONTROLS, tier="monitoring", watchable=True)

    def topic_for(self, severity: Severity) -> sns.Topic:
        """The topic of *severity*."""
        return self._topics()[severity]

    def chat_hears(self, severity: Severity) -> bool:
        """Whether a chat channel of Amazon Q Developer hears of *severity*: it drops a message that has not the form it knows."""
        return severity in self._chatted

    def _topics(self) -> dict[Severity, sns.Topic]:
        return {Severity.CRITICAL: self.critical_topic, Severity.WARNING: self.warning_topic}

    def _topic(self, construct_id: str, endpoints: dict[str, tuple[str, str]]) -> tuple[sns.Topic, str]:
        topic = sns.Topic(
            self,
            construct_id,
            display_name=f"{construct_id} alerts of {self._stack_name}"[:100],
            master_key=self.key,
            enforce_ssl=True,
        )
        arn = topic.topic_arn
        topic.add_to_resource_policy(
            iam.PolicyStatement.from_json({"Sid": "AlertsOfThisAccount", **_admit(PUBLISHERS, ["sns:Publish"], arn)})
        )
        for address, (protocol, subscription_id) in endpoints.items():
            keywords = subscription(protocol, address, topic_arn=arn, dead_letters_arn=self.undelivered_arn)
            sns.CfnSubscription(self, f"{construct_id}To{subscription_id}", **keywords)
        return topic, arn

    def _dead_letters(self) -> tuple[sqs.Queue, str]:
        queue = sqs.Queue(
            self,
            "Undelivered",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=self.key,
            enforce_ssl=True,
            retention_period=_KEPT,
            redrive_allow_policy=sqs.RedriveAllowPolicy(redrive_permission=sqs.RedrivePermission.DENY_ALL),
        )
        arn = queue.queue_arn
        queue.add_to_resource_policy(iam.PolicyStatement.from_json(_admit(DEAD_LETTER_SENDERS, ["sqs:SendMessage"], arn)))
        waive(
            queue,
            rule=["AwsSolutions-SQS3", "Serverless-SQSRedrivePolicy"],
            because="This queue is itself the dead-letter queue of the alert subscriptions and event rules, nothing consumes it, "
            "and an alarm fires on its first message.",
            owner="platform",
        )
        return queue, arn

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


def _addresses(receivers: Sequence[Receiver]) -> list[Address]:
    return [receiver for receiver in receivers if not isinstance(receiver, SlackChannel | TeamsChannel)]


def _channels(where: str, receivers: Sequence[Receiver]) -> list[ChatChannel]:
    channels = [receiver for receiver in receivers if isinstance(receiver, SlackChannel | TeamsChannel)]
    for channel in channels:
        if channels.count(channel) > 1:
            raise ConfigurationError(where, given=channel, allowed="each channel once", mend="remove the second one")
    return channels


def _admit(services: Sequence[str], actions: list[str], resource: str) -> dict[str, Any]:
    """Let *services* of AWS do *actions*, for this account only. As JSON: each principal object would be a message to the jsii kernel."""
    principal = {"Service": list(services)}
    return {"Effect": "Allow", "Principal": principal, "Action": actions, "Resource": resource, "Condition": _THIS_ACCOUNT}
