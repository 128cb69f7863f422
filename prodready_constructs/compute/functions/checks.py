"""What a function is refused for, apart from its code and its settings."""

from __future__ import annotations

from datetime import timedelta

from prodready_constructs.compute.functions.code import FunctionCode
from prodready_constructs.errors import ConfigurationError

#: AWS Lambda developer guide, "Lambda quotas".
SHORTEST, LONGEST = timedelta(seconds=1), timedelta(minutes=15)


def check_timeout(where: str, timeout: timedelta) -> None:
    """Refuse a timeout that Lambda does not offer."""
    if not SHORTEST <= timeout <= LONGEST or timeout % SHORTEST:
        raise ConfigurationError(
            f"{where}: timeout",
            given=str(timeout),
            allowed="whole seconds from 1 to 900, Lambda's limit",
            mend="split the work, or run it as a task on Fargate" if timeout > LONGEST else "use timedelta(seconds=...)",
        )


def check_for_api(where: str, *, timeout: timedelta, limit: timedelta) -> None:
    """Refuse a function that outlasts the API before it."""
    if timeout > limit:
        raise ConfigurationError(
            f"{where}: timeout",
            given=f"{timeout.total_seconds():g} s behind an API that waits {limit.total_seconds():g} s",
            allowed=f"at most {limit.total_seconds():g} s: the caller has left by then, and the work goes on",
            mend="shorten the timeout, or answer at once and let an asynchronous function do the work",
        )


def check_signing(where: str, code: FunctionCode, *, asked: bool) -> None:
    """Refuse to ask for a signature of what nobody can have signed."""
    if asked and not code.signable:
        raise ConfigurationError(
            f"{where}: code_signing",
            given="an image" if code.is_image else "a folder or archive, which is uploaded as it is",
            allowed="FunctionCode.stored(bucket, key, version=...): the object that a signing job wrote; images are pinned by digest instead",
            mend="sign the archive with AWS Signer first, or leave code_signing out",
        )
