"""Topic rules: which messages go where, and to the dead letters when they cannot."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from aws_cdk import aws_iam as iam
from aws_cdk import aws_iot as iot
from aws_cdk import aws_lambda as lambda_

from prodready_constructs.compute.devices.sql import parse_sql
from prodready_constructs.compute.devices.sql_words import SQL_VERSION
from prodready_constructs.compute.devices.targets import Target, ToBucket, ToFunction
from prodready_constructs.compute.devices.thing_policy import ARN, THING_NAME
from prodready_constructs.compute.devices.topics import DeviceTopics, check_filter, heard
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ACCOUNT_ID, ComposedRole, Part
from prodready_constructs.waivers import waive

#: The most actions of one rule (AWS IoT Core quotas, rules engine).
MOST_TARGETS = 10
#: The longest name of a rule is 128 characters (AWS IoT API reference, CreateTopicRule): one underscore, the rest of both.
_LONGEST_PREFIX = 80
_RULE_ID = re.compile(r"[A-Z][A-Za-z0-9]{0,46}")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9]+")
_IOT = "iot.amazonaws.com"
#: How long nothing may come; CloudWatch looks at a day at most.
SILENCE_STEP = timedelta(minutes=5)
LONGEST_SILENCE = timedelta(days=1)


def trusted(source: str) -> iam.ServicePrincipal:
    """AWS IoT, on behalf of *source* of this account and region (``rule/...``; ``*``) and of nobody else.

    Source: https://docs.aws.amazon.com/iot/latest/developerguide/cross-service-confused-deputy-prevention.html
    """
    return iam.ServicePrincipal(
        _IOT, conditions={"StringEquals": {"aws:SourceAccount": ACCOUNT_ID}, "ArnLike": {"aws:SourceArn": f"{ARN}:{source}"}}
    )


def prefix_of_names(part: Part, longest: int = _LONGEST_PREFIX) -> str:
    """What the names of all that *part* makes begin with: stack and path. Names are known before anything is made, so that roles name rules."""
    stack = part.stack.stack_name
    path = part.path if stack.startswith("${") else f"{stack}/{part.path.partition('/')[2]}"
    name = _NOT_IN_NAMES.sub("_", path).strip("_")
    if len(name) <= longest:
        return name
    return f"{name[: longest - 9]}_{hashlib.sha256(path.encode()).hexdigest()[:8]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicRule:
    """A rule that was made, and what its alarms need of it.

    Attributes:
        ingest: the topics of devices that reach it by Basic Ingest.
        silent_after: how long nothing may come before somebody is told.
    """

    id: str
    name: str
    resource: iot.CfnTopicRule
    ingest: tuple[str, ...]
    silent_after: timedelta | None


def check_rule_id(where: str, rule_id: str) -> None:
    """Refuse an id that cannot be part of a rule's name."""
    if not _RULE_ID.fullmatch(rule_id):
        raise ConfigurationError(
            where,
            given=rule_id,
            allowed="a capital, then letters and digits, 47 at most: it ends the rule's name, where AWS IoT takes nothing else but underscores",
            mend="write it like 'Telemetry'",
        )


