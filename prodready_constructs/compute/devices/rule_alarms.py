"""What somebody must hear about rules and their messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prodready_constructs.compute.devices.metrics import FIVE, LEDGER, LOGS, depth_of, of_rule, summed
from prodready_constructs.compute.devices.rules import SILENCE_STEP, TopicRule
from prodready_constructs.contracts import AlarmSpec, MathMetric, RunbookSpec, Severity

#: Metrics of one expression of an alarm (Amazon CloudWatch user guide, metric math).
_MOST_METRICS = 10


def dead_letters(*, name: str, url: str, rules: Sequence[TopicRule]) -> AlarmSpec:
    """One message in the dead-letter queue is one too many."""
    return AlarmSpec(
        id="DeadLetters",
        metric=depth_of(name),
        threshold=0,
        comparison="GreaterThanThreshold",
        periods=1,
        # SQS stops reporting for a queue that was idle for six hours: silence is an empty queue.
        missing_data="notBreaching",
        severity=Severity.CRITICAL,
        source=f"{LEDGER}: a message of a device that did not get where it should is waiting",
        runbook=RunbookSpec(
            meaning="A rule could not bring a message where it belongs; the message and the reason are in the dead-letter queue.",
            causes=(
                "The target is gone, throttles, or is full (DynamoDB capacity, a Lambda function's concurrency)",
                "A permission or a key of the target was changed",
                "The statement selects no key that the table wants, or a key template has no value",
            ),
            first_commands=(
                f"aws sqs receive-message --queue-url {url} --max-number-of-messages 10 --visibility-timeout 30"
                "  # failures[].errorMessage says why; base64OriginalPayload is the message",
                f"{LOGS} RuleExecution",
                *(f"aws iot get-topic-rule --rule-name {rule.name}" for rule in rules[:3]),
            ),
        ),
    )


def of_one_rule(rule: TopicRule) -> Iterator[AlarmSpec]:
    """Messages lost, and none at all where that was asked for."""
    show = f"aws iot get-topic-rule --rule-name {rule.name}"
    yield AlarmSpec(
        id=f"{rule.id}Lost",
        # A query, because the second dimension is the kind of action as AWS IoT calls it.
        metric=MathMetric(
            expression=f"SELECT SUM(ErrorActionFailure) FROM SCHEMA(\"AWS/IoT\", ActionType, RuleName) WHERE RuleName = '{rule.name}'",
            using={},
            label="Messages that did not even reach the dead letters",
            period=FIVE,
        ),
        threshold=0,
        comparison="GreaterThanThreshold",
        periods=1,
        missing_data="notBreaching",
        severity=Severity.CRITICAL,
        source=f"{LEDGER}: one message lost is one too many",
        runbook=RunbookSpec(
            meaning=f"Messages of the rule {rule.id} are lost: neither its target nor the dead-letter queue took them.",
            causes=(
                "The role or the key of the dead-letter queue was changed",
                "The queue was deleted",
                "The error message is over 256 KB",
            ),
            first_commands=(f"{LOGS} ErrorAction", show),
        ),
    )
    if rule.silent_after is not None:
        yield AlarmSpec(
            id=f"{rule.id}Silent",
            metric=of_rule(rule, "TopicMatch"),
            threshold=1,
            comparison="LessThanThreshold",
            periods=rule.silent_after // SILENCE_STEP,
            # Without a message there is no value: that is what it looks for.
            missing_data="breaching",
            warm_up=rule.silent_after,
            severity=Severity.CRITICAL,
            source=f"Asked for: add_rule({rule.id!r}, silent_after=...)",
            runbook=RunbookSpec(
                meaning=f"No device has sent anything to the rule {rule.id} for as long as somebody said is too long.",
                causes=(
                    "Devices cannot connect: certificates expired, a policy changed, the network of a site is down",
                    "New software of the devices publishes to another topic",
                    "AWS IoT throttles the account",
                ),
                first_commands=(f"{LOGS} ?Connect ?Disconnect", show, "aws iot describe-endpoint --endpoint-type iot:Data-ATS"),
            ),
        )


def of_all_rules(rules: Sequence[TopicRule]) -> Iterator[AlarmSpec]:
    """Throttled and unreadable messages of all *rules*, ten in an alarm."""
    for start in range(0, len(rules), _MOST_METRICS):
        some, number = rules[start : start + _MOST_METRICS], start // _MOST_METRICS + 1 if start else ""
        names = ", ".join(rule.id for rule in some)
        yield AlarmSpec(
            id=f"RulesThrottled{number}",
            metric=summed([of_rule(rule, "RuleMessageThrottled") for rule in some], f"Messages throttled: {names}"),
            threshold=0,
            comparison="GreaterThanThreshold",
            periods=1,
            missing_data="notBreaching",
            severity=Severity.CRITICAL,
            source=f"{LEDGER}: a throttled message reaches no target and no dead letters",
            runbook=RunbookSpec(
                meaning="The rules engine drops messages: more come than the account's quota lets it evaluate.",
                causes=("More devices, or a device that sends without end", "Rules that each match all messages"),
                first_commands=(
                    "aws service-quotas list-service-quotas --service-code iotcore --query \"Quotas[?contains(QuotaName, 'rule')]\"",
                    f"{LOGS} Throttl",
                ),
            ),
        )
        yield AlarmSpec(
            id=f"MessagesUnreadable{number}",
            metric=summed([of_rule(rule, "ParseError") for rule in some], f"Messages that are no JSON: {names}"),
            threshold=0,
            comparison="GreaterThanThreshold",
            periods=3,
            missing_data="notBreaching",
            severity=Severity.WARNING,
            source="Our reason: one broken message happens; three times in a row is a device that sends nothing else",
            runbook=RunbookSpec(
                meaning="Devices send what the rules cannot read as JSON, so that nothing of it arrives.",
                causes=(
                    "New software of the devices",
                    "Binary messages under a statement that reads fields: encode(*, 'base64') takes them",
                ),
                first_commands=(f"{LOGS} RuleExecution",),
            ),
        )
    if any(rule.ingest for rule in rules):
        yield AlarmSpec(
            id="RuleNotFound",
            metric=MathMetric(
                expression='SELECT SUM(RuleNotFound) FROM SCHEMA("AWS/IoT", RuleName)',
                using={},
                label="Messages for rules that do not exist",
                period=FIVE,
            ),
            threshold=0,
            comparison="GreaterThanThreshold",
            periods=1,
            missing_data="notBreaching",
            severity=Severity.CRITICAL,
            source=f"{LEDGER}: a Basic Ingest message for no rule is gone",
            runbook=RunbookSpec(
                meaning="Devices send Basic Ingest messages to a rule that does not exist or is disabled: they are lost. Of all rules of the account.",
                causes=(
                    "The rule was renamed with its stack or its id, and devices still use the old name",
                    "The rule was deleted or disabled",
                ),
                first_commands=("aws iot list-topic-rules --query 'rules[].[ruleName,ruleDisabled]'", f"{LOGS} RuleNotFound"),
            ),
        )
