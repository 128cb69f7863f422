"""The user pool, and what it asks of everybody who signs in."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from aws_cdk import RemovalPolicy
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from prodready_constructs.identity.mail import SesSender
from prodready_constructs.identity.passkeys import Passkeys
from prodready_constructs.identity.token_lives import minutes

#: NIST 800-63B asks for 8 and advises more; CIS Controls v8 5.2 asks for 14 where a password could ever stand alone.
PASSWORD_LENGTH = 14
#: Cognito remembers up to 24 previous passwords (AWS::Cognito::UserPool PasswordPolicy).
PASSWORD_HISTORY = 24
TEMPORARY_PASSWORD = timedelta(days=1)
#: What a sign-in may begin with where there are passkeys; what else Cognito refuses is said by ``Passkeys``.
_FIRST_FACTORS = cognito.SignInPolicy(allowed_first_auth_factors=cognito.AllowedFirstAuthFactors(password=True, passkey=True))


def user_pool(scope: Construct, *, self_sign_up: bool, passkeys: Passkeys | None, mail: SesSender | None) -> cognito.UserPool:
    """A second factor for everybody, long passwords that do not repeat, threat protection; kept when its stack is deleted."""
    made = cognito.UserPool(
        scope,
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
            temp_password_validity=minutes(TEMPORARY_PASSWORD),
        ),
        # Devices are remembered for the record; a remembered device must not stand in for the second factor, hence False.
        device_tracking=cognito.DeviceTracking(challenge_required_on_new_device=False, device_only_remembered_on_user_prompt=True),
        feature_plan=cognito.FeaturePlan.PLUS,
        standard_threat_protection_mode=cognito.StandardThreatProtectionMode.FULL_FUNCTION,
        sign_in_policy=_FIRST_FACTORS if passkeys else None,
        passkey_relying_party_id=passkeys.relying_party if passkeys else None,
        passkey_user_verification=cognito.PasskeyUserVerification.REQUIRED if passkeys else None,
        deletion_protection=True,
        removal_policy=RemovalPolicy.RETAIN,
    )
    if passkeys or mail:
        pool = cast("cognito.CfnUserPool", made.node.default_child)
        if passkeys:
            # The L2 does not know it, and without it Cognito refuses passkeys in a pool that requires a second factor.
            pool.web_authn_factor_configuration = "MULTI_FACTOR_WITH_USER_VERIFICATION"
        if mail:
            pool.email_configuration = mail.as_configuration()
    return made
