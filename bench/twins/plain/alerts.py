"""Topics, alarms and event rules. What they say is data: ``bench/twins/alarms.json``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_rds as rds
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from bench.twins.plain.database import Database
from bench.twins.plain.front import Front
from bench.twins.plain.keys import ACCOUNT, REGION, allow, new_key
from bench.twins.plain.network import Network
from bench.twins.plain.service import Service

TABLE = Path(__file__).parents[1] / "alarms.json"
PUBLISHERS = ["backup", "budgets", "cloudwatch", "costalerts", "events.rds"]
SENDERS = ["events", "sns"]
OWN_ACCOUNT = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
Alarm = cloudwatch.CfnAlarm


@dataclass(frozen=True)
class Topics:
    """Two topics by severity, the role by which events reach them, and the queue of what did not."""

    arns: dict[str, str]
    names: dict[str, str]
    event_role_arn: str
    dead_letters: sqs.Queue
    dead_letters_arn: str


def add_topics(stack: Stack) -> Topics:
    """What wakes somebody, and what waits for the morning."""
    home = Construct(stack, "Alerts")
    using = allow("*", "kms:Decrypt", "kms:GenerateDataKey", Principal=_services(sorted([*PUBLISHERS, *SENDERS])), Condition=OWN_ACCOUNT)
    key = new_key(home, "Alerts on their way to people", using)
    dead_letters = sqs.Queue(
        home,
        "Undelivered",
        encryption=sqs.QueueEncryption.KMS,
        encryption_master_key=key,
        enforce_ssl=True,
        retention_period=Duration.days(14),
        redrive_allow_policy=sqs.RedriveAllowPolicy(redrive_permission=sqs.RedrivePermission.DENY_ALL),
    )
    dead_letters_arn = dead_letters.queue_arn
    sending = allow(dead_letters_arn, "sqs:SendMessage", Principal=_services(SENDERS), Condition=OWN_ACCOUNT)
    dead_letters.add_to_resource_policy(iam.PolicyStatement.from_json(sending))
    topics = {
        name: sns.Topic(home, name, display_name=f"{name} alerts of Shop", master_key=key, enforce_ssl=True)
        for name in ("Critical", "Warning")
    }
    arns = {}
    for name, topic in topics.items():
        arns[name.lower()] = arn = topic.topic_arn
        publishing = allow(arn, "sns:Publish", Sid="AlertsOfThisAccount", Principal=_services(PUBLISHERS), Condition=OWN_ACCOUNT)
        topic.add_to_resource_policy(iam.PolicyStatement.from_json(publishing))
    redrive = {"deadLetterTargetArn": dead_letters_arn}
    sns.CfnSubscription(
        home,
        "CriticalToHttpsce215e88",
        topic_arn=arns["critical"],
        protocol="https",
        endpoint="https://events.example.com/integration/shop/enqueue",
        redrive_policy=redrive,
        delivery_policy={
            "healthyRetryPolicy": {
                "numRetries": 30,
                "numNoDelayRetries": 0,
                "minDelayTarget": 5,
                "maxDelayTarget": 120,
                "numMinDelayRetries": 3,
                "numMaxDelayRetries": 20,
                "backoffFunction": "exponential",
            }
        },
    )
    sns.CfnSubscription(
        home,
        "WarningToEmailb9f34f84",
        topic_arn=arns["warning"],
        protocol="email",
        endpoint="shop-team@example.com",
        redrive_policy=redrive,
    )
    role = iam.Role(
        home,
        "EventRole",
        assumed_by=iam.ServicePrincipal("events.amazonaws.com", conditions=OWN_ACCOUNT),
        description="EventBridge rules publish alerts to the two alert topics",
    )
    iam.ManagedPolicy(
        role,
        "Policy",
        roles=[role],
        statements=[
            iam.PolicyStatement(actions=["sns:Publish"], resources=[arns["critical"], arns["warning"]]),
            iam.PolicyStatement(actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[key.key_arn]),
        ],
    )
    names = {name.lower(): topic.topic_name for name, topic in topics.items()}
    return Topics(arns=arns, names=names, event_role_arn=role.role_arn, dead_letters=dead_letters, dead_letters_arn=dead_letters_arn)


def _services(names: list[str]) -> dict[str, list[str]]:
    return {"Service": [f"{name}.amazonaws.com" for name in names]}


def add_alarms(stack: Stack, *, network: Network, database: Database, front: Front, service: Service, topics: Topics) -> None:
    """Every row of the table, and the sum of the critical ones."""
    home = Construct(stack, "Watch")
    names = {
        "region": REGION,
        "nat gateway": network.nat_gateway,
        "instance": database.instance.instance_identifier,
        "secret": database.secret.secret_arn,
        "load balancer": front.load_balancer.load_balancer_full_name,
        "load balancer of the targets": service.release.targets.first_load_balancer_full_name,
        "target group": service.release.targets.target_group_full_name,
        "alternate target group": service.release.alternate.target_group_full_name,
        "cluster": service.cluster.cluster_name,
        "service": service.service.service_name,
        "service arn": service.service.service_arn,
        "critical topic": topics.names["critical"],
        "warning topic": topics.names["warning"],
        "dead letters": topics.dead_letters.queue_name,
    }
    table = _named(json.loads(TABLE.read_text()), names)
    critical, rollback = [], []
    for row in table["alarms"]:
        alarm = _alarm(home, row, topics)
        if row["id"].endswith("Rollback"):
            rollback.append(alarm.ref)
        if row["severity"] == "critical":
            critical.append(alarm.attr_arn)
    service.release.roll_back_on(rollback)
    for row in table["events"]:
        _event_rule(home, row, topics)
    for row in table["rds events"]:
        rds.CfnEventSubscription(
            home,
            row["id"],
            enabled=True,
            sns_topic_arn=topics.arns[row["severity"]],
            source_type=row["source type"],
            source_ids=row["source ids"],
            event_categories=row["categories"],
        )
    cloudwatch.CfnCompositeAlarm(
        home,
        "AnyCritical",
        alarm_description=table["summary"],
        alarm_rule=" OR ".join(f'ALARM("{arn}")' for arn in critical),
        actions_enabled=False,
    )


def _named(value: Any, names: dict[str, str]) -> Any:
    """*value* with ``{"name": ...}`` replaced by what the name stands for."""
    if isinstance(value, list):
        return [_named(item, names) for item in value]
    if isinstance(value, dict):
        return names[value["name"]] if value.keys() == {"name"} else {key: _named(item, names) for key, item in value.items()}
    return value


def _alarm(home: Construct, row: dict[str, Any], topics: Topics) -> cloudwatch.CfnAlarm:
    arn = topics.arns[row["severity"]]
    metric = row["metric"]
    queries = row["queries"]
    return Alarm(
        home,
        row["id"],
        alarm_description=row["description"],
        actions_enabled=True,
        alarm_actions=[arn],
        ok_actions=[arn],
        namespace=metric["namespace"] if metric else None,
        metric_name=metric["metric"] if metric else None,
        dimensions=_dimensions(metric) if metric else None,
        statistic=row["statistic"],
        extended_statistic=row["extended statistic"],
        period=row["period"],
        metrics=[_query(query) for query in queries] if queries else None,
        comparison_operator=row["comparison"],
        threshold=row["threshold"],
        evaluation_periods=row["periods"],
        datapoints_to_alarm=row["datapoints"],
        treat_missing_data=row["missing data"],
    )


def _query(query: dict[str, Any]) -> cloudwatch.CfnAlarm.MetricDataQueryProperty:
    if "expression" in query:
        return Alarm.MetricDataQueryProperty(id=query["id"], expression=query["expression"], label=query["label"], return_data=True)
    return Alarm.MetricDataQueryProperty(
        id=query["id"],
        return_data=False,
        metric_stat=Alarm.MetricStatProperty(
            metric=Alarm.MetricProperty(namespace=query["namespace"], metric_name=query["metric"], dimensions=_dimensions(query)),
            period=query["period"],
            stat=query["statistic"],
        ),
    )


def _dimensions(metric: dict[str, Any]) -> list[cloudwatch.CfnAlarm.DimensionProperty]:
    return [Alarm.DimensionProperty(name=name, value=value) for name, value in metric["dimensions"]]


def _event_rule(home: Construct, row: dict[str, Any], topics: Topics) -> None:
    events.CfnRule(
        home,
        row["id"],
        description=row["description"],
        event_pattern=row["pattern"],
        state="ENABLED",
        targets=[
            events.CfnRule.TargetProperty(
                id="Topic",
                arn=topics.arns[row["severity"]],
                role_arn=topics.event_role_arn,
                retry_policy=events.CfnRule.RetryPolicyProperty(maximum_event_age_in_seconds=86_400, maximum_retry_attempts=185),
                dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=topics.dead_letters_arn),
                input_transformer=events.CfnRule.InputTransformerProperty(
                    input_paths_map={"time": "$.time"}, input_template=row["message"]
                ),
            )
        ],
    )
