"""What machines and applications may be allowed at an API of yours: an OAuth resource server."""

from __future__ import annotations

import re
from collections.abc import Mapping

from aws_cdk import aws_cognito as cognito
from constructs import Construct

from prodready_constructs.contracts import ControlClaim, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part

CONTROLS = (
    ControlClaim(
        control="SEC-5",
        how="Named scopes for each API: a token opens what it names and nothing else",
        frameworks=("NIST 800-53 r5 AC-6", "PCI DSS 3.2.1 7.1.2", "SOC 2 CC6.3"),
    ),
)
#: What Cognito takes (AWS::Cognito::UserPoolResourceServer Identifier and ScopeName), less the characters that would need escaping.
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:/_-]{0,255}")
_SCOPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:_-]{0,255}")
#: AWS::Cognito::UserPoolResourceServer Scopes.
MOST_SCOPES = 100


class ApiScopes(Part):
    """The scopes of one API; made by ``UserDirectory.add_api``.

    Args:
        user_pool: who writes the tokens.
        identifier: of the API, in front of each scope: ``orders`` or ``https://api.shop.example.com``. It cannot change.
        scopes: name -> what it allows, in words.

    Raises:
        ConfigurationError: no scopes, too many, or a name that Cognito refuses.

    Source: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, user_pool: cognito.UserPool, identifier: str, scopes: Mapping[str, str]
    ) -> None:
        super().__init__(scope, construct_id)
        if not _IDENTIFIER.fullmatch(identifier):
            raise ConfigurationError(
                f"{self.path}: identifier",
                given=identifier,
                allowed="letters, digits and . : / _ -, 256 at most",
                mend="use the API's name or address, such as 'orders'",
            )
        wrong = [name for name, meaning in scopes.items() if not _SCOPE.fullmatch(name) or not 1 <= len(meaning) <= 256]
        if wrong or not 1 <= len(scopes) <= MOST_SCOPES:
            raise ConfigurationError(
                f"{self.path}: scopes",
                given=", ".join(wrong) or f"{len(scopes)} scopes",
                allowed=f"1 to {MOST_SCOPES} names of letters, digits and . : _ -, each with its meaning in 256 characters at most",
                mend='write them as {"read": "reads orders"}',
            )
        self._scopes = tuple(scopes)
        #: The L2 itself.
        self.resource_server = cognito.UserPoolResourceServer(
            self,
            "Server",
            user_pool=user_pool,
            identifier=identifier,
            scopes=[cognito.ResourceServerScope(scope_name=name, scope_description=meaning) for name, meaning in scopes.items()],
        )
        # By reference, so that a client is made after the scopes that it asks for.
        self._id = self.resource_server.user_pool_resource_server_id
        record(self, controls=CONTROLS, tier="security", identifier=identifier, scopes=sorted(scopes))

    def scope(self, name: str) -> str:
        """The scope *name* as tokens carry it: ``orders/read``.

        Raises:
            ConfigurationError: no such scope.
        """
        if name not in self._scopes:
            raise ConfigurationError(
                f"{self.path}: scope", given=name, allowed=", ".join(self._scopes), mend="use one of them, or add it to the API"
            )
        return f"{self._id}/{name}"
