"""Names: which database names an engine reserves, and what an instance is called."""

from __future__ import annotations

import hashlib
import re

from prodready_constructs.database.engine import Engine
from prodready_constructs.database.reserved import RESERVED
from prodready_constructs.errors import ConfigurationError

#: What CreateDBInstance takes as Port.
_PORTS = range(1150, 65_536)


def check_database_name(where: str, name: str, engine: Engine) -> None:
    """Refuse a *name* that the engine would refuse minutes into a deployment."""
    longest = engine.traits.longest_name
    if not re.fullmatch(rf"[A-Za-z][A-Za-z0-9_]{{0,{longest - 1}}}", name):
        raise ConfigurationError(
            f"{where}: database_name",
            given=name,
            allowed=f"a letter, then letters, digits and underscores, {longest} at most ({engine.traits.title})",
            mend=f"use {re.sub(r'[^a-z0-9_]', '_', name.lower()).lstrip('_0123456789')[:longest] or 'app'}",
        )
    if name.lower() in RESERVED[engine.name]:
        raise ConfigurationError(
            f"{where}: database_name",
            given=name,
            allowed=f"any name that {engine.traits.title} does not reserve",
            mend=f"use {name.lower()}_db",
        )


def check_db_user(where: str, db_user: str) -> str:
    """*db_user*; refuse none, and a wildcard, which would admit the master user too."""
    if not db_user or "*" in db_user:
        raise ConfigurationError(
            f"{where}: db_user", given=db_user, allowed="the name of one database user", mend="make a user for this workload"
        )
    return db_user


def check_port(where: str, port: int | None, engine: Engine) -> int:
    """*port*, or the engine's default of this library; refuse what RDS does not take and the engine's own, which every scanner tries."""
    traits = engine.traits
    if port is None:
        return traits.default_port
    if port not in _PORTS or port == traits.engine_port:
        raise ConfigurationError(
            f"{where}: port",
            given=port,
            allowed=f"{_PORTS.start} to {_PORTS.stop - 1} except {traits.engine_port} (AwsSolutions-RDS11)",
            mend=f"leave it out for {traits.default_port}",
        )
    return port


def instance_identifier(stack_name: str, path: str, *, restored: str = "") -> str:
    """What RDS calls the instance: stack, construct and a hash of both, at most 58 of RDS's 63 characters.

    *restored* says from what an instance was restored: it stands beside the one that it replaces, and so needs another name.

    The stack's name is unique in account and region and the path within the app, so several databases in one account, and
    the same app deployed twice under two stack names, never meet. See docs/decisions/0020-named-database-instance.md.
    """
    known = "" if "${Token" in stack_name else stack_name  # a nested stack's name exists only at deployment
    parts = [re.sub(r"[^a-z0-9]+", "-", part.lower()).strip("-")[:24].strip("-") for part in (known, path.rsplit("/", 1)[-1])]
    digest = hashlib.sha256(f"{known}|{path}{'|' if restored else ''}{restored}".encode()).hexdigest()[:8]
    return "-".join(["db" if not known else "", *parts, digest]).strip("-").replace("--", "-")
