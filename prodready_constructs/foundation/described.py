"""Constructs that speak for themselves, and those that do not."""

from __future__ import annotations

from inspect import getattr_static
from typing import Any

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation.part import path_of


def require_described(where: str, one: Any, *needed: str) -> None:
    """Refuse *one* that lacks an attribute of *needed*: a plain resource of the CDK that nobody adopted, or a construct without such facts.

    Raises:
        ConfigurationError: with what to write instead.
    """
    # Asked of the class first: what a property makes is not made here.
    lacking = [name for name in needed if getattr_static(one, name, None) is None and not hasattr(one, name)]
    if lacking:
        plain = type(one).__module__.startswith("aws_cdk")
        name = path_of(one) if hasattr(one, "node") else repr(one)
        raise ConfigurationError(
            where,
            given=f"{name} ({type(one).__name__}), which has no {' and no '.join(lacking)}",
            allowed=f"what describes itself with {' and '.join(needed)}",
            mend="hand over adopt(...) of it" if plain else "take it out, or describe it so",
        )
