"""The drills of one environment: what they share, and the rules that keep them safe."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from aws_cdk import Names, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from prodready_constructs.contracts import ControlClaim, EventSpec, GraphSpec, Recoverable, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, REGION, DataKey, EncryptedLogGroup, Part, path_of, region_of_arn
from prodready_constructs.posture import DrillPosture
from prodready_constructs.recovery.drills.drill import Asked, Drill, lasts
from prodready_constructs.recovery.drills.notices import notices
from prodready_constructs.recovery.drills.planned import LONGEST, Fault

CONTROLS = (
    ControlClaim(
        control="DR-5",
        how="Every experiment's log is encrypted and kept; an experiment that begins, fails or is stopped is told to the warning route",
        frameworks=("NIST 800-53 r5 CP-4", "SOC 2 A1.3"),
    ),
)
#: Stop conditions of one template. Source: https://docs.aws.amazon.com/fis/latest/userguide/fis-quotas.html
MOST_STOP_ALARMS = 5
#: Actions that run side by side in one experiment, less the one that observes. Source: the same.
MOST_FAULTS = 9
#: What names a drill in production: shorter says nothing.
SHORTEST_NAME = 20


class Drills(Part):
    """Experiments of AWS Fault Injection Service, with an end in sight.

    Always: every experiment is stopped by critical alarms; hits only what it names, in this account; has its own role, which may do nothing
    else; writes an encrypted log that is kept as proof. Nothing starts by itself: a person runs the command in the stack's outputs.
    *posture* says whether real users are behind the environment: then no drill is made until somebody says why it is to be there.

    Args:
        posture: ``STAGING.drills``, or ``PRODUCTION.drills`` with *in_production*.
        in_production: why real users may be hit, and who agreed: "game day of 3 March, agreed with support (CHG-1234)".
        encryption_key: a key whose policy admits CloudWatch Logs; its own when None.

    Raises:
        ConfigurationError: real users without *in_production*, or a name that says nothing.

    Source: https://docs.aws.amazon.com/fis/latest/userguide/what-is.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: DrillPosture,
        in_production: str | None = None,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        if posture.real_users and len((in_production or "").strip()) < SHORTEST_NAME:
            raise ConfigurationError(
                f"{self.path}: in_production",
                given=in_production,
                allowed=f"why real users may be hit, in {SHORTEST_NAME} characters or more: posture.real_users is set",
                mend="hold the drill in staging, or say which game day it is for and who agreed",
            )
        self._posture, self._in_production = posture, in_production
        key = encryption_key or DataKey(self, "Key", description=f"{self.path}: logs of experiments", encrypts_logs=True).key
        # Delivered logs of this prefix do not fill up the account's log policy.
        name = f"/aws/vendedlogs/fis/{Names.unique_resource_name(self, max_length=200, allowed_special_characters='-')}"
        #: Where every experiment writes what it did.
        self.log_group = EncryptedLogGroup(
            self, "Log", retention=posture.log_retention, encryption_key=key, name=name, goes_with_failed_creation=True
        ).log_group
        self._log_name = name
        arn = f"arn:{PARTITION}:logs:{REGION}:{ACCOUNT_ID}:log-group:{name}"
        # FIS would write this policy itself, if its role might change the policies of all log groups.
        self._delivery = logs.CfnResourcePolicy(
            self,
            "LogPolicy",
            policy_name=name.removeprefix("/aws/vendedlogs/").replace("/", "-"),
            policy_document=self.stack.to_json_string(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "delivery.logs.amazonaws.com"},
                            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                            "Resource": f"{arn}:log-stream:*",
                            "Condition": {
                                "StringEquals": {"aws:SourceAccount": ACCOUNT_ID},
                                "ArnLike": {"aws:SourceArn": f"arn:{PARTITION}:logs:{REGION}:{ACCOUNT_ID}:*"},
                            },
                        }
                    ],
                }
            ),
        )
        # The log stays when its stack goes, and a policy left behind by a failed first deployment would be in the way of the second.
        self._delivery.apply_removal_policy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
        self._log_arn = f"{arn}:*"
        record(self, controls=CONTROLS, tier="recovery", watchable=True, real_users=posture.real_users, in_production=in_production)

    def add(
        self,
        drill_id: str,
        *,
        question: str,
        faults: Sequence[Fault],
        stop_alarms: Sequence[str],
        expects: Sequence[str],
        recovers_within: timedelta | None = None,
        proving: Recoverable | None = None,
    ) -> Drill:
        """An experiment that answers *question*.

        Args:
            question: what is to be shown: "Do visitors notice when a task dies?"
            faults: what breaks, all at once: ``StopTasks``, ``FailOverDatabase``, ``CutOffZone``, ``ZonePowerLoss`` ...
            stop_alarms: ARNs of one to five alarms, of this region: ``watch.any_critical`` sums up the critical ones.
            expects: names of the alarms that are to go off; none where nobody is to hear of it. One that stops the drill cannot be expected.
            recovers_within: when everything is well again; the quickest recovery time of *proving* when None.
            proving: the store whose recovery time is put to the test.

        Raises:
            ConfigurationError: no stop alarm, or an expected one among them; no fault; more than an experiment holds; more than 12 hours; a
                recovery slower than *proving* promises, or none said; and what each fault refuses.
        """
        where = f"{self.path}/{drill_id}"
        _check_stop_alarms(where, stop_alarms, expects, region=self.stated_region)
        planned = tuple(one for fault in faults for one in fault.planned(where))
        if not 1 <= len(planned) <= MOST_FAULTS:
            raise ConfigurationError(
                f"{where}: faults",
                given=f"{len(planned)} faults",
                allowed=f"1 to {MOST_FAULTS}: a target that selects nothing makes no drill, and FIS runs no more side by side",
                mend="name what is to break" if not planned else "make two drills of it",
            )
        within, source = _recovery(where, recovers_within, proving)
        if (whole := lasts(planned, within)) > LONGEST:
            raise ConfigurationError(
                where,
                given=f"{whole} with the time to recover",
                allowed=f"{LONGEST} in all",
                mend="shorten the faults: what an hour does not show, a day will not either",
            )
        drill = Drill(
            self,
            drill_id,
            asked=Asked(
                question=question,
                planned=planned,
                stop_alarms=tuple(stop_alarms),
                expects=tuple(expects),
                recovers_within=within,
                recovers_within_is=source,
                log_group_arn=self._log_arn,
                in_production=self._in_production,
            ),
        )
        drill.template.node.add_dependency(self.log_group, self._delivery)
        return drill

    @property
    def alarm_specs(self) -> tuple[EventSpec, ...]:
        """An experiment, of this stack or of somebody else, that began; one that failed or was stopped."""
        return notices(self._log_name)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """None: an experiment shows in the graphs of what it hits."""
        return ()


