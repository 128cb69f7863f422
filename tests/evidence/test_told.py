"""What only a deployment knows is told by its name."""

from __future__ import annotations

from typing import Any

import pytest

from prodready_constructs.evidence.told import told

pytestmark = pytest.mark.control("OPS-7")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"Ref": "Carts"}, "${Carts}"),
        ({"Fn::GetAtt": ["Carts", "Arn"]}, "${Carts.Arn}"),
        ({"Fn::GetStackOutput": {"StackName": "Data", "Region": "us-east-1", "OutputName": "Name"}}, "${Data.Name}"),
        ({"Fn::ImportValue": "Data:Name"}, "${Data:Name}"),
        ({"Fn::Join": ["", ["a ", {"Fn::Join": ["/", ["b", {"Ref": "AWS::Region"}]]}]]}, "a b/${AWS::Region}"),
        ({"rows": [{"how": {"Ref": "Carts"}}], "seconds": 5}, {"rows": [{"how": "${Carts}"}], "seconds": 5}),
        ({"how": "restore"}, {"how": "restore"}),
    ],
)
def test_what_only_a_deployment_knows_is_named(value: Any, text: Any) -> None:
    assert told(value) == text
