"""A way into an API that asks nobody who they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, document, hit, mappings

NOBODY = (None, "NONE")
#: An API key tells callers apart and is no sign-in: it is the same for everybody who has the program that carries it.
#: Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
KEY = "API_KEY"
ANY = "x-amazon-apigateway-any-method"
OPERATIONS = ("get", "put", "post", "delete", "patch", "head", "trace", ANY)


def _rest(subject: Subject) -> Iterator[Hit]:
    for method in subject.of_type("AWS::ApiGateway::Method"):
        # A browser asks with OPTIONS before it may send credentials.
        if method.get("HttpMethod") != "OPTIONS" and method.get("AuthorizationType") in NOBODY:
            yield hit(method)


def _routes(subject: Subject) -> Iterator[Hit]:
    for route in subject.of_type("AWS::ApiGatewayV2::Route"):
        key = str(route.get("RouteKey"))
        sockets = any(api.get("ProtocolType") == "WEBSOCKET" for api in subject.targets(route, route.get("ApiId")))
        # A WebSocket is opened by $connect; the messages after it come from whoever was let in there.
        if key.startswith("OPTIONS ") or (sockets and key != "$connect"):
            continue
        if route.get("AuthorizationType") in NOBODY:
            yield hit(route)
    for api in subject.of_type("AWS::ApiGatewayV2::Api"):
        if api.get("Target") is not None:
            yield hit(api, detail="Target", note="The route that Target makes has no authorizer.")
    yield from (hit(url) for url in subject.of_type("AWS::Lambda::Url") if url.get("AuthType") in NOBODY)


def _graphql(subject: Subject) -> Iterator[Hit]:
    note = "Whoever has the key may call it."
    for api in subject.of_type("AWS::AppSync::GraphQLApi"):
        if api.get("AuthenticationType") == KEY:
            yield hit(api, note=note)
    for api in subject.of_type("AWS::AppSync::Api"):
        for part in ("ConnectionAuthModes", "DefaultPublishAuthModes", "DefaultSubscribeAuthModes"):
            if any(mode.get("AuthType") == KEY for mode in mappings(api.get("EventConfig", part))):
                yield hit(api, detail=part, note=note)
    for channel in subject.of_type("AWS::AppSync::ChannelNamespace"):
        for part in ("PublishAuthModes", "SubscribeAuthModes"):
            if any(mode.get("AuthType") == KEY for mode in mappings(channel.get(part))):
                yield hit(channel, detail=part, note=note)


def _imported(subject: Subject) -> Iterator[Hit]:
    for api in subject.of_type("AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api"):
        if api.get("BodyS3Location") is not None:
            yield hit(api, detail="BodyS3Location", note="Its definition lies in a bucket, where nobody can judge it: put it into Body.")
        body = document(api.get("Body"))
        for path, operations in (body.get("paths") or {}).items():
            for name in OPERATIONS:
                operation = operations.get(name) if isinstance(operations, dict) else None
                if isinstance(operation, dict) and not _guarded(operation, body):
                    method = "ANY" if name == ANY else name.upper()
                    yield hit(api, detail=f"{method} {path}", note=f"Nothing in its definition guards {method} {path}.")


def _guarded(operation: dict[str, Any], body: dict[str, Any]) -> bool:
    """Whether every alternative that the operation accepts has an authorizer or a signature."""
    if (operation.get("x-amazon-apigateway-auth") or {}).get("type") == "AWS_IAM":
        return True
    schemes: dict[str, Any] = body.get("securityDefinitions") or (body.get("components") or {}).get("securitySchemes") or {}
    alternatives = list(mappings(operation.get("security", body.get("security"))))
    return bool(alternatives) and all(any(_authorizes(schemes.get(name)) for name in each) for each in alternatives)


def _authorizes(scheme: Any) -> bool:
    # API Gateway acts on its own extensions; a scheme without one is documentation.
    return isinstance(scheme, dict) and (
        isinstance(scheme.get("x-amazon-apigateway-authorizer"), dict) or scheme.get("x-amazon-apigateway-authtype") == "awsSigv4"
    )


def _find(subject: Subject) -> Iterator[Hit]:
    for part in (_rest, _routes, _graphql, _imported):
        yield from part(subject)


RULE = Rule(
    name="OpenMethod",
    controls=("WEB-5", "WEB-6"),
    why="Anyone on the internet may call it without saying who they are.",
    fix="give it an authorizer (Cognito, JWT, IAM or Lambda); in edge.ProtectedRestApi, edge.ProtectedHttpApi and edge.ProtectedGraphqlApi every "
    "method has one, and public(reason=...) waives this rule where a method is meant to be open",
    find=_find,
)
