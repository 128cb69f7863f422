"""Teaching ministack's CloudFormation engine resource types it lacks."""

from __future__ import annotations

import re
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from botocore.exceptions import ClientError
from ministack.services.cloudformation import provisioners, stacks

Properties = dict[str, Any]
#: Physical id and the attributes for ``Fn::GetAtt``.
Made = tuple[str, dict[str, Any]]
Create = Callable[[str, Properties, str], Made]
Delete = Callable[[str, Properties], None]
Backing = Literal["ministack", "moto", "recorded"]

#: Answers that mean "there is nothing (left) to delete" or "this emulator cannot delete it".
_NOTHING_TO_DELETE = re.compile(r"NotFound|NoSuch|not found|does not exist|InvalidAction|NotImplemented|Unknown|\(5\d\d\)")


@dataclass(frozen=True, slots=True)
class Registration:
    """One type of ours: what holds it (an API of ministack's or moto's, or nothing but our record) and how it comes and goes."""

    backing: Backing
    create: Create
    delete: Delete | None = None
    instead: bool = False


_registered: dict[str, Registration] = {}
_topped_up: set[str] = set()


def creates(
    type_name: str, *, backing: Backing = "ministack", delete: Delete | None = None, instead: bool = False
) -> Callable[[Create], Create]:
    """Decorator: the function creates resources of *type_name*; *instead* of ministack's own handler, where that does nothing."""

    def keep(create: Create) -> Create:
        _registered[type_name] = Registration(backing, create, delete, instead)
        return create

    return keep


def register_recorded(type_name: str, create: Create) -> None:
    """Accept a type that no API here knows; nothing but its properties is kept."""
    _registered[type_name] = Registration("recorded", create)
    _install_one(type_name, _registered[type_name])


def known(type_name: str) -> bool:
    """Whether the engine can deploy *type_name*."""
    return type_name in provisioners._RESOURCE_HANDLERS


def backings() -> dict[str, Backing]:
    """What holds each type that is ours."""
    return {name: registration.backing for name, registration in _registered.items()}


def install() -> None:
    """Give the engine every type registered so far; a type it already has is left to it, unless it is to be replaced."""
    for type_name, registration in _registered.items():
        if registration.instead or not known(type_name):
            _install_one(type_name, registration)
    original = stacks._runs_on_worker_thread
    # A handler of ours calls the server it runs in, so it must not hold the event loop.
    stacks._runs_on_worker_thread = lambda name: name in _registered or name in _topped_up or original(name)


def top_up(
    type_name: str,
    complete: Callable[[str, Properties, dict[str, Any]], dict[str, Any] | None],
    *,
    before_delete: Delete | None = None,
) -> None:
    """After ministack's own handler: *complete* (physical id, properties, attributes) applies what it drops, and may add attributes.

    *before_delete* takes away what *complete* made and the handler does not know of.
    """
    native = provisioners._RESOURCE_HANDLERS[type_name]

    def completed(made: Made, properties: Properties) -> Made:
        more = complete(made[0], properties, dict(made[1] or {}))
        return made[0], {**(made[1] or {}), **(more or {})}

    handler = dict(native)
    handler["create"] = lambda logical_id, new, stack: completed(native["create"](logical_id, new, stack), new)
    if native.get("update_with_logical_id"):
        handler["update"] = lambda pid, old, new, stack, logical_id: completed(native["update"](pid, old, new, stack, logical_id), new)
    elif "update" in native:
        handler["update"] = lambda pid, old, new, stack: completed(native["update"](pid, old, new, stack), new)
    if before_delete is not None:
        first = _tolerant(before_delete)

        def delete(physical_id: str, properties: Properties) -> None:
            first(physical_id, properties)
            native["delete"](physical_id, properties)

        handler["delete"] = delete
    provisioners._RESOURCE_HANDLERS[type_name] = handler
    _topped_up.add(type_name)


def respell(type_name: str, spelt: Callable[[Properties], Properties]) -> None:
    """ministack's own handler gets the properties as *spelt* gives them: it does not know the template's spelling."""
    native = provisioners._RESOURCE_HANDLERS[type_name]
    handler = dict(native)
    handler["create"] = lambda logical_id, new, stack: native["create"](logical_id, spelt(new), stack)
    handler["update"] = lambda pid, old, new, stack, *more: native["update"](pid, spelt(old), spelt(new), stack, *more)
    provisioners._RESOURCE_HANDLERS[type_name] = handler


def create_instead(type_name: str, create: Create) -> None:
    """We create the resources, for ministack's own handler drops what its API would keep; updates and deletes stay its own."""
    provisioners._RESOURCE_HANDLERS[type_name] = {**provisioners._RESOURCE_HANDLERS[type_name], "create": create}
    _topped_up.add(type_name)


def keep_name(type_name: str, name: str) -> None:
    """On an update the property *name* is the physical id, unless the template gives it: ministack would generate another and replace."""
    native = provisioners._RESOURCE_HANDLERS[type_name]

    def update(physical_id: str, old: Properties, new: Properties, stack: str) -> Made:
        kept: Made = native["update"](physical_id, {name: physical_id, **old}, {name: physical_id, **new}, stack)
        return kept

    provisioners._RESOURCE_HANDLERS[type_name] = {**native, "update": update}


def divert(type_name: str, when: Callable[[Properties], bool], create: Create) -> None:
    """Resources whose properties satisfy *when* are created by us, for ministack's own handler refuses them; the rest stay its own."""
    native = provisioners._RESOURCE_HANDLERS[type_name]

    def update(physical_id: str, old: Properties, new: Properties, stack: str, logical_id: str) -> Made:
        if not when(new):
            return native["update"](physical_id, old, new, stack, logical_id)
        native["delete"](physical_id, old)
        return create(logical_id, new, stack)

    provisioners._RESOURCE_HANDLERS[type_name] = {
        **native,
        "create": lambda logical_id, new, stack: (create if when(new) else native["create"])(logical_id, new, stack),
        "update": update,
    }
    _topped_up.add(type_name)


def made_name(stack: str, logical_id: str, *, longest: int = 128) -> str:
    """A name as CloudFormation would generate it."""
    return f"{stack}-{logical_id}"[: longest - 9] + f"-{uuid.uuid4().hex[:8]}"


def _install_one(type_name: str, registration: Registration) -> None:
    delete = _tolerant(registration.delete) if registration.delete else _nothing

    def update(physical_id: str, old: Properties, new: Properties, stack: str, logical_id: str) -> Made:
        if registration.backing == "recorded":
            return physical_id, registration.create(logical_id, new, stack)[1]
        delete(physical_id, old)
        return registration.create(logical_id, new, stack)

    provisioners._RESOURCE_HANDLERS[type_name] = {
        "create": registration.create,
        "update": update,
        "update_with_logical_id": True,
        "delete": delete,
    }


def _nothing(physical_id: str, properties: Properties) -> None:
    """The resource goes with its parent, or only its properties were kept."""


def _tolerant(delete: Delete) -> Delete:
    def tolerant(physical_id: str, properties: Properties) -> None:
        try:
            delete(physical_id, properties)
        except ClientError as error:
            if not _NOTHING_TO_DELETE.search(str(error)):
                raise
            sys.stderr.write(f"delete of {physical_id} let pass: {error}\n")

    return tolerant
