"""A browser application that sends its users to the managed sign-in page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from aws_cdk import aws_cognito as cognito
from constructs import Construct

from prodready_constructs.contracts import AnyAlarmSpec, ControlClaim, GraphSpec, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part
from prodready_constructs.identity.sign_in_alarms import client_alarms, client_graphs, federation_alarms
from prodready_constructs.identity.token_lives import CHALLENGE_LIFE, TokenLives, minutes, seconds

CONTROLS = (
    ControlClaim(
        control="SEC-5",
        how="Public OAuth client: authorization code only, stated https addresses, short tokens, refresh tokens that are replaced at each use "
        "and can be revoked",
        frameworks=("NIST 800-53 r5 IA-5(13)", "NIST 800-53 r5 AC-12", "PCI DSS 3.2.1 6.5.10", "SOC 2 CC6.1"),
    ),
)
#: What Cognito knows by itself; everything else is a scope of an API.
STANDARD_SCOPES = ("openid", "email", "profile", "phone")
#: For a browser whose answer was lost; Cognito's range is 0 to 60 seconds (AWS::Cognito::UserPoolClient RetryGracePeriodSeconds).
RETRY_GRACE = timedelta(seconds=10)
#: What Cognito takes of each (CreateUserPoolClient CallbackURLs, LogoutURLs).
MOST_URLS = 100
_HTTPS = re.compile(r"https://([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9](:\d{1,5})?(/[^\s#*]*)?")
#: CloudFront's own name in a trial, which is known at the deployment only.
_TOKEN = re.compile(r"https://\$\{Token\[[^\]]+\]\}(/[^\s#*]*)?")
_LOCAL = re.compile(r"http://(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?(/[^\s#*]*)?")


class WebApp(Part):
    """The app client of a browser application; made by ``UserDirectory.add_web_app``.

    Always: the authorization code grant and no other, so that no token stands in an address; no secret, because a browser cannot keep one: the
    application proves itself by PKCE; exact https addresses to return to; refresh tokens that are replaced at each use and can be
    revoked; answers that do not tell whether a user exists; a sign-in page in Cognito's own style.

    Args:
        user_pool: whose users sign in.
        callback_urls: where users come back to, exactly as the application sends it. logout_urls: the same after signing out.
        scopes: ``openid``, ``email``, ``profile``, ``phone``, and ``ApiScopes.scope(...)``.
        lives: of tokens and of the session.
        identity_providers: names of SAML or OIDC providers of the pool that its users may come from, beside the pool itself.
        passkeys: whether the directory takes them.
        local_callbacks: also take ``http://localhost``, for developers; never in production.

    Raises:
        ConfigurationError: an address or scope that would weaken this, or that Cognito refuses.

    Sources: https://docs.aws.amazon.com/cognito/latest/developerguide/using-pkce-in-authorization-code.html
        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RefreshTokenRotationType.html; RFC 9700 2.1
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        user_pool: cognito.UserPool,
        callback_urls: Sequence[str],
        logout_urls: Sequence[str],
        scopes: Sequence[str],
        lives: TokenLives,
        identity_providers: Sequence[str] = (),
        passkeys: bool = False,
        local_callbacks: bool = False,
    ) -> None:
        super().__init__(scope, construct_id)
        where = self.path
        _require_urls(f"{where}: callback_urls", callback_urls, local=local_callbacks)
        _require_urls(f"{where}: logout_urls", logout_urls, local=local_callbacks)
        _require_scopes(where, scopes)
        self._providers = tuple(identity_providers)
        providers = [cognito.UserPoolClientIdentityProvider.COGNITO]
        providers += [cognito.UserPoolClientIdentityProvider.custom(name) for name in self._providers]
        #: The L2 itself. Whatever is changed through it is still judged at synth.
        self.client = cognito.UserPoolClient(
            self,
            "Client",
            user_pool=user_pool,
            # With rotation Cognito takes refresh tokens at its token endpoint only, so ALLOW_REFRESH_TOKEN_AUTH must not be among these.
            auth_flows=cognito.AuthFlow(user_srp=True, user=passkeys, user_password=False, admin_user_password=False, custom=False),
            generate_secret=False,
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(authorization_code_grant=True, implicit_code_grant=False, client_credentials=False),
                callback_urls=list(callback_urls),
                logout_urls=list(logout_urls),
                scopes=[cognito.OAuthScope.custom(name) for name in scopes],
            ),
            supported_identity_providers=providers,
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            access_token_validity=minutes(lives.token),
            id_token_validity=minutes(lives.token),
            refresh_token_validity=minutes(lives.session),
            refresh_token_rotation_grace_period=seconds(RETRY_GRACE),
            auth_session_validity=minutes(CHALLENGE_LIFE),
        )
        self._pool_id, self._client_id = user_pool.user_pool_id, self.client.user_pool_client_id
        #: How the sign-in page looks; without a style managed login shows an error instead of a page.
        self.branding = cognito.CfnManagedLoginBranding(
            self, "Branding", user_pool_id=self._pool_id, client_id=self._client_id, use_cognito_provided_values=True
        )
        record(self, controls=CONTROLS, tier="security", watchable=True, callback_urls=list(callback_urls))

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """Refused and throttled sign-ins, throttled refreshes, and those of each identity provider."""
        return (
            *client_alarms(pool_id=self._pool_id, client_id=self._client_id),
            *federation_alarms(pool_id=self._pool_id, client_id=self._client_id, providers=self._providers),
        )

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Sign-ins and refreshed tokens."""
        return client_graphs(pool_id=self._pool_id, client_id=self._client_id)


def _require_urls(where: str, urls: Sequence[str], *, local: bool) -> None:
    for url in urls:
        if not _HTTPS.fullmatch(url) and not _TOKEN.fullmatch(url) and not (local and _LOCAL.fullmatch(url)):
            near = bool(_LOCAL.fullmatch(url))
            raise ConfigurationError(
                where,
                given=url,
                allowed="complete https addresses in small letters, without a fragment or wildcard",
                mend="say local_callbacks=True in an environment for developers"
                if near
                else "write it as https://shop.example.com/signed-in",
            )
    if not 1 <= len(urls) <= MOST_URLS or len(set(urls)) < len(urls):
        raise ConfigurationError(
            where,
            given=f"{len(urls)} addresses, {len(set(urls))} of them different",
            allowed=f"1 to {MOST_URLS}, each once",
            mend="name the addresses that the application sends",
        )


def _require_scopes(where: str, scopes: Sequence[str]) -> None:
    # A scope of an API is its reference and a slash: "${Token[...]}/read".
    unknown = [name for name in scopes if name not in STANDARD_SCOPES and "/" not in name]
    if unknown or "openid" not in scopes:
        raise ConfigurationError(
            f"{where}: scopes",
            given=", ".join(unknown) or f"{', '.join(scopes) or 'none'}, without openid",
            allowed=f"openid, others of {', '.join(STANDARD_SCOPES)}, and scopes of an API; "
            "aws.cognito.signin.user.admin would let a stolen token change the user's second factor",
            mend="use directory.add_api(...).scope(...) for your own",
        )
