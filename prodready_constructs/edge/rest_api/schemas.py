"""What API Gateway checks the body of a request against: JSON Schema, draft 4.

Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html
    https://datatracker.ietf.org/doc/html/draft-zyp-json-schema-04
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from prodready_constructs.errors import ConfigurationError

TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
FORMATS = ("date-time", "email", "hostname", "ipv4", "ipv6", "uri")
DRAFT_4 = "http://json-schema.org/draft-04/schema#"
DEFINITIONS = "#/definitions/"
#: The most a model may hold (API Gateway quotas, "Model size").
MOST_CHARACTERS = 400 * 1024
#: Keywords that hold a schema, schemas by name, or a list of schemas.
ONE = ("additionalItems", "additionalProperties", "items", "not")
NAMED = ("definitions", "patternProperties", "properties")
LISTED = ("allOf", "anyOf", "oneOf")
_KNOWN_TO_ALL = "the keywords of JSON Schema draft 4, which is what API Gateway's models speak"


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _names(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value) and len(set(value)) == len(value)


def _types(value: Any) -> bool:
    return value in TYPES if isinstance(value, str) else _names(value) and set(value) <= set(TYPES)


def _dependencies(value: Any) -> bool:
    return isinstance(value, Mapping) and all(_names(each) for each in value.values())


#: What the other keywords hold: a check, and its name for the message.
_VALUES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "$schema": (lambda value: value in (DRAFT_4, DRAFT_4.removesuffix("#")), DRAFT_4),
    "default": (lambda value: value is not None, "a value that is not null"),
    "dependencies": (_dependencies, "lists of property names by property name"),
    "description": (lambda value: isinstance(value, str), "text"),
    # CloudFormation's templates lose a null in a list.
    "enum": (
        lambda value: isinstance(value, list) and bool(value) and None not in value,
        "a list that is not empty; null as anyOf with type null",
    ),
    "format": (lambda value: value in FORMATS, ", ".join(FORMATS)),
    "multipleOf": (lambda value: _number(value) and value > 0, "a number above 0"),
    "pattern": (lambda value: isinstance(value, str), "a regular expression"),
    "required": (_names, "a list of property names, each once, that is not empty"),
    "title": (lambda value: isinstance(value, str), "text"),
    "type": (_types, f"one or several of {', '.join(TYPES)}"),
    "uniqueItems": (lambda value: isinstance(value, bool), "true or false"),
    **dict.fromkeys(("maximum", "minimum"), (_number, "a number")),
    # In later drafts a number of its own; in draft 4 it says how maximum and minimum are meant.
    **dict.fromkeys(
        ("exclusiveMaximum", "exclusiveMinimum"), (lambda value: isinstance(value, bool), "true or false, beside maximum or minimum")
    ),
    **dict.fromkeys(
        ("maxItems", "maxLength", "maxProperties", "minItems", "minLength", "minProperties"), (_count, "a whole number from 0")
    ),
}
KEYWORDS = frozenset({"$ref", *ONE, *NAMED, *LISTED, *_VALUES})


def require_draft_4(where: str, schema: Any) -> None:
    """Refuse a schema that API Gateway could not take, or that would ask for nothing.

    Raises:
        ConfigurationError: no object, a keyword of another draft or of none, a value that the keyword does not take, a reference to
            something outside the schema, or a schema that accepts every body.
    """
    if not isinstance(schema, Mapping) or not {"type", "$ref", "enum", *LISTED} & set(schema):
        raise ConfigurationError(
            where,
            given=schema,
            allowed="a JSON object with a type, such as {'type': 'object', 'required': ['name'], 'properties': {...}}",
            mend="say what the body is: a schema without a type accepts everything",
        )
    if (length := len(str(schema))) > MOST_CHARACTERS:
        raise ConfigurationError(
            where, given=f"{length} characters", allowed=f"{MOST_CHARACTERS} characters in a model", mend="say the same with definitions"
        )
    _check(where, "#", schema, definitions=frozenset(schema["definitions"] if isinstance(schema.get("definitions"), Mapping) else ()))


def _check(where: str, place: str, schema: Any, *, definitions: frozenset[str]) -> None:
    if not isinstance(schema, Mapping):
        raise ConfigurationError(
            f"{where}: {place}", given=schema, allowed="a schema: a JSON object", mend="write {} where everything is accepted"
        )
    for keyword, value in schema.items():
        here = f"{place}/{keyword}"
        if keyword not in KEYWORDS or (keyword == "definitions" and place != "#"):
            raise ConfigurationError(
                f"{where}: {place}",
                given=keyword,
                allowed=_KNOWN_TO_ALL,
                mend="correct its spelling, or say it as draft 4 does (const as an enum of one, $defs as definitions at the top)",
            )
        if keyword == "$ref":
            if not isinstance(value, str) or value.removeprefix(DEFINITIONS) not in definitions or not value.startswith(DEFINITIONS):
                raise ConfigurationError(
                    f"{where}: {here}",
                    given=value,
                    allowed=f"{DEFINITIONS} and a name of this schema's own definitions",
                    mend="put what it refers to into definitions: API Gateway fetches nothing",
                )
        elif keyword in ONE:
            if keyword.startswith("additional") and isinstance(value, bool):
                continue
            for each in value if keyword == "items" and isinstance(value, list) else [value]:
                _check(where, here, each, definitions=definitions)
        elif keyword in NAMED or keyword in LISTED:
            _check_many(where, here, value, wanted=Mapping if keyword in NAMED else list, definitions=definitions)
        elif not _VALUES[keyword][0](value):
            raise ConfigurationError(f"{where}: {here}", given=value, allowed=_VALUES[keyword][1], mend="correct it")


def _check_many(where: str, here: str, value: Any, *, wanted: Any, definitions: frozenset[str]) -> None:
    if not isinstance(value, wanted) or (wanted is list and not value):
        raise ConfigurationError(
            f"{where}: {here}",
            given=value,
            allowed="a list of schemas that is not empty" if wanted is list else "schemas by name",
            mend="correct it",
        )
    named: dict[Any, Any] = dict(value) if isinstance(value, Mapping) else dict(enumerate(value))
    for name, each in named.items():
        _check(where, f"{here}/{name}", each, definitions=definitions)
