"""Schemas, code of yours and ways to be known: what is read from them, and what is refused, with the place."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import aws_lambda as lambda_

from prodready_constructs.edge import AppSyncAuthorization, ChannelCode, GraphqlSchema, ResolverCode
from prodready_constructs.edge.graphql.javascript import LARGEST_CODE
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import PRODUCTION, STAGING
from tests.support.synthesis import new_stack

SDL = """\
type Order @aws_cognito_user_pools(cognito_groups: ["staff"]) {
  id: ID!
  placed: AWSDateTime!
}
type Query { order(id: ID!): Order  health: Boolean @aws_api_key }
type Mutation { place(id: ID!): Order @aws_iam }
type Subscription { placed: Order @aws_subscribe(mutations: ["place"]) }
"""
BROKEN = [
    ("type Query { order( }", "1:21", "Expected Name, found '}'."),
    ("type Query {\n  order: Ordre\n}", "2:10", "Unknown type 'Ordre'."),
    ("type Query { a: Int @aws_nobody }", "1:21", "Unknown directive '@aws_nobody'."),
    (
        "type Query { a: Int @aws_auth }",
        "1:21",
        "Argument '@aws_auth(cognito_groups:)' of type '[String!]!' is required, but it was not provided.",
    ),
    ("type Query { a: Int }\ntype Query { b: Int }", "2:6", "There can be only one type named 'Query'."),
    ("interface I { x: Int }\ntype Query implements I { y: Int }", "2:1", "Interface field I.x expected but Query does not provide it."),
    ("type Query { a: Int }\ntype AWSDate { b: Int }", "2:6", "There can be only one type named 'AWSDate'."),
    ("", "1:1", "Unexpected <EOF>."),
]
HANDLERS = "export function request(ctx) {\n  %s\n}\nexport const response = (ctx) => ctx.result\n"
OUTSIDE = [
    ("try { a() } catch (e) { b() }", "try", "the response handler sees ctx.error"),
    ("throw 'no'", "throw", "call util.error(message, type)"),
    ("while (true) {}", "while", "use for-of"),
    ("do { a() } while (b)", "do", "use for-of"),
    ("for (let i = 0; i < 3; i += 1) { a(i) }", "for (...; ...; ...)", "use for-of"),
    ("for (const a of b) { if (a) continue }", "continue", "turn the condition round"),
    ("class A {}", "class", "use plain objects and functions"),
    ("return async () => 1", "async", "nothing is asynchronous there: use a function"),
    ("return Promise.all([])", "Promise", "nothing is asynchronous there: use a function"),
    ("i++", "++", "write x += 1"),
    ("--i", "--", "write x -= 1"),
    ("return ~i", "~", "there is no complement"),
    ("return this.a", "this", "pass what is needed as an argument"),
    ("return /a+/.test(b)", "a regular expression", "call util.matches(pattern, text)"),
    ("function* a() {}", "a generator", "return an array"),
    ("return 'a' in ctx.args", "the operator in", "call Object.hasOwn(object, name)"),
    ("return `a ${b ? `c ${d++}` : {}} e`", "++", "write x += 1"),
    ("return `${b++}`", "++", "write x += 1"),
    ("const fs = require('fs')", "require", "use import, and bundle what is not @aws-appsync/utils"),
]
INSIDE = [
    "// try { throw new Error() } while",
    "/* class A { async } */",
    "const a = 'try while throw ++' + \"class\" + `do ${ctx.args.id} this`",
    "for (const a of ctx.args.list) { util.error(`${a}`, 'x') }",
    "for (const a in ctx.args) { b.push(a) }",
    "return `try ${a ? `while ${{ b: `class` }.b}` : ''} \\` do`",
    "for (const a in `x`) { b }  for (a in b) { c }",
    "const half = ctx.args.a / 2 / (1 + 3) / 4",
    "return { try: 1, class: 2, a: ctx.args.catch, b: ctx.this }",
    "const a = ctx.args?.id ?? 'none'; return [...a.split('/')]",
]


@pytest.mark.control("WEB-6")
def test_a_schema_says_what_it_has() -> None:
    schema = GraphqlSchema.from_text(SDL)
    assert schema.text == SDL
    assert schema.query == "Query"
    assert schema.roots == {"Query", "Mutation"}
    assert schema.fields["Query"] == {"order": {"id"}, "health": frozenset()}
    assert set(schema.fields) == {"Order", "Query", "Mutation", "Subscription"}
    assert schema.directives == {"aws_cognito_user_pools": "schema:1:12", "aws_api_key": "schema:5:53", "aws_iam": "schema:6:39"}


def test_the_types_of_queries_may_be_called_otherwise(tmp_path: Path) -> None:
    file = tmp_path / "schema.graphql"
    file.write_text("schema { query: Questions }\ntype Questions { a: AWSJSON }")
    schema = GraphqlSchema.from_file(file)
    assert (schema.query, schema.name) == ("Questions", str(file))
    assert schema.roots == {"Questions"}


@pytest.mark.parametrize(("text", "place", "reason"), BROKEN)
def test_it_refuses_a_schema_that_does_not_parse_with_file_line_and_reason(text: str, place: str, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "schema.graphql"
    file.write_text(text)
    with pytest.raises(ConfigurationError) as refused:
        GraphqlSchema.from_file(file)
    assert refused.value.where == f"{file}:{place}"
    assert refused.value.given == reason
    assert "allowed: a GraphQL schema (SDL) with AppSync's scalars and directives; correct that place" in str(refused.value)


def test_of_many_errors_the_first_is_shown_and_the_others_counted() -> None:
    with pytest.raises(ConfigurationError, match=r"^s:1:17: got \"Unknown type 'A'. \(and 1 more\)\"; allowed: a GraphQL schema"):
        GraphqlSchema.from_text("type Query { a: A b: B }", name="s")
    with pytest.raises(ConfigurationError, match=r"^s: got 'Query root type must be provided.'; allowed: a GraphQL schema"):
        GraphqlSchema.from_text("type A { a: Int }", name="s")


@pytest.mark.parametrize(("text", "what"), [("scalar Money\n", "scalar Money"), ("directive @loud on OBJECT\n", "directive loud")])
def test_it_refuses_scalars_and_directives_of_your_own(text: str, what: str) -> None:
    with pytest.raises(
        ConfigurationError,
        match=rf"^schema:1:1: got 'a definition of the {what}'; allowed: the scalars and directives AppSync brings; it has no others; leave it out, "
        "and use String or AWSJSON where AppSync has no such scalar$",
    ):
        GraphqlSchema.from_text(f"{text}type Query {{ a: Int }}")


def test_it_refuses_a_subscription_to_no_mutation() -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"^schema:2:31: got '@aws_subscribe to the mutation sell'; allowed: mutations of the schema: it has none; name a mutation, or add it$",
    ):
        GraphqlSchema.from_text('type Query { a: Int }\ntype Subscription { sold: Int @aws_subscribe(mutations: ["sell"]) }')


def test_it_refuses_a_file_that_is_not_there_or_too_large(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"^none.graphql: got 'no such file'; allowed: a file of GraphQL SDL; give the path of the schema$"
    ):
        GraphqlSchema.from_file("none.graphql")
    with pytest.raises(
        ConfigurationError,
        match=r"^schema: got '1000001 bytes'; allowed: 1000000 bytes, AppSync's limit; split the API: AppSync merges several$",
    ):
        GraphqlSchema.from_text("#" * 1_000_001)


@pytest.mark.parametrize("body", INSIDE)
def test_code_of_yours_is_taken(body: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.js"
    file.write_text("import { util } from '@aws-appsync/utils'\nimport * as ddb from '@aws-appsync/utils/dynamodb'\n" + HANDLERS % body)
    code = ResolverCode.from_file(file, operations=["GetItem"], index="by-day")
    assert code.text == file.read_text()
    assert (code.operations, code.index, code.kind, code.arguments) == (("GetItem",), "by-day", None, frozenset())


@pytest.mark.parametrize(("body", "what", "mend"), OUTSIDE)
@pytest.mark.control("WEB-6")
def test_it_refuses_code_that_appsync_would_not_run_with_file_and_line(body: str, what: str, mend: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.js"
    file.write_text(HANDLERS % body)
    with pytest.raises(ConfigurationError) as refused:
        ResolverCode.from_file(file)
    assert (refused.value.where, refused.value.given, refused.value.mend) == (f"{file}:2", what, mend)
    assert refused.value.allowed == "what the APPSYNC_JS 1.0.0 runtime has"


def test_it_refuses_what_is_no_module_of_handlers(tmp_path: Path) -> None:
    file = tmp_path / "mine.js"
    file.write_text("export function request(ctx) { return {} }")
    with pytest.raises(
        ConfigurationError,
        match=r"mine.js: got 'the exports request'; allowed: a module that exports request and response; write 'export function response\(ctx\)",
    ):
        ResolverCode.from_file(file)
    with pytest.raises(
        ConfigurationError, match=r"mine.js: got 'the exports request'; allowed: a module that exports onPublish or onSubscribe; write"
    ):
        ChannelCode.from_file(file)
    file.write_text("import x from 'lodash'\n" + HANDLERS % "return {}")
    with pytest.raises(
        ConfigurationError,
        match=r"mine.js:1: got \"an import of 'lodash'\"; allowed: @aws-appsync/utils and its parts; bundle the file \(esbuild\) first$",
    ):
        ResolverCode.from_file(file)
    file.write_text("/" * (LARGEST_CODE + 1))
    with pytest.raises(
        ConfigurationError,
        match=r"mine.js: got '32769 characters'; allowed: 1 to 32768 characters of code, AppSync's limit; move work into a function, or minify it$",
    ):
        ResolverCode.from_file(file)
    with pytest.raises(ConfigurationError, match=r"^none.js: got 'no such file'; allowed: a JavaScript module; give the path of the file$"):
        ChannelCode.from_file("none.js")


def test_it_refuses_an_operation_that_dynamodb_does_not_have(tmp_path: Path) -> None:
    file = tmp_path / "mine.js"
    file.write_text(HANDLERS % "return {}")
    with pytest.raises(
        ConfigurationError, match=r"mine.js: operations: got 'getItem'; allowed: BatchGetItem, .*; use the names of DynamoDB's API$"
    ):
        ResolverCode.from_file(file, operations=["getItem"])


def test_a_channel_may_run_code_of_yours(tmp_path: Path) -> None:
    file = tmp_path / "mine.js"
    file.write_text("export function onPublish(ctx) { return ctx.events }")
    assert ChannelCode.from_file(file).text == file.read_text()


@pytest.mark.parametrize("issuer", ["http://issuer.example.com", "issuer.example.com", "https://", "https://a b", "https://x?y", ""])
def test_it_refuses_an_issuer_that_is_no_https_url(issuer: str) -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"^AppSyncAuthorization.oidc: issuer: got '.*'; allowed: an https:// URL, exactly as the tokens' iss claim has it; copy the issuer",
    ):
        AppSyncAuthorization.oidc(issuer)


@pytest.mark.parametrize("days", [-1, 0, 366])
def test_it_refuses_a_key_that_lives_too_short_or_too_long(days: int) -> None:
    with pytest.raises(
        ConfigurationError,
        match=rf"^AppSyncAuthorization.api_key: expires: got '.*, {days} days after 2026-01-01'; allowed: 1 to 365 days, AppSync's range; give the days",
    ):
        AppSyncAuthorization.api_key(
            issued=date(2026, 1, 1),
            expires=date(2026, 1, 1) + timedelta(days=days),
            because="the catalogue is for everybody, signed in or not",
        )


def test_it_refuses_a_key_without_a_reason() -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"^AppSyncAuthorization.api_key: because: got 'public'; allowed: a reason of at least 40 characters: a key authenticates nobody; say what",
    ):
        AppSyncAuthorization.api_key(issued=date(2026, 1, 1), expires=date(2026, 2, 1), because="public")


def test_a_key_ends_at_midnight_utc() -> None:
    key = AppSyncAuthorization.api_key(
        issued=date(2026, 1, 1), expires=date(2026, 12, 31), because="the catalogue is for everybody, signed in or not"
    )
    assert key.expires_at == 1_798_675_200
    assert AppSyncAuthorization.iam().expires_at == 0


def test_it_refuses_a_decision_that_holds_too_long() -> None:
    function = lambda_.Function.from_function_arn(new_stack(), "Decides", "arn:aws:lambda:us-east-1:111122223333:function:decides")
    with pytest.raises(
        ConfigurationError,
        match=r"^AppSyncAuthorization.function: decision_life: got '2:00:00'; allowed: 0 to 3600 seconds; leave it out for 5 minutes$",
    ):
        AppSyncAuthorization.function(function, decision_life=timedelta(hours=2))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"graphql_query_depth": 0},
            r"^EdgePosture.graphql_query_depth: got 0; allowed: 1 to 75 \(AppSync's range .*\); the nearest is 1$",
        ),
        (
            {"graphql_query_depth": 76},
            r"^EdgePosture.graphql_query_depth: got 76; allowed: 1 to 75 \(AppSync's range .*\); the nearest is 75$",
        ),
        (
            {"graphql_resolver_count": 10_001},
            r"^EdgePosture.graphql_resolver_count: got 10001; allowed: 1 to 10000 \(.*\); the nearest is 10000$",
        ),
        (
            {"graphql_log_level": "NONE"},
            r"^EdgePosture.graphql_log_level: got 'NONE'; allowed: one of 'ERROR', .* \(errors are always logged\);",
        ),
        (
            {"graphql_cache": "T2_SMALL"},
            r"^EdgePosture.graphql_cache: got 'T2_SMALL'; allowed: one of None, 'SMALL', .*; choose one of them$",
        ),
    ],
)
def test_the_posture_refuses_what_appsync_does_not_offer(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        replace(PRODUCTION.edge, **change)


@pytest.mark.control("WEB-6")
def test_production_hides_its_schema() -> None:
    assert (PRODUCTION.edge.graphql_introspection, STAGING.edge.graphql_introspection) == (False, True)
