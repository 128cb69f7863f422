"""What devices may say and hear: names of topics below their own, and the filters of rules. Pure Python.

Sources: https://docs.aws.amazon.com/iot/latest/developerguide/topics.html,
https://docs.aws.amazon.com/general/latest/gr/iot-core.html (message broker limits),
https://docs.aws.amazon.com/iot/latest/developerguide/reserved-topics.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from prodready_constructs.errors import ConfigurationError

#: The most slashes of a topic, its longest name in bytes, and the longest name of a thing (AWS IoT Core quotas).
MOST_SLASHES = 7
LONGEST_TOPIC = 256
LONGEST_THING = 128
#: What a rule may read of the topics that AWS keeps for itself.
READABLE = ("$aws/things/", "$aws/events/", "$aws/device_location/", "$aws/iotwireless/")
#: Ends a topic that a device subscribes to with everything below it.
BELOW = "/#"
_LEVEL = r"[A-Za-z0-9_.,:@-]+"
_NAME = re.compile(rf"{_LEVEL}(/{_LEVEL})*")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceTopics:
    """The topics of every device, each below ``<prefix>/<its own thing name>/``.

    Attributes:
        publish: what a device sends: ``("telemetry", "state/battery")``.
        subscribe: what it receives: ``("commands",)``; ``"commands/#"`` for everything below, the one wildcard there is.
        shadow: it keeps its device shadows (``$aws/things/<its own name>/shadow/...``).
        jobs: it takes part in jobs: updates of its software (``$aws/things/<its own name>/jobs/...``).

    Raises:
        ConfigurationError: no topic, one twice, a wildcard, a name with spaces or with ``$``.
    """

    publish: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()
    shadow: bool = False
    jobs: bool = False

    def __post_init__(self) -> None:
        if not (self.publish or self.subscribe or self.shadow or self.jobs):
            raise ConfigurationError(
                "DeviceTopics", given="no topic", allowed="something that a device may send or receive", mend='say publish=("telemetry",)'
            )
        for side, names in (("publish", self.publish), ("subscribe", self.subscribe)):
            for name in names:
                where = f"DeviceTopics.{side}"
                _check_name(where, name.removesuffix(BELOW) if side == "subscribe" else name, shown=name)
                if names.count(name) > 1:
                    raise ConfigurationError(where, given=name, allowed="each topic once", mend="remove the second one")


def check_prefix(where: str, prefix: str, topics: DeviceTopics) -> None:
    """Refuse a *prefix* that is no topic name, or with which a topic of *topics* outgrows what AWS IoT takes."""
    _check_name(f"{where}: prefix", prefix, shown=prefix)
    for topic in (*topics.publish, *topics.subscribe):
        longest = f"{prefix}/{'n' * LONGEST_THING}/{topic}"
        slashes, size = longest.count("/"), len(longest.encode())
        if slashes > MOST_SLASHES or size > LONGEST_TOPIC:
            raise ConfigurationError(
                f"{where}: topics",
                given=f"{prefix}/<thing name>/{topic}: {slashes} slashes, {size} bytes with a thing name of {LONGEST_THING}",
                allowed=f"{MOST_SLASHES} slashes and {LONGEST_TOPIC} bytes at most: AWS IoT ends the connection of a device that sends more",
                mend="use fewer levels, or shorter names",
            )


def check_filter(where: str, topic_filter: str) -> None:
    """Refuse a *topic_filter* that AWS IoT would refuse, or that never matches.

    ``+`` stands for one level, ``#`` for all that remain.
    """
    levels = topic_filter.split("/")
    if topic_filter.startswith("$") and not topic_filter.startswith(READABLE):
        basic = topic_filter.startswith("$aws/rules")
        raise ConfigurationError(
            where,
            given=topic_filter,
            allowed=f"a topic of your own, or one that begins with {', '.join(READABLE)}: the others with $ are AWS's own",
            mend="a Basic Ingest message finds its rule by name: give the part after $aws/rules/<rule>/, and basic_ingest=True"
            if basic
            else "leave the $ out",
        )
    wrong = next((level for level in levels if ("#" in level or "+" in level) and len(level) > 1), None)
    if wrong or "#" in levels[:-1] or "" in levels:
        raise ConfigurationError(
            where,
            given=topic_filter,
            allowed="levels between single slashes; + and # alone in a level, # in the last one",
            mend="write 'devices/+/telemetry' or 'devices/#'",
        )
    slashes, size = topic_filter.count("/"), len(topic_filter.encode())
    if slashes > MOST_SLASHES or size > LONGEST_TOPIC:
        raise ConfigurationError(
            where,
            given=f"{topic_filter}: {slashes} slashes, {size} bytes",
            allowed=f"{MOST_SLASHES} slashes and {LONGEST_TOPIC} bytes at most",
            mend="end it with # at an earlier level",
        )


def heard(prefix: str, topic: str, topic_filter: str) -> bool:
    """Whether *topic_filter* can match a message on *topic* of some device."""
    return _overlap([*prefix.split("/"), "+", *topic.split("/")], topic_filter.split("/"))


def _overlap(topic: list[str], topic_filter: list[str]) -> bool:
    for index in range(max(len(topic), len(topic_filter)) + 1):
        left = topic[index] if index < len(topic) else None
        right = topic_filter[index] if index < len(topic_filter) else None
        if "#" in (left, right):
            return True
        if left is None or right is None:
            return left is right
        if left != right and "+" not in (left, right):
            return False
    return False


def _check_name(where: str, name: str, *, shown: str) -> None:
    if _NAME.fullmatch(name):
        return
    if "$" in name:
        mend = (
            "add_rule(..., basic_ingest=True) opens Basic Ingest"
            if name.startswith("$aws/rules")
            else "topics with $ are AWS's own; shadow=True and jobs=True open those of a device"
        )
    elif any(wild in name for wild in "#+*?"):
        mend = "name each topic: a wildcard would let one device speak for what comes later; '/#' may end a topic to subscribe to"
    else:
        mend = "write it like 'state/battery', without spaces and without a slash at either end"
    raise ConfigurationError(where, given=shown, allowed="levels of letters, digits and _.,:@- between slashes", mend=mend)
