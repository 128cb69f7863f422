"""Who takes how much of a task's memory: what is given away is missing to the application."""

from __future__ import annotations

from prodready_constructs.errors import ConfigurationError

#: What is left to the application: a quarter of the task, and never less than this.
LEAST_MIB = 128


class TaskMemory:
    """The memory of one task, given away piece by piece."""

    def __init__(self, path: str, total_mib: int, *, used_mib: int) -> None:
        self._path, self._total, self._left = path, total_mib, total_mib - used_mib

    def take(self, what: str, mib: int) -> None:
        """Give *mib* to *what*.

        Raises:
            ConfigurationError: too little would be left to the application.
        """
        least = max(LEAST_MIB, self._total // 4)
        if self._left - mib < least:
            raise ConfigurationError(
                f"{self._path}: {what}",
                given=f"{mib} of the {self._left} MiB that are left of {self._total}",
                allowed=f"at most {self._left - least} MiB: {least} are the application's",
                mend="take less, or raise memory_mib of the posture",
            )
        self._left -= mib
