"""The environment variables of a GraphQL API: in the open for whoever may read the API."""

from __future__ import annotations

import re
from collections.abc import Mapping

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation.plain_secrets import looks_like_a_secret

#: AppSync developer guide, "Environment variables": 2 to 64 characters, a letter first; values of 512 characters; 50 of them.
_VARIABLE = re.compile(r"[A-Za-z]\w{1,63}")
_LONGEST_VALUE, _MOST_VARIABLES = 512, 50


def require_plain(where: str, environment: Mapping[str, str]) -> None:
    """Refuse a variable that AppSync does not take, or whose value looks like a secret."""
    if len(environment) > _MOST_VARIABLES:
        raise ConfigurationError(
            f"{where}: environment", given=f"{len(environment)} variables", allowed=f"{_MOST_VARIABLES}, AppSync's limit", mend="give fewer"
        )
    for name, value in environment.items():
        if not _VARIABLE.fullmatch(name) or len(value) > _LONGEST_VALUE:
            raise ConfigurationError(
                f"{where}: environment",
                given=f"{name} of {len(value)} characters",
                allowed=f"2 to 64 letters, digits and _, a letter first; values of {_LONGEST_VALUE} characters",
                mend="shorten it",
            )
        if looks_like_a_secret(name, value):
            raise ConfigurationError(
                f"{where}: environment",
                given=name,
                allowed="plain configuration: whoever may read the API may read it",
                mend="let a function read the secret from Secrets Manager",
            )
