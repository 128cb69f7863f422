"""What runs code: services and workers on Fargate, functions, schedules, devices.

Names are loaded when they are first asked for: whoever takes a function does not wait for ECS.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prodready_constructs.compute.functions.code import FunctionCode as FunctionCode
    from prodready_constructs.compute.functions.hardened_function import HardenedFunction as HardenedFunction
    from prodready_constructs.compute.functions.placement import OutsideVpc as OutsideVpc
    from prodready_constructs.compute.functions.signing import CodeSigning as CodeSigning
    from prodready_constructs.compute.service.web_service import WebService as WebService

__all__ = ["CodeSigning", "FunctionCode", "HardenedFunction", "OutsideVpc", "WebService"]

_HOMES = {
    "functions.code": "FunctionCode",
    "functions.hardened_function": "HardenedFunction",
    "functions.placement": "OutsideVpc",
    "functions.signing": "CodeSigning",
    "service.web_service": "WebService",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
