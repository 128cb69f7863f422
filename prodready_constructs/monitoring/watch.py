"""Every alarm of every construct, made, routed and explained."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_rds as rds
from constructs import Construct

from prodready_constructs.contracts import (
    AlarmSpec,
    AnyAlarmSpec,
    ControlClaim,
    EventSpec,
    RdsEventSpec,
    Releasable,
    Severity,
    Watchable,
    record,
)
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part, path_of
from prodready_constructs.monitoring.alarms import check, in_words, make_alarm
from prodready_constructs.monitoring.rollback import require_one_stack, rollback_twins
from prodready_constructs.monitoring.routes.routes import Routes

CONTROLS = (
    ControlClaim(
        control="OPS-2",
        how="Every alarm a construct describes exists, with its own treatment of missing data, and tells the topic of its severity",
        frameworks=("NIST 800-53 r5 SI-4(2)", "HIPAA 164.308(a)(1)(ii)(D)", "PCI DSS 3.2.1 10.6.1", "SOC 2 CC7.2"),
    ),
    ControlClaim(
        control="OPS-3",
        how="Every alarm's description says what it means and links its runbook; meaning, causes, commands and escalation are in the assembly",
        frameworks=("NIST 800-53 r5 IR-4", "SOC 2 CC7.4"),
    ),
    ControlClaim(
        control="OPS-7",
        how="The constructs watched are listed in the assembly, so that an unwatched one fails the build by its path",
        frameworks=("SOC 2 CC7.2",),
    ),
)

#: Alarms that one composite alarm may have below it; with room for long ARNs in its rule of 10,240 characters.
#: Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
MOST_CRITICAL = 60
#: What a link, a file name and a logical id cannot all hold.
_NAME = re.compile(r"[^A-Za-z0-9-]+")


class _Made(NamedTuple):
    """One alarm that exists now: the resource where it has a state, and what the runbook page needs."""

    alarm: cloudwatch.CfnAlarm | None
    severity: Severity
    page: dict[str, Any]


class Watch(Part):
    """The alarms of the constructs in *watching*, each told to the topic of its severity, and again when all is well.

    Always: every alarm says where its threshold comes from and links its runbook; the composite alarm ``AnyCritical`` sums up the critical ones
    (it pages nobody: its members do). What releases step by step (``contracts.Releasable``) is told the names of its rollback twins, and goes
    back by itself when one goes off.

    Args:
        routes: where alarms go; in this stack's region, because CloudWatch tells topics of its own region only.
        watching: constructs with ``alarm_specs``: of this library or your own.
        runbook_base_url: where the runbook pages are published; a page is ``<base>/<stack>/<construct>-<AlarmId>``.

    Raises:
        ConfigurationError: a construct twice; two alarms of one name; an alarm without a source or with a gap in its runbook; a metric or
            routes of another region; no alarm at all, or more critical ones than a composite alarm holds; a release in another stack.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, routes: Routes, watching: Sequence[Watchable], runbook_base_url: str
    ) -> None:
        super().__init__(scope, construct_id)
        where = self.path
        if not runbook_base_url.startswith("https://"):
            raise ConfigurationError(
                f"{where}: runbook_base_url",
                given=runbook_base_url,
                allowed="an https:// address",
                mend="say where the runbook pages are published, e.g. https://runbooks.example.com",
            )
        stack = self.stack
        region = self.stated_region
        _same_region(where, region, routes)
        self._routes = routes
        self._base_url = f"{runbook_base_url.rstrip('/')}/{stack.stack_name}"

        made: list[_Made] = []
        names: set[str] = set()
        paths: list[str] = []
        prefix = f"{path_of(stack)}/"
        for watched in watching:
            path = path_of(watched)
            if path in paths:
                raise ConfigurationError(where, given=path, allowed="each construct once", mend="remove the second one from watching")
            paths.append(path)
            name = _NAME.sub("-", path.removeprefix(prefix))
            for spec in watched.alarm_specs:
                check(path, spec, region=region)
                alarm_name = f"{name}-{spec.id}"
                # CloudFormation ids ignore the dash: A-BC and AB-C would be one.
                if (key := alarm_name.replace("-", "")) in names:
                    raise ConfigurationError(
                        where,
                        given=f"two alarms named {alarm_name}",
                        allowed="each alarm id once in its construct",
                        mend=f"rename one in {path}",
                    )
                names.add(key)
                made.append(self._make(alarm_name, path, spec))
            made += self._bring_back(watched, name, path)
        if not made:
            raise ConfigurationError(where, given="no alarm", allowed="constructs with alarm_specs", mend="add them to watching")

        #: How many alarms, event rules and event subscriptions this Watch made.
        self.alarm_count = len(made)
        #: ARNs of the alarms that have a state, for dashboards.
        self.alarm_arns = _arns([one.alarm for one in made if one.alarm])
        arn_of = dict(zip((one.page["name"] for one in made if one.alarm), self.alarm_arns, strict=True))
        #: In alarm when any critical alarm is; None when nothing watched is critical.
        self.any_critical = self._sum_up([arn_of[one.page["name"]] for one in made if one.alarm and one.severity is Severity.CRITICAL])
        record(
            self,
            controls=CONTROLS,
            tier="monitoring",
            watched=paths,
            alarms=[{**one.page, "alarm": arn_of.get(one.page["name"])} for one in made],
            runbook_base_url=self._base_url,
        )

    def _bring_back(self, watched: Watchable, name: str, path: str) -> list[_Made]:
        """The rollback twins of a construct that releases step by step; it is told their names."""
        twins = rollback_twins(watched)
        if not twins:
            return []
        require_one_stack(self.path, self.stack, watched)
        made = []
        for spec in twins:
            check(path, spec, region=self.stated_region)
            made.append(self._make(f"{name}-{spec.id}", path, spec))
        cast("Releasable", watched).roll_back_on([one.alarm.ref for one in made if one.alarm])
        return made

    def _make(self, name: str, path: str, spec: AnyAlarmSpec) -> _Made:
        link = f"{self._base_url}/{name}"
        description = f"{spec.runbook.meaning} Runbook: {link}"
        topic_arn = self._routes.topic_arns[spec.severity]
        alarm = None
        if isinstance(spec, AlarmSpec):
            alarm = make_alarm(self, name, spec, description=description, topic_arn=spec.tells or topic_arn)
        elif isinstance(spec, EventSpec):
            self._event_rule(name, spec, description=description, link=link, topic_arn=topic_arn)
        else:
            self._rds_events(name, spec, topic_arn=topic_arn)
        page = {
            "construct": path,
            "id": spec.id,
            "name": name,
            "severity": spec.severity.value,
            "threshold": in_words(spec),
            "source": spec.source,
            "meaning": spec.runbook.meaning,
            "causes": list(spec.runbook.causes),
            "commands": list(spec.runbook.first_commands),
            "escalation": spec.runbook.escalation,
        }
        return _Made(alarm, spec.severity, page)

    def _event_rule(self, name: str, spec: EventSpec, *, description: str, link: str, topic_arn: str) -> None:
        # The message of an e-mail or a webhook: what it means and where the runbook is, then the event as it came.
        message = (
            f'{{"severity": "{spec.severity.value}", "alarm": "{name}", "meaning": "{_plain(spec.runbook.meaning)}", '
            f'"runbook": "{link}", "time": <time>, "event": <aws.events.event.json>}}'
        )
        events.CfnRule(
            self,
            name,
            description=description[:RULE_DESCRIPTION_LIMIT],
            event_pattern=dict(spec.pattern),
            state="ENABLED",
            targets=[
                events.CfnRule.TargetProperty(
                    id="Topic",
                    arn=topic_arn,
                    role_arn=self._routes.event_role_arn,
                    retry_policy=RETRIES,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=self._routes.undelivered_arn),
                    input_transformer=events.CfnRule.InputTransformerProperty(input_paths_map={"time": "$.time"}, input_template=message),
                )
            ],
        )

    def _rds_events(self, name: str, spec: RdsEventSpec, *, topic_arn: str) -> None:
        rds.CfnEventSubscription(
            self,
            name,
            enabled=True,
            sns_topic_arn=topic_arn,
            source_type=spec.source_type,
            source_ids=list(spec.source_ids),
            event_categories=list(spec.categories),
        )

    def _sum_up(self, critical: list[str]) -> cloudwatch.CfnCompositeAlarm | None:
        if not critical:
            return None
        if len(critical) > MOST_CRITICAL:
            raise ConfigurationError(
                self.path,
                given=f"{len(critical)} critical alarms",
                allowed=f"{MOST_CRITICAL} in one Watch: a composite alarm holds no more",
                mend="watch half of the constructs with a second Watch; a Dashboard shows both",
            )
        return cloudwatch.CfnCompositeAlarm(
            self,
            "AnyCritical",
            alarm_description="At least one critical alarm of this environment is in alarm. Its members tell people; this one is for the eye.",
            alarm_rule=" OR ".join(f'ALARM("{arn}")' for arn in critical),
            actions_enabled=False,
        )


