"""Changed copies of an assembly, for drills: the original is never touched."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prodready_constructs.local.assembly import Assembly, Stack, load


def vary(assembly: Assembly, stack: Stack, change: Callable[[dict[str, Any]], None], *, into: Path) -> Assembly:
    """A copy of *assembly* under *into* in which *change* was applied to the template of *stack*."""
    shutil.copytree(assembly.folder, into, ignore=shutil.ignore_patterns("*.lock", ".cache"), dirs_exist_ok=True)
    file = into / stack.template_file.relative_to(assembly.folder)
    template = json.loads(file.read_text())
    change(template)
    text = json.dumps(template, indent=1)
    file.write_text(text)
    _upload_under_new_name(file, hashlib.sha256(text.encode()).hexdigest())
    return load(into)


def _upload_under_new_name(template_file: Path, digest: str) -> None:
    """The CLI uploads a template once a content hash: the copy needs its own in the manifest and the asset list."""
    assets_file = template_file.with_name(template_file.name.replace(".template.json", ".assets.json"))
    if not assets_file.is_file():
        return
    listed = json.loads(assets_file.read_text()).get("files", {})
    old = next((name for name, asset in listed.items() if asset["source"]["path"] == template_file.name), None)
    if old is None:
        return
    for file in (assets_file, template_file.with_name("manifest.json")):
        file.write_text(file.read_text().replace(old, digest))
