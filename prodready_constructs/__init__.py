"""AWS CDK constructs whose defaults already pass the audit.

This is the front door: every public name can be imported from here. Names are loaded when they are first asked for, so
importing the package, or the posture alone, loads no AWS module.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prodready_constructs.errors import ConfigurationError
    from prodready_constructs.posture import PRODUCTION, STAGING, Posture

_HOMES = {
    "PRODUCTION": "posture",
    "STAGING": "posture",
    "ConfigurationError": "errors",
    "Posture": "posture",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    try:
        home = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
