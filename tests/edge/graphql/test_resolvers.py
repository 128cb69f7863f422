"""The ready resolvers, run in Node: what they ask of a data source, what they refuse, and what they never say."""

from __future__ import annotations

from typing import Any

import pytest

from prodready_constructs.edge import ChannelCode, ResolverCode
from prodready_constructs.edge.graphql.javascript import require_subset
from prodready_constructs.errors import ConfigurationError
from tests.edge.graphql.runtime import Refused, run

ANN = {"sub": "ann", "issuer": "https://issuer.example.com", "groups": ["staff"], "claims": {"email": "ann@example.com"}}
OWN = {"customer": ResolverCode.CALLER, "id": "id"}
READY = {
    "get": ResolverCode.get_item(key={"id": "id"}),
    "put": ResolverCode.put_item(key={"id": "id"}),
    "query": ResolverCode.query_by_key(key={"customer": ResolverCode.CALLER}),
    "delete": ResolverCode.delete_item(key={"id": "id"}),
    "invoke": ResolverCode.invoke(),
    "http_get": ResolverCode.http_get("/orders/{id}", query=["page"]),
    "http_post": ResolverCode.http_post("/orders"),
    "local": ResolverCode.local(),
}
SECRET = "User: arn:aws:sts::111122223333:assumed-role/x is not authorized to perform dynamodb:GetItem on table/orders"


@pytest.mark.parametrize("name", READY)
@pytest.mark.control("WEB-6")
def test_every_ready_resolver_stays_inside_what_appsync_runs(name: str) -> None:
    require_subset(name, READY[name].text, exports=("request", "response"))


def test_the_ready_channel_code_stays_inside_what_appsync_runs() -> None:
    require_subset("own_channel", ChannelCode.own_channel().text, exports=("onPublish", "onSubscribe"))


def test_get_asks_for_the_item_of_the_argument() -> None:
    assert run(READY["get"].text, "request", args={"id": "o-1"}) == {
        "operation": "GetItem",
        "key": {"id": {"S": "o-1"}},
        "consistentRead": False,
    }
    assert run(READY["get"].text, "response", result={"id": "o-1"}) == {"id": "o-1"}
    assert run(READY["get"].text, "response", result=None) is None
    assert run(ResolverCode.get_item(key={"n": "n"}, consistent=True).text, "request", args={"n": 7}) == {
        "operation": "GetItem",
        "key": {"n": {"N": 7}},
        "consistentRead": True,
    }


@pytest.mark.parametrize("value", [None, "", "   ", "x" * 1_025, ["a"], {"S": "a"}])
def test_a_key_is_a_short_text_or_a_number(value: Any) -> None:
    with pytest.raises(Refused, match=r"^BadRequest: id is missing, empty or too long$"):
        run(READY["get"].text, "request", args={"id": value})


@pytest.mark.control("WEB-6", "SEC-1")
def test_the_caller_in_a_key_is_never_an_argument() -> None:
    code = ResolverCode.get_item(key=OWN)
    assert code.arguments == {"id"}
    asked = run(code.text, "request", args={"id": "o-1", "customer": "bob", "$caller": "bob"}, identity=ANN)
    assert asked["key"] == {"customer": {"S": "ann"}, "id": {"S": "o-1"}}
    for identity in (None, {"userArn": "arn:aws:sts::111122223333:assumed-role/x/y"}):
        with pytest.raises(Refused, match=r"^Unauthorized: Unauthorized$"):
            run(code.text, "request", args={"id": "o-1"}, identity=identity)


def test_put_makes_a_new_item_only_where_there_is_none() -> None:
    asked = run(READY["put"].text, "request", args={"input": {"id": "o-1", "total": 3, "version": 99, "updatedAt": "x"}})
    assert asked == {
        "operation": "PutItem",
        "key": {"id": {"S": "o-1"}},
        "attributeValues": {"total": {"N": 3}, "version": {"N": 1}, "updatedAt": {"S": "2026-01-02T03:04:05.678Z"}},
        "condition": {"expression": "attribute_not_exists(#key)", "expressionNames": {"#key": "id"}},
    }


def test_put_makes_the_next_version_of_the_one_that_was_seen() -> None:
    asked = run(READY["put"].text, "request", args={"input": {"id": "o-1"}, "expectedVersion": 4})
    assert asked["attributeValues"]["version"] == {"N": 5}
    assert asked["condition"] == {
        "expression": "#version = :seen",
        "expressionNames": {"#version": "version"},
        "expressionValues": {":seen": {"N": 4}},
    }
    only_new = ResolverCode.put_item(key={"id": "id"}, version_argument=None)
    asked = run(only_new.text, "request", args={"input": {"id": "o-1"}, "expectedVersion": 4})
    assert asked["condition"]["expression"] == "attribute_not_exists(#key)"


