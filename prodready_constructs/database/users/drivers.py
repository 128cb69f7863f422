"""The code of a function that speaks with databases: ours, and the installed drivers, copied into an asset. Nothing is downloaded."""

from __future__ import annotations

import functools
import hashlib
import re
import shutil
import tempfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from aws_cdk import AssetHashType
from aws_cdk import aws_lambda as lambda_

from prodready_constructs.errors import ConfigurationError

#: Each engine's driver; what it requires is found with it.
DRIVERS = {"postgresql": "pg8000", "mysql": "PyMySQL"}
_REQUIRED = re.compile(r"[A-Za-z0-9._-]+")
OURS = Path(__file__).parent / "functions"
#: Our package within the asset.
HOME = "rotation"
_LICENCES = ("license", "licence", "copying", "notice", "authors")
#: Folders of assets live as long as the process: the CDK copies them while the app is built.
_folders: list[tempfile.TemporaryDirectory[str]] = []


def function_code(where: str, engine: str, *, authorities: Path | None = None) -> lambda_.Code:
    """The asset for *engine*. Its hash is made of contents alone, so the same packages give the same asset on every machine.

    Args:
        where: the construct that refuses.
        authorities: certificates (PEM) to trust instead of the runtime's.

    Raises:
        ConfigurationError: a driver is not installed, or *authorities* is no file of certificates.
    """
    if authorities is not None and (not authorities.is_file() or "BEGIN CERTIFICATE" not in authorities.read_text(errors="replace")):
        raise ConfigurationError(
            f"{where}: authorities",
            given=str(authorities),
            allowed="a file of certificates in PEM form",
            mend="download the bundle of your region (RDS user guide, 'Using SSL/TLS') and give its path",
        )
    folder, digest = _folder(where, engine, authorities)
    return lambda_.Code.from_asset(folder, asset_hash=digest, asset_hash_type=AssetHashType.CUSTOM)


@functools.cache
def _folder(where: str, engine: str, authorities: Path | None) -> tuple[str, str]:
    files = {f"{HOME}/{name}.py": OURS / f"{name}.py" for name in ("index", "trust", engine)}
    if authorities is not None:
        files[f"{HOME}/authorities.pem"] = authorities
    files |= installed(where, DRIVERS[engine])
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
