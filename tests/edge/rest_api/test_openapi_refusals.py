"""What an OpenAPI file may not say: refused with file, line and reason, before anything is made."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

import aws_cdk as cdk
import pytest
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cognito as cognito

from prodready_constructs.edge import OpenApi
from prodready_constructs.edge.rest_api.openapi.document import Document
from prodready_constructs.errors import ConfigurationError
from tests.edge.rest_api.test_openapi_rest_api import HEALTH, SPECIFICATIONS, clean
from tests.edge.rest_api.test_rest_api_methods import REASON
from tests.support.synthesis import new_stack

pytestmark = pytest.mark.control("WEB-5", "LIB-2")
#: One operation, signed; tests add to it or change it.
BASE = """\
openapi: 3.0.3
info: {title: Orders, version: "1"}
security: [{signed: []}]
paths:
  /orders:
    post:
      responses: {}
components:
  securitySchemes:
    signed: {type: apiKey, in: header, name: Authorization}
"""
SIGNED: Mapping[str, apigateway.IAuthorizer | None] = {"signed": None}


def refused(tmp_path: Path, text: str, message: str, *, name: str = "api.yaml", public: Mapping[str, str] | None = None) -> None:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=rf"/{name}:{message}"):
        OpenApi.from_file(file, authorizers=SIGNED, public=public)


def operation(lines: str) -> str:
    """BASE with *lines* in its operation, which begin on line 7."""
    return BASE.replace("      responses: {}\n", "".join(f"      {line}\n" for line in dedent(lines).strip("\n").splitlines()))


def test_the_clean_one_is_taken() -> None:
    assert [f"{one.method} {one.path}" for one in clean(a_pool()).operations] == [
        "GET /orders",
        "POST /orders",
        "GET /orders/{order}",
        "PUT /orders/{order}",
        "DELETE /orders/{order}/lines/{line}",
        "GET /health",
    ]


def a_pool() -> apigateway.IAuthorizer:
    stack: cdk.Stack = new_stack()
    return apigateway.CognitoUserPoolsAuthorizer(stack, "Users", cognito_user_pools=[cognito.UserPool(stack, "Pool")])


def test_an_operation_that_nobody_closed_is_refused_by_path_and_method() -> None:
    message = (
        r"open.yaml:14: got 'POST /payments/\{payment\}/refund without security'; allowed: a scheme with an authorizer for every operation; name one "
        r"under security, or open it from the code: public=\{'POST /payments/\{payment\}/refund': 'who calls it, and why that is harmless'\}$"
    )
    with pytest.raises(ConfigurationError, match=message):
        OpenApi.from_file(SPECIFICATIONS / "open.yaml", authorizers={"merchants": a_pool()})


def test_a_file_that_does_not_parse_is_refused_by_line() -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"broken.yaml:10: got \"expected ',' or '}', but got '{'\"; allowed: YAML; mend this line, or the one above it$",
    ):
        OpenApi.from_file(SPECIFICATIONS / "broken.yaml", authorizers={})


@pytest.mark.parametrize(
    ("security", "line", "message"),
    [
        ("security: []", 6, "'POST /orders without security'; allowed: a scheme with an authorizer for every operation"),
        ("security: [{}]", 6, "'POST /orders without security'; allowed: a scheme"),
        ("security: [{signed: []}, {}]", 6, "'POST /orders without security'; allowed: a scheme"),
        ("security: signed", 6, r"\"POST /orders: security: 'signed'\"; allowed: a list of schemes; list them: - users: \[\]$"),
        (
            "security: [signed]",
            6,
            r"\"POST /orders: security: 'signed'\"; allowed: one scheme with one scope at most in each alternative; API Gateway asks",
        ),
        (
            "security: [{signed: [], key: []}]",
            6,
            r".*; allowed: one scheme with one scope at most in each alternative; API Gateway asks one authorizer",
        ),
        (
            "security: [{signed: [a, b]}]",
            6,
            r".*; allowed: one scheme with one scope at most in each alternative; API Gateway asks one authorizer",
        ),
        (
            "security: [{sined: []}]",
            6,
            r"'POST /orders: the scheme sined'; allowed: those that are declared: signed, other; declare it under",
        ),
        (
            "security: [{signed: []}, {other: []}]",
            6,
            r"'POST /orders: security by signed, other'; allowed: alternatives of one scheme, all with a scope",
        ),
        (
            "security: [{signed: []}, {signed: [a]}]",
            6,
            r"'POST /orders: security by signed'; allowed: alternatives of one scheme, all with a scope",
        ),
        (
            "security: [{other: []}]",
            6,
            r"'POST /orders: the scheme other, which nobody checks'; allowed: schemes with an authorizer: signed; say who does",
        ),
        (
            "security: [{signed: [orders]}]",
            6,
            r"'POST /orders: the scope orders'; allowed: scopes where a user pool is the authorizer; API Gateway reads",
        ),
    ],
)
def test_security_that_api_gateway_could_not_keep(tmp_path: Path, security: str, line: int, message: str) -> None:
    text = operation(f"{security}\nresponses: {{}}") + "    other: {type: http, scheme: bearer}\n"
    refused(tmp_path, text, rf"{line + 1}: got {message}")


def test_a_file_without_any_security_is_refused(tmp_path: Path) -> None:
    refused(tmp_path, BASE.replace("security: [{signed: []}]\n", ""), r"5: got 'POST /orders without security'; allowed: a scheme")


@pytest.mark.parametrize("scheme", ["users", "Signed"])
def test_an_authorizer_for_a_scheme_that_is_not_declared(tmp_path: Path, scheme: str) -> None:
    (tmp_path / "api.yaml").write_text(BASE)
    with pytest.raises(
        ConfigurationError,
        match=rf"api.yaml:10: got 'an authorizer for {scheme}'; allowed: the schemes of the file: signed; declare it under components/securitySchemes, or",
    ):
        OpenApi.from_file(tmp_path / "api.yaml", authorizers={scheme: None})


def test_only_the_code_opens_and_the_file_agrees(tmp_path: Path) -> None:
    refused(
        tmp_path,
        BASE,
        r"6: got 'POST /orders with security, opened by the code'; allowed: the same in both; write security: \[\] into the operation, or leave it out of public$",
        public={"POST /orders": REASON},
    )
    with pytest.raises(
        ConfigurationError,
        match=r"clean.yaml: public: got 'GET /helth'; allowed: operations of the file, such as 'GET /health'; correct the path and the method in capitals",
    ):
        OpenApi.from_file(
            SPECIFICATIONS / "clean.yaml", authorizers={"users": a_pool(), "signed": None}, public={**HEALTH, "GET /helth": REASON}
        )
    with pytest.raises(
        ConfigurationError,
        match=r"clean.yaml: public GET /health: reason: got 'open'; allowed: a reason of at least 40 characters; say who",
    ):
        OpenApi.from_file(SPECIFICATIONS / "clean.yaml", authorizers={"users": a_pool(), "signed": None}, public={"GET /health": "open"})


@pytest.mark.parametrize(
    ("version", "given"),
    [
        ("openapi: 3.1.0", "openapi: 3.1.0"),
        ("swagger: '2.0'", "openapi: swagger 2.0"),
        ("openapi: 3.0", "openapi: 3.0"),
        ("title: x", "openapi: None"),
    ],
)
def test_other_versions(tmp_path: Path, version: str, given: str) -> None:
    text = BASE.replace("openapi: 3.0.3", version)
    refused(
        tmp_path,
        text,
        rf"1: got '{given}'; allowed: openapi: 3.0.0 to 3.0.4; convert it: API Gateway takes no OpenAPI 3.1, and the roles of 2.0 are not",
    )


@pytest.mark.parametrize(
    "extension",
    [
        "x-amazon-apigateway-integration: {type: mock}",
        "x-amazon-apigateway-auth: {type: NONE}",
        "X-Amazon-apigateway-request-validator: none",
    ],
)
def test_extensions_of_api_gateway(tmp_path: Path, extension: str) -> None:
    name = extension.partition(":")[0]
    refused(
        tmp_path,
        operation(f"responses: {{}}\n{extension}"),
        rf"8: got '{name}'; allowed: no extension of API Gateway: integrations, authorizers, validators and policies are made by this library; remove it: every",
    )


@pytest.mark.parametrize("path", ["/{proxy+}", "/orders/", "/orders/{id}.json", "/ping", "/or ders", "/orders//x", "/*", "orders"])
def test_paths_that_api_gateway_has_not(tmp_path: Path, path: str) -> None:
    message = r"5: got '.*'; allowed: paths of whole parts such as /orders/\{id\}, with one name for the variable at each place; write every path out \(a wildcard"
    refused(tmp_path, BASE.replace("  /orders:", f'  "{path}":'), message)


def test_two_names_for_one_variable(tmp_path: Path) -> None:
    parameters = "[{name: %s, in: path, required: true, schema: {}}]"
    one = f"  /a/{{x}}:\n    get: {{responses: {{}}, parameters: {parameters % 'x'}}}\n"
    text = BASE.replace("  /orders:\n", one + one.replace("{x}", "{y}/b").replace("x,", "y,") + "  /orders:\n")
    refused(tmp_path, text, r"7: got '/a/\{y\}/b'; allowed: paths of whole parts")


@pytest.mark.parametrize(
    ("lines", "line", "message"),
    [
        ("respones: {}", 7, r"'respones'; allowed: in an operation: callbacks, deprecated, description, .*; correct or remove it$"),
        ("parameters: [x]", 7, r"'x'; allowed: parameters; give each a name and a place \(in\)$"),
        ("parameters: [{name: x, in: body}]", 7, r"'in: body'; allowed: cookie, header, path, query, with a name; correct it$"),
        ("parameters: [{in: query}]", 7, r"'in: query'; allowed: cookie, header, path, query, with a name; correct it$"),
        (
            "parameters: [{name: id, in: path, required: true}]",
            6,
            r"'path parameters id of /orders'; allowed: none; declare each variable of the path, and no",
        ),
        (
            "parameters: [{name: 'a[b]', in: query, required: true}]",
            7,
            r"'the required query parameter a\[b\]'; allowed: letters, digits, .*; rename it, or",
        ),
        (
            "parameters: [{$ref: '#/components/parameters/Page'}]",
            7,
            r".*Page'; allowed: what stands under components; correct the name, or add it there$",
        ),
        (
            "parameters: [{$ref: 'other.yaml#/Page'}]",
            7,
            r".*Page'; allowed: a part of this file, such as '#/components/schemas/Order', that does not lead",
        ),
        ("requestBody: {}", 7, r"'a body without content'; allowed: application/json and its schema; say what the body is$"),
        ("requestBody: x", 7, r"\"requestBody: 'x'\"; allowed: a mapping; write what belongs into requestBody below it$"),
    ],
)
def test_operations_that_say_what_nobody_reads(tmp_path: Path, lines: str, line: int, message: str) -> None:
    refused(tmp_path, operation(lines), rf"{line}: got {message}")


@pytest.mark.parametrize(
    ("schema", "line", "message"),
    [
        ("x", 11, r"'x'; allowed: a schema: a mapping; write \{\} where everything is accepted$"),
        (
            "{type: object, const: 1}",
            11,
            r"'const'; allowed: in a schema of OpenAPI 3.0: \$ref, additionalProperties, .*; correct or remove it$",
        ),
        (
            "{type: [string, 'null'], patternProperties: {}}",
            11,
            r"'patternProperties'; allowed: in a schema of OpenAPI 3.0: .*; correct or remove it$",
        ),
        ("{type: object, required: true}", 11, r"'required: True'; allowed: a list of property names; list those that a body must have$"),
        (
            "{type: object, properties: [x]}",
            11,
            r".*properties: \['x'\].*; allowed: a mapping; write what belongs into properties below it$",
        ),
        ("{$ref: '#/components/parameters/Page'}", 11, r".*Page'; allowed: #/components/schemas/ and a name; refer to a schema$"),
        ("{$ref: 'https://example.com/order.json'}", 11, r".*json'; allowed: #/components/schemas/ and a name; refer to a schema$"),
        (
            "{$ref: '#/components/schemas/Order'}",
            11,
            r".*Order'; allowed: what stands under components; correct the name, or add it there$",
        ),
    ],
)
def test_schemas_that_are_none_of_openapi(tmp_path: Path, schema: str, line: int, message: str) -> None:
    body = f"requestBody:\n  content:\n    application/json:\n\n      schema: {schema}"
    refused(tmp_path, operation(body), rf"{line}: got {message}")


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ("{}", r"\{\}; allowed: a JSON object with a type"),
        ("{type: strin}", r"'strin'; allowed: one or several of"),
        ("{type: number, exclusiveMinimum: 1, minimum: 1}", r"1; allowed: true or false, beside maximum or minimum"),
    ],
)
def test_schemas_that_no_model_takes(tmp_path: Path, schema: str, message: str) -> None:
    body = f"requestBody:\n  content:\n    application/json:\n      schema: {schema}"
    refused(tmp_path, operation(body), rf"10: schema.*: got {message}")


def test_a_body_of_get(tmp_path: Path) -> None:
    text = operation("requestBody: {content: {application/json: {schema: {type: object}}}}").replace("post:", "get:")
    refused(tmp_path, text, r"7: got 'a body of GET'; allowed: bodies of DELETE, PATCH, POST and PUT; use query strings$")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            BASE.replace("paths:", "pahts:"),
            r"4: got 'pahts'; allowed: in an OpenAPI file: components, externalDocs, info, .*; correct or remove it$",
        ),
        (
            BASE.replace("post:", "psot:"),
            r"6: got 'psot'; allowed: in a path \(a preflight is answered by the gateway, TRACE by nobody\): delete, .*",
        ),
        (BASE.replace("post:", "options:"), r"6: got 'options'; allowed: in a path .*; correct or remove it$"),
        (
            BASE.replace("    post:\n      responses: {}\n", ""),
            r"5: got '/orders: None'; allowed: operations by method; describe one below it$",
        ),
        (
            BASE.replace("  /orders:\n    post:\n      responses: {}\n", "  {}\n"),
            r"4: got 'no operation'; allowed: one or more; describe the API under paths$",
        ),
        (
            BASE + "servers: [{url: 'https://api.example.com/v1'}]\n",
            r"11: got 'url: https://api.example.com/v1'; allowed: servers without a path of their own; begin",
        ),
        (BASE + "paths: {}\n", r"11: got 'paths'; allowed: each key once, as text; remove or rename it$"),
        (BASE + "<<: {}\n", r"11: got '<<'; allowed: each key once, as text; remove or rename it$"),
        (BASE + "? [a]\n: b\n", r"11: got 'a key that is no text'; allowed: each key once, as text; remove or rename it$"),
        (
            BASE + "tags: !!python/object:os.system {}\n",
            r"11: got 'tag:yaml.org,2002:python/object:os.system'; allowed: values without a tag; remove the tag$",
        ),
        (BASE + "tags: !later now\n", r"11: got '!later'; allowed: values without a tag; remove the tag$"),
        (
            BASE + "tags: &again [*again]\n",
            r"11: got 'an anchor inside itself'; allowed: anchors that end; use \$ref, which may be recursive$",
        ),
        (BASE + "tags: \x07\n", r"11: got 'the character U\+0007'; allowed: text; remove it$"),
        ("- a\n", r"1: got 'no mapping'; allowed: a mapping that begins with openapi: 3.0.3; hand over an OpenAPI file$"),
        ("", r"1: got 'no mapping'; allowed: a mapping that begins with openapi: 3.0.3; hand over an OpenAPI file$"),
    ],
)
def test_files_that_are_no_openapi(tmp_path: Path, text: str, message: str) -> None:
    refused(tmp_path, text, message)


def test_json_is_read_and_refused_by_line(tmp_path: Path) -> None:
    scheme = '"components": {"securitySchemes": {"signed": {}}}'
    text = '{\n\t"openapi": "3.0.3",\n\t"paths": {"/orders": {"get": {"responses": {},\n\t\t"security": []}}},\n' + scheme + "}\n"
    refused(tmp_path, text, r"4: got 'GET /orders without security'; allowed: a scheme", name="api.json")
    refused(
        tmp_path, text.replace('"3.0.3",', '"3.0.3"'), r"3: got \"Expecting ',' delimiter\"; allowed: JSON; mend column 2$", name="api.json"
    )


def test_files_that_are_not_there_or_something_else(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"/api.yaml: got 'no such file'; allowed: an OpenAPI file; name it from where the app runs$"
    ):
        OpenApi.from_file(tmp_path / "api.yaml", authorizers={})
    with pytest.raises(ConfigurationError, match=r"/api.txt: got '.txt'; allowed: .yaml, .yml, .json; name the file by what is in it$"):
        OpenApi.from_file(tmp_path / "api.txt", authorizers={})
    (tmp_path / "api.yml").write_bytes(b"openapi: 3.0.3\ninfo: \xff\n")
    with pytest.raises(ConfigurationError, match=r"/api.yml:2: got 'bytes that are no UTF-8'; allowed: UTF-8; save it as UTF-8$"):
        OpenApi.from_file(tmp_path / "api.yml", authorizers={})


def test_an_anchor_is_what_it_stands_for_and_words_stay_words(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("a: &a {on: no, at: 2024-01-01, many: [1, -2.5, 1e3, true, ~, '1', 010]}\nb: *a\n", encoding="utf-8")
    root = Document(file).root
    assert root["a"] == root["b"] == {"on": "no", "at": "2024-01-01", "many": [1, -2.5, 1000.0, True, None, "1", "010"]}
    assert root.line_of("b") == 2
