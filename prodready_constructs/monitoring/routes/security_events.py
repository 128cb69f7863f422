"""What an intruder does, or a careless person: findings of GuardDuty, Security Hub and Access Analyzer, and steps that CloudTrail saw."""

from __future__ import annotations

from typing import Any

from prodready_constructs.contracts import EventSpec, Severity
from prodready_constructs.monitoring.routes.operational_events import event

_CRITICAL, _WARNING = Severity.CRITICAL, Severity.WARNING
_GUARDDUTY = "https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html"
_SECURITY_HUB = "https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-cloudwatch-events.html"
_ANALYZER = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-eventbridge.html"
_SIGN_IN = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html"
_CIS = "CIS AWS Foundations Benchmark 3.0, section 4 (monitoring)"
#: GuardDuty's own levels. Source: https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html
HIGH, MEDIUM = 7, 4
#: Sign-ins of the root user are recorded there, wherever it signs in.
GLOBAL_EVENTS = "us-east-1"


def _called(source: str, *names: str) -> dict[str, Any]:
    return {
        "source": [source],
        "detail-type": ["AWS API Call via CloudTrail"],
        # A call that was refused changed nothing.
        "detail": {"eventName": list(names), "errorCode": [{"exists": False}]},
    }


def security_events(region: str | None) -> tuple[EventSpec, ...]:
    """Events that people who answer for the account must hear of; the root user's sign-in only where *region* hears of it, or is not known."""
    return (*_findings(), *_calls(), *(_root_sign_in() if region in (None, GLOBAL_EVENTS) else ()))


def _findings() -> tuple[EventSpec, ...]:
    archived_later = "aws guardduty list-detectors"
    return (
        event(
            "ThreatHigh",
            _CRITICAL,
            _GUARDDUTY,
            {"source": ["aws.guardduty"], "detail-type": ["GuardDuty Finding"], "detail": {"severity": [{"numeric": [">=", HIGH]}]}},
            "GuardDuty sees an attack that probably succeeded: credentials or a resource are in strange hands.",
            ("stolen credentials", "a compromised workload", "a test of your own that nobody announced"),
            archived_later,
            "aws cloudtrail lookup-events --max-results 20",
        ),
        event(
            "ThreatMedium",
            _WARNING,
            _GUARDDUTY,
            {
                "source": ["aws.guardduty"],
                "detail-type": ["GuardDuty Finding"],
                "detail": {"severity": [{"numeric": [">=", MEDIUM, "<", HIGH]}]},
            },
            "GuardDuty sees something that deviates from what is usual here.",
            ("somebody tries doors", "a new tool or place that GuardDuty does not know"),
            archived_later,
        ),
        *(
            event(
                f"Finding{label.title()}",
                severity,
                _SECURITY_HUB,
                {
                    "source": ["aws.securityhub"],
                    "detail-type": ["Security Hub Findings - Imported"],
                    "detail": {
                        "findings": {
                            # GuardDuty's findings are told by GuardDuty.
                            "ProductName": [{"anything-but": ["GuardDuty"]}],
                            "Severity": {"Label": [label]},
                            "Workflow": {"Status": ["NEW"]},
                            "RecordState": ["ACTIVE"],
                        }
                    },
                },
                f"Security Hub has a new finding of severity {label}.",
                ("a resource was made or changed against a control", "a vulnerable package"),
                "aws securityhub get-findings --max-items 10 --filters "
                f"'SeverityLabel=[{{Value={label},Comparison=EQUALS}}],WorkflowStatus=[{{Value=NEW,Comparison=EQUALS}}]'",
            )
            for label, severity in (("CRITICAL", _CRITICAL), ("HIGH", _WARNING))
        ),
        *(
            event(
                event_id,
                severity,
                _ANALYZER,
                {
                    "source": ["aws.access-analyzer"],
                    "detail-type": ["Access Analyzer Finding"],
                    "detail": {"status": ["ACTIVE"], "isPublic": [public]},
                },
                meaning,
                ("a policy names a principal that is too wide", "a new partner, whom an archive rule should name"),
                "aws accessanalyzer list-analyzers",
            )
            for event_id, severity, public, meaning in (
                ("PublicAccess", _CRITICAL, True, "A resource of this account is open to everybody."),
                ("ForeignAccess", _WARNING, False, "A resource of this account is open to somebody outside it."),
            )
        ),
    )


def _calls() -> tuple[EventSpec, ...]:
    return (
        event(
            "RootCall",
            _WARNING,
            f"{_CIS}, 4.3",
            {
                "detail-type": ["AWS API Call via CloudTrail"],
                "detail": {
                    "userIdentity": {"type": ["Root"], "invokedBy": [{"exists": False}]},
                    "eventType": [{"anything-but": ["AwsServiceEvent"]}],
                },
            },
            "The root user changed something. Only few tasks need it.",
            ("a task that only root can do", "stolen credentials of the root user"),
            "aws cloudtrail lookup-events --lookup-attributes AttributeKey=Username,AttributeValue=root --max-results 20",
        ),
        event(
            "KeyDisabled",
            _CRITICAL,
            f"{_CIS}, 4.7",
            _called("aws.kms", "DisableKey", "ScheduleKeyDeletion"),
            "A key was disabled or will be deleted: what it encrypts cannot be read any more. A deletion can be cancelled while it waits.",
            ("somebody tidies up", "somebody holds data to ransom"),
            "aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=ScheduleKeyDeletion --max-results 5",
            "aws kms cancel-key-deletion --key-id <the key>",
        ),
        event(
            "TrailStopped",
            _CRITICAL,
            f"{_CIS}, 4.5",
            _called("aws.cloudtrail", "DeleteTrail", "StopLogging"),
            "CloudTrail no longer records, or not all: what happens from now on cannot be proven.",
            ("somebody hides what comes next", "a trail was replaced"),
            "aws cloudtrail describe-trails",
            "aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=StopLogging --max-results 5",
        ),
    )


def _root_sign_in() -> tuple[EventSpec, ...]:
    return (
        event(
            "RootSignIn",
            _CRITICAL,
            f"{_SIGN_IN}; {_CIS}, 4.3",
            {
                "source": ["aws.signin"],
                "detail-type": ["AWS Console Sign In via CloudTrail"],
                "detail": {"userIdentity": {"type": ["Root"]}},
            },
            "The root user signed in to the console, or somebody tried to.",
            ("a task that only root can do", "stolen or guessed credentials of the root user"),
            "aws cloudtrail lookup-events --region us-east-1 --lookup-attributes AttributeKey=EventName,AttributeValue=ConsoleLogin --max-results 20",
        ),
    )