@pytest.mark.parametrize("version", [0, -1, 1.5, "1", True])
def test_a_version_is_a_whole_number(version: Any) -> None:
    for code, args in ((READY["put"], {"input": {"id": "o-1"}}), (READY["delete"], {"id": "o-1"})):
        with pytest.raises(Refused, match=r"^BadRequest: expectedVersion must be a whole number from 1 up$"):
            run(code.text, "request", args={**args, "expectedVersion": version})


@pytest.mark.parametrize("given", [None, "text", ["a"]])
def test_an_input_is_an_object(given: Any) -> None:
    with pytest.raises(Refused, match=r"^BadRequest: input is missing$"):
        run(READY["put"].text, "request", args={"input": given})


def test_delete_wants_the_version_that_was_seen() -> None:
    assert run(READY["delete"].text, "request", args={"id": "o-1", "expectedVersion": 2}) == {
        "operation": "DeleteItem",
        "key": {"id": {"S": "o-1"}},
        "condition": {
            "expression": "#version = :seen",
            "expressionNames": {"#version": "version"},
            "expressionValues": {":seen": {"N": 2}},
        },
    }
    with pytest.raises(Refused, match=r"^BadRequest: expectedVersion must be"):
        run(READY["delete"].text, "request", args={"id": "o-1"})


def test_query_reads_a_page_of_the_callers_own() -> None:
    asked = run(READY["query"].text, "request", identity=ANN)
    assert asked == {
        "operation": "Query",
        "limit": 20,
        "nextToken": None,
        "scanIndexForward": True,
        "query": {"expression": "#k0 = :k0", "expressionNames": {"#k0": "customer"}, "expressionValues": {":k0": {"S": "ann"}}},
    }
    page = {"items": [{"id": "o-1"}], "nextToken": "more", "scannedCount": 7}
    assert run(READY["query"].text, "response", result=page) == {"items": [{"id": "o-1"}], "nextToken": "more"}
    newest = ResolverCode.query_by_key(key={"shop": "shop", "day": "day"}, index="by-day", newest_first=True)
    asked = run(newest.text, "request", args={"shop": "s", "day": "d", "limit": 100, "nextToken": "t"})
    assert (asked["index"], asked["limit"], asked["nextToken"], asked["scanIndexForward"]) == ("by-day", 100, "t", False)
    assert asked["query"]["expression"] == "#k0 = :k0 AND #k1 = :k1"


@pytest.mark.parametrize("limit", [0, 101, 1.5, "10"])
def test_a_page_has_a_limit(limit: Any) -> None:
    with pytest.raises(Refused, match=r"^BadRequest: limit must be a whole number from 1 to 100$"):
        run(READY["query"].text, "request", args={"limit": limit}, identity=ANN)


def test_a_function_hears_who_asks_and_no_token() -> None:
    payload = run(
        READY["invoke"].text,
        "request",
        args={"id": 1},
        identity=ANN,
        info={"parentTypeName": "Query", "fieldName": "order"},
        request={"headers": {"authorization": "Bearer x"}},
    )["payload"]
    assert payload == {
        "type": "Query",
        "field": "order",
        "arguments": {"id": 1},
        "source": None,
        "caller": {"subject": "ann", "groups": ["staff"], "role": None},
    }
    assert run(READY["invoke"].text, "response", result={"a": 1}) == {"a": 1}


def test_get_is_passed_on_with_the_callers_token() -> None:
    headers = {"authorization": "Bearer ann", "cookie": "session=1", "x-forwarded-for": "198.51.100.1"}
    asked = run(READY["http_get"].text, "request", args={"id": "a/b?c", "page": 2}, request={"headers": headers})
    assert asked == {
        "method": "GET",
        "resourcePath": "/orders/a%2Fb%3Fc",
        "params": {"headers": {"accept": "application/json", "authorization": "Bearer ann"}, "query": {"page": "2"}},
    }
    with pytest.raises(Refused, match=r"^Unauthorized"):
        run(READY["http_get"].text, "request", args={"id": "a"})
    plain = ResolverCode.http_get("/", forwards_caller=False)
    assert run(plain.text, "request", request={"headers": headers})["params"]["headers"] == {"accept": "application/json"}


@pytest.mark.parametrize("name", [".", ".."])
def test_a_path_does_not_climb(name: str) -> None:
    with pytest.raises(Refused, match=r"^BadRequest: id is not a name$"):
        run(READY["http_get"].text, "request", args={"id": name}, request={"headers": {"authorization": "t"}})


def test_post_is_passed_on_as_json() -> None:
    asked = run(READY["http_post"].text, "request", args={"input": {"a": 1}}, request={"headers": {"authorization": "t"}})
    assert (asked["method"], asked["resourcePath"], asked["params"]["body"]) == ("POST", "/orders", '{"a":1}')
    assert asked["params"]["headers"] == {"accept": "application/json", "authorization": "t", "content-type": "application/json"}
    with pytest.raises(Refused, match=r"^BadRequest: input is missing$"):
        run(READY["http_post"].text, "request", request={"headers": {"authorization": "t"}})


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, "BadRequest"), (401, "Unauthorized"), (403, "Unauthorized"), (409, "Conflict"), (422, "BadRequest"), (500, "InternalFailure")],
)
def test_what_a_service_says_of_an_error_goes_no_further(status: int, kind: str) -> None:
    with pytest.raises(Refused) as refused:
        run(READY["http_get"].text, "response", result={"statusCode": status, "body": SECRET})
    assert refused.value.kind == kind
    assert "arn:" not in f"{refused.value.message}{refused.value.logged}"


