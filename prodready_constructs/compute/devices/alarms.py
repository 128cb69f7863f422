"""What somebody must hear about devices, their messages and the audit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.compute.devices.account import CRITICAL_CHECKS, OTHER_CHECKS
from prodready_constructs.compute.devices.metrics import FIVE, LEDGER, LOGS, depth_of, of_rule, over_mqtt, summed, violations_of
from prodready_constructs.compute.devices.rule_alarms import dead_letters, of_all_rules, of_one_rule
from prodready_constructs.compute.devices.rules import TopicRule
from prodready_constructs.contracts import AlarmSpec, GraphSpec, MathMetric, Metric, RunbookSpec, Severity

_SINCE = "--start-time $(date -u -d '-2 days' +%FT%TZ) --end-time $(date -u +%FT%TZ)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What the alarms need to know: names, read once."""

    dead_letters_name: str
    dead_letters_url: str
    profile: str
    audit: str | None
    refused: int
    rules: Sequence[TopicRule]
    templates: Sequence[tuple[str, str]]


def device_alarms(watched: Watched) -> tuple[AlarmSpec, ...]:
    """The alarms of one ingest."""
    return (
        dead_letters(name=watched.dead_letters_name, url=watched.dead_letters_url, rules=watched.rules),
        *(alarm for rule in watched.rules for alarm in of_one_rule(rule)),
        *of_all_rules(watched.rules),
        *_of_connections(watched.refused),
        _violations(watched.profile),
        *(_of_template(*template) for template in watched.templates),
        *(_of_audit(watched.audit) if watched.audit else ()),
    )


def device_graphs(watched: Watched) -> tuple[GraphSpec, ...]:
    """Messages, dead letters, connections, and what was refused."""
    arrived = tuple(of_rule(rule, "TopicMatch", label=rule.id) for rule in watched.rules)
    return (
        *((GraphSpec(title="Messages by rule", metrics=arrived),) if arrived else ()),
        GraphSpec(title="Dead letters of rules", metrics=(depth_of(watched.dead_letters_name),)),
        GraphSpec(
            title="Connections", metrics=tuple(over_mqtt(f"Connect.{one}") for one in ("Success", "AuthError", "ClientError", "Throttle"))
        ),
        GraphSpec(
            title="Messages in", metrics=tuple(over_mqtt(f"PublishIn.{one}") for one in ("Success", "AuthError", "ClientError", "Throttle"))
        ),
        GraphSpec(title="Odd behaviour", metrics=(violations_of(watched.profile),)),
    )


def _of_connections(refused: int) -> Iterator[AlarmSpec]:
    account = "Of all devices of the account in this region."
    yield AlarmSpec(
        id="Refused",
        metric=summed([over_mqtt(f"{one}.AuthError") for one in ("Connect", "PublishIn", "Subscribe")], "Refused by policy"),
        threshold=refused,
        comparison="GreaterThanThreshold",
        periods=1,
        missing_data="notBreaching",
        severity=Severity.WARNING,
        source=f"{LEDGER}; threshold from posture.refused",
        runbook=RunbookSpec(
            meaning=f"Devices ask for what their policy denies: somebody tries a stolen certificate, or software does not fit. {account}",
            causes=(
                "A device uses a client id that is not its thing's name, or a topic that is not below it",
                "Its certificate is not attached to its thing",
                "A certificate was taken from a device",
            ),
            first_commands=(
                f"{LOGS} ?AUTHORIZATION_FAILURE ?AuthError",
                "aws iot update-certificate --certificate-id <the principalId of the log line> --new-status INACTIVE  # it is stolen",
            ),
        ),
    )
    throttles = ("Connect.Throttle", "Connect.ClientIDThrottle", "PublishIn.Throttle", "PublishOut.Throttle", "Subscribe.Throttle")
    yield AlarmSpec(
        id="Throttled",
        metric=summed([over_mqtt(one) for one in throttles], "Throttled by AWS IoT"),
        threshold=0,
        comparison="GreaterThanThreshold",
        periods=3,
        missing_data="notBreaching",
        severity=Severity.WARNING,
        source="Our reason: devices connect again after a moment; a quarter of an hour of it is a quota reached",
        runbook=RunbookSpec(
            meaning=f"AWS IoT slows devices down: connections and messages come late or not at all. {account}",
            causes=(
                "All devices connect at once, after an outage",
                "The account's quota is reached",
                "Two devices use one client id and throw each other out",
            ),
            first_commands=("aws service-quotas list-service-quotas --service-code iotcore", f"{LOGS} ?Throttl ?DUPLICATE_CLIENTID"),
        ),
    )