#: The longest description of an EventBridge rule, in characters (PutRule, EventBridge API reference).
RULE_DESCRIPTION_LIMIT = 512
#: EventBridge's own default, said aloud: an event that cannot be published is tried again for a day, then it is a dead letter.
#: Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
RETRIES = events.CfnRule.RetryPolicyProperty(maximum_event_age_in_seconds=86_400, maximum_retry_attempts=185)


def _arns(alarms: Sequence[cloudwatch.CfnAlarm]) -> tuple[str, ...]:
    """The ARN of each of *alarms*. The CDK's own widget asks for them inside the kernel: two messages, however many alarms there are."""
    widget = cloudwatch.AlarmStatusWidget(alarms=alarms).to_json()
    return tuple(widget[0]["properties"]["alarms"])


def _plain(text: str) -> str:
    """*text* inside a JSON string of an input template, where quotes would end it and angle brackets would open a variable."""
    return text.replace("\\", "/").replace('"', "'").replace("<", "(").replace(">", ")").replace("\n", " ")


def _same_region(where: str, region: str | None, routes: Routes) -> None:
    theirs = routes.stated_region
    if region is not None and theirs is not None and theirs != region:
        raise ConfigurationError(
            f"{where}: routes",
            given=f"routes in {theirs}",
            allowed=f"routes in {region}, the region of this stack: alarms tell topics of their own region only",
            mend=f"make Routes in a stack in {region}",
        )