def test_what_a_service_answers_is_read_as_json() -> None:
    assert run(READY["http_get"].text, "response", result={"statusCode": 200, "body": '{"id":"o-1"}'}) == {"id": "o-1"}
    assert run(READY["http_get"].text, "response", result={"statusCode": 404, "body": SECRET}) is None
    assert run(READY["http_post"].text, "response", result={"statusCode": 204, "body": ""}) is None


@pytest.mark.parametrize("name", ["get", "put", "query", "delete", "invoke", "http_get", "http_post"])
@pytest.mark.control("WEB-6")
def test_errors_do_not_leak(name: str) -> None:
    error = {"message": SECRET, "type": "DynamoDB:AccessDeniedException"}
    with pytest.raises(Refused) as refused:
        run(READY[name].text, "response", error=error, result={"secret": SECRET})
    assert (refused.value.kind, refused.value.message) == ("InternalFailure", "The request could not be served")
    assert refused.value.logged == ["data source failed: DynamoDB:AccessDeniedException"], "the log has the kind, and no content"


@pytest.mark.parametrize("name", ["put", "delete"])
def test_a_lost_race_is_a_conflict(name: str) -> None:
    error = {"message": SECRET, "type": "DynamoDB:ConditionalCheckFailedException"}
    with pytest.raises(Refused, match=r"^Conflict: The item is there already, or was changed by somebody else$"):
        run(READY[name].text, "response", error=error, result={"total": 3})


def test_local_gives_the_arguments_back() -> None:
    assert run(READY["local"].text, "request", args={"a": 1}) == {"payload": {"a": 1}}
    assert run(READY["local"].text, "response", result={"a": 1}) == {"a": 1}


def channel(*segments: str) -> dict[str, Any]:
    return {"channel": {"path": f"/{'/'.join(segments)}", "segments": list(segments)}}


@pytest.mark.control("WEB-6")
def test_a_user_hears_and_tells_their_own_channel_only() -> None:
    code = ChannelCode.own_channel().text
    assert run(code, "onSubscribe", info=channel("orders", "ann", "*"), identity=ANN) is None
    assert run(code, "onPublish", info=channel("orders", "ann"), identity=ANN, events=[{"id": "1"}]) == [{"id": "1"}]
    for handler in ("onSubscribe", "onPublish"):
        for segments, identity in ((("orders", "bob"), ANN), (("orders", "*"), ANN), (("orders",), ANN), (("orders", "ann"), None)):
            with pytest.raises(Refused, match=r"^Unauthorized"):
                run(code, handler, info=channel(*segments), identity=identity, events=[])


def test_a_service_tells_every_channel_and_hears_none() -> None:
    code, role = ChannelCode.own_channel().text, {"userArn": "arn:aws:sts::111122223333:assumed-role/orders/x"}
    assert run(code, "onPublish", info=channel("orders", "ann"), identity=role, events=[{"id": "1"}]) == [{"id": "1"}]
    with pytest.raises(Refused, match=r"^Unauthorized"):
        run(code, "onSubscribe", info=channel("orders", "ann"), identity=role)


@pytest.mark.parametrize("key", [{}, {"a": "a", "b": "b", "c": "c"}])
def test_it_refuses_a_key_that_is_none(key: dict[str, str]) -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"^ResolverCode: get_item: key: got \{.*\}; allowed: a partition key, and perhaps a sort key; name the key attributes$",
    ):
        ResolverCode.get_item(key=key)


@pytest.mark.parametrize(("size", "largest"), [(0, 10), (20, 10), (20, 1_001)])
def test_it_refuses_pages_that_cannot_be(size: int, largest: int) -> None:
    with pytest.raises(
        ConfigurationError,
        match=rf"^ResolverCode.query_by_key: got 'page_size={size}, largest_page={largest}'; allowed: 1 <= page_size <= largest_page <= 1000; "
        "leave them out for 20 and 100$",
    ):
        ResolverCode.query_by_key(key={"a": "a"}, page_size=size, largest_page=largest)


@pytest.mark.parametrize("path", ["orders", "/orders/{id", "/orders/x{id}", "/a//b", "/a?b", "https://x"])
def test_it_refuses_a_path_that_is_none(path: str) -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"^ResolverCode: path: got '.*'; allowed: a path such as '/orders/\{id\}'; begin with '/', one name or \{argument\} a part$",
    ):
        ResolverCode.http_get(path)
