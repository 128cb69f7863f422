"""What a REST API's own methods cost in messages to the jsii kernel: no more than this, on any machine."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest

from prodready_constructs import PRODUCTION
from prodready_constructs.edge import Callers, OpenApiRestApi, ProtectedRestApi, WebAcl
from tests.edge.rest_api.test_openapi_rest_api import clean
from tests.edge.rest_api.test_rest_api import balancer
from tests.edge.rest_api.test_rest_api_methods import REASON, users
from tests.support.messages import at_most, begun_stack

POSTURE = PRODUCTION.edge


@pytest.fixture
def stack() -> cdk.Stack:
    return begun_stack()


def parts(stack: cdk.Stack) -> dict[str, Any]:
    return {"load_balancer": balancer(stack), "web_acl": WebAcl(stack, "Acl", posture=POSTURE)}


def test_a_method_of_its_own(stack: cdk.Stack) -> None:
    api = ProtectedRestApi(stack, "Api", posture=POSTURE, **parts(stack))
    with at_most(28):
        api.public("/health", "GET", reason=REASON)
    with at_most(26):
        api.require_body("/orders/{id}", "PUT", schema={"type": "object"})
    with at_most(5):
        api.admit_only(Callers(addresses=("203.0.113.0/24",)))


def test_six_operations_of_a_file(stack: cdk.Stack) -> None:
    specification = clean(users(stack))
    given = parts(stack)
    with at_most(130):
        OpenApiRestApi(stack, "Api", posture=POSTURE, specification=specification, **given)
