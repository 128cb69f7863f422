"""Code that speaks with databases, packed for Lambda: ours, and the installed drivers. Nothing is downloaded."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from prodready_constructs.errors import ConfigurationError

#: Each engine's driver; what it requires is found with it.
DRIVERS = {"postgresql": "pg8000", "mysql": "PyMySQL"}
_REQUIRED = re.compile(r"[A-Za-z0-9._-]+")
_LICENCES = ("license", "licence", "copying", "notice", "authors")
#: Folders of assets live as long as the process: the CDK copies them while the app is built.
_folders: list[tempfile.TemporaryDirectory[str]] = []


def check_authorities(where: str, authorities: Path | None) -> None:
    """Refuse what is no file of certificates (PEM).

    Raises:
        ConfigurationError: *authorities* is none.
    """
    if authorities is not None and (not authorities.is_file() or "BEGIN CERTIFICATE" not in authorities.read_text(errors="replace")):
        raise ConfigurationError(
            f"{where}: authorities",
            given=str(authorities),
            allowed="a file of certificates in PEM form",
            mend="download the bundle of your region (RDS user guide, 'Using SSL/TLS') and give its path",
        )


def packed(files: Mapping[str, Path]) -> tuple[str, str]:
    """A folder with *files* (place -> file), and a hash made of contents alone: the same on every machine."""
    made = tempfile.TemporaryDirectory(prefix="prodready-drivers-")
    _folders.append(made)
    digest = hashlib.sha256()
    for target, source in sorted(files.items()):
        copy = Path(made.name) / target
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
        digest.update(f"{target}\0{copy.stat().st_size}\0".encode() + copy.read_bytes())
    return made.name, digest.hexdigest()


def installed(where: str, name: str) -> dict[str, Path]:
    """The files and licences of an installed package and of what it requires: place in the asset -> file.

    Neither compiled files, which depend on the Python at hand, nor what an installer notes about its work.

    Raises:
        ConfigurationError: it is not installed.
    """
    files: dict[str, Path] = {}
    wanted, seen = [name], set[str]()
    while wanted:
        one = wanted.pop()
        seen.add(one)
        try:
            found = distribution(one)
        except PackageNotFoundError:
            raise ConfigurationError(
                f"{where}: driver",
                given=f"no package {one}",
                allowed=f"an environment with {one}, a dependency of prodready-constructs",
                mend="install prodready-constructs with its dependencies",
            ) from None
        # With a condition after a semicolon: extras, and Pythons that are gone.
        required = {match[0] for line in found.requires or () if ";" not in line and (match := _REQUIRED.match(line))}
        wanted += sorted(required - seen)
        for file in found.files or ():
            noted = any(part.endswith(".dist-info") for part in file.parts)
            licence = any(word in file.name.lower() for word in _LICENCES)
            if ".." not in file.parts and file.suffix != ".pyc" and (licence or not noted):
                files[file.as_posix()] = Path(str(file.locate()))
    return files
