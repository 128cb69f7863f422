"""A REST method that says what a request must have, and does not look."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, is_off, is_true
from prodready_constructs.evidence.assembly import Resource


def _looks(validators: list[Resource], name: str) -> bool:
    """Whether one of *validators* looks; what is decided at deployment may."""
    return any(not is_off(validator.get(name)) for validator in validators)


def _demanded(parameters: Any) -> list[str]:
    """What must be there and might not be: a path without its variable is another path."""
    if not isinstance(parameters, dict):
        return []
    return sorted(name for name, needed in parameters.items() if is_true(needed) and not name.startswith("method.request.path."))


def _find(subject: Subject) -> Iterator[Hit]:
    for method in subject.of_type("AWS::ApiGateway::Method"):
        given = method.get("RequestValidatorId")
        validators = subject.targets(method, given)
        if given is not None and not any(one.type == "AWS::ApiGateway::RequestValidator" for one in validators):
            # One of another app.
            continue
        if method.get("RequestModels") and not _looks(validators, "ValidateRequestBody"):
            yield hit(method, detail="Body", note="It has a model for the body.")
        if (demanded := _demanded(method.get("RequestParameters"))) and not _looks(validators, "ValidateRequestParameters"):
            yield hit(method, detail="Parameters", note=f"It demands {', '.join(demanded)}.")


RULE = Rule(
    name="RequestUnchecked",
    controls=("WEB-5",),
    why="Without a validator API Gateway only documents what a request must have: everything reaches the service.",
    fix="RequestValidatorId of a RequestValidator with ValidateRequestBody and ValidateRequestParameters, as edge.ProtectedRestApi has",
    find=_find,
)
