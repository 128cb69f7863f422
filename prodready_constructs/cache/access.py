"""What a user of a cache may do: keys, channels and commands, as an ACL string."""

from __future__ import annotations

import re
from dataclasses import dataclass

from prodready_constructs.errors import ConfigurationError

#: One rule of commands: ``+get``, ``-@dangerous``, ``+client|setinfo``.
_COMMAND = re.compile(r"[+-]@?[a-z]+[a-z0-9_.-]*(\|[a-z0-9_-]+)?")
#: A pattern of keys or channels: no blank, which would begin another rule.
_PATTERN = re.compile(r"\S+")
#: Everything but what rules the server or stops it for everybody (FLUSHALL, KEYS, CONFIG, DEBUG, ACL ...). INFO counts as dangerous too, and
#: clients ask for it when they connect.
APPLICATION_COMMANDS = ("+@all", "-@admin", "-@dangerous", "+info")
#: Read, and what a connection needs.
READ_COMMANDS = ("+@read", "+@connection", "-@admin", "-@dangerous", "+info")
#: The user that a client without a name would be: off, and with no right if somebody turned it on.
NOBODY = "off -@all"


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheAccess:
    """The keys, channels and commands of one user.

    Args:
        keys: patterns of keys, ``shop:*``; all when left out.
        channels: patterns of publish and subscribe channels; all when left out, none when empty.
        commands: rules of commands in their order, ``+@read`` or ``-flushall``; the later one wins.

    Raises:
        ConfigurationError: no key, a pattern with a blank, or a rule that is no rule of commands (``nopass``, ``reset``, ``>password``).

    Source: https://valkey.io/topics/acl/ and https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html
    """

    keys: tuple[str, ...] = ("*",)
    channels: tuple[str, ...] = ("*",)
    commands: tuple[str, ...] = APPLICATION_COMMANDS

    def __post_init__(self) -> None:
        if not self.keys:
            raise ConfigurationError("CacheAccess.keys", given=self.keys, allowed="one pattern at least", mend="use ('shop:*',)")
        for field, patterns in (("keys", self.keys), ("channels", self.channels)):
            for pattern in patterns:
                if not _PATTERN.fullmatch(pattern):
                    raise ConfigurationError(
                        f"CacheAccess.{field}", given=pattern, allowed="a pattern without blanks", mend="give each pattern as an item"
                    )
        for rule in self.commands:
            if not _COMMAND.fullmatch(rule):
                raise ConfigurationError(
                    "CacheAccess.commands",
                    given=rule,
                    allowed="rules of commands: +get, -flushall, +@read, -@dangerous, +client|setinfo",
                    mend="leave passwords and states to the construct",
                )

    @classmethod
    def read_only(cls, *keys: str) -> CacheAccess:
        """To read *keys* (all, when none is named) and to change nothing."""
        return cls(keys=keys or ("*",), channels=(), commands=READ_COMMANDS)

    @property
    def access_string(self) -> str:
        """As ElastiCache takes it."""
        keys = (f"~{pattern}" for pattern in self.keys)
        channels = (f"&{pattern}" for pattern in self.channels)
        return " ".join(("on", *keys, *(channels if self.channels else ("resetchannels",)), "-@all", *self.commands))
