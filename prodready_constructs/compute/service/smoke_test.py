"""The smoke test: what a new version must answer before visitors meet it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from prodready_constructs.contracts import SideDoor
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import path_of, require_subnets
from prodready_constructs.foundation.errand_function import errand_function

_CODE = Path(__file__).parent / "handlers" / "smoke_test"
MOST_ATTEMPTS = 20
SHORTEST, LONGEST = timedelta(seconds=1), timedelta(seconds=30)
#: Between two attempts: ECS's own default.
DELAY = timedelta(seconds=30)
#: Of one attempt at all tests, with time to say so; the function has as long.
LONGEST_ATTEMPT, ATTEMPT = timedelta(seconds=100), timedelta(seconds=120)
#: Of all attempts: 20 of them, as long as they may be and half a minute apart, take less.
WITHIN = timedelta(hours=1)
#: Lambda gives a function 4 KiB of environment.
LARGEST = 3_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SmokeTest:
    """One request to the new version, and what it must answer.

    Attributes:
        path: with its query, if any. expect_status: the HTTP status. expect_body: a text that must be in the first 64 KiB of the answer.
        attempts: how often it is tried, half a minute apart: a version that is healthy may still warm up.
        timeout: of one attempt, from the name server to the end of the answer; whole seconds.
    """

    path: str
    expect_status: int = 200
    expect_body: str | None = None
    attempts: int = 5
    timeout: timedelta = timedelta(seconds=5)

    def __post_init__(self) -> None:
        wrong: tuple[str, object, str, str] | None = None
        if not self.path.startswith("/") or any(letter.isspace() or not letter.isprintable() for letter in self.path):
            wrong = "path", self.path, "a path that begins with / and has no spaces", "use '/health', and %20 for a space"
        elif not 100 <= self.expect_status <= 599:
            wrong = "expect_status", self.expect_status, "100 to 599, an HTTP status", "use 200"
        elif self.expect_body == "":
            wrong = "expect_body", "''", "a text, which every answer would not have", "leave it out"
        elif not 1 <= self.attempts <= MOST_ATTEMPTS:
            wrong = "attempts", self.attempts, f"1 to {MOST_ATTEMPTS}: each takes half a minute", "use 5"
        elif not SHORTEST <= self.timeout <= LONGEST or self.timeout % SHORTEST:
            wrong = "timeout", str(self.timeout), f"whole seconds, {SHORTEST} to {LONGEST}", "use timedelta(seconds=5)"
        if wrong is not None:
            name, given, allowed, mend = wrong
            raise ConfigurationError(f"SmokeTest.{name}", given=given, allowed=allowed, mend=mend)


class SmokeTester:
    """The function that asks, and the tests it has."""

    def __init__(self, scope: Construct, *, door: SideDoor, vpc: ec2.IVpc, key: kms.IKey, log_retention: timedelta) -> None:
        path = path_of(scope)
        made = errand_function(
            scope,
            code=lambda_.Code.from_asset(str(_CODE), exclude=["__pycache__", "*.pyc"]),
            purpose=(
                f"{path}: asks new versions",
                f"{path}: out to the test listener",
                f"{path}: asks new versions before visitors meet them",
            ),
            vpc=vpc,
            subnets=require_subnets(scope, vpc, tier="private"),
            # Only where the load balancer's name leads out of the VPC must EC2 be asked for the way.
            egress=(ec2.Peer.any_ipv4(), "HTTPS to EC2") if door.interfaces else None,
            key=key,
            log_retention=log_retention,
            timeout=ATTEMPT,
        )
        made.security_group.connections.allow_to(door.connectable, ec2.Port.tcp(door.port), "Smoke test of a release")
        self._where = path
        self._door = door
        self._tests: dict[str, SmokeTest] = {}
        #: The function itself.
        self.function = made.function
        #: Its ARN, and where it writes what it met.
        self.arn, self.log_group = made.function.function_arn, made.log_group.log_group_name

    @property
    def _attempt(self) -> timedelta:
        return sum((test.timeout for test in self._tests.values()), timedelta(0))

    def expect(self, where: str, test: SmokeTest) -> None:
        """Ask *test* too, or instead of the one with its path."""
        self._tests[test.path] = test
        if self._attempt > LONGEST_ATTEMPT:
            raise ConfigurationError(
                where,
                given=f"{len(self._tests)} tests that may take {self._attempt}",
                allowed=f"{LONGEST_ATTEMPT} for all of them: they are asked one after the other",
                mend="shorten their timeouts, or ask less",
            )
        settings = json.dumps(self._settings())
        if len(settings) > LARGEST:
            raise ConfigurationError(
                where, given=f"{len(settings)} characters", allowed=f"{LARGEST} for all tests", mend="expect a shorter part of the answer"
            )
        self.function.add_environment("SMOKE_TEST", settings)

    def _settings(self) -> dict[str, Any]:
        door = self._door
        return {
            "address": door.address,
            "port": door.port,
            "server_name": door.server_name,
            "headers": dict(door.headers),
            "interfaces": door.interfaces,
            "delay": int(DELAY.total_seconds()),
            "tests": [
                {
                    "path": test.path,
                    "status": test.expect_status,
                    "body": test.expect_body,
                    "attempts": test.attempts,
                    "timeout": int(test.timeout.total_seconds()),
                }
                for test in self._tests.values()
            ],
        }
