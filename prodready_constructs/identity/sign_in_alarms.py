"""What somebody must hear about sign-ins.

Source of the metrics: https://docs.aws.amazon.com/cognito/latest/developerguide/metrics-for-cognito-user-pools.html and
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-viewing-advanced-security-metrics.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from prodready_constructs.contracts import AlarmSpec, GraphSpec, MathMetric, Metric, RunbookSpec, Severity

_NAMESPACE = "AWS/Cognito"
_WINDOW = timedelta(minutes=5)


def client_alarms(*, pool_id: str, client_id: str) -> tuple[AlarmSpec, ...]:
    """The alarms of one app client."""
    events = _events(pool_id)
    return (
        AlarmSpec(
            id="RefusedSignIns",
            metric=_refused(pool_id, client_id),
            threshold=100,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=2,
            missing_data="notBreaching",
            source="Our reason: 20 refusals a minute for 10 minutes are no typing errors of a small user base",
            runbook=RunbookSpec(
                meaning="Far more sign-ins are refused than typing errors explain: somebody is trying passwords, or a release broke sign-in.",
                causes=("Credential stuffing against the sign-in page", "A release that sends a wrong client id or SRP challenge"),
                first_commands=(
                    f"aws cognito-idp describe-user-pool-client --user-pool-id {pool_id} --client-id {client_id}",
                    events,
                ),
            ),
        ),
        AlarmSpec(
            id="SignInThrottles",
            metric=_of_client("SignInThrottles", pool_id, client_id),
            threshold=0,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=2,
            missing_data="notBreaching",
            source="Amazon Cognito quotas: every throttled request is a user who could not sign in",
            runbook=RunbookSpec(
                meaning="Users cannot sign in because the account's Cognito request rate is used up.",
                causes=("A surge of sign-ins, wanted or not", "A client that signs in again for every request instead of refreshing"),
                first_commands=(
                    "aws service-quotas list-service-quotas --service-code cognito-idp",
                    f"aws cognito-idp describe-user-pool --user-pool-id {pool_id}",
                ),
            ),
        ),
        AlarmSpec(
            id="TokenRefreshThrottles",
            metric=_of_client("TokenRefreshThrottles", pool_id, client_id),
            threshold=0,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=2,
            missing_data="notBreaching",
            source="Amazon Cognito quotas: every throttled refresh is a user who is signed out in the middle of their work",
            runbook=RunbookSpec(
                meaning="Signed-in users cannot renew their tokens because the account's Cognito request rate is used up.",
                causes=("An application that refreshes at each request instead of shortly before the token ends", "A surge of users"),
                first_commands=(
                    "aws service-quotas list-service-quotas --service-code cognito-idp",
                    f"aws cognito-idp describe-user-pool-client --user-pool-id {pool_id} --client-id {client_id}",
                ),
            ),
        ),
    )


def pool_alarms(*, pool_id: str) -> tuple[AlarmSpec, ...]:
    """The alarms of threat protection, for the whole pool."""
    events = _events(pool_id)
    return (
        AlarmSpec(
            id="CompromisedCredentials",
            metric=_risk("CompromisedCredentialRisk", pool_id),
            threshold=0,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=1,
            missing_data="notBreaching",
            source="Our reason: each one is a user whose password is for sale; Cognito has blocked the sign-in already",
            runbook=RunbookSpec(
                meaning="Somebody signed in with a password that is known from a breach elsewhere; the sign-in was blocked.",
                causes=("A user who uses one password in several places", "Credential stuffing with a list from a breach"),
                first_commands=(events, f"aws cognito-idp admin-reset-user-password --user-pool-id {pool_id} --username <user>"),
            ),
        ),
        AlarmSpec(
            id="AccountTakeover",
            metric=_risk("AccountTakeoverRisk", pool_id),
            threshold=5,
            comparison="GreaterThanThreshold",
            severity=Severity.CRITICAL,
            periods=1,
            missing_data="notBreaching",
            source="Our reason: one is a traveller, more than five within five minutes are an attack on the user base",
            runbook=RunbookSpec(
                meaning="Several sign-ins within minutes look like account take-over; Cognito blocked them.",
                causes=("A targeted attack on accounts", "Phishing of users", "A new proxy or mobile network that all users share"),
                first_commands=(
                    events,
                    f"aws cognito-idp admin-user-global-sign-out --user-pool-id {pool_id} --username <user>",
                ),
            ),
        ),
    )


def federation_alarms(*, pool_id: str, client_id: str, providers: Sequence[str]) -> tuple[AlarmSpec, ...]:
    """The alarms of one app client for users who come from another identity provider."""
    return tuple(
        AlarmSpec(
            id=f"{''.join(re.findall('[A-Za-z0-9]+', provider))}FederationThrottles",
            metric=Metric(
                namespace=_NAMESPACE,
                name="FederationThrottles",
                dimensions={"UserPool": pool_id, "UserPoolClient": client_id, "IdentityProvider": provider},
                statistic="Sum",
                period=_WINDOW,
            ),
            threshold=0,
            comparison="GreaterThanThreshold",
            severity=Severity.WARNING,
            periods=2,
            missing_data="notBreaching",
            source="Amazon Cognito quotas: every throttled request is a user who could not come in",
            runbook=RunbookSpec(
                meaning=f"Users of {provider} cannot sign in because the account's rate of federated sign-ins is used up.",
                causes=("A surge of sign-ins, wanted or not", "An application that sends its users to sign in again and again"),
                first_commands=(
                    "aws service-quotas list-service-quotas --service-code cognito-idp",
                    f"aws cognito-idp describe-identity-provider --user-pool-id {pool_id} --provider-name {provider}",
                ),
            ),
        )
        for provider in providers
    )


def client_graphs(*, pool_id: str, client_id: str) -> tuple[GraphSpec, ...]:
    """Sign-ins beside refusals, and refreshed tokens beside throttled ones."""
    return (
        GraphSpec(
            title="Sign-ins",
            metrics=(_of_client("SignInSuccesses", pool_id, client_id), _refused(pool_id, client_id)),
        ),
        GraphSpec(
            title="Refreshed tokens",
            metrics=(_of_client("TokenRefreshSuccesses", pool_id, client_id), _of_client("TokenRefreshThrottles", pool_id, client_id)),
        ),
    )


def pool_graphs(*, pool_id: str) -> tuple[GraphSpec, ...]:
    """Risk."""
    return (
        GraphSpec(
            title="Sign-in risk",
            metrics=(_risk("CompromisedCredentialRisk", pool_id), _risk("AccountTakeoverRisk", pool_id)),
        ),
    )


def _events(pool_id: str) -> str:
    return f"aws cognito-idp admin-list-user-auth-events --user-pool-id {pool_id} --username <user> --max-results 20"


def _of_client(name: str, pool_id: str, client_id: str, *, statistic: str = "Sum") -> Metric:
    return Metric(
        namespace=_NAMESPACE,
        name=name,
        dimensions={"UserPool": pool_id, "UserPoolClient": client_id},
        statistic=statistic,
        period=_WINDOW,
    )


def _refused(pool_id: str, client_id: str) -> MathMetric:
    """Cognito counts 1 for a success and 0 for a refusal: requests less successes."""
    return MathMetric(
        expression="requests - successes",
        using={
            "requests": _of_client("SignInSuccesses", pool_id, client_id, statistic="SampleCount"),
            "successes": _of_client("SignInSuccesses", pool_id, client_id),
        },
        label="Refused sign-ins",
        period=_WINDOW,
    )


def _risk(name: str, pool_id: str) -> Metric:
    return Metric(
        namespace=_NAMESPACE,
        name=name,
        dimensions={"Operation": "SignIn", "UserPoolId": pool_id, "RiskLevel": "high"},
        statistic="Sum",
        period=_WINDOW,
    )
