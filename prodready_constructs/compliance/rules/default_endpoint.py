"""An API with a name of its own whose first name still answers."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, is_true
from prodready_constructs.evidence.assembly import Resource

#: Mapping -> the property that names the API.
MAPPINGS = {
    "AWS::ApiGateway::BasePathMapping": "RestApiId",
    "AWS::ApiGateway::BasePathMappingV2": "RestApiId",
    "AWS::ApiGatewayV2::ApiMapping": "ApiId",
}


def _is_off(api: Resource) -> bool:
    imported = api.get("Body", "x-amazon-apigateway-endpoint-configuration", "disableExecuteApiEndpoint")
    return is_true(api.get("DisableExecuteApiEndpoint")) or is_true(imported)


def _find(subject: Subject) -> Iterator[Hit]:
    mapped = {api for kind, name in MAPPINGS.items() for one in subject.of_type(kind) for api in subject.targets(one, one.get(name))}
    for api in subject.of_type("AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api"):
        if api in mapped and not _is_off(api):
            yield hit(api)


RULE = Rule(
    name="DefaultEndpointOpen",
    controls=("WEB-5",),
    why="Callers go around what the API's own name brings (CloudFront, its TLS policy, client certificates) by the execute-api address.",
    fix="DisableExecuteApiEndpoint: true, as edge.ProtectedRestApi and edge.ProtectedHttpApi set it with a domain",
    find=_find,
)
