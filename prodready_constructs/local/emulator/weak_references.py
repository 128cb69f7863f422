"""``Fn::GetStackOutput`` across regions: ministack looks for the other stack in the region of this one."""

from __future__ import annotations

from typing import Any

from ministack.core.responses import get_region, set_request_region
from ministack.services.cloudformation import changesets, engine, handlers, stacks


def install() -> None:
    """Look in the region that the reference names."""
    original = engine._resolve_refs

    def resolve(value: Any, *context: Any) -> Any:
        reference = value.get("Fn::GetStackOutput") if isinstance(value, dict) else None
        if not isinstance(reference, dict) or "Region" not in reference:
            return original(value, *context)
        named = {key: original(item, *context) for key, item in reference.items() if key != "RoleArn"}
        here = get_region()
        set_request_region(str(named.pop("Region")))
        try:
            return original({"Fn::GetStackOutput": named}, *context)
        finally:
            set_request_region(here)

    # Each module imported the function by name.
    for module in (engine, stacks, handlers, changesets):
        module._resolve_refs = resolve
