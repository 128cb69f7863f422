"""Tags of images, and the patterns that mean several of them."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import cache

from prodready_constructs.errors import ConfigurationError

#: Letters, digits and "_", then "." and "-" too; 128 at most (the OCI distribution specification, which ECR follows).
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_PATTERN = re.compile(r"[A-Za-z0-9._*-]{1,128}")
#: Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
MOST_WILDCARDS = 4
EVERY = "*"


def check_pattern(where: str, pattern: str, *, wildcards: int = MOST_WILDCARDS) -> str:
    """*pattern*, if ECR takes it.

    Raises:
        ConfigurationError: other characters, or too many wildcards.
    """
    if not _PATTERN.fullmatch(pattern) or pattern.count(EVERY) > wildcards:
        raise ConfigurationError(
            where,
            given=pattern,
            allowed=f"a tag, or a pattern of at most {wildcards} '*'",
            mend="write it like 'v*' or 'pr-*'",
        )
    return pattern


def matches(pattern: str, tag: str) -> bool:
    """Whether *pattern*, in which only ``*`` has a meaning, means *tag*."""
    return fnmatchcase(tag, pattern)


def can_meet(one: str, other: str) -> bool:
    """Whether some tag matches both patterns."""

    @cache
    def meet(i: int, j: int) -> bool:
        if i == len(one) and j == len(other):
            return True
        if i < len(one) and one[i] == EVERY:
            return meet(i + 1, j) or (j < len(other) and meet(i, j + 1))
        if j < len(other) and other[j] == EVERY:
            return meet(i, j + 1) or (i < len(one) and meet(i + 1, j))
        return i < len(one) and j < len(other) and one[i] == other[j] and meet(i + 1, j + 1)

    return meet(0, 0)
