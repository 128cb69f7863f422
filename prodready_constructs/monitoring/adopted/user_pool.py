"""Cognito user pools, over all their app clients."""

from __future__ import annotations

from prodready_constructs.contracts import AnyAlarmSpec, MathMetric
from prodready_constructs.monitoring.adopted.data import MINUTE, RECOMMENDED, WARNING, Service

#: The dimensions that most metrics of a pool have.
BY_CLIENT = "UserPool, UserPoolClient"


def user_pool(pool_id: str) -> tuple[AnyAlarmSpec, ...]:
    """A pool by its id; its metrics are by client, and a query finds all of them."""
    of = Service(
        "AWS/Cognito",
        {},
        (
            f"aws cognito-idp list-user-pool-clients --user-pool-id {pool_id} --max-results 60",
            "aws service-quotas list-service-quotas --service-code cognito-idp",
        ),
    )
    zero = f"{RECOMMENDED}: a pool that is large enough throttles nobody for long"
    alike = f"{RECOMMENDED} names the metric, and warns of low numbers; five minutes running are no burst"
    return tuple(
        of.alarm(
            f"{what}Throttled",
            MathMetric(
                expression=f"SELECT SUM({what}Throttles) FROM SCHEMA(\"AWS/Cognito\", {labels}) WHERE UserPool = '{pool_id}'",
                using={},
                label=f"Throttled {words}s",
                period=MINUTE,
            ),
            0,
            severity=WARNING,
            source=source,
            # The metric comes with a throttled request only.
            missing_data="notBreaching",
            meaning=f"{words.capitalize()}s are throttled for five minutes: users cannot come in.",
            causes=("an attack on passwords", "a surge", "a client that signs in for every call", "the account's quota is small"),
        )
        for what, words, labels, source in (
            ("SignIn", "sign-in", BY_CLIENT, zero),
            ("SignUp", "sign-up", BY_CLIENT, zero),
            ("TokenRefresh", "token refresh", BY_CLIENT, alike),
            ("Federation", "federated sign-in", f"IdentityProvider, {BY_CLIENT}", alike),
        )
    )


ADOPTS = {
    "aws_cognito.IUserPool": lambda found: user_pool(found.user_pool_id),
    "aws_cognito.CfnUserPool": lambda found: user_pool(found.ref),
}
