"""The code of a function that makes users of a database: ours, and the engine's driver, copied into an asset."""

from __future__ import annotations

import functools
from pathlib import Path

from aws_cdk import AssetHashType
from aws_cdk import aws_lambda as lambda_

from prodready_constructs.foundation.drivers import DRIVERS, check_authorities, installed, packed

OURS = Path(__file__).parent / "functions"
#: Our package within the asset.
HOME = "rotation"


def function_code(where: str, engine: str, *, authorities: Path | None = None) -> lambda_.Code:
    """The asset for *engine*. Its hash is made of contents alone, so the same packages give the same asset on every machine.

    Args:
        where: the construct that refuses.
        authorities: certificates (PEM) to trust instead of the runtime's.

    Raises:
        ConfigurationError: a driver is not installed, or *authorities* is no file of certificates.
    """
    check_authorities(where, authorities)
    folder, digest = _folder(where, engine, authorities)
    return lambda_.Code.from_asset(folder, asset_hash=digest, asset_hash_type=AssetHashType.CUSTOM)


@functools.cache
def _folder(where: str, engine: str, authorities: Path | None) -> tuple[str, str]:
    files = {f"{HOME}/{name}.py": OURS / f"{name}.py" for name in ("index", "trust", engine)}
    if authorities is not None:
        files[f"{HOME}/authorities.pem"] = authorities
    return packed(files | installed(where, DRIVERS[engine]))
