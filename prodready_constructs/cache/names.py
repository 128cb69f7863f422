"""What a cache, its users and its user group are called: ElastiCache wants names of them, unique in account and region."""

from __future__ import annotations

import hashlib
import re

from prodready_constructs.errors import ConfigurationError

#: A user for IAM: its id is its name, 40 characters with the hash.
_USER = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
LONGEST_USER = 31
#: Users that every cache has.
APPLICATION, DEFAULT = "app", "default"


def digest(stack_name: str, path: str) -> str:
    """Eight characters that no other cache of this account and region has: the stack's name is unique there, the path within the app."""
    known = "" if "${Token" in stack_name else stack_name  # a nested stack's name exists only at deployment
    return hashlib.sha256(f"{known}|{path}".encode()).hexdigest()[:8]


def cache_identifier(stack_name: str, path: str) -> str:
    """Stack, construct and a hash of both: at most 40 characters, lower case, no hyphen beside another (CreateReplicationGroup)."""
    known = "" if "${Token" in stack_name else stack_name
    words = [re.sub(r"[^a-z0-9]+", "-", part.lower()).strip("-")[:14].strip("-") for part in (known, path.rsplit("/", 1)[-1])]
    name = "-".join(word for word in (*words, digest(stack_name, path)) if word)
    return name if name[0].isalpha() else f"c-{name}"


def user_id(name: str, hashed: str) -> str:
    """The id of the user *name* of one cache."""
    return f"{name}-{hashed}"


def check_user_name(where: str, name: str, taken: tuple[str, ...]) -> None:
    """Refuse a name that ElastiCache would not take, or that another user of this cache has."""
    if not _USER.fullmatch(name) or len(name) > LONGEST_USER:
        raise ConfigurationError(
            f"{where}: name",
            given=name,
            allowed=f"a lower-case letter, then letters, digits and single hyphens, {LONGEST_USER} at most",
            mend="write it as reports",
        )
    if name in taken:
        raise ConfigurationError(
            f"{where}: name",
            given=name,
            allowed=f"another name than {', '.join(taken)}",
            mend="use the user that add_iam_user gave, or choose another name",
        )
