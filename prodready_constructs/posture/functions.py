"""How much function: memory, concurrency, log levels, how a new version takes over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture._check import one_of, ordered, within
from prodready_constructs.posture.release import Release

ApplicationLevel = Literal["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]
SystemLevel = Literal["DEBUG", "INFO", "WARN"]
APPLICATION_LEVELS: tuple[ApplicationLevel, ...] = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
SYSTEM_LEVELS: tuple[SystemLevel, ...] = ("DEBUG", "INFO", "WARN")
#: AWS Lambda developer guide, "Lambda quotas" and PutFunctionEventInvokeConfig.
MEMORY, STORAGE = (128, 10_240), (512, 10_240)
EVENT_AGE = (timedelta(seconds=60), timedelta(hours=6))


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionPosture:
    """Degrees of ``compute.HardenedFunction``.

    Attributes:
        memory_mib: memory of one execution in MiB; CPU grows with it. ephemeral_mib: its ``/tmp``.
        reserved_concurrency: the most executions at a time. They are taken out of the account's quota, so that no other function can use
            them up, and this one cannot use up the others'.
        provisioned: executions kept warm, 0 for none; max_provisioned: how many at most, when load asks for more;
            provisioned_target: the percentage of them in use that scaling keeps.
        application_log_level, system_log_level: the least severe lines that are kept, of the code and of Lambda itself.
        event_age: how long an asynchronous event is tried; retries: how often again after an error, 0 to 2.
        release: how a new version takes over.
        log_retention: the function's own logs.
    """

    memory_mib: int
    ephemeral_mib: int
    reserved_concurrency: int
    provisioned: int
    max_provisioned: int
    provisioned_target: int
    application_log_level: ApplicationLevel
    system_log_level: SystemLevel
    event_age: timedelta
    retries: int
    release: Release
    log_retention: timedelta

    def __post_init__(self) -> None:
        within("FunctionPosture.memory_mib", self.memory_mib, *MEMORY, because="MiB that Lambda offers")
        within("FunctionPosture.ephemeral_mib", self.ephemeral_mib, *STORAGE, because="MiB that Lambda offers")
        within("FunctionPosture.reserved_concurrency", self.reserved_concurrency, 1, 100_000, because="at 0 nothing would ever run")
        within("FunctionPosture.provisioned", self.provisioned, 0, 100_000, because="0 keeps none warm")
        ordered("FunctionPosture.provisioned, max_provisioned", self.provisioned, self.max_provisioned, mend="raise max_provisioned")
        if self.max_provisioned and not self.provisioned:
            raise ConfigurationError(
                "FunctionPosture.max_provisioned",
                given=f"{self.max_provisioned} with provisioned=0",
                allowed="0 where none are kept warm: Lambda scales from 1 upwards",
                mend="set provisioned=1 or more, or max_provisioned=0",
            )
        if self.max_provisioned > self.reserved_concurrency:
            raise ConfigurationError(
                "FunctionPosture.reserved_concurrency",
                given=f"{self.reserved_concurrency} with max_provisioned={self.max_provisioned}",
                allowed="at least max_provisioned: Lambda refuses to keep more warm than may run",
                mend=f"reserve {self.max_provisioned}, or keep fewer warm",
            )
        within(
            "FunctionPosture.provisioned_target", self.provisioned_target, 10, 90, because="Application Auto Scaling's bounds for Lambda"
        )
        one_of("FunctionPosture.application_log_level", self.application_log_level, APPLICATION_LEVELS, because="Lambda's levels")
        one_of("FunctionPosture.system_log_level", self.system_log_level, SYSTEM_LEVELS, because="Lambda's levels")
        within("FunctionPosture.event_age", self.event_age, *EVENT_AGE, because="as long as Lambda keeps an event")
        within("FunctionPosture.retries", self.retries, 0, 2, because="as often as Lambda tries again")
