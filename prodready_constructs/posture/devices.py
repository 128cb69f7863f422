"""How much is kept and checked of devices, and from when on one behaves oddly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from prodready_constructs.posture._check import one_of, within

#: Without DISABLED: what nobody writes down nobody can look into.
LOG_LEVELS = ("ERROR", "WARN", "INFO", "DEBUG")
#: The largest message of AWS IoT Core, in bytes (AWS IoT Core quotas).
LARGEST_MESSAGE = 128 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicePosture:
    """Degrees of ``compute.DeviceIngest``.

    Attributes:
        log_level: what AWS IoT writes down: ``ERROR``, ``WARN``, ``INFO`` or ``DEBUG``.
        log_retention: how long that is kept.
        audit: how often Device Defender audits the account: ``DAILY`` or ``WEEKLY``.
        message_bytes: the largest message of a device that behaves.
        messages: how many it sends in five minutes; connections: how often it connects in that time; denials: how often it asks for what its
            policy denies.
        refused: connections and messages of all devices together that are denied in five minutes before somebody looks.
    """

    log_level: Literal["ERROR", "WARN", "INFO", "DEBUG"]
    log_retention: timedelta
    audit: Literal["DAILY", "WEEKLY"]
    message_bytes: int
    messages: int
    connections: int
    denials: int
    refused: int

    def __post_init__(self) -> None:
        one_of("DevicePosture.log_level", self.log_level, LOG_LEVELS, because="each writes what those before it do, and more")
        within(
            "DevicePosture.log_retention",
            self.log_retention,
            timedelta(days=7),
            timedelta(days=3650),
            because="who was refused, and when, is evidence",
        )
        one_of("DevicePosture.audit", self.audit, ("DAILY", "WEEKLY"), because="a month is long for a certificate that two devices share")
        within("DevicePosture.message_bytes", self.message_bytes, 128, LARGEST_MESSAGE, because="what AWS IoT Core takes")
        within("DevicePosture.messages", self.messages, 1, 100_000, because="in five minutes")
        within("DevicePosture.connections", self.connections, 1, 1_000, because="in five minutes, and a bad network is no attack")
        within("DevicePosture.denials", self.denials, 0, 100, because="in five minutes; a device that behaves is denied nothing")
        within("DevicePosture.refused", self.refused, 1, 100_000, because="in five minutes, of all devices")
