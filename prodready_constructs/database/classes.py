"""What an RDS instance class brings: memory, CPU credits, connections. The thresholds of the alarms are computed from it."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from prodready_constructs.database.engine import Engine
from prodready_constructs.errors import ConfigurationError

GIB = 1024**3

#: Virtual CPUs by size. Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Summary.html
_VCPUS = {"large": 2, "xlarge": 4, "2xlarge": 8, "4xlarge": 16, "8xlarge": 32, "12xlarge": 48, "16xlarge": 64}
#: GiB of memory to a virtual CPU: 4 in the general purpose families, 8 in the memory optimised ones (same source).
_GIB_PER_VCPU = {"m6g": 4, "m7g": 4, "m8g": 4, "m6i": 4, "m7i": 4, "r6g": 8, "r7g": 8, "r8g": 8, "r6i": 8, "r7i": 8}
#: Burstable sizes: GiB of memory, CPU credits earned an hour.
#: Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-credits-baseline-concepts.html
_BURSTABLE = {"micro": (1, 12), "small": (2, 24), "medium": (4, 24), "large": (8, 36), "xlarge": (16, 96), "2xlarge": (32, 192)}


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceClass:
    """Memory in bytes; CPU credits an hour where the class is burstable."""

    name: str
    memory: int
    credits_an_hour: int | None = None


CLASSES: dict[str, InstanceClass] = {
    f"{family}.{size}": InstanceClass(name=f"{family}.{size}", memory=gib * GIB, credits_an_hour=credit)
    for family in ("t4g", "t3")
    for size, (gib, credit) in _BURSTABLE.items()
} | {
    f"{family}.{size}": InstanceClass(name=f"{family}.{size}", memory=vcpus * ratio * GIB)
    for family, ratio in _GIB_PER_VCPU.items()
    for size, vcpus in _VCPUS.items()
}


def instance_class(where: str, name: str) -> InstanceClass:
    """The class of that *name*.

    Raises:
        ConfigurationError: a class whose memory is not known here, so that no alarm could be computed.
    """
    if name not in CLASSES:
        families = sorted({known.split(".")[0] for known in CLASSES})
        raise ConfigurationError(
            f"{where}: posture.instance_class",
            given=name,
            allowed=f"t3 and t4g micro to 2xlarge; large to 16xlarge of {', '.join(family for family in families if family[0] != 't')}",
            mend=f"the nearest offered is {(get_close_matches(name, CLASSES, n=1) or ['r7g.large'])[0]}",
        )
    return CLASSES[name]


def connection_limit(engine: Engine, klass: InstanceClass) -> int:
    """The ``max_connections`` that the parameter group sets, so that 80 % of it is a number known at synth.

    RDS's formula over three quarters of the class's memory. The default takes ``DBInstanceClassMemory``, which is the class's
    memory less what the operating system and RDS keep: a figure that AWS does not publish, and that no alarm can be
    computed from. A quarter is more than is kept on any class, so no instance gets more connections than RDS would allow it.
    """
    return min(engine.traits.most_connections, klass.memory * 3 // 4 // engine.traits.memory_per_connection)
