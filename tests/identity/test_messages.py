"""What identity costs in messages to the jsii kernel: no more than this, on any machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest

from bench.messages import counted, total
from prodready_constructs.foundation import DataKey
from prodready_constructs.identity import ClientSecretRotation, GroupRoles, ServiceAccount, UserDirectory
from tests.identity.parts import a_directory, a_domain, a_vpc
from tests.support.synthesis import new_stack


def test_user_directory() -> None:
    stack = new_stack()
    UserDirectory(stack, "First")  # what is asked once in a process is no cost of the construct
    with counted() as messages:
        directory = UserDirectory(stack, "Users")
    assert total(messages) <= 8, messages
    assert messages["callback"] == 0
    with counted() as messages:
        assert directory.alarm_specs
        assert directory.graphs
    assert total(messages) == 0


def _page(stack: cdk.Stack) -> Callable[[], Any]:
    directory, domain = UserDirectory(stack, "Users"), a_domain(stack)
    return lambda: directory.add_sign_in_page(domain=domain)


def _app(stack: cdk.Stack) -> Callable[[], Any]:
    directory, urls = a_directory(stack), ["https://shop.example.com/"]
    directory.add_web_app("First", callback_urls=urls, logout_urls=urls)
    return lambda: directory.add_web_app("Shop", callback_urls=urls, logout_urls=urls)


def _roles(stack: cdk.Stack) -> Callable[[], Any]:
    directory = UserDirectory(stack, "Users")
    may = [{"Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/file"}]
    return lambda: GroupRoles(stack, "Access", directory=directory, client=directory.web_client, groups={"a": may, "b": may})


def _rotation(stack: cdk.Stack) -> Callable[[], Any]:
    directory, vpc, key = a_directory(stack), a_vpc(stack), DataKey(stack, "Key", description="logs", encrypts_logs=True).key
    return lambda: ClientSecretRotation(stack, "Rotation", directory=directory, vpc=vpc, encryption_key=key)


def _account(stack: cdk.Stack) -> Callable[[], Any]:
    directory, key = a_directory(stack), DataKey(stack, "Key", description="secret").key
    scope = directory.add_api("Orders", identifier="orders", scopes={"read": "reads"}).scope("read")
    rotation = ClientSecretRotation(stack, "Rotation", directory=directory, vpc=a_vpc(stack))
    name = "shop/production/billing"
    return lambda: ServiceAccount(stack, "Billing", directory=directory, name=name, scopes=[scope], rotation=rotation, encryption_key=key)


# A callback is a grant that lands in a ComposedRole, from within the CDK.
@pytest.mark.parametrize(
    ("prepare", "most", "callbacks"), [(_page, 14, 0), (_app, 12, 0), (_roles, 19, 0), (_rotation, 45, 2), (_account, 37, 2)]
)
def test_the_others(prepare: Callable[[cdk.Stack], Callable[[], Any]], most: int, callbacks: int) -> None:
    build = prepare(new_stack())
    with counted() as messages:
        build()
    assert total(messages) <= most, messages
    assert messages["callback"] <= callbacks
