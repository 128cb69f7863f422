"""What has no metric: EventBridge rules and RDS event subscriptions that tell the topics."""

from __future__ import annotations

from aws_cdk import aws_events as events
from aws_cdk import aws_rds as rds
from constructs import Construct

from prodready_constructs.contracts import EventSpec, RdsEventSpec
from prodready_constructs.monitoring.routes.routes import Routes

#: The longest description of an EventBridge rule, in characters (PutRule, EventBridge API reference).
RULE_DESCRIPTION_LIMIT = 512
#: EventBridge's own default, said aloud: an event that cannot be published is tried again for a day, then it is a dead letter.
#: Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
RETRIES = events.CfnRule.RetryPolicyProperty(maximum_event_age_in_seconds=86_400, maximum_retry_attempts=185)


def make_event_rule(scope: Construct, name: str, spec: EventSpec, *, routes: Routes, description: str, link: str) -> None:
    """A rule whose message says what the event means and where the runbook is, then the event as it came."""
    meaning = _plain(spec.runbook.meaning)
    message = (
        f'{{{_for_chat(name, meaning, link) if routes.chat_hears(spec.severity) else ""}"severity": "{spec.severity.value}", "alarm": "{name}", '
        f'"meaning": "{meaning}", "runbook": "{link}", "time": <time>, "event": <aws.events.event.json>}}'
    )
    events.CfnRule(
        scope,
        name,
        description=description[:RULE_DESCRIPTION_LIMIT],
        event_pattern=dict(spec.pattern),
        state="ENABLED",
        targets=[
            events.CfnRule.TargetProperty(
                id="Topic",
                arn=routes.topic_arns[spec.severity],
                role_arn=routes.event_role_arn,
                retry_policy=RETRIES,
                dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=routes.undelivered_arn),
                input_transformer=events.CfnRule.InputTransformerProperty(input_paths_map={"time": "$.time"}, input_template=message),
            )
        ],
    )


def make_rds_events(scope: Construct, name: str, spec: RdsEventSpec, *, routes: Routes) -> None:
    """A subscription to the events of one database."""
    rds.CfnEventSubscription(
        scope,
        name,
        enabled=True,
        sns_topic_arn=routes.topic_arns[spec.severity],
        source_type=spec.source_type,
        source_ids=list(spec.source_ids),
        event_categories=list(spec.categories),
    )


def _for_chat(name: str, meaning: str, link: str) -> str:
    """What makes the message one that Amazon Q Developer in chat applications shows: a custom notification.

    Source: https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
    """
    content = f'{{"textType": "client-markdown", "title": "{name}", "description": "{meaning} Runbook: {link}"}}'
    return f'"version": "1.0", "source": "custom", "content": {content}, '


def _plain(text: str) -> str:
    """*text* inside a JSON string of an input template, where quotes would end it and angle brackets would open a variable."""
    return text.replace("\\", "/").replace('"', "'").replace("<", "(").replace(">", ")").replace("\n", " ")
