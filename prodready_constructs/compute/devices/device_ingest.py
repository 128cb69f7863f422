"""Devices that speak for themselves alone, and messages that are kept when they cannot get where they should."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iot as iot
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from prodready_constructs.compute.devices.account import DeviceAudit, DeviceLogs, Singleton, claim, require_choice
from prodready_constructs.compute.devices.alarms import Watched, device_alarms, device_graphs
from prodready_constructs.compute.devices.behaviour import security_profile
from prodready_constructs.compute.devices.custom_domain import DeviceEndpoint, RegionalDomain
from prodready_constructs.compute.devices.dead_letters import error_action
from prodready_constructs.compute.devices.provisioning import ProvisioningTemplate
from prodready_constructs.compute.devices.provisioning_template import DeviceProvisioning
from prodready_constructs.compute.devices.rules import TopicRule, add_topic_rule, check_rule_id, trusted
from prodready_constructs.compute.devices.targets import WRITE_ENCRYPTED, Target
from prodready_constructs.compute.devices.thing_policy import thing_policy
from prodready_constructs.compute.devices.topics import DeviceTopics, check_prefix
from prodready_constructs.contracts import AlarmSpec, ControlClaim, GraphSpec, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ComposedRole, DataKey, Part
from prodready_constructs.foundation.dead_letters import dead_letter_queue
from prodready_constructs.posture import DevicePosture

CONTROLS = (
    ControlClaim(
        control="FN-6",
        how="A device connects only as the thing that its certificate is attached to, and speaks only below its own name; every rule has a role "
        "for its targets alone and an error action to an encrypted dead-letter queue; AWS IoT's logs and Device Defender's audit are on",
        frameworks=(
            "NIST 800-53 r5 AC-6",
            "NIST 800-53 r5 IA-3",
            "NIST 800-53 r5 AU-2",
            "HIPAA 164.312(d)",
            "PCI DSS 3.2.1 7.1",
            "SOC 2 CC6.1",
        ),
    ),
)


class DeviceIngest(Part):
    """Devices on AWS IoT Core: their policy, their rules, their group, and who looks after them.

    Always: a certificate speaks for one thing; a rule's message that cannot be brought to its target is kept 14 days, encrypted; Device
    Defender watches how devices behave; policy and groups are kept when their stack is deleted, because devices go on using them. *posture*
    decides the level of the logs, how often the account is audited, and what is odd of a device.

    Args:
        topics: what every device may say and hear, below its own name.
        prefix: what all its topics begin with: a device publishes to ``<prefix>/<its thing name>/<topic>``.
        logging: ``"create"`` makes what AWS IoT has once for each account and region; ``"existing"`` leaves it to who made it.
        audit: the same.
        encryption_key: of logs, dead letters and findings; its own when None. Its policy must admit CloudWatch Logs.

    Raises:
        ConfigurationError: topics that AWS IoT refuses, a policy that grows too large, or a second construct of one app that makes logging or
            audit of one account and region.

    Sources: https://docs.aws.amazon.com/iot/latest/developerguide/security-best-practices.html,
        https://docs.aws.amazon.com/iot/latest/developerguide/rule-error-handling.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: DevicePosture,
        topics: DeviceTopics,
        prefix: str = "devices",
        logging: Singleton = "create",
        audit: Singleton = "create",
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        where = self.path
        check_prefix(where, prefix, topics)
        for keyword, choice, what in (("logging", logging, "configuration of logs"), ("audit", audit, "configuration of audits")):
            require_choice(where, keyword, choice)
            if choice == "create":
                claim(self, what, keyword)
        self._topics, self._prefix, self._refused = topics, prefix, posture.refused
        self._rules: dict[str, TopicRule] = {}
        self._templates: dict[str, ProvisioningTemplate] = {}
        self._endpoint: DeviceEndpoint | None = None
        #: What each certificate of a device may do: attach it to them (provisioning does).
        self.policy = iot.CfnPolicy(
            self, "Policy", policy_document=thing_policy(where, prefix=prefix, topics=topics, ingest=()), policy_name=None
        )
        #: The group of all its devices: what Device Defender watches, and where jobs and policies can be attached.
        self.group = iot.CfnThingGroup(self, "Devices")
        #: Whose costs they are.
        self.billing_group = iot.CfnBillingGroup(self, "Costs")
        for kept in (self.policy, self.group, self.billing_group):
            kept.apply_removal_policy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
        #: The key of logs, dead letters and findings.
        self.key: kms.IKey = (
            encryption_key or DataKey(self, "Key", description=f"{where}: logs, dead letters, findings", encrypts_logs=True).key
        )
        key_arn = self.key.key_arn
        #: Messages that a rule could not bring to its target, with the reason.
        self.dead_letters = dead_letter_queue(
            self,
            key=self.key,
            rules=["AwsSolutions-SQS3", "Serverless-SQSRedrivePolicy"],
            because="This queue is itself where messages end that no target took: nothing consumes it, it keeps them as long as SQS can, and "
            "a critical alarm fires on its first message.",
        )
        self._dead_letters_url = self.dead_letters.queue_url
        self._error_action = error_action(self, self.dead_letters, queue_url=self._dead_letters_url, key_arn=key_arn)
        #: Hears of each finding of the audit and of each device that behaves oddly; subscribe what looks into them.
        self.findings = sns.Topic(self, "Findings", master_key=self.key, enforce_ssl=True)
        topic_arn = self.findings.topic_arn
        notify = ComposedRole(
            self,
            "NotifyRole",
            assumed_by=trusted("*"),
            description="Device Defender tells what it found",
            statements=[{"Action": ["sns:Publish"], "Resource": topic_arn}, {"Action": list(WRITE_ENCRYPTED), "Resource": key_arn}],
        ).role_arn
        #: What is odd of a device.
        self.security_profile = security_profile(
            self, "Behaviour", posture=posture, group_arn=self.group.attr_arn, topic_arn=topic_arn, notify_role_arn=notify
        )
        #: What AWS IoT writes down; None where somebody else makes it.
        self.logs = DeviceLogs(self, "Logging", posture=posture, encryption_key=self.key) if logging == "create" else None
        #: Device Defender's audit; None where somebody else makes it.
        self.audit = DeviceAudit(self, "Audit", posture=posture, topic_arn=topic_arn, notify_role_arn=notify) if audit == "create" else None
        self._names = (self.dead_letters.queue_name, self.security_profile.ref)
        record(self, controls=CONTROLS, tier="edge", watchable=True, logging=logging, audit=audit)

    def add_rule(
        self,
        rule_id: str,
        *,
        sql: str,
        to: Target | Sequence[Target],
        basic_ingest: bool = False,
        silent_after: timedelta | None = None,
    ) -> iot.CfnTopicRule:
        """Bring messages of devices somewhere: ``add_rule("Telemetry", sql="SELECT * FROM 'devices/+/telemetry'", to=ToQueue(readings.queue))``.

        Args:
            rule_id: PascalCase; it ends the rule's name.
            sql: a statement of AWS IoT SQL, version 2016-03-23.
            to: one target or several; what one of them fails at is a dead letter.
            basic_ingest: devices may also send to the rule by its name (``$aws/rules/<name>/<prefix>/<thing>/<topic>``), which costs no message.
            silent_after: how long nothing may come before somebody is told, 5 minutes to 24 hours; None where silence means nothing.

        Raises:
            ConfigurationError: a statement that does not parse or that hears no topic of these devices, a rule of this id, a FIFO queue, a template
                that does not parse, a policy that grows too large.
        """
        where = f"{self.path}: add_rule"
        check_rule_id(where, rule_id)
        if rule_id in self._rules:
            raise ConfigurationError(
                where,
                given=f"{rule_id!r} a second time",
                allowed="each rule once",
                mend="give the second one another id, or the first one two targets",
            )
        rule = add_topic_rule(
            self,
            rule_id,
            sql=sql,
            to=list(to) if isinstance(to, Sequence) else [to],
            error_action=self._error_action,
            prefix=self._prefix,
            topics=self._topics,
            basic_ingest=basic_ingest,
            silent_after=silent_after,
        )
        self._rules[rule_id] = rule
        if rule.ingest:
            ingest = [one for made in self._rules.values() for one in made.ingest]
            self.policy.policy_document = thing_policy(self.path, prefix=self._prefix, topics=self._topics, ingest=ingest)
        return rule.resource

    def add_provisioning(
        self, template_id: str, provisioning: DeviceProvisioning, *, hook: lambda_.IFunction | None
    ) -> ProvisioningTemplate:
        """Let new devices get their own certificate, this policy and these groups.

        Args:
            hook: asked before each device whether it may. None says aloud that whoever holds a claim, or a certificate of the CA, may become any
                thing of the template's names, also one that there is already.

        Raises:
            ConfigurationError: a template of this id.
        """
        check_rule_id(f"{self.path}: add_provisioning", template_id)
        made = self._templates[template_id] = ProvisioningTemplate(
            self,
            template_id,
            provisioning=provisioning,
            policy_name=self.policy.ref,
            group=(self.group.ref, self.group.attr_arn),
            billing_group=(self.billing_group.ref, self.billing_group.attr_arn),
            hook=hook,
        )
        return made

    def add_domain(self, domain: RegionalDomain, *, endpoint: str) -> DeviceEndpoint:
        """Give the endpoint of devices a name of yours, such as ``devices.example.com``.

        Args:
            domain: ``edge.Domain``, with its certificate in this region.
            endpoint: what ``aws iot describe-endpoint --endpoint-type iot:Data-ATS`` shows: CloudFormation does not know it.

        Raises:
            ConfigurationError: a second one, or what :class:`DeviceEndpoint` refuses.
        """
        if self._endpoint:
            raise ConfigurationError(
                f"{self.path}: add_domain", given=domain.name, allowed="one name", mend=f"it has {self._endpoint.host} already"
            )
        self._endpoint = DeviceEndpoint(self, "Endpoint", domain=domain, endpoint=endpoint)
        return self._endpoint

    @property
    def alarm_specs(self) -> tuple[AlarmSpec, ...]:
        """Dead letters, lost and throttled messages, silence, refusals, odd behaviour, the audit."""
        return device_alarms(self._watched)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Messages by rule, dead letters, connections, odd behaviour."""
        return device_graphs(self._watched)

    @property
    def _watched(self) -> Watched:
        name, profile = self._names
        return Watched(
            dead_letters_name=name,
            dead_letters_url=self._dead_letters_url,
            profile=profile,
            audit=self.audit.schedule_name if self.audit else None,
            refused=self._refused,
            rules=tuple(self._rules.values()),
            templates=tuple((one, made.name) for one, made in self._templates.items() if made.claim_policy),
        )
