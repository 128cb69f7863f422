"""An OpenAPI file as the operations that API Gateway shall have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prodready_constructs.edge.rest_api.methods import VERBS, Guard
from prodready_constructs.edge.rest_api.openapi.bodies import draft_4
from prodready_constructs.edge.rest_api.openapi.document import Document, Mapped
from prodready_constructs.edge.rest_api.openapi.security import Authorizers, Security
from prodready_constructs.edge.rest_api.paths import PART, RESERVED
from prodready_constructs.edge.rest_api.schemas import require_draft_4

#: What API Gateway imports too (API Gateway developer guide, "Develop REST APIs using OpenAPI"); 3.1 has another JSON Schema.
_VERSION = re.compile(r"3\.0\.\d+")
_PATH = re.compile(rf"/|(/{PART})+")
_VARIABLE = re.compile(r"\{([^}]+)\}")
_METHODS = {verb.lower(): verb for verb in VERBS}
_TOP = ("components", "externalDocs", "info", "openapi", "paths", "security", "servers", "tags")
_IN_PATH = ("description", "parameters", "servers", "summary", *_METHODS)
_IN_OPERATION = (
    *("callbacks", "deprecated", "description", "externalDocs", "operationId", "parameters", "requestBody", "responses", "security"),
    *("servers", "summary", "tags"),
)
#: What a required parameter is called in API Gateway; a header of these names OpenAPI itself ignores.
_PLACES = {"query": "querystring", "header": "header"}
_UNHEARD = ("accept", "authorization", "content-type")
_NAME = re.compile(r"[A-Za-z0-9._$-]+")
_JSON = "application/json"
_EXTENSION = re.compile(r"x-amazon-|x-amzn-", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The schema of a body in JSON, and whether JSON is the only type there is: others pass the gateway as they are."""

    schema: Mapping[str, Any]
    alone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method: whom it asks, what it demands, and what its body is."""

    path: str
    method: str
    guard: Guard
    required: tuple[str, ...]
    body: Body | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenApi:
    """The operations of an OpenAPI file, each with its authorizer: ``OpenApi.from_file("api.yaml", authorizers={"users": authorizer})``.

    Attributes:
        file: its name, for messages.
        operations: what it describes.
    """

    file: str
    operations: tuple[Operation, ...]

    @classmethod
    def from_file(cls, file: str | Path, *, authorizers: Authorizers, public: Mapping[str, str] | None = None) -> OpenApi:
        """Read *file*, and refuse it where API Gateway could not keep its word.

        The file says what there is and that callers are known; the code says who checks it, and what is open.

        Args:
            file: OpenAPI 3.0, as YAML or JSON.
            authorizers: name of a security scheme of the file -> what checks it; None for IAM signatures.
            public: ``GET /health`` -> why everybody may call it, in at least 40 characters; the file has no security there.

        Raises:
            ConfigurationError: with file and line: what does not parse, OpenAPI of another version, a path, key or reference that API Gateway
                does not have, an operation without security that the code does not open, a scheme that is not declared or not checked, an
                extension of API Gateway (its integrations and authorizers are this library's).

        Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api.html
        """
        document = Document(file)
        _require_version(document)
        _refuse_extensions(document, document.root, [])
        document.require_keys(document.root, _TOP, what="an OpenAPI file")
        _refuse_base_paths(document)
        security = Security(document, authorizers=authorizers, public=public or {})
        operations = tuple(_operations(document, security))
        security.require_all_opened()
        if not operations:
            document.refuse(
                document.root.line_of("paths"), given="no operation", allowed="one or more", mend="describe the API under paths"
            )
        return cls(file=document.name, operations=operations)


def _require_version(document: Document) -> None:
    version = document.root.get("openapi", f"swagger {document.root['swagger']}" if "swagger" in document.root else None)
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        document.refuse(
            document.root.line_of("openapi"),
            given=f"openapi: {version}",
            allowed="openapi: 3.0.0 to 3.0.4",
            mend="convert it: API Gateway takes no OpenAPI 3.1, and the roles of 2.0 are not told apart here",
        )


def _refuse_extensions(document: Document, value: Any, seen: list[int]) -> None:
    if id(value) in seen:
        return
    if isinstance(value, dict | list):
        seen.append(id(value))
    if isinstance(value, Mapped):
        for key in value:
            if _EXTENSION.match(key):
                document.refuse(
                    value.line_of(key),
                    given=key,
                    allowed="no extension of API Gateway: integrations, authorizers, validators and policies are made by this library",
                    mend="remove it: every operation goes to the load balancer by the VPC link",
                )
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _refuse_extensions(document, each, seen)


def _refuse_base_paths(document: Document) -> None:
    servers = document.root.get("servers")
    for server in servers if isinstance(servers, list) else []:
        url = str(server.get("url", "")) if isinstance(server, Mapped) else ""
        if re.sub(r"^[a-z]+://[^/]*", "", url).strip("/"):
            document.refuse(
                server.line_of("url"),
                given=f"url: {url}",
                allowed="servers without a path of their own",
                mend="begin every path with it: the service gets the path as it stands under paths",
            )


def _operations(document: Document, security: Security) -> Iterator[Operation]:
    paths = document.mapping(document.root, "paths")
    variables: dict[str, str] = {}
    for path, item in paths.items():
        if path.startswith("x-"):
            continue
        _require_path(document, path, paths.line_of(path), variables)
        if not isinstance(item, Mapped):
            document.refuse(paths.line_of(path), given=f"{path}: {item!r}", allowed="operations by method", mend="describe one below it")
        document.require_keys(item, _IN_PATH, what="a path (a preflight is answered by the gateway, TRACE by nobody)")
        for key, method in _METHODS.items():
            if key in item:
                operation = document.mapping(item, key)
                operation.line = item.line_of(key)
                document.require_keys(operation, _IN_OPERATION, what="an operation")
                yield Operation(
                    path=path,
                    method=method,
                    guard=security.guard(operation, f"{method} {path}"),
                    required=_required(document, path, item, operation),
                    body=_body(document, operation, method),
                )


def _require_path(document: Document, path: str, line: int, variables: dict[str, str]) -> None:
    """Refuse what API Gateway has no resource for; *variables*: path before a variable -> its name."""
    rivals = False
    for match in _VARIABLE.finditer(path):
        before = _VARIABLE.sub("{}", path[: match.start()])
        rivals = rivals or variables.setdefault(before, match.group(1)) != match.group(1)
    if not _PATH.fullmatch(path) or path in RESERVED or rivals:
        document.refuse(
            line,
            given=path,
            allowed="paths of whole parts such as /orders/{id}, with one name for the variable at each place",
            mend="write every path out (a wildcard would take in what is not described), without a closing '/', and leave /ping and /sping to "
            "API Gateway",
        )


def _required(document: Document, path: str, item: Mapped, operation: Mapped) -> tuple[str, ...]:
    """What API Gateway refuses a request without. It checks that a parameter is there, not what it is."""
    found: dict[tuple[str, str], Mapped] = {}
    for holder in (item, operation):
        for each in holder.get("parameters") or []:
            if not isinstance(each, Mapped):
                document.refuse(holder.line_of("parameters"), given=each, allowed="parameters", mend="give each a name and a place (in)")
            parameter, _ = document.resolve(each)
            place, name = str(parameter.get("in")), str(parameter.get("name"))
            if place not in (*_PLACES, "path", "cookie") or "name" not in parameter:
                document.refuse(parameter.line, given=f"in: {place}", allowed="cookie, header, path, query, with a name", mend="correct it")
            found[place, name] = parameter
    declared = {name for place, name in found if place == "path"}
    if declared != (wanted := set(_VARIABLE.findall(path))):
        document.refuse(
            operation.line,
            given=f"path parameters {', '.join(sorted(declared)) or 'none'} of {path}",
            allowed=", ".join(sorted(wanted)) or "none",
            mend="declare each variable of the path, and no other",
        )
    needed = [
        (place, name, parameter)
        for (place, name), parameter in found.items()
        if place in _PLACES and parameter.get("required") is True and not (place == "header" and name.lower() in _UNHEARD)
    ]
    for place, name, parameter in needed:
        if not _NAME.fullmatch(name):
            document.refuse(
                parameter.line,
                given=f"the required {place} parameter {name}",
                allowed="letters, digits, '.', '_', '$' and '-' in what API Gateway shall ask for",
                mend="rename it, or let the service ask for it (required: false)",
            )
    return tuple(f"{_PLACES[place]}.{name}" for place, name, _ in needed)


def _body(document: Document, operation: Mapped, method: str) -> Body | None:
    if "requestBody" not in operation:
        return None
    line = operation.line_of("requestBody")
    if method in ("GET", "HEAD"):
        document.refuse(line, given=f"a body of {method}", allowed="bodies of DELETE, PATCH, POST and PUT", mend="use query strings")
    body, _ = document.resolve(document.mapping(operation, "requestBody"))
    contents = document.mapping(body, "content")
    if not contents:
        document.refuse(line, given="a body without content", allowed="application/json and its schema", mend="say what the body is")
    if _JSON not in contents:
        return None
    content = document.mapping(contents, _JSON)
    schema = draft_4(document, content.get("schema"), line=content.line_of("schema"))
    require_draft_4(f"{document.name}:{content.line_of('schema')}: schema", schema)
    return Body(schema=schema, alone=list(contents) == [_JSON])
