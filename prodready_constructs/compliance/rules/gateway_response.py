"""A REST API whose own errors tell strangers what is behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit
from prodready_constructs.evidence.assembly import Resource, flat

KINDS = ("DEFAULT_4XX", "DEFAULT_5XX")
#: The gateway's own words: a refused signature is answered with the ARN of caller and method.
OWN_WORDS = "$context.error.message"


def _told(template: Any) -> str | None:
    """What is wrong with the bodies of an answer, by content type."""
    if not isinstance(template, dict) or not template:
        return "has no template of its own"
    return f"repeats {OWN_WORDS}" if any(OWN_WORDS in flat(body) for body in template.values()) else None


def _answers(subject: Subject, api: Resource) -> dict[str, Any]:
    """Kind -> bodies, of the answers that *api* makes itself: as resources, or in its definition."""
    imported = api.get("Body", "x-amazon-apigateway-gateway-responses")
    found = {
        str(kind): answer.get("responseTemplates")
        for kind, answer in (imported.items() if isinstance(imported, dict) else ())
        if isinstance(answer, dict)
    }
    for answer in subject.of_type("AWS::ApiGateway::GatewayResponse"):
        if api in subject.targets(answer, answer.get("RestApiId")):
            found[str(answer.get("ResponseType"))] = answer.get("ResponseTemplates")
    return found


def _find(subject: Subject) -> Iterator[Hit]:
    for api in subject.of_type("AWS::ApiGateway::RestApi"):
        # A definition that is text, or lies elsewhere, may have them.
        if isinstance(api.get("Body"), str) or api.get("BodyS3Location") is not None:
            continue
        answers = _answers(subject, api)
        for kind in KINDS:
            if kind not in answers:
                yield hit(api, detail=kind, note=f"It has no {kind}.")
        for kind, bodies in answers.items():
            if wrong := _told(bodies):
                yield hit(api, detail=kind, note=f"Its {kind} {wrong}.")


RULE = Rule(
    name="GatewayResponseTells",
    controls=("WEB-5",),
    why="An error that API Gateway makes itself says account, role and resource names, and carries no security header.",
    fix="GatewayResponses DEFAULT_4XX and DEFAULT_5XX with a ResponseTemplate of error type and request id, as edge.ProtectedRestApi has",
    find=_find,
)
