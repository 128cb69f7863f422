"""What a release asks on its way: AWS Lambda functions that say go on, wait, or go back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Literal, get_args

from prodready_constructs.errors import ConfigurationError

#: In the order in which Amazon ECS passes them; it asks nobody while it scales up, bakes and cleans up.
#: Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/lambda-lifecycle-hooks.html
Stage = Literal[
    "RECONCILE_SERVICE",
    "PRE_SCALE_UP",
    "POST_SCALE_UP",
    "TEST_TRAFFIC_SHIFT",
    "POST_TEST_TRAFFIC_SHIFT",
    "PRE_PRODUCTION_TRAFFIC_SHIFT",
    "PRODUCTION_TRAFFIC_SHIFT",
    "POST_PRODUCTION_TRAFFIC_SHIFT",
]
STAGES: tuple[Stage, ...] = get_args(Stage)
#: When the new version answers on the test listener, and no visitor meets it yet.
TESTED: Stage = "POST_TEST_TRAFFIC_SHIFT"
#: How long a hook may say IN_PROGRESS: a minute to a day (ECS, timeoutConfiguration).
SHORTEST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(days=1)
#: Lambda hooks of one service (Amazon ECS, lifecycle hooks).
MOST_HOOKS = 10


def check_stages(where: str, stages: Sequence[str], *, within: timedelta) -> None:
    """Refuse stages that ECS does not know, or asks nobody in; and a wait that it would not have."""
    unknown = [stage for stage in stages if stage not in STAGES]
    if unknown or not stages or len(set(stages)) < len(stages):
        raise ConfigurationError(
            f"{where}: stages",
            given=", ".join(unknown) or ("none" if not stages else "one of them twice"),
            allowed=f"some of {', '.join(STAGES)}",
            mend=f"use stages=[{TESTED!r}] for what must hold before visitors meet the new version",
        )
    if not SHORTEST_WAIT <= within <= LONGEST_WAIT or within % timedelta(minutes=1):
        raise ConfigurationError(
            f"{where}: within",
            given=str(within),
            allowed=f"whole minutes, {SHORTEST_WAIT} to {LONGEST_WAIT}: Amazon ECS waits no longer",
            mend="use timedelta(minutes=30); what takes longer starts something and is asked again",
        )


def hook(function_arn: str, *, role_arn: str, stages: Sequence[str], within: timedelta) -> dict[str, Any]:
    """A hook as CloudFormation writes it: the L2 knows neither the time nor the stage before visitors are led over."""
    return {
        "HookTargetArn": function_arn,
        "RoleArn": role_arn,
        "LifecycleStages": list(stages),
        "TargetType": "AWS_LAMBDA",
        "TimeoutConfiguration": {"TimeoutInMinutes": within // timedelta(minutes=1), "Action": "ROLLBACK"},
    }
