"""The runbook of a takeover, and what it adds up to. No AWS module but for the types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from aws_cdk import aws_ecs as ecs

from prodready_constructs.recovery.objectives.arithmetic import in_whole_minutes, led_over
from prodready_constructs.recovery.regions.counterpart import Counterpart

#: Until the tasks that a service lacks run and answer; our assumption, to be measured in a drill.
SCALING = timedelta(minutes=5)
#: Route 53's own: three failures at 30 seconds; an alias of a load balancer lives 60. In whole minutes.
#: Sources: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html,
#: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-choosing-alias-non-alias.html
NAMING = in_whole_minutes(led_over(interval=timedelta(seconds=30), failures=3, record_life=timedelta(seconds=60)))


@dataclass(frozen=True, slots=True, kw_only=True)
class StandbyService:
    """A service of the second region, and how many tasks it needs when it is the only one.

    Attributes:
        service: ``WebService.service``. min_tasks, max_tasks: those of the first region's posture.
        takes: until they run and answer; takes_is: where that comes from.
    """

    service: ecs.IBaseService
    min_tasks: int
    max_tasks: int
    takes: timedelta = SCALING
    takes_is: str = "an assumption, to be measured in a drill"


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchedName:
    """The name that visitors follow to the second region.

    Attributes:
        name: of the failover records. health_check_id: of the first region's health check. takes: until resolvers give the new answer.
    """

    name: str
    health_check_id: str
    takes: timedelta = NAMING


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the runbook; *takes* is part of the recovery time."""

    title: str
    commands: tuple[str, ...]
    takes: timedelta
    takes_is: str


def takeover(
    *,
    home: str,
    region: str,
    decision: timedelta,
    counterparts: Sequence[Counterpart],
    services: Sequence[StandbyService],
    name: SwitchedName | None,
    secrets: Sequence[str] = (),
) -> tuple[Step, ...]:
    """Decide, bring the stores, grow, lead visitors over. Stores come back side by side, and so do services: the slowest counts."""
    slowest = max(counterparts, key=lambda one: one.fact.recovery_time)
    largest = max(services, key=lambda one: one.takes, default=None)
    steps = [
        Step(
            title=f"Decide: is {home} lost, or only slow? A promotion has no way back.",
            commands=(
                "aws health describe-events --region us-east-1 "
                f"--filter 'regions={home},eventTypeCategories=issue,eventStatusCodes=open'  # needs a support plan",
                f"aws cloudwatch describe-alarms --state-value ALARM --region {home}",
            ),
            takes=decision,
            takes_is="the posture's decision time",
        ),
        *(
            Step(
                title=f"Bring {one.fact.store}: {one.fact.how}",
                commands=one.fact.restore_commands,
                takes=one.fact.recovery_time if one is slowest else timedelta(0),
                takes_is=one.fact.recovery_time_is if one is slowest else "beside the slowest store",
            )
            for one in counterparts
        ),
    ]
    for one in services:
        cluster, service = one.service.cluster.cluster_name, one.service.service_name
        steps.append(
            Step(
                title="Grow the service to what the first region ran",
                commands=(
                    "aws application-autoscaling register-scalable-target --service-namespace ecs --scalable-dimension ecs:service:DesiredCount "
                    f"--resource-id service/{cluster}/{service} --min-capacity {one.min_tasks} --max-capacity {one.max_tasks} --region {region}",
                    f"aws ecs wait services-stable --cluster {cluster} --services {service} --region {region}",
                ),
                takes=one.takes if one is largest else timedelta(0),
                takes_is=one.takes_is if one is largest else "beside the slowest service",
            )
        )
    if name is not None:
        steps.append(
            Step(
                title=f"Lead visitors of {name.name} over: by itself when the health check fails, by hand when it does not",
                commands=(
                    f"aws route53 get-health-check-status --health-check-id {name.health_check_id}",
                    f"aws route53 update-health-check --health-check-id {name.health_check_id} --inverted  # only while it still calls {home} healthy",
                    f"dig +short {name.name}",
                ),
                takes=name.takes,
                takes_is="three failed checks, and the life of a record",
            )
        )
    if secrets:
        steps.append(
            Step(
                title=f"Promote the secrets: what is written or rotated is written in {region} from now on",
                commands=tuple(
                    command
                    for secret in secrets
                    for command in (
                        f"aws secretsmanager stop-replication-to-replica --secret-id {secret} --region {region}",
                        f"aws secretsmanager describe-secret --secret-id {secret} --region {region} --query '[Name,PrimaryRegion,KmsKeyId]'",
                    )
                ),
                takes=timedelta(0),
                takes_is="users are served already: each copy is read from the first minute on",
            )
        )
    return tuple(steps)


def in_words(duration: timedelta) -> str:
    """``1 h 5 min``."""
    seconds = int(duration.total_seconds())
    parts = [(seconds // 3600, "h"), (seconds % 3600 // 60, "min"), (seconds % 60, "s")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0"


def sum_in_words(steps: Sequence[Step]) -> str:
    """``15 min + 30 min + 5 min + 3 min = 53 min``."""
    taken = [step.takes for step in steps if step.takes]
    return f"{' + '.join(map(in_words, taken))} = {in_words(sum(taken, timedelta(0)))}"


def table(counterparts: Sequence[Counterpart], steps: Sequence[Step]) -> str:
    """Recovery point and time of every store for the loss of the region, as Markdown."""
    lines = ["| store | most data lost | back after | by | source of the time |", "|---|---|---|---|---|"]
    lines += [
        f"| {one.fact.store} | {in_words(one.fact.recovery_point)} | {in_words(one.fact.recovery_time)} | {one.fact.how} | {one.fact.recovery_time_is} |"
        for one in counterparts
    ]
    worst = max((one.fact.recovery_point for one in counterparts), default=timedelta(0))
    return "\n".join([*lines, f"| **all** | **{in_words(worst)}** | **{sum_in_words(steps)}** | | |"])
