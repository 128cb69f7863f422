"""Two references that ministack resolves too narrowly: outputs of a stack in another region, attributes that echo a property."""

from __future__ import annotations

from typing import Any

from ministack.core.responses import get_region, set_request_region
from ministack.services.cloudformation import changesets, engine, handlers, stacks


def install() -> None:
    """Put our resolver before ministack's, in each module that imported it by name."""
    original = engine._resolve_refs

    def resolve(value: Any, resources: dict[str, Any], *context: Any) -> Any:
        if not isinstance(value, dict) or len(value) != 1:
            return original(value, resources, *context)
        output = value.get("Fn::GetStackOutput")
        if isinstance(output, dict) and "Region" in output:
            return _output_elsewhere(output, resources, context)
        echoed = _echoed_property(value.get("Fn::GetAtt"), resources)
        return original(value, resources, *context) if echoed is None else echoed

    def _output_elsewhere(output: dict[str, Any], resources: dict[str, Any], context: tuple[Any, ...]) -> Any:
        named = {key: original(item, resources, *context) for key, item in output.items() if key != "RoleArn"}
        here = get_region()
        set_request_region(str(named.pop("Region")))
        try:
            return original({"Fn::GetStackOutput": named}, resources, *context)
        finally:
            set_request_region(here)

    for module in (engine, stacks, handlers, changesets):
        module._resolve_refs = resolve


def _echoed_property(target: Any, resources: dict[str, Any]) -> Any:
    """``Fn::GetAtt`` of a property, such as ``CidrBlock`` of a VPC, that the type's handler does not list as an attribute."""
    if not (isinstance(target, list) and len(target) == 2 and isinstance(target[1], str)):
        return None
    resource = resources.get(target[0], {})
    if target[1] in resource.get("Attributes", {}):
        return None
    value = resource.get("Properties", {}).get(target[1])
    return value if isinstance(value, (str, int, float)) else None
