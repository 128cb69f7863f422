"""Expected values come from the template alone, and are compared by what the API may change about them."""

from typing import Any

import pytest

from prodready_constructs.local.readback.values import Pattern, Resolver, matches, pick, show

_IDS = {
    "Bucket": "data-1a2b",
    "Key": "0d1a49d8-a452-4fcb",
    "Acl": "acl-name|0123-id|REGIONAL",
    "Group": "sg-0123456789",
    "Service": "arn:aws:ecs:us-east-1:111122223333:service/cluster/front",
}


@pytest.fixture
def resolver() -> Resolver:
    pseudo = {"AWS::Region": "us-east-1", "AWS::AccountId": "111122223333"}
    return Resolver(
        _IDS, pseudo, lambda stack, output, region: f"{stack}/{output}/{region}" if output == "Known" else None, {"Shared": "vpc-1"}.get
    )


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ({"Ref": "Bucket"}, "data-1a2b"),
        ({"Ref": "AWS::Region"}, "us-east-1"),
        ({"Fn::GetAtt": ["Group", "GroupId"]}, "sg-0123456789"),
        ({"Fn::GetAtt": "Service.Name"}, "front"),
        ({"Fn::Join": ["/", ["a", {"Ref": "AWS::AccountId"}, "b"]]}, "a/111122223333/b"),
        ({"Fn::Sub": "x-${Bucket}-${!kept}-${AWS::Region}"}, "x-data-1a2b-${kept}-us-east-1"),
        ({"Fn::Sub": ["${Own}!", {"Own": {"Ref": "Bucket"}}]}, "data-1a2b!"),
        ({"Fn::GetStackOutput": {"StackName": "Edge", "OutputName": "Known", "Region": "us-east-1"}}, "Edge/Known/us-east-1"),
        ({"Fn::ImportValue": "Shared"}, "vpc-1"),
        ({"On": True, "List": [1, {"Ref": "AWS::NoValue"}, 2], "No": {"Ref": "AWS::NoValue"}}, {"On": True, "List": [1, 2]}),
    ],
)
def test_intrinsics_resolve(resolver: Resolver, template: Any, expected: Any) -> None:
    assert resolver.resolve(template) == expected


@pytest.mark.parametrize(
    ("template", "right", "wrong"),
    [
        ({"Fn::GetAtt": ["Key", "Arn"]}, "arn:aws:kms:us-east-1:1:key/0d1a49d8-a452-4fcb", "arn:aws:kms:us-east-1:1:key/other"),
        ({"Fn::GetAtt": ["Acl", "Arn"]}, "arn:aws:wafv2:us-east-1:1:regional/webacl/acl-name/0123-id", "arn:aws:wafv2:x/other"),
        ({"Fn::Join": ["", [{"Fn::GetAtt": ["Bucket", "Arn"]}, "/*"]]}, "arn:aws:s3:::data-1a2b/*", "arn:aws:s3:::data-1a2b"),
        ({"Fn::Sub": "${Bucket.Arn}/x"}, "arn:aws:s3:::data-1a2b/x", "arn:aws:s3:::data-1a2b/y"),
    ],
)
def test_attributes_are_known_by_their_resource(resolver: Resolver, template: Any, right: str, wrong: str) -> None:
    expected = resolver.resolve(template)
    assert isinstance(expected, Pattern)
    assert matches(expected, right)
    assert not matches(expected, wrong)


def test_a_dynamic_reference_says_nothing_of_its_value(resolver: Resolver) -> None:
    joined = resolver.resolve({"Fn::Join": ["", ["{{resolve:secretsmanager:", {"Ref": "Bucket"}, ":SecretString:user::}}"]]})
    assert matches(joined, "anyone")
    assert matches(resolver.resolve("{{resolve:ssm:/name}}"), "anything")
    assert not matches(joined, None)


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        (True, "true"),
        ("35", 35),
        (5, 5.0),
        ({"SSEAlgorithm": "aws:kms"}, {"sseAlgorithm": "aws:kms", "More": 1}),
        ({"Service": "ecs", "service": "orders"}, {"Service": "ecs", "service": "orders"}),
        ({"Version": "2012-10-17"}, '{"Version": "2012-10-17"}'),
        (["b", "a"], ["a", "b"]),
        (["one"], "one"),
        ([{"Id": 1}], {"Quantity": 1, "Items": [{"Id": 1, "Extra": 2}]}),
    ],
)
def test_the_api_may_spell_it_differently(expected: Any, found: Any) -> None:
    assert matches(expected, found)


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        (True, False),
        (True, None),
        ("", None),
        (["a"], ["a", "b"]),
        (["a", "a"], ["a", "b"]),
        ({"A": 1}, {"B": 1}),
        ({"Service": "ecs", "service": "orders"}, {"Service": "ecs", "service": "carts"}),
        ({"A": 1}, None),
        ("aws:kms", "AES256"),
        (35, 7),
        ([], [{"CidrIp": "0.0.0.0/0"}]),
    ],
)
def test_a_difference_is_seen(expected: Any, found: Any) -> None:
    assert not matches(expected, found)


def test_paths_into_answers() -> None:
    answer = {"a": [{"b": 1}]}
    assert pick(answer, "a.0.b") == 1
    assert pick(answer, "a.1.b") is None
    assert pick(answer, "a.b") is None


def test_cells_are_short_and_plain() -> None:
    assert show(True) == "true"
    assert show({"b": 1, "a": 2}) == '{"a": 2, "b": 1}'
    assert show("x" * 200, longest=10) == "x" * 9 + "…"


def test_long_values_of_many_references_are_compared_at_once(resolver: Resolver) -> None:
    """A dashboard joins hundreds of attributes: comparing it must not take more than one pass."""
    pieces = [piece for _ in range(400) for piece in ('{"x": "', {"Fn::GetAtt": ["Service", "LoadBalancerFullName"]}, '"}, ')]
    expected = resolver.resolve({"Fn::Join": ["", pieces]})
    right = '{"x": "app/front/1"}, ' * 400
    assert matches(expected, right)
    assert not matches(expected, right + "more")
    assert not matches(expected, right.replace('{"x"', '{"y"'))
