"""A stranger's container beside the application, held as short as the application itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from aws_cdk import Duration
from aws_cdk import aws_ecs as ecs

from prodready_constructs.contracts import SecretField
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation.tasks.hardened import TMP_MIB

#: Docker starts no container with less (docker run reference, --memory).
LEAST_MIB = 6
#: What the task's own containers are called here.
TAKEN = ("App", "Collector", "LogRouter")
_NAME = re.compile(r"[A-Z][A-Za-z0-9]{0,62}")
_CONDITIONS = {
    "START": ecs.ContainerDependencyCondition.START,
    "HEALTHY": ecs.ContainerDependencyCondition.HEALTHY,
    "SUCCESS": ecs.ContainerDependencyCondition.SUCCESS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sidecar:
    """A container beside the application: an agent, a proxy, or a step that runs before it.

    Attributes:
        name: in PascalCase; its log streams begin with it in lower case.
        image: any container image, by digest where the posture asks for digests.
        memory_mib: what it may take of the task's memory (64 MiB of it at ``/tmp``); above it, it alone is ended.
        essential: whether the task ends with it; otherwise it is started again.
        command: what to run; the image's own command when empty.
        health_check: the command that leaves with 0 when it is healthy, for example ``("CMD", "/healthcheck")``.
        before_app: what the application waits for: its ``START``, that it is ``HEALTHY``, or its ``SUCCESS`` (a step that ends with 0).
            It then ends after the application too. None: neither waits.
        settings, secrets: its environment; by SSM parameters and secret fields, as the application's.
    """

    name: str
    image: ecs.ContainerImage
    memory_mib: int
    essential: bool = False
    command: Sequence[str] = ()
    health_check: Sequence[str] = ()
    before_app: Literal["START", "HEALTHY", "SUCCESS"] | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, SecretField] = field(default_factory=dict)

    def __post_init__(self) -> None:
        wrong: tuple[str, object, str, str] | None = None
        if not _NAME.fullmatch(self.name) or self.name in TAKEN:
            wrong = "name", self.name, f"letters and digits in PascalCase, none of {', '.join(TAKEN)}", "call it what it does: 'Proxy'"
        elif self.memory_mib < LEAST_MIB + TMP_MIB:
            wrong = (
                "memory_mib",
                self.memory_mib,
                f"{LEAST_MIB + TMP_MIB} MiB or more, {TMP_MIB} of them at /tmp",
                "give it what it needs under load",
            )
        elif self.before_app is not None and self.before_app not in _CONDITIONS:
            wrong = "before_app", self.before_app, f"{', '.join(_CONDITIONS)} or None", "leave it out if the application need not wait"
        elif self.before_app == "HEALTHY" and not self.health_check:
            wrong = "before_app", "HEALTHY without a health_check", "a command that tells", "give health_check, or wait for its START"
        elif self.before_app == "SUCCESS" and self.essential:
            wrong = "before_app", "SUCCESS of an essential container", "a container whose end is not the task's end", "leave essential out"
        elif self.health_check and self.health_check[0] not in ("CMD", "CMD-SHELL"):
            wrong = "health_check", list(self.health_check), "a command that begins with CMD or CMD-SHELL", "write ('CMD', '/healthcheck')"
        if wrong is not None:
            where, given, allowed, mend = wrong
            raise ConfigurationError(f"Sidecar.{where}", given=given, allowed=allowed, mend=mend)

    @property
    def condition(self) -> ecs.ContainerDependencyCondition | None:
        """What the application waits for."""
        return _CONDITIONS[self.before_app] if self.before_app else None

    @property
    def check(self) -> ecs.HealthCheck | None:
        """How its health is asked for: three times half a minute is dead."""
        if not self.health_check:
            return None
        return ecs.HealthCheck(
            command=list(self.health_check),
            interval=Duration.seconds(30),
            retries=3,
            start_period=Duration.seconds(15),
            timeout=Duration.seconds(5),
        )
