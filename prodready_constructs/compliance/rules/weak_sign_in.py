"""A user pool, or a client of one, whose sign-in a stolen or guessed password gets through."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, is_off
from prodready_constructs.evidence.assembly import Resource

HERE = ("localhost", "127.0.0.1", "[::1]")
_PLAIN = re.compile(r"http://(?P<host>\[[^\]]*\]|[^:/?#]*)", re.IGNORECASE)
#: Flows in which the password itself travels to Cognito.
PASSWORD_FLOWS = frozenset({"ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"})


def _second_factor(pool: Resource) -> bool:
    """MFA for everybody; or by choice, where a passkey with user verification is the choice."""
    mfa = pool.get("MfaConfiguration")
    factors = pool.get("Policies", "SignInPolicy", "AllowedFirstAuthFactors") or []
    passkeys = "WEB_AUTHN" in factors and pool.get("WebAuthnUserVerification") == "required"
    return mfa == "ON" or (
        mfa == "OPTIONAL" and passkeys and pool.get("WebAuthnFactorConfiguration") == "MULTI_FACTOR_WITH_USER_VERIFICATION"
    )


def _plain(address: object) -> bool:
    """Whether *address* is reached unencrypted: Cognito takes plain HTTP for this machine alone."""
    found = _PLAIN.match(address) if isinstance(address, str) else None
    return found is not None and found["host"].lower() not in HERE


def _find(subject: Subject) -> Iterator[Hit]:
    for pool in subject.of_type("AWS::Cognito::UserPool"):
        if not _second_factor(pool):
            yield hit(pool, detail="Mfa", note="A password alone is enough.")
        if pool.get("DeletionProtection") != "ACTIVE":
            yield hit(pool, detail="Deletion", note="All users can be deleted with it.")
        if pool.get("UserPoolAddOns", "AdvancedSecurityMode") != "ENFORCED":
            yield hit(pool, detail="Threats", note="Nothing looks for stolen passwords and unusual sign-ins.")
    for client in subject.of_type("AWS::Cognito::UserPoolClient"):
        if "implicit" in (client.get("AllowedOAuthFlows") or []):
            yield hit(client, detail="Implicit", note="Tokens stand in the address of the page, and in its history.")
        addresses = [*(client.get("CallbackURLs") or []), *(client.get("LogoutURLs") or []), client.get("DefaultRedirectURI")]
        for address in filter(_plain, addresses):
            yield hit(client, detail=f"Callback {address}", note="Codes and tokens are sent there unencrypted.")
        existence = client.get("PreventUserExistenceErrors")
        if not isinstance(existence, dict) and existence != "ENABLED":
            yield hit(client, detail="Existence", note="Its answers tell which people have an account.")
        # On unless a template says no.
        if client.get("EnableTokenRevocation") is not None and is_off(client.get("EnableTokenRevocation")):
            yield hit(client, detail="Revocation", note="Signing out leaves stolen tokens valid.")
        for flow in sorted(PASSWORD_FLOWS.intersection(client.get("ExplicitAuthFlows") or [])):
            yield hit(client, detail=flow, note="The password itself is sent, where SRP would prove it without.")


RULE = Rule(
    name="WeakSignIn",
    controls=("SEC-5",),
    why="Whoever has a password, or reads one answer, is signed in.",
    fix="use identity.UserDirectory; or MfaConfiguration ON, DeletionProtection ACTIVE, AdvancedSecurityMode ENFORCED, and for clients the "
    "code flow with PKCE, SRP or passkeys, https addresses, PreventUserExistenceErrors ENABLED and EnableTokenRevocation",
    find=_find,
)
