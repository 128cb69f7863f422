"""A Cognito user pool where a stolen password is not enough."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta

from aws_cdk import aws_cognito as cognito
from constructs import Construct

from prodready_constructs.contracts import AnyAlarmSpec, ControlClaim, GraphSpec, NamedDomain, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part
from prodready_constructs.identity.api_scopes import ApiScopes
from prodready_constructs.identity.mail import SesSender
from prodready_constructs.identity.passkeys import Passkeys
from prodready_constructs.identity.sign_in_alarms import client_alarms, client_graphs, pool_alarms, pool_graphs
from prodready_constructs.identity.sign_in_page import SignInPage
from prodready_constructs.identity.sign_in_rules import user_pool
from prodready_constructs.identity.threat_protection import block_risky_sign_ins
from prodready_constructs.identity.token_lives import CHALLENGE_LIFE, SESSION_LIFE, TOKEN_LIFE, TokenLives, check_session_life, minutes
from prodready_constructs.identity.web_app import WebApp

CONTROLS = (
    ControlClaim(
        control="SEC-5",
        how="Cognito user pool: TOTP required, passwords of 14 characters of four kinds, threat protection enforced, SRP sign-in only, "
        "short tokens that can be revoked, deletion protection, no self sign-up unless asked",
        frameworks=("NIST 800-53 r5 IA-2(1)", "NIST 800-53 r5 IA-5(1)", "HIPAA 164.312(d)", "PCI DSS 3.2.1 8.2.3", "SOC 2 CC6.1"),
    ),
)
#: What an application is called: the first part of its construct id.
_NAME = re.compile(r"[A-Z][A-Za-z0-9]{0,39}")


class UserDirectory(Part):
    """A Cognito user pool with one web client.

    Always: a second factor (authenticator app) at every sign-in, also from remembered devices; passwords of 14 characters and four
    kinds that do not repeat; threat protection that blocks compromised credentials and likely account take-over; sign-in by e-mail
    address through SRP (the password never leaves the browser); tokens of 15 minutes that can be revoked; answers that do not
    tell whether a user exists; deletion protection, and the pool outlives its stack.

    Guard a REST API with it by ``apigateway.CognitoUserPoolsAuthorizer(..., cognito_user_pools=[directory.user_pool])``.

    Args:
        self_sign_up: whether strangers may register; only administrators invite when False.
        session_life: how long a user of ``web_client`` stays signed in, 1 hour to 30 days.
        passkeys: also sign in by passkey, which stands for both factors.
        mail: who writes to users; without it Cognito's own sender, which stops at 50 messages a day.

    Raises:
        ConfigurationError: a session life out of bounds.

    Sources: https://docs.aws.amazon.com/cognito/latest/developerguide/managing-security.html
        https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-settings-threat-protection.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        self_sign_up: bool = False,
        session_life: timedelta = SESSION_LIFE,
        passkeys: Passkeys | None = None,
        mail: SesSender | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        check_session_life(f"{self.path}: session_life", session_life)
        self._passkeys = passkeys
        self._page: SignInPage | None = None
        #: The L2 itself. Whatever is changed through it is still judged at synth.
        self.user_pool = user_pool(self, self_sign_up=self_sign_up, passkeys=passkeys, mail=mail)
        #: The public client of a web application that signs users in itself: no secret, because a browser cannot keep one.
        self.web_client = cognito.UserPoolClient(
            self,
            "WebClient",
            user_pool=self.user_pool,
            auth_flows=cognito.AuthFlow(user_srp=True, user=bool(passkeys), user_password=False, admin_user_password=False, custom=False),
            generate_secret=False,
            disable_o_auth=True,
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            access_token_validity=minutes(TOKEN_LIFE),
            id_token_validity=minutes(TOKEN_LIFE),
            refresh_token_validity=minutes(session_life),
            auth_session_validity=minutes(CHALLENGE_LIFE),
        )
        self._pool_id = self.user_pool.user_pool_id
        self._client_id = self.web_client.user_pool_client_id
        block_risky_sign_ins(self, pool_id=self._pool_id)
        record(self, controls=CONTROLS, tier="security", watchable=True)

    def add_sign_in_page(self, *, domain: NamedDomain | None = None, prefix: str | None = None) -> SignInPage:
        """Cognito's managed sign-in page, once: for :meth:`add_web_app` and for service accounts, whose tokens it gives out.

        Args:
            domain: its name with a certificate in us-east-1 (``edge.Domain``). The name above it must have an A record before.
            prefix: for a trial, of a name of Cognito's.

        Raises:
            ConfigurationError: a second page, both or neither, a refused name, or another name than the passkeys belong to.
        """
        if self._page is not None:
            raise ConfigurationError(
                f"{self.path}: add_sign_in_page",
                given="a second sign-in page",
                allowed="one name for a directory",
                mend="use directory.sign_in_page",
            )
        page = SignInPage(self, "SignIn", user_pool=self.user_pool, domain=domain, prefix=prefix)
        if self._passkeys and "${" not in page.host and page.host != self._passkeys.relying_party:
            raise ConfigurationError(
                f"{self.path}: add_sign_in_page",
                given=page.host,
                allowed=f"{self._passkeys.relying_party!r}, which the passkeys belong to: they do not work under another name",
                mend="give Passkeys(relying_party=...) the name of the sign-in page",
            )
        self._page = page
        return page

    @property
    def sign_in_page(self) -> SignInPage:
        """The sign-in page.

        Raises:
            ConfigurationError: there is none yet.
        """
        if self._page is None:
            raise ConfigurationError(
                f"{self.path}: sign_in_page",
                given="a directory without a sign-in page",
                allowed="a directory with one: it holds the addresses where codes and client credentials become tokens",
                mend="call add_sign_in_page(domain=...) first, or prefix=... for a trial",
            )
        return self._page

    def add_web_app(
        self,
        name: str,
        *,
        callback_urls: Sequence[str],
        logout_urls: Sequence[str],
        scopes: Sequence[str] = ("openid", "email"),
        lives: TokenLives | None = None,
        identity_providers: Sequence[str] = (),
        local_callbacks: bool = False,
    ) -> WebApp:
        """An application whose users sign in on the sign-in page; it is watched by itself (``Watch(watching=[app])``).

        Args:
            name: in PascalCase, part of the construct's id. For the others see :class:`WebApp`.

        Raises:
            ConfigurationError: no sign-in page yet, or what ``WebApp`` refuses.
        """
        self._require_name("add_web_app", name)
        page = self.sign_in_page
        app = WebApp(
            self,
            f"{name}App",
            user_pool=self.user_pool,
            callback_urls=callback_urls,
            logout_urls=logout_urls,
            scopes=scopes,
            lives=lives or TokenLives(),
            identity_providers=identity_providers,
            passkeys=self._passkeys is not None,
            local_callbacks=local_callbacks,
        )
        app.branding.node.add_dependency(page.domain)
        return app

    def add_api(self, name: str, *, identifier: str, scopes: Mapping[str, str]) -> ApiScopes:
        """The scopes of an API of yours, for web applications and service accounts.

        Args:
            name: in PascalCase, part of the construct's id.
            identifier: in front of each scope: ``orders``. scopes: name -> what it allows, in words.

        Raises:
            ConfigurationError: what ``ApiScopes`` refuses.
        """
        self._require_name("add_api", name)
        return ApiScopes(self, f"{name}Api", user_pool=self.user_pool, identifier=identifier, scopes=scopes)

    def _require_name(self, verb: str, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise ConfigurationError(
                f"{self.path}: {verb}", given=name, allowed="a name in PascalCase, 40 letters and digits at most", mend="write it as 'Shop'"
            )

    @property
    def pool_arn(self) -> str:
        """The pool's ARN: ``web_acl.protect(directory, directory.pool_arn)`` puts a regional web ACL before sign-in page and API."""
        return self.user_pool.user_pool_arn

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """Refused sign-ins, throttling, compromised credentials, account take-over."""
        return (*client_alarms(pool_id=self._pool_id, client_id=self._client_id), *pool_alarms(pool_id=self._pool_id))

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Sign-ins, refreshed tokens and risk."""
        return (*client_graphs(pool_id=self._pool_id, client_id=self._client_id), *pool_graphs(pool_id=self._pool_id))
