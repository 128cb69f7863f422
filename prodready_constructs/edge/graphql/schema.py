"""A GraphQL schema as AppSync takes it, parsed before anything is built from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from graphql import (
    DirectiveNode,
    DocumentNode,
    GraphQLError,
    Node,
    Source,
    build_ast_schema,
    concat_ast,
    get_location,
    parse,
    validate_schema,
)
from graphql import GraphQLSchema as Built
from graphql.validation.validate import validate_sdl

from prodready_constructs.errors import ConfigurationError

#: What AppSync brings and a schema may use. Source: AppSync developer guide, "Scalar types" and "Authorization and authentication".
_APPSYNC = """
scalar AWSDate  scalar AWSTime  scalar AWSDateTime  scalar AWSTimestamp  scalar AWSEmail
scalar AWSJSON  scalar AWSURL   scalar AWSPhone     scalar AWSIPAddress
directive @aws_auth(cognito_groups: [String!]!) on FIELD_DEFINITION
directive @aws_cognito_user_pools(cognito_groups: [String!]) on OBJECT | FIELD_DEFINITION
directive @aws_iam on OBJECT | FIELD_DEFINITION
directive @aws_oidc on OBJECT | FIELD_DEFINITION
directive @aws_api_key on OBJECT | FIELD_DEFINITION
directive @aws_lambda on OBJECT | FIELD_DEFINITION
directive @aws_subscribe(mutations: [String!]!) on FIELD_DEFINITION
directive @aws_publish(subscriptions: [String!]!) on FIELD_DEFINITION
directive @canonical on OBJECT | INPUT_OBJECT | INTERFACE | UNION | ENUM | FIELD_DEFINITION
directive @hidden on OBJECT | INPUT_OBJECT | INTERFACE | UNION | ENUM | FIELD_DEFINITION
directive @renamed(to: String!) on OBJECT | INPUT_OBJECT | INTERFACE | UNION | ENUM | FIELD_DEFINITION
"""
#: The largest schema AppSync takes, in bytes (AppSync endpoints and quotas, "Schema document size": 1 MB).
LARGEST_SCHEMA = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphqlSchema:
    """A schema that parses, and what a GraphQL API asks of it. Made by ``from_file`` or ``from_text``.

    Attributes:
        name: where it came from: ``schema.graphql``.
        text: as it was written.
        fields: object type -> field -> the arguments it takes.
        query: the schema's name of its query type; roots: this one and that of its mutation type.
        directives: authorization directive of AppSync -> the first place that uses it.
    """

    name: str
    text: str
    fields: Mapping[str, Mapping[str, frozenset[str]]]
    query: str
    roots: frozenset[str]
    directives: Mapping[str, str]

    @classmethod
    def from_file(cls, path: str | Path) -> GraphqlSchema:
        """The schema in a file.

        Raises:
            ConfigurationError: a file that is not there or does not parse: file, line, column and reason.
        """
        file = Path(path)
        if not file.is_file():
            raise ConfigurationError(str(path), given="no such file", allowed="a file of GraphQL SDL", mend="give the path of the schema")
        return cls.from_text(file.read_text(encoding="utf-8"), name=str(path))

    @classmethod
    def from_text(cls, text: str, *, name: str = "schema") -> GraphqlSchema:
        """The schema in *text*; *name* opens the messages.

        Raises:
            ConfigurationError: a schema that does not parse: name, line, column and reason.
        """
        size = len(text.encode())
        if size > LARGEST_SCHEMA:
            raise ConfigurationError(
                name,
                given=f"{size} bytes",
                allowed=f"{LARGEST_SCHEMA} bytes, AppSync's limit",
                mend="split the API: AppSync merges several",
            )
        document, schema = _parsed(text, name)
        objects = {
            kind.name: {field: frozenset(made.args) for field, made in kind.fields.items()}
            for kind in schema.type_map.values()
            if hasattr(kind, "fields") and hasattr(kind, "interfaces") and not kind.name.startswith("__")
        }
        query, mutation = (kind.name if kind else "" for kind in (schema.query_type, schema.mutation_type))
        _require_mutations(name, document, objects.get(mutation, {}))
        roots = frozenset({query, mutation} - {""})
        return cls(name=name, text=text, fields=objects, query=query, roots=roots, directives=_directives(document, name))


def _parsed(text: str, name: str) -> tuple[DocumentNode, Built]:
    document, errors = DocumentNode(), []
    try:
        document = parse(Source(text, name))
    except GraphQLError as error:
        errors = [error]
    _require_none(name, errors)
    _require_no_scalar(name, document)
    whole = concat_ast([parse(_APPSYNC), document])
    _require_none(name, validate_sdl(whole))
    schema = build_ast_schema(whole, assume_valid_sdl=True)
    _require_none(name, validate_schema(schema))
    return document, schema


def _require_none(name: str, errors: list[GraphQLError]) -> None:
    if not errors:
        return
    first = errors[0]
    # The last place is what clashes with the first, which may stand in AppSync's own part.
    place = f":{first.locations[-1].line}:{first.locations[-1].column}" if first.locations else ""
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    raise ConfigurationError(
        f"{name}{place}",
        given=first.message.removeprefix("Syntax Error: ") + more,
        allowed="a GraphQL schema (SDL) with AppSync's scalars and directives",
        mend="correct that place",
    )


def _require_no_scalar(name: str, document: DocumentNode) -> None:
    for node in document.definitions:
        if node.kind in {"scalar_type_definition", "directive_definition"}:
            what = f"{'scalar' if node.kind.startswith('scalar') else 'directive'} {node.name.value}"  # type: ignore[attr-defined]
            raise ConfigurationError(
                f"{name}:{_place(node)}",
                given=f"a definition of the {what}",
                allowed="the scalars and directives AppSync brings; it has no others",
                mend="leave it out, and use String or AWSJSON where AppSync has no such scalar",
            )


def _require_mutations(name: str, document: DocumentNode, mutations: Mapping[str, object]) -> None:
    for directive, place in _used(document, {"aws_subscribe"}):
        for argument in directive.arguments or ():
            for value in getattr(argument.value, "values", ()):
                if value.value not in mutations:
                    raise ConfigurationError(
                        f"{name}:{place}",
                        given=f"@aws_subscribe to the mutation {value.value}",
                        allowed=f"mutations of the schema: {', '.join(sorted(mutations)) or 'it has none'}",
                        mend="name a mutation, or add it",
                    )


def _directives(document: DocumentNode, name: str) -> dict[str, str]:
    wanted = {"aws_auth", "aws_cognito_user_pools", "aws_iam", "aws_oidc", "aws_api_key", "aws_lambda"}
    found: dict[str, str] = {}
    for directive, place in _used(document, wanted):
        found.setdefault(directive.name.value, f"{name}:{place}")
    return found


def _used(document: DocumentNode, names: set[str]) -> list[tuple[DirectiveNode, str]]:
    nodes = [node for definition in document.definitions for node in (definition, *(getattr(definition, "fields", None) or ()))]
    return [
        (directive, _place(directive))
        for node in nodes
        for directive in getattr(node, "directives", None) or ()
        if directive.name.value in names
    ]


def _place(node: Node) -> str:
    if node.loc is None:
        return "?"
    found = get_location(node.loc.source, node.loc.start)
    return f"{found.line}:{found.column}"