def _violations(profile: str) -> AlarmSpec:
    return AlarmSpec(
        id="OddBehaviour",
        metric=violations_of(profile),
        threshold=0,
        comparison="GreaterThanThreshold",
        periods=1,
        missing_data="notBreaching",
        severity=Severity.WARNING,
        source=f"{LEDGER}; what is odd is in the posture: message_bytes, messages, connections, denials",
        runbook=RunbookSpec(
            meaning="A device sends more, or larger, or is refused more often than one that does what it was made for.",
            causes=(
                "New software of the device",
                "Somebody else speaks with its certificate",
                "A bad network: it connects again and again",
            ),
            first_commands=(
                f"aws iot list-active-violations --security-profile-name {profile}",
                f"aws iot list-violation-events --security-profile-name {profile} {_SINCE}",
                "aws iot list-thing-principals --thing-name <the thing>  # its certificate; update-certificate makes it INACTIVE",
            ),
        ),
    )


def _of_template(template_id: str, name: str) -> AlarmSpec:
    return AlarmSpec(
        id=f"{template_id}Failed",
        metric=Metric(namespace="AWS/IoT", name="RegisterThingFailed", dimensions={"TemplateName": name}, statistic="Sum", period=FIVE),
        threshold=0,
        comparison="GreaterThanThreshold",
        periods=1,
        missing_data="notBreaching",
        severity=Severity.WARNING,
        source=f"{LEDGER}: a new device stays outside, or somebody tries a claim",
        runbook=RunbookSpec(
            meaning="A device asked for its own certificate and did not become a thing.",
            causes=(
                "The hook refused it",
                "It sends no value for a parameter",
                "The role may not make a thing of that name",
                "A claim was stolen",
            ),
            first_commands=(f"aws iot describe-provisioning-template --template-name {name}", f"{LOGS} RegisterThing"),
        ),
    )


def _of_audit(schedule: str) -> Iterator[AlarmSpec]:
    for name, checks, severity, what in (
        ("AuditCritical", CRITICAL_CHECKS, Severity.CRITICAL, "a stranger may get in, or a device may speak for another"),
        ("AuditFindings", OTHER_CHECKS, Severity.WARNING, "certificates near their end, or settings that weaken the rest"),
    ):
        yield AlarmSpec(
            id=name,
            metric=MathMetric(
                expression="MAX(METRICS())",
                using={
                    f"m{number}": Metric(
                        namespace="AWS/IoT",
                        name="NonCompliantResources",
                        dimensions={"CheckName": check, "ScheduledAuditName": schedule},
                        statistic="Maximum",
                        period=timedelta(hours=1),
                    )
                    for number, check in enumerate(checks)
                },
                label="Resources that fail the check they fail most",
                period=timedelta(hours=1),
            ),
            threshold=0,
            comparison="GreaterThanThreshold",
            periods=1,
            # Between two audits there is nothing to say: what was found stays found.
            missing_data="ignore",
            severity=severity,
            source=f"{LEDGER}: severity as AWS IoT Device Defender gives it to the checks",
            runbook=RunbookSpec(
                meaning=f"The audit of the account's devices found something: {what}.",
                causes=(
                    "A policy with a wildcard, beside those of this library",
                    "One certificate in several devices, a revoked or expired one in use, a weak key",
                    "Logging was switched off, or a role is wider than devices need",
                ),
                first_commands=(
                    f"aws iot list-audit-findings {_SINCE} --query 'findings[].[checkName,severity,reasonForNonCompliance,nonCompliantResource]'",
                    f"aws iot describe-scheduled-audit --scheduled-audit-name {schedule}",
                ),
            ),
        )
