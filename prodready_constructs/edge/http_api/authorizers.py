"""Who may call an HTTP API: bearers of a token, signers of a request, or whom a function knows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_lambda as lambda_

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, REGION, Part

#: An issuer is an HTTPS URL without query and fragment (OpenID Connect Core 1.0, section 2, "iss").
_ISSUER = re.compile(r"^https://[a-z0-9][a-z0-9.-]*(:\d{1,5})?(/[^?#\s]*)?$")
#: Quotas of HTTP APIs (API Gateway developer guide, "Quotas for configuring and running an HTTP API").
MOST_AUDIENCES, MOST_SCOPES = 50, 10
#: How long API Gateway may keep a function's answer (API reference, Authorizer, authorizerResultTtlInSeconds).
LONGEST_MEMORY = timedelta(hours=1)
_TOKEN = "${Token["


@dataclass(frozen=True, slots=True, kw_only=True)
class JwtIssuer:
    """Bearers of a token that *url* has signed for one of *audiences*.

    Attributes:
        url: the issuer, exactly as the tokens' ``iss`` says it: ``https://login.example.com/``.
        audiences: what ``aud`` (or, in a token without it, ``client_id``) must be one of; 1 to 50.
        scopes: of which the token must have one; any token of the audience when empty. At most 10.
        name: of the authorizer; different issuers of one API have different names.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
    """

    url: str
    audiences: tuple[str, ...]
    scopes: tuple[str, ...] = ()
    name: str = "Tokens"

    def __post_init__(self) -> None:
        if _TOKEN not in self.url and not _ISSUER.match(self.url):
            raise ConfigurationError(
                "JwtIssuer.url",
                given=self.url,
                allowed="an HTTPS URL without query and fragment, such as 'https://login.example.com/'",
                mend="copy 'issuer' from the provider's /.well-known/openid-configuration",
            )
        if not 1 <= len(self.audiences) <= MOST_AUDIENCES or not all(self.audiences):
            raise ConfigurationError(
                "JwtIssuer.audiences",
                given=self.audiences,
                allowed=f"1 to {MOST_AUDIENCES} audiences, none of them empty",
                mend="name the API, or the client the tokens are issued to: without it every token of the issuer would be accepted",
            )
        require_scopes("JwtIssuer.scopes", self.scopes)

    @classmethod
    def for_user_pool(
        cls, user_pool: cognito.IUserPool, client: cognito.IUserPoolClient, *, scopes: Sequence[str] = (), name: str = "Tokens"
    ) -> JwtIssuer:
        """Users of *user_pool* who signed in by *client*; its access tokens name the client, its id tokens are made out to it."""
        return cls(
            url=f"https://{user_pool.user_pool_provider_name}", audiences=(client.user_pool_client_id,), scopes=tuple(scopes), name=name
        )


@dataclass(frozen=True, slots=True)
class IamSignatures:
    """Signers of the request with AWS credentials that may ``execute-api:Invoke`` (see ``ProtectedHttpApi.grant_invoke``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LambdaCheck:
    """Whomever *function* lets in: it answers ``{"isAuthorized": true}`` (payload format 2.0).

    Attributes:
        function: asked before each request, and given up after 10 seconds.
        headers: without which API Gateway refuses by itself, not asking the function.
        remembers: how long an answer holds for the same headers and route; not at all when 0. An hour at most.
        name: of the authorizer; different functions of one API have different names.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
    """

    function: lambda_.IFunction
    headers: tuple[str, ...] = ("Authorization",)
    remembers: timedelta = timedelta(0)
    name: str = "Check"

    def __post_init__(self) -> None:
        if not self.headers:
            raise ConfigurationError(
                "LambdaCheck.headers", given=self.headers, allowed="one header or more", mend="name the one that says who calls"
            )
        if not timedelta(0) <= self.remembers <= LONGEST_MEMORY:
            raise ConfigurationError(
                "LambdaCheck.remembers",
                given=str(self.remembers),
                allowed=f"0 seconds to {LONGEST_MEMORY}",
                mend="a shorter time also shuts out sooner who may no longer call",
            )


Authorizer = JwtIssuer | IamSignatures | LambdaCheck


@dataclass(frozen=True, slots=True)
class Authorization:
    """What a route needs to know of its authorizer."""

    kind: str
    authorizer_id: str | None = None
    scopes: tuple[str, ...] = ()


class Authorizers:
    """The authorizers of one API, each made once."""

    def __init__(self, api: Part, *, api_id: str) -> None:
        self._api = api
        self._api_id = api_id
        self._made: dict[str, tuple[Authorizer, str]] = {}

    def authorization(self, authorizer: Authorizer, *, scopes: Sequence[str] = ()) -> Authorization:
        """How a route is told of *authorizer*; *scopes* in place of the issuer's own."""
        if isinstance(authorizer, IamSignatures):
            self._refuse_scopes(scopes)
            return Authorization("AWS_IAM")
        if isinstance(authorizer, LambdaCheck):
            self._refuse_scopes(scopes)
            return Authorization("CUSTOM", self._id_of(authorizer))
        require_scopes(f"{self._api.path}: scopes", scopes)
        return Authorization("JWT", self._id_of(authorizer), tuple(scopes) or authorizer.scopes)

    def _id_of(self, authorizer: JwtIssuer | LambdaCheck) -> str:
        if authorizer.name not in self._made:
            home = Part(self._api, f"{authorizer.name}Authorizer")
            made = self._issuer(home, authorizer) if isinstance(authorizer, JwtIssuer) else self._check(home, authorizer)
            self._made[authorizer.name] = (authorizer, made)
        known, made = self._made[authorizer.name]
        if known != authorizer:
            raise ConfigurationError(
                f"{self._api.path}: authorizer",
                given=f"a second one named {authorizer.name!r}",
                allowed="a name for each authorizer of an API",
                mend="give it another name=",
            )
        return made

    def _issuer(self, home: Part, issuer: JwtIssuer) -> str:
        made = apigatewayv2.CfnAuthorizer(
            home,
            "Resource",
            api_id=self._api_id,
            name=issuer.name,
            authorizer_type="JWT",
            identity_source=["$request.header.Authorization"],
            jwt_configuration=apigatewayv2.CfnAuthorizer.JWTConfigurationProperty(issuer=issuer.url, audience=list(issuer.audiences)),
        )
        return made.ref

    def _check(self, home: Part, check: LambdaCheck) -> str:
        arn = check.function.function_arn
        seconds = int(check.remembers.total_seconds())
        sources = [f"$request.header.{header}" for header in check.headers]
        made = apigatewayv2.CfnAuthorizer(
            home,
            "Resource",
            api_id=self._api_id,
            name=check.name,
            authorizer_type="REQUEST",
            authorizer_payload_format_version="2.0",
            enable_simple_responses=True,
            authorizer_result_ttl_in_seconds=seconds,
            # A remembered answer would otherwise open every route that the same header asks for.
            identity_source=[*sources, "$context.routeKey"] if seconds else sources,
            authorizer_uri=f"arn:{PARTITION}:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations",
        )
        authorizer_id = made.ref
        lambda_.CfnPermission(
            home,
            "Invoke",
            action="lambda:InvokeFunction",
            function_name=arn,
            principal="apigateway.amazonaws.com",
            source_arn=f"arn:{PARTITION}:execute-api:{REGION}:{ACCOUNT_ID}:{self._api_id}/authorizers/{authorizer_id}",
        )
        return authorizer_id

    def _refuse_scopes(self, scopes: Sequence[str]) -> None:
        if scopes:
            raise ConfigurationError(
                f"{self._api.path}: scopes",
                given=", ".join(scopes),
                allowed="scopes on routes that a JwtIssuer guards",
                mend="leave them out, or hand over authorizer=JwtIssuer(...)",
            )


def require_scopes(where: str, scopes: Sequence[str]) -> None:
    """Refuse more scopes than a route can have."""
    if len(scopes) > MOST_SCOPES:
        raise ConfigurationError(
            where, given=f"{len(scopes)} scopes", allowed=f"{MOST_SCOPES} (a route's quota)", mend="use a scope that covers several"
        )
