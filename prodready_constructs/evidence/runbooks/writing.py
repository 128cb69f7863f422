"""Files that appear as a whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.evidence.runbooks.markdown import MARK

INDEX = "index.md"


def swap(out: Path, files: Mapping[str, str]) -> list[Path]:
    """Write *files* beside *out* and put them in its place: a reader sees the old pages or the new ones, never half of them.

    Raises:
        ConfigurationError: *out* holds something that is not ours.
    """
    if out.exists():
        index = out / INDEX
        ours = out.is_dir() and (not any(out.iterdir()) or (index.is_file() and index.read_text().startswith(MARK)))
        if not ours:
            raise ConfigurationError(
                str(out),
                given="a directory with other files",
                allowed="a directory of generated runbooks, or none",
                mend="choose another one",
            )
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        fresh = beside / "fresh"
        for name, body in files.items():
            target = fresh / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(body, encoding="utf-8")
        if out.exists():
            out.rename(beside / "old")
        try:
            fresh.rename(out)
        except OSError:
            if (beside / "old").exists():
                (beside / "old").rename(out)
            raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return sorted(out / name for name in files)
