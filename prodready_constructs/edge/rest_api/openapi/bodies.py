"""A schema of OpenAPI 3.0 as JSON Schema, draft 4: what API Gateway's models speak.

Source: https://spec.openapis.org/oas/v3.0.3#schema-object
"""

from __future__ import annotations

from typing import Any

from prodready_constructs.edge.rest_api.openapi.document import Document, Mapped
from prodready_constructs.edge.rest_api.schemas import DEFINITIONS, FORMATS, KEYWORDS, LISTED

#: What says nothing about whether a body is right, or is said in another way.
_SAID_ELSEWHERE = ("deprecated", "discriminator", "example", "externalDocs", "nullable", "readOnly", "writeOnly", "xml")
#: Of draft 4 and not of OpenAPI 3.0.
_NOT_HERE = ("$schema", "additionalItems", "definitions", "dependencies", "patternProperties")
_ALLOWED = (KEYWORDS - set(_NOT_HERE)) | set(_SAID_ELSEWHERE)


def draft_4(document: Document, schema: Any, *, line: int) -> dict[str, Any]:
    """*schema* with everything it refers to, as one schema that stands alone."""
    definitions: dict[str, Any] = {}
    body = _translated(document, schema, line, definitions)
    return {**body, "definitions": definitions} if definitions else body


def _translated(document: Document, schema: Any, line: int, definitions: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(schema, Mapped):
        document.refuse(line, given=schema, allowed="a schema: a mapping", mend="write {} where everything is accepted")
    if "$ref" in schema:
        return {"$ref": DEFINITIONS + _define(document, schema, definitions)}
    document.require_keys(schema, _ALLOWED, what="a schema of OpenAPI 3.0")
    made = {key: _part(document, schema, key, definitions) for key in schema if key in KEYWORDS}
    if made.get("format") not in (None, *FORMATS):
        # int32, int64, binary ... are hints for generators; draft 4 knows none of them.
        del made["format"]
    if isinstance(made.get("enum"), list):
        made["enum"] = [each for each in made["enum"] if each is not None]
    if made.get("default", ...) is None:
        del made["default"]
    required = [name for name in made.pop("required", ()) if not schema.mapping("properties").mapping(name).get("readOnly")]
    if required:
        made["required"] = required
    return _nullable(made) if schema.get("nullable") is True else made


def _define(document: Document, schema: Mapped, definitions: dict[str, Any]) -> str:
    if not str(schema["$ref"]).startswith("#/components/schemas/"):
        document.refuse(
            schema.line_of("$ref"), given=f"$ref: {schema['$ref']}", allowed="#/components/schemas/ and a name", mend="refer to a schema"
        )
    found, name = document.resolve(schema)
    if name not in definitions:
        # Its place is taken before it is filled: a schema may refer to itself.
        definitions[str(name)] = {}
        definitions[str(name)] = _translated(document, found, found.line, definitions)
    return str(name)


def _part(document: Document, schema: Mapped, key: str, definitions: dict[str, Any]) -> Any:
    value, line = schema[key], schema.line_of(key)
    if key == "properties":
        named = document.mapping(schema, key)
        return {name: _translated(document, each, named.line_of(name), definitions) for name, each in named.items()}
    if key in LISTED and isinstance(value, list):
        return [_translated(document, each, line, definitions) for each in value]
    if key in ("items", "not") or (key == "additionalProperties" and not isinstance(value, bool)):
        return _translated(document, value, line, definitions)
    if key == "required" and not isinstance(value, list):
        document.refuse(line, given=f"{key}: {value!r}", allowed="a list of property names", mend="list those that a body must have")
    return _plain(value)


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    kind = schema.get("type")
    if isinstance(kind, str) and "enum" not in schema:
        return {**schema, "type": [kind, "null"]}
    # A list of values with null in it would lose the null on its way through the template.
    return {"anyOf": [schema, {"type": "null"}]}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value