def _check_stop_alarms(where: str, stop_alarms: Sequence[str], expects: Sequence[str], *, region: str | None) -> None:
    where = f"{where}: stop_alarms"
    if not 1 <= len(stop_alarms) <= MOST_STOP_ALARMS:
        raise ConfigurationError(
            where,
            given=list(stop_alarms),
            allowed=f"1 to {MOST_STOP_ALARMS} alarms that end the experiment: without one, nothing but the clock does",
            mend="hand over the ARN of the Watch's any_critical, which sums up the critical alarms",
        )
    for arn in stop_alarms:
        if not isinstance(arn, str):
            raise ConfigurationError(
                where, given=type(arn).__name__, allowed="ARNs of alarms", mend="hand over watch.any_critical.attr_arn"
            )
        if "${" in arn:
            continue
        if ":cloudwatch:" not in arn or ":alarm:" not in arn or (region is not None and region_of_arn(arn) != region):
            raise ConfigurationError(
                where,
                given=arn,
                allowed=f"ARNs of CloudWatch alarms in {region or 'this region'}",
                mend="take the alarm's ARN, not its name",
            )
        if (name := arn.partition(":alarm:")[2]) in expects:
            raise ConfigurationError(
                where,
                given=f"{name}, which the drill also expects",
                allowed="alarms that are not to go off",
                mend="stop on what users feel, and expect what engineers see: take it out of one of the two",
            )


def _recovery(where: str, within: timedelta | None, proving: Recoverable | None) -> tuple[timedelta, str]:
    where = f"{where}: recovers_within"
    if proving is None:
        if within is None or within <= timedelta(0):
            raise ConfigurationError(
                where,
                given=None if within is None else str(within),
                allowed="how soon everything is to be well again: more than 0",
                mend="say timedelta(minutes=5), or which store the drill proves",
            )
        return within, "the drill's own expectation"
    fact = min(proving.recovery_facts, key=lambda one: one.recovery_time)
    if within is not None and not timedelta(0) < within <= fact.recovery_time:
        raise ConfigurationError(
            where,
            given=str(within),
            allowed=f"more than 0, {fact.recovery_time} at most, which {path_of(proving)} promises for {fact.store}",
            mend="leave it out: a drill that allows more proves nothing",
        )
    return within or fact.recovery_time, f"{fact.store}: {fact.recovery_time_is}"
