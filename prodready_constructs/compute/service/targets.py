"""Where a service takes requests and answers for its health."""

from __future__ import annotations

from prodready_constructs.errors import ConfigurationError


def check_target(path: str, *, port: int, health_check_path: str) -> None:
    """Refuse, for the construct at *path*, what no load balancer could reach."""
    if not 1 <= port <= 65_535:
        raise ConfigurationError(f"{path}: container_port", given=port, allowed="1 to 65535", mend="use the container's port")
    if not health_check_path.startswith("/"):
        raise ConfigurationError(
            f"{path}: health_check_path",
            given=health_check_path,
            allowed="a path that begins with /",
            mend=f"use '/{health_check_path}'",
        )
