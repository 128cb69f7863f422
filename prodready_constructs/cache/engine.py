"""Which engine, and which node types AWS offers for it. Data only."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from prodready_constructs.errors import ConfigurationError

#: Versions ElastiCache offers, newest first, of the families whose parameter groups are known here. ElastiCache upgrades the minor
#: version by itself in the maintenance window; a constant below moves only with a release that says so.
#: Source: the allowed values of AWS::ElastiCache::CacheCluster EngineVersion (DescribeCacheEngineVersions, by cfn-lint).
OFFERED: dict[str, tuple[str, ...]] = {"valkey": ("8.2", "8.1", "8.0", "7.2"), "redis": ("7.1", "7.0")}
_TITLES = {"valkey": "Valkey", "redis": "Redis OSS"}
_SIZES = ("micro", "small", "medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge")
_NODE_TYPES = Path(__file__).parent / "node_types.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheEngine:
    """An engine of ElastiCache and its version.

    Args:
        name: ``valkey`` or ``redis``.
        version: major and minor, one of those in ``OFFERED``.

    Raises:
        ConfigurationError: an engine or a version that ElastiCache does not offer, or that speaks no TLS with users here.
    """

    name: Literal["valkey", "redis"]
    version: str

    def __post_init__(self) -> None:
        if self.name not in OFFERED:
            raise ConfigurationError(
                "CacheEngine.name", given=self.name, allowed="'valkey' or 'redis'", mend="use VALKEY_8: it speaks the protocol of Redis"
            )
        if self.version not in OFFERED[self.name]:
            raise ConfigurationError(
                "CacheEngine.version",
                given=f"{self.name} {self.version}",
                allowed=f"{', '.join(OFFERED[self.name])} for {self.name}",
                mend=f"use {_nearest_version(self.version, OFFERED[self.name])}",
            )

    @property
    def title(self) -> str:
        """For people: ``Valkey``."""
        return _TITLES[self.name]

    @property
    def major(self) -> str:
        """What a serverless cache is asked for."""
        return self.version.split(".", 1)[0]

    @property
    def parameter_family(self) -> str:
        """The family of parameter groups: ``valkey8``."""
        return f"{self.name}{self.major}"


VALKEY_8 = CacheEngine(name="valkey", version="8.2")
REDIS_7 = CacheEngine(name="redis", version="7.1")


def check_node_type(where: str, node_type: str, *, region: str | None) -> str:
    """The full name of *node_type*, when AWS offers it in *region* (anywhere, when the stack names none).

    Raises:
        ConfigurationError: a type that AWS does not offer, or not there; the nearest that it does is named.
    """
    family, _, size = node_type.partition(".")
    families = _families()
    here = {name: sizes for name, (sizes, absent) in families.items() if region not in absent}
    if size in here.get(family, ()):
        return f"cache.{node_type}"
    nearest = _nearest_type(family, size, here)
    raise ConfigurationError(
        f"{where}: posture.node_type",
        given=node_type,
        allowed=f"a size that ElastiCache offers{f' in {region}' if region else ''} of {', '.join(here)}",
        mend=f"the nearest is {nearest}",
    )


def _nearest_type(family: str, size: str, here: dict[str, tuple[str, ...]]) -> str:
    """The next size of the same family; where there is no such family, one of its kind (its letter) that has the size."""

    def rank(one: str) -> float:
        if one in _SIZES:
            return _SIZES.index(one)
        return _SIZES.index("xlarge") + int(one.removesuffix("xlarge")) / 4 if re.fullmatch(r"\d+xlarge", one) else 0

    kin = family if family in here else min(here, key=lambda name: (name[0] != family[:1], size not in here[name]))
    return f"{kin}.{min(here[kin], key=lambda one: abs(rank(one) - rank(size)))}"


def _nearest_version(given: str, offered: tuple[str, ...]) -> str:
    def number(version: str) -> float:
        major, _, minor = version.partition(".")
        return int(major) + int(minor or 0) / 10 if major.isdigit() and (minor or "0").isdigit() else 0.0

    return min(offered, key=lambda one: abs(number(one) - number(given)))


@cache
def _families() -> dict[str, tuple[tuple[str, ...], frozenset[str]]]:
    """Family -> its sizes, and the regions without it."""
    data = json.loads(_NODE_TYPES.read_text(encoding="utf-8"))
    return {name: (tuple(one["sizes"]), frozenset(one["not_in"])) for name, one in data["families"].items()}
