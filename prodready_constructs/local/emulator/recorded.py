"""Types that nothing here emulates: accepted, their properties kept, and named in the report. Recorded is never verified."""

from __future__ import annotations

import re
import uuid
from collections import defaultdict
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services.cloudformation import _stacks, changesets, engine, handlers

from prodready_constructs.local.coverage import RECORDED_PROPERTIES, RECORDED_TYPES
from prodready_constructs.local.emulator.registration import Made, Properties, known, register_recorded

_TYPE = re.compile(r"AWS::\w+::\w+")
_SUB_ATTRIBUTE = re.compile(r"\$\{(\w+)\.([\w.]+)\}")

#: Attributes that templates ask of each recorded type; nothing else tells which it has.
_asked: defaultdict[str, set[str]] = defaultdict(set)


def install() -> None:
    """Before the engine refuses a template for its unknown types, make them known as recorded."""
    original = engine.validate_template_support

    def validate(template: dict[str, Any], *arguments: Any, **named: Any) -> None:
        _accept(template)
        original(template, *arguments, **named)

    for module in (engine, handlers, changesets):
        module.validate_template_support = validate


def _accept(template: dict[str, Any]) -> None:
    resources = {name: each for name, each in (template.get("Resources") or {}).items() if isinstance(each, dict)}
    asked = _attributes_asked(template)
    for logical_id, resource in resources.items():
        type_name = str(resource.get("Type", ""))
        if type_name in _asked or (_TYPE.fullmatch(type_name) and not known(type_name)):
            if type_name not in _asked:
                register_recorded(type_name, _recorder(type_name))
            _asked[type_name] |= asked[logical_id]


def _attributes_asked(node: Any) -> defaultdict[str, set[str]]:
    """Logical id -> the attributes some ``Fn::GetAtt`` or ``Fn::Sub`` in *node* asks of it."""
    asked: defaultdict[str, set[str]] = defaultdict(set)
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if isinstance(current, list):
            waiting.extend(current)
        elif isinstance(current, dict):
            waiting.extend(current.values())
            target = current.get("Fn::GetAtt")
            if isinstance(target, str):
                target = target.split(".", 1)
            if isinstance(target, list) and len(target) == 2 and isinstance(target[1], str):
                asked[target[0]].add(target[1])
            text = current.get("Fn::Sub")
            for logical_id, attribute in _SUB_ATTRIBUTE.findall(text[0] if isinstance(text, list) else text or ""):
                asked[logical_id].add(attribute)
    return asked


def _recorder(type_name: str) -> Any:
    service, kind = type_name.split("::")[1:]

    def create(logical_id: str, properties: Properties, stack: str) -> Made:
        name = f"{stack}-{logical_id}-{uuid.uuid5(uuid.NAMESPACE_URL, f'{stack}/{logical_id}').hex[:8]}"
        arn = f"arn:aws:{service.lower()}:{get_region()}:{get_account_id()}:{kind.lower()}/{name}"
        return name, {attribute: arn if attribute.endswith("Arn") else name for attribute in _asked[type_name]}

    return create


def snapshot() -> dict[str, Any]:
    """What is only recorded, for the read-back: stack id -> logical id -> type and the properties that the engine resolved."""
    stacks: dict[str, Any] = {}
    for (account, region, name), stack in list(_stacks._data.items()):
        kept = {}
        for logical_id, resource in stack.get("_resources", {}).items():
            type_name, properties = resource.get("ResourceType", ""), resource.get("Properties", {})
            if type_name not in _asked:
                named = {path.split(".")[0] for path in RECORDED_PROPERTIES.get(type_name, {})}
                properties = {key: value for key, value in properties.items() if key in named}
            if type_name in _asked or properties:
                kept[logical_id] = {"type": type_name, "properties": properties}
        stacks[f"{account}/{region}/{name}"] = kept
    return {"stacks": stacks, "types": sorted(_asked), "unsupported": sorted(set(_asked) - set(RECORDED_TYPES))}
