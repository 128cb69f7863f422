"""What somebody must hear of about a bastion, and what the dashboard shows of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from prodready_constructs.contracts import AlarmSpec, AnyAlarmSpec, EventSpec, GraphSpec, MathMetric, Metric, RunbookSpec, Severity
from prodready_constructs.network.bastion.host import longest_day
from prodready_constructs.posture import BastionPosture

_HOUR = timedelta(hours=1)
#: So long after the working day somebody may still finish what they began.
_OVERTIME = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class BastionNames:
    """What the alarms and their commands name."""

    group: str
    region: str
    log_group: str
    documents: Sequence[str]

    def of_group(self, name: str, statistic: str = "Average", *, period: timedelta = timedelta(minutes=1)) -> Metric:
        """A metric of the Auto Scaling group."""
        return self._metric("AWS/AutoScaling", name, statistic, period)

    def of_instance(self, name: str, statistic: str, *, period: timedelta = timedelta(minutes=1)) -> Metric:
        """A metric of whichever instance the group has."""
        return self._metric("AWS/EC2", name, statistic, period)

    def _metric(self, namespace: str, name: str, statistic: str, period: timedelta) -> Metric:
        return Metric(
            namespace=namespace, name=name, dimensions={"AutoScalingGroupName": self.group}, statistic=statistic, period=period, label=name
        )

    @property
    def activities(self) -> str:
        """What Auto Scaling did, and why it could not."""
        return f"aws autoscaling describe-scaling-activities --region {self.region} --auto-scaling-group-name {self.group} --max-items 5"

    @property
    def sessions(self) -> str:
        """The sessions that are open now."""
        return f"aws ssm describe-sessions --region {self.region} --state Active"

    @property
    def past_sessions(self) -> str:
        """Who opened which session with which document."""
        return (
            f"aws cloudtrail lookup-events --region {self.region} --lookup-attributes AttributeKey=EventName,AttributeValue=StartSession"
            " --max-items 20 --query 'Events[].[EventTime,Username,CloudTrailEvent]'"
        )

    @property
    def sleep(self) -> str:
        """Ends the instance, and every session with it."""
        return f"aws autoscaling set-desired-capacity --region {self.region} --auto-scaling-group-name {self.group} --desired-capacity 0"


def bastion_alarms(names: BastionNames, posture: BastionPosture) -> tuple[AnyAlarmSpec, ...]:
    """The alarms of a bastion. None is critical: users do not pass through it."""
    alarms: list[AnyAlarmSpec] = [
        AlarmSpec(
            id="InstanceMissing",
            metric=MathMetric(
                expression="desired - running",
                using={"desired": names.of_group("GroupDesiredCapacity"), "running": names.of_group("GroupInServiceInstances")},
                label="Instances that should be there",
            ),
            threshold=1,
            comparison="GreaterThanOrEqualToThreshold",
            severity=Severity.WARNING,
            periods=15,
            # The group reports every minute, asleep too: silence is no proof that all is well, and none that it is not.
            missing_data="missing",
            source="A start takes two minutes; 15 minutes are several tries",
            runbook=RunbookSpec(
                meaning="Nobody can open a tunnel: Auto Scaling cannot start the bastion.",
                causes=(
                    "the key of the disk does not admit Auto Scaling's service-linked role",
                    "no capacity for the instance type in the zones",
                    "a service control policy forbids the image or the type",
                ),
                first_commands=(names.activities,),
            ),
        ),
        AlarmSpec(
            id="StatusCheckFailed",
            metric=names.of_instance("StatusCheckFailed", "Maximum"),
            threshold=1,
            comparison="GreaterThanOrEqualToThreshold",
            severity=Severity.WARNING,
            periods=10,
            # Off hours there is no instance, and no metric.
            missing_data="notBreaching",
            source="Auto Scaling replaces an impaired instance within minutes; what lasts longer it could not mend",
            runbook=RunbookSpec(
                meaning="The bastion fails its status checks, and replacing it did not help.",
                causes=("a fault in the zone", "an image that does not start", "the instance is out of memory"),
                first_commands=(names.activities, names.sessions),
            ),
        ),
        AlarmSpec(
            id="LargeTransfer",
            metric=names.of_instance("NetworkOut", "Sum", period=_HOUR),
            threshold=posture.transfer_gib * 2**30,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=1,
            missing_data="notBreaching",
            source="BastionPosture.transfer_gib: what a person at a prompt stays below",
            runbook=RunbookSpec(
                meaning="More data leaves through the bastion than somebody reads at a prompt: a store is being copied.",
                causes=("a dump that was agreed on", "a report that belongs on a replica", "somebody takes what is not theirs"),
                first_commands=(names.sessions, names.past_sessions, names.sleep),
            ),
        ),
        EventSpec(
            id="LaunchFailed",
            pattern={
                "source": ["aws.autoscaling"],
                "detail-type": ["EC2 Instance Launch Unsuccessful"],
                "detail": {"AutoScalingGroupName": [names.group]},
            },
            severity=Severity.WARNING,
            source="Amazon EC2 Auto Scaling user guide: EventBridge events",
            runbook=RunbookSpec(
                meaning="An instance of the bastion did not start; Auto Scaling tries again.",
                causes=("no capacity", "a quota of the account", "the key of the disk does not admit Auto Scaling"),
                first_commands=(names.activities,),
            ),
        ),
    ]
    if posture.off_hours:
        alarms.append(_left_running(names, longest_day(posture.off_hours) // _HOUR + _OVERTIME))
    if posture.announce_sessions:
        alarms += _announcements(names)
    return tuple(alarms)


def _left_running(names: BastionNames, hours: int) -> AlarmSpec:
    return AlarmSpec(
        id="LeftRunning",
        metric=names.of_group("GroupInServiceInstances", "Minimum", period=_HOUR),
        threshold=1,
        comparison="GreaterThanOrEqualToThreshold",
        severity=Severity.WARNING,
        periods=hours,
        missing_data="notBreaching",
        source="BastionPosture.off_hours: the working day, and two hours",
        runbook=RunbookSpec(
            meaning="The bastion is there although nobody should be working.",
            causes=("somebody woke it and went to bed", "the schedule was changed or suspended by hand"),
            first_commands=(
                names.sessions,
                f"aws autoscaling describe-scheduled-actions --region {names.region} --auto-scaling-group-name {names.group}",
                names.sleep,
            ),
        ),
    )


def _announcements(names: BastionNames) -> list[EventSpec]:
    by_hand = "Amazon EventBridge user guide: events from AWS API calls through CloudTrail"
    return [
        EventSpec(
            id="SessionOpened",
            pattern={
                "source": ["aws.ssm"],
                "detail-type": ["AWS API Call via CloudTrail"],
                "detail": {
                    "eventSource": ["ssm.amazonaws.com"],
                    "eventName": ["StartSession"],
                    "requestParameters": {"documentName": list(names.documents)},
                },
            },
            severity=Severity.WARNING,
            source=by_hand,
            runbook=RunbookSpec(
                meaning="Somebody opened a shell on the bastion, or a tunnel through it. Expected where a person said so beforehand.",
                causes=("work that was announced", "an incident somebody else is working on", "stolen credentials"),
                first_commands=(names.sessions, names.past_sessions, f"aws logs tail {names.log_group} --region {names.region} --since 1h"),
            ),
        ),
        EventSpec(
            id="BastionWoken",
            pattern={
                "source": ["aws.autoscaling"],
                "detail-type": ["AWS API Call via CloudTrail"],
                "detail": {
                    "eventSource": ["autoscaling.amazonaws.com"],
                    "eventName": ["SetDesiredCapacity"],
                    "requestParameters": {"autoScalingGroupName": [names.group]},
                },
            },
            severity=Severity.WARNING,
            source=by_hand,
            runbook=RunbookSpec(
                meaning="Somebody woke the bastion, or sent it to sleep, by hand.",
                causes=("an incident off hours", "work in the evening", "stolen credentials"),
                first_commands=(names.activities, names.sessions),
            ),
        ),
    ]


def bastion_graphs(names: BastionNames) -> tuple[GraphSpec, ...]:
    """Whether it is there, and what passes through it."""
    return (
        GraphSpec(title="Bastion", metrics=(names.of_group("GroupDesiredCapacity"), names.of_group("GroupInServiceInstances"))),
        GraphSpec(
            title="Through the bastion",
            metrics=(names.of_instance("NetworkIn", "Sum"), names.of_instance("NetworkOut", "Sum")),
            unit="bytes",
        ),
    )
