"""Code that is deployed: loaded from its file, as Lambda loads it, and no part of a package."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType


def code_at(path: Path) -> ModuleType:
    """A module of its own, made anew by each call."""
    spec = importlib.util.spec_from_file_location("_".join(path.with_suffix("").parts[-2:]), path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