def add_topic_rule(
    part: Part,
    rule_id: str,
    *,
    sql: str,
    to: Sequence[Target],
    error_action: iot.CfnTopicRule.ActionProperty,
    prefix: str,
    topics: DeviceTopics,
    basic_ingest: bool,
    silent_after: timedelta | None,
) -> TopicRule:
    """Make the rule *rule_id* of *part*, with a role that may do what its targets need."""
    where = f"{part.path}: add_rule({rule_id!r})"
    statement = parse_sql(f"{where}: sql", sql)
    ingest = _check_source(where, statement.topic_filter, prefix=prefix, topics=topics, basic_ingest=basic_ingest)
    _check_silence(where, silent_after)
    if not 1 <= len(to) <= MOST_TARGETS:
        raise ConfigurationError(
            f"{where}: to",
            given=f"{len(to)} targets",
            allowed=f"1 to {MOST_TARGETS} targets of one rule",
            mend="say where the messages go" if not to else "make a second rule of the same statement",
        )
    for target in to:
        target.check(where, statement.variables)
    name = f"{prefix_of_names(part)}_{rule_id}"
    needed = [one for target in to for one in target.statements()]
    role_arn = ""
    if needed:
        role = ComposedRole(
            part, f"{rule_id}Role", assumed_by=trusted(f"rule/{name}"), description=f"What the rule {rule_id} does", statements=needed
        )
        role_arn = role.role_arn
        for target in to:
            if isinstance(target, ToBucket):
                waive(
                    role.policy,
                    rule=f"AwsSolutions-IAM5[Resource::{target.resource}]",
                    because="Each message is an object whose key is made when it comes; the rule may put objects below this one prefix and do "
                    "nothing else, and nobody but AWS IoT on behalf of this rule may use the role",
                    owner="platform",
                )
    for number, target in enumerate(to):
        if isinstance(target, ToFunction):
            lambda_.CfnPermission(
                part,
                f"{rule_id}Invoke{number or ''}",
                action="lambda:InvokeFunction",
                function_name=target.function.function_arn,
                principal=_IOT,
                source_account=ACCOUNT_ID,
                source_arn=f"{ARN}:rule/{name}",
            )
    rule = iot.CfnTopicRule(
        part,
        rule_id,
        rule_name=name,
        topic_rule_payload=iot.CfnTopicRule.TopicRulePayloadProperty(
            sql=sql,
            aws_iot_sql_version=SQL_VERSION,
            actions=[target.action(role_arn) for target in to],
            error_action=error_action,
            rule_disabled=False,
        ),
    )
    return TopicRule(
        id=rule_id,
        name=name,
        resource=rule,
        ingest=tuple(f"{name}/{prefix}/{THING_NAME}/{one}" for one in ingest),
        silent_after=silent_after,
    )


def _check_source(where: str, topic_filter: str | None, *, prefix: str, topics: DeviceTopics, basic_ingest: bool) -> tuple[str, ...]:
    """The topics that devices send by Basic Ingest; refuse a filter that hears no device."""
    if topic_filter is None:
        if not basic_ingest:
            raise ConfigurationError(
                f"{where}: sql",
                given="a statement without FROM",
                allowed="FROM and a topic filter; only a rule that devices reach by its name (Basic Ingest) needs none",
                mend=f"add FROM '{prefix}/+/...', or basic_ingest=True",
            )
        return topics.publish
    check_filter(f"{where}: sql", topic_filter)
    if topic_filter.startswith("$aws/"):
        return ()
    sent = tuple(topic for topic in topics.publish if heard(prefix, topic, topic_filter))
    if not sent and not any(heard(prefix, topic, topic_filter) for topic in topics.subscribe):
        raise ConfigurationError(
            f"{where}: sql",
            given=topic_filter,
            allowed=f"a filter of topics that there are: {', '.join(f'{prefix}/+/{one}' for one in (*topics.publish, *topics.subscribe)) or 'none'}",
            mend="correct the filter, or add the topic to DeviceTopics(publish=...)",
        )
    if basic_ingest and not sent:
        raise ConfigurationError(
            f"{where}: basic_ingest",
            given=topic_filter,
            allowed="a filter of what devices publish: what they subscribe to is sent to them",
            mend="leave basic_ingest out",
        )
    return sent if basic_ingest else ()


def _check_silence(where: str, silent_after: timedelta | None) -> None:
    if silent_after is None:
        return
    if not SILENCE_STEP <= silent_after <= LONGEST_SILENCE or silent_after % SILENCE_STEP:
        raise ConfigurationError(
            f"{where}: silent_after",
            given=str(silent_after),
            allowed="multiples of 5 minutes, from 5 minutes to 24 hours: what an alarm can look back on",
            mend="use timedelta(minutes=15)",
        )
