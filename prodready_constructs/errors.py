"""The one error a user of this library can cause."""


class ConfigurationError(ValueError):
    """Something was asked for that cannot be made safely.

    Raised at construction, before anything is synthesized, and never for a fault of ours. The message is always complete:
    where (a construct path or a file), what was given, what is allowed, and how to mend it.
    """

    def __init__(self, where: str, *, given: object, allowed: str, mend: str) -> None:
        super().__init__(f"{where}: got {given!r}; allowed: {allowed}; {mend}")
        self.where = where
        self.given = given
        self.allowed = allowed
        self.mend = mend
