"""What may be asked of an application secret, checked before anything is built."""

from __future__ import annotations

from datetime import timedelta

from aws_cdk import aws_lambda as lambda_

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation.rotation import check_rotation_period, check_secret_name
from prodready_constructs.security.random_rotation import RandomRotation

#: Characters of a generated value: 32 letters and digits are 190 bits. Secrets Manager takes 4096 at most.
SHORTEST, LONGEST = 32, 4096


def check_request(
    where: str, *, name: str, length: int | None, rotation: RandomRotation | lambda_.IFunction | None, period: timedelta
) -> None:
    """Refuse what cannot be made safely.

    Raises:
        ConfigurationError: a name of another form, a length or period out of bounds, or a rotation that does not fit the form.
    """
    check_secret_name(where, name)
    if length is not None and not SHORTEST <= length <= LONGEST:
        raise ConfigurationError(
            f"{where}: length",
            given=length,
            allowed=f"{SHORTEST} to {LONGEST} characters, or None for a value supplied later",
            mend=f"use {SHORTEST if length < SHORTEST else LONGEST}",
        )
    check_rotation_period(where, period)
    if length is not None and rotation is None:
        raise ConfigurationError(
            f"{where}: rotation",
            given=None,
            allowed="a RandomRotation or a rotation function: a generated secret rotates",
            mend="hand over one RandomRotation(self, 'Rotation', vpc=...) for all secrets of the stack",
        )
    if length is None and isinstance(rotation, RandomRotation):
        raise ConfigurationError(
            f"{where}: rotation",
            given="RandomRotation",
            allowed="a function that asks the issuer for a new value, or None, for a supplied secret",
            mend="a random value would overwrite the supplied one; give length= to have the value generated",
        )
