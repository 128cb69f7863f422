"""A Cognito user pool where a stolen password is not enough."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from prodready_constructs.contracts import AnyAlarmSpec, ControlClaim, GraphSpec, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part
from prodready_constructs.identity.sign_in_alarms import sign_in_alarms, sign_in_graphs

CONTROLS = (
    ControlClaim(
        control="SEC-5",
        how="Cognito user pool: TOTP required, passwords of 14 characters of four kinds, threat protection enforced, SRP sign-in only, "
        "short tokens that can be revoked, deletion protection, no self sign-up unless asked",
        frameworks=("NIST 800-53 r5 IA-2(1)", "NIST 800-53 r5 IA-5(1)", "HIPAA 164.312(d)", "PCI DSS 3.2.1 8.2.3", "SOC 2 CC6.1"),
    ),
)
#: NIST 800-63B asks for 8 and advises more; CIS Controls v8 5.2 asks for 14 where a password could ever stand alone.
PASSWORD_LENGTH = 14
#: Cognito remembers up to 24 previous passwords (AWS::Cognito::UserPool PasswordPolicy).
PASSWORD_HISTORY = 24
TEMPORARY_PASSWORD = timedelta(days=1)
#: A token that leaked is good for this long; OWASP ASVS 5 asks for minutes to an hour. Cognito's range is 5 minutes to 1 day.
TOKEN_LIFE = timedelta(minutes=15)
#: After this a user signs in again, with the second factor: one working day (NIST 800-63B AAL2: at most 12 hours).
SESSION_LIFE = timedelta(hours=12)
#: How long the second factor may take; Cognito's range is 3 to 15 minutes.
CHALLENGE_LIFE = timedelta(minutes=3)
#: What Cognito offers for a refresh token (AWS::Cognito::UserPoolClient RefreshTokenValidity).
SESSION_RANGE = (timedelta(hours=1), timedelta(days=30))


class UserDirectory(Part):
    """A Cognito user pool with one web client.

    Always: a second factor (authenticator app) at every sign-in, also from remembered devices; passwords of 14 characters and four
    kinds that do not repeat; threat protection that blocks compromised credentials and likely account take-over; sign-in by e-mail
    address through SRP (the password never leaves the browser); tokens of 15 minutes that can be revoked; answers that do not
    tell whether a user exists; deletion protection, and the pool outlives its stack.

    Guard a REST API with it by ``apigateway.CognitoUserPoolsAuthorizer(..., cognito_user_pools=[directory.user_pool])``.

    Args:
        self_sign_up: whether strangers may register; only administrators invite when False.
        session_life: how long a user stays signed in, 1 hour to 30 days.

    Raises:
        ConfigurationError: a session life that Cognito does not offer.

    Sources: https://docs.aws.amazon.com/cognito/latest/developerguide/managing-security.html
        https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-settings-threat-protection.html
    """

    def __init__(self, scope: Construct, construct_id: str, *, self_sign_up: bool = False, session_life: timedelta = SESSION_LIFE) -> None:
        super().__init__(scope, construct_id)
        if not SESSION_RANGE[0] <= session_life <= SESSION_RANGE[1]:
            raise ConfigurationError(
                f"{self.path}: session_life",
                given=str(session_life),
                allowed="1 hour to 30 days",
                mend=f"leave it out for {SESSION_LIFE}, one working day",
            )
        #: The L2 itself. Whatever is changed through it is still judged at synth.
        self.user_pool = cognito.UserPool(
            self,
            "Pool",
            self_sign_up_enabled=self_sign_up,
            sign_in_aliases=cognito.SignInAliases(email=True, username=False, phone=False, preferred_username=False),
            sign_in_case_sensitive=False,
            auto_verify=cognito.AutoVerifiedAttrs(email=True, phone=False),
            # A changed address counts only once it is verified: otherwise a hijacked session could move the account.
            keep_original=cognito.KeepOriginalAttrs(email=True),
            user_verification=cognito.UserVerificationConfig(email_style=cognito.VerificationEmailStyle.CODE),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            mfa=cognito.Mfa.REQUIRED,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False, email=False),
            enable_sms_role=False,
            password_policy=cognito.PasswordPolicy(
                min_length=PASSWORD_LENGTH,
                require_lowercase=True,
                require_uppercase=True,
                require_digits=True,
                require_symbols=True,
                password_history_size=PASSWORD_HISTORY,
                temp_password_validity=_duration(TEMPORARY_PASSWORD),
            ),
            # Devices are remembered for the record; a remembered device must not stand in for the second factor, hence False.
            device_tracking=cognito.DeviceTracking(challenge_required_on_new_device=False, device_only_remembered_on_user_prompt=True),
            feature_plan=cognito.FeaturePlan.PLUS,
            standard_threat_protection_mode=cognito.StandardThreatProtectionMode.FULL_FUNCTION,
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        #: The public client of a web application: no secret, because a browser cannot keep one.
        self.web_client = cognito.UserPoolClient(
            self,
            "WebClient",
            user_pool=self.user_pool,
            auth_flows=cognito.AuthFlow(user_srp=True, user_password=False, admin_user_password=False, custom=False),
            generate_secret=False,
            disable_o_auth=True,
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            access_token_validity=_duration(TOKEN_LIFE),
            id_token_validity=_duration(TOKEN_LIFE),
            refresh_token_validity=_duration(session_life),
            auth_session_validity=_duration(CHALLENGE_LIFE),
        )
        self._pool_id = self.user_pool.user_pool_id
        self._client_id = self.web_client.user_pool_client_id
        self._block_risky_sign_ins()
        record(self, controls=CONTROLS, tier="security", watchable=True)

    def _block_risky_sign_ins(self) -> None:
        """What threat protection does: *enforced* alone only switches it on."""
        risk = cognito.CfnUserPoolRiskConfigurationAttachment
        second_factor = risk.AccountTakeoverActionTypeProperty(event_action="MFA_REQUIRED", notify=False)
        cognito.CfnUserPoolRiskConfigurationAttachment(
            self,
            "RiskConfiguration",
            user_pool_id=self._pool_id,
            client_id="ALL",
            compromised_credentials_risk_configuration=risk.CompromisedCredentialsRiskConfigurationTypeProperty(
                actions=risk.CompromisedCredentialsActionsTypeProperty(event_action="BLOCK"),
                event_filter=["SIGN_IN", "PASSWORD_CHANGE", "SIGN_UP"],
            ),
            account_takeover_risk_configuration=risk.AccountTakeoverRiskConfigurationTypeProperty(
                actions=risk.AccountTakeoverActionsTypeProperty(
                    low_action=second_factor,
                    medium_action=second_factor,
                    high_action=risk.AccountTakeoverActionTypeProperty(event_action="BLOCK", notify=False),
                )
            ),
        )

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """Refused sign-ins, throttling, compromised credentials, account take-over."""
        return sign_in_alarms(pool_id=self._pool_id, client_id=self._client_id)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Sign-ins and risk."""
        return sign_in_graphs(pool_id=self._pool_id, client_id=self._client_id)


@cache
def _duration(span: timedelta) -> Duration:
    return Duration.minutes(span // timedelta(minutes=1))
