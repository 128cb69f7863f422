"""Who an OpenAPI file says may call an operation, and who checks it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_apigateway as apigateway

from prodready_constructs.edge.rest_api.methods import Guard
from prodready_constructs.edge.rest_api.openapi.document import Document, Mapped
from prodready_constructs.edge.rest_api.public import require_reason
from prodready_constructs.errors import ConfigurationError

#: Scheme of the file -> what checks it; IAM signatures when None.
Authorizers = Mapping[str, apigateway.IAuthorizer | None]


class Security:
    """The security of one file: its schemes with their authorizers, and what the code opens."""

    def __init__(self, document: Document, *, authorizers: Authorizers, public: Mapping[str, str]) -> None:
        self._document = document
        self._authorizers = authorizers
        self._public = dict(public)
        self._schemes = document.mapping(document.mapping(document.root, "components"), "securitySchemes")
        for name in authorizers:
            if name not in self._schemes:
                document.refuse(
                    self._schemes.line,
                    given=f"an authorizer for {name}",
                    allowed=f"the schemes of the file: {', '.join(self._schemes) or 'none'}",
                    mend="declare it under components/securitySchemes, or correct its name",
                )
        for name, reason in public.items():
            require_reason(f"{document.name}: public {name}: reason", reason)

    def guard(self, operation: Mapped, name: str) -> Guard:
        """Who is asked before the operation *name* (``GET /orders``) is called.

        Raises:
            ConfigurationError: nobody, although the code does not open it; somebody, although the code does; a scheme that is not declared,
                has no authorizer, or cannot be checked by API Gateway.
        """
        holder = operation if "security" in operation else self._document.root
        line = holder.line_of("security") if "security" in operation else operation.line
        wanted = holder.get("security")
        alternatives = wanted if isinstance(wanted, list) else []
        if "security" in holder and not isinstance(wanted, list):
            self._document.refuse(line, given=f"{name}: security: {wanted!r}", allowed="a list of schemes", mend="list them: - users: []")
        nobody = not alternatives or {} in alternatives
        if name in self._public:
            if not nobody:
                self._document.refuse(
                    line,
                    given=f"{name} with security, opened by the code",
                    allowed="the same in both",
                    mend="write security: [] into the operation, or leave it out of public",
                )
            return Guard(reason=self._public.pop(name))
        if nobody:
            self._document.refuse(
                line,
                given=f"{name} without security",
                allowed="a scheme with an authorizer for every operation",
                mend=f"name one under security, or open it from the code: public={{'{name}': 'who calls it, and why that is harmless'}}",
            )
        return self._one(alternatives, name, line)

    def _one(self, alternatives: list[Any], name: str, line: int) -> Guard:
        """API Gateway asks one authorizer, and is content with one of the scopes."""
        schemes: dict[str, None] = {}
        scopes: list[str] = []
        for each in alternatives:
            one = list(each.items()) if isinstance(each, Mapped) else []
            listed = one[0][1] if one else None
            if len(one) != 1 or not isinstance(listed, list) or len(listed) > 1:
                self._document.refuse(
                    line,
                    given=f"{name}: security: {each!r}",
                    allowed="one scheme with one scope at most in each alternative",
                    mend="API Gateway asks one authorizer and is content with any scope: let the service check the others",
                )
            scheme = one[0][0]
            if scheme not in self._schemes:
                self._document.refuse(
                    line,
                    given=f"{name}: the scheme {scheme}",
                    allowed=f"those that are declared: {', '.join(self._schemes) or 'none'}",
                    mend="declare it under components/securitySchemes",
                )
            schemes[scheme] = None
            scopes += listed
        if len(schemes) > 1 or (scopes and len(scopes) < len(alternatives)):
            self._document.refuse(
                line,
                given=f"{name}: security by {', '.join(schemes)}",
                allowed="alternatives of one scheme, all with a scope or all without",
                mend="API Gateway asks one authorizer for a method: let one accept both",
            )
        return self._checked(next(iter(schemes)), tuple(dict.fromkeys(scopes)), name, line)

    def _checked(self, scheme: str, scopes: tuple[str, ...], name: str, line: int) -> Guard:
        if scheme not in self._authorizers:
            self._document.refuse(
                line,
                given=f"{name}: the scheme {scheme}, which nobody checks",
                allowed=f"schemes with an authorizer: {', '.join(self._authorizers) or 'none'}",
                mend=f"say who does: authorizers={{'{scheme}': authorizer}}, or None for IAM signatures",
            )
        authorizer = self._authorizers[scheme]
        if scopes and not isinstance(authorizer, apigateway.CognitoUserPoolsAuthorizer):
            self._document.refuse(
                line,
                given=f"{name}: the scope {scopes[0]}",
                allowed="scopes where a user pool is the authorizer",
                mend="API Gateway reads scopes of a user pool's tokens only: let this authorizer decide by the method's ARN, and remove them",
            )
        return Guard(authorizer=authorizer, scopes=scopes)

    def require_all_opened(self) -> None:
        """Refuse what the code opens and the file does not have."""
        for name in self._public:
            raise ConfigurationError(
                f"{self._document.name}: public",
                given=name,
                allowed="operations of the file, such as 'GET /health'",
                mend="correct the path and the method in capitals, or leave it out",
            )
