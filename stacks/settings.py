"""One settings file per environment: where it is and whom it tells. Read once, validated completely, no AWS module."""

from __future__ import annotations

import re
import sys
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from prodready_constructs.errors import ConfigurationError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainSettings:
    """The lasting name: *name* within the hosted zone *hosted_zone*, whose id Route 53 gave."""

    name: str
    hosted_zone: str
    hosted_zone_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """What runs: the container image, the port it listens on, the path that says it is well, and what migrates the schema before it."""

    image: str
    port: int
    health_check_path: str
    migrate: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSettings:
    """Who is told: e-mail addresses and HTTPS endpoints, for what wakes someone and for what waits until morning."""

    critical: tuple[str, ...]
    warning: tuple[str, ...]

    @property
    def anybody(self) -> tuple[str, ...]:
        """Who hears of what another way could not deliver: those who are woken, or those who read in the morning where nobody is."""
        return self.critical or self.warning


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationsSettings:
    """What is done by people.

    Attributes:
        approvers: names of the account's IAM roles that approve what interrupts users. chat: what kind of channel the alerts go to: SLACK,
            TEAMS, DISCORD or JSON. monthly_budget: what a month may cost, in USD.
        anomaly_monitor: id of the account's cost anomaly monitor; without it nobody is told of the budget or of anomalies.
        game_day: when drills may hit real users, and who agreed; without it production has none.
    """

    approvers: tuple[str, ...]
    chat: Literal["SLACK", "TEAMS", "DISCORD", "JSON"]
    monthly_budget: int
    anomaly_monitor: str | None = None
    game_day: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One environment of one application. *account* is None where the CLI's own credentials decide; *domain* is None in a trial."""

    application: str
    environment: str
    region: str
    zones: tuple[str, ...]
    second_region: str
    cidr: str
    runbooks: str
    service: ServiceSettings
    alerts: AlertSettings
    operations: OperationsSettings
    tags: dict[str, str]
    peers: tuple[str, ...] = ()
    account: str | None = None
    domain: DomainSettings | None = None
    source: str = field(default="settings", repr=False)

    def __post_init__(self) -> None:
        if self.account is not None and not re.fullmatch(r"\d{12}", self.account):
            raise self.refuse("account", self.account, "12 digits", 'quote it: account = "111122223333"')
        for key, region in (("region", self.region), ("second_region", self.second_region)):
            if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", region):
                raise self.refuse(key, region, "an AWS region such as us-east-1", "write its code, not its name")
        if self.second_region == self.region:
            raise self.refuse("second_region", self.second_region, "another region than region", "copies in one region are lost with it")
        if strangers := [zone for zone in self.zones if not re.fullmatch(rf"{self.region}[a-z]", zone)]:
            raise self.refuse("zones", strangers, f"zones of {self.region}, such as {self.region}a", "name this region's zones")
        if len(set(self.zones)) < max(2, len(self.zones)):
            raise self.refuse("zones", list(self.zones), "two or more different zones", "name each zone once")

    def refuse(self, key: str, given: object, allowed: str, mend: str) -> ConfigurationError:
        """The error for one key of this file."""
        return ConfigurationError(f"{self.source}: {key}", given=given, allowed=allowed, mend=mend)


def load_settings(path: str | Path) -> Settings:
    """Read and validate one settings file.

    Raises:
        ConfigurationError: the file is missing or is no TOML, a key is unknown, missing or of the wrong type, or a value is impossible.
    """
    file = Path(path)
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(
            str(file), given="no such file", allowed="one settings file per environment", mend="copy settings/production.toml"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(str(file), given=str(error), allowed="TOML, UTF-8", mend="mend the line it names") from None
    return _build(Settings, table, where=str(file), extra={"source": str(file)})


def _build(kind: type[T], table: dict[str, Any], *, where: str, extra: dict[str, Any] | None = None) -> T:
    """Make the dataclass *kind* of a TOML table: every key known, every needed key there, every value of its type."""
    hints = get_type_hints(kind)
    known = {f.name: f for f in fields(kind) if f.name != "source"}  # type: ignore[arg-type]
    if unknown := sorted(set(table) - set(known)):
        raise ConfigurationError(where, given=f"unknown {_keys(unknown)}", allowed=", ".join(known), mend="remove or rename it")
    if missing := sorted(name for name, f in known.items() if f.default is MISSING and name not in table):
        raise ConfigurationError(where, given=f"no {_keys(missing)}", allowed=", ".join(known), mend=f"add {', '.join(missing)}")
    values = {name: _value(hints[name], value, f"{where}: {name}") for name, value in table.items()}
    return kind(**values, **(extra or {}))


def _value(hint: Any, value: Any, where: str) -> Any:
    nested = next((option for option in (hint, *getattr(hint, "__args__", ())) if isinstance(option, type) and is_dataclass(option)), None)
    if nested is not None:
        if not isinstance(value, dict):
            raise ConfigurationError(where, given=value, allowed="a table", mend=f"write [{where.rsplit(' ', 1)[-1]}]")
        return _build(nested, value, where=where)
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            raise ConfigurationError(where, given=value, allowed=", ".join(get_args(hint)), mend="use one of them")
        return value
    text = str(hint)
    if text.startswith("tuple") and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    if text.startswith("dict") and isinstance(value, dict) and all(isinstance(item, str) for item in value.values()):
        return value
    if ("str" in text and not text.startswith(("tuple", "dict")) and isinstance(value, str)) or (hint is int and type(value) is int):
        return value
    names = {"tuple": "a list of strings", "dict": "a table of strings"}
    allowed = names.get(text.split("[", maxsplit=1)[0], "a whole number" if hint is int else "a string")
    raise ConfigurationError(where, given=value, allowed=allowed, mend="mend its type")


def _keys(names: list[str]) -> str:
    return f"{'key' if len(names) == 1 else 'keys'} {', '.join(names)}"
