"""Which Aurora engine, what is always set in it, and which instances it runs on. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from prodready_constructs.database.classes import CLASSES, GIB, InstanceClass
from prodready_constructs.database.engine import MYSQL_8_4, POSTGRESQL_17, Engine
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture.aurora import SERVERLESS, AuroraPosture

#: Versions Aurora offers that are neither deprecated nor a preview, newest first, as aws-cdk-lib 2.275 names them; Aurora MySQL by its
#: own number. Aurora MySQL 8.4 and PostgreSQL 18 wait until their parameters are confirmed.
OFFERED: dict[str, tuple[str, ...]] = {
    "aurora-postgresql": ("17.9", "17.7", "17.6", "17.5", "17.4", "16.13", "16.11", "16.10", "16.9", "16.8"),
    "aurora-mysql": ("3.12.0", "3.11.1", "3.11.0", "3.10.4", "3.10.3", "3.10.2", "3.10.1", "3.10.0"),
}
#: Memory of a capacity unit. Source: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.how-it-works.html
_CAPACITY_UNIT = 2 * GIB
#: Families and sizes of Aurora within those whose memory is known here; the offer of cfn-lint's data for Aurora PostgreSQL 17 and Aurora
#: MySQL 3. Source: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.DBInstanceClass.SupportAurora.html
_FAMILIES, _BURSTABLE_SIZES = ("r6g", "r6i", "r7g", "r7i", "r8g"), ("medium", "large")
AURORA_CLASSES: dict[str, InstanceClass] = {
    name: klass
    for name, klass in CLASSES.items()
    if name.split(".")[0] in _FAMILIES or (klass.credits_an_hour and name.split(".")[1] in _BURSTABLE_SIZES)
}
#: GiB of memory -> connections. Source: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraMySQL.Managing.Performance.html
_MYSQL_CONNECTIONS = {384: 6_000, 256: 5_000, 128: 4_000, 64: 3_000, 32: 2_000, 16: 1_000, 8: 135, 0: 90}
#: Aurora PostgreSQL caps max_connections while a serverless cluster may shrink to half a unit or less.
#: Source: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.setting-capacity.html
_SMALL_MINIMUM, _CONNECTIONS_OF_SMALL = 0.5, 2_000
#: Where Aurora MySQL can be turned back. Source:
#: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.Aurora_Fea_Regions_DB-eng.Feature.Backtrack.html
BACKTRACK_REGIONS = (
    *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1"),
    *("eu-central-1", "eu-west-1", "eu-west-2", "eu-west-3", "us-east-1", "us-east-2", "us-west-1", "us-west-2"),
)


@dataclass(frozen=True, slots=True)
class _Traits:
    """What the two engines differ in, beyond what the community engine's own traits say."""

    #: The community engine whose names, ports and messages hold here too.
    speaks: Engine
    log_exports: tuple[str, ...]
    cluster_parameters: Mapping[str, str]
    instance_parameters: Mapping[str, str]
    backtracks: bool
    #: Classes on which there is no Performance Insights; by first letter.
    families_without_insights: tuple[str, ...]


_MYSQL = MYSQL_8_4.traits.parameters
_OF_THE_CLUSTER = ("require_secure_transport", "tls_version")
_TRAITS = {
    "aurora-postgresql": _Traits(
        speaks=POSTGRESQL_17,
        log_exports=("postgresql",),
        cluster_parameters=POSTGRESQL_17.traits.parameters,
        instance_parameters={},
        backtracks=False,
        families_without_insights=(),
    ),
    "aurora-mysql": _Traits(
        speaks=MYSQL_8_4,
        log_exports=("audit", "error", "general", "slowquery"),
        # Which belong to the cluster: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraMySQL.Reference.ParameterGroups.html
        cluster_parameters={
            **{name: _MYSQL[name] for name in _OF_THE_CLUSTER},
            "server_audit_logging": "1",
            "server_audit_events": "CONNECT,QUERY_DDL,QUERY_DCL",
            "server_audit_excl_users": "rdsadmin",
        },
        instance_parameters={name: value for name, value in _MYSQL.items() if name not in _OF_THE_CLUSTER},
        backtracks=True,
        families_without_insights=("t3", "t4g"),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AuroraEngine:
    """An Aurora engine in one version: ``AURORA_POSTGRESQL_17``, ``AURORA_MYSQL_3``, or ``AuroraEngine(name="aurora-mysql", version="3.10.4")``.

    Args:
        name: ``aurora-postgresql`` or ``aurora-mysql``, as RDS calls them.
        version: of PostgreSQL (17.9), or Aurora MySQL's own (3.12.0); one of those in ``OFFERED``. Aurora upgrades the minor by itself.

    Raises:
        ConfigurationError: an engine or a version that is not offered.

    Sources: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.Security.html,
    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraMySQL.Security.html,
    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraMySQL.Auditing.html
    """

    name: Literal["aurora-postgresql", "aurora-mysql"]
    version: str

    def __post_init__(self) -> None:
        if self.name not in OFFERED:
            raise ConfigurationError(
                "AuroraEngine.name",
                given=self.name,
                allowed=" or ".join(OFFERED),
                mend="use AURORA_POSTGRESQL_17 or AURORA_MYSQL_3; database.Engine is the instance's",
            )
        if self.version not in OFFERED[self.name]:
            major = self.version.split(".")[0]
            nearest = next((one for one in OFFERED[self.name] if one.split(".")[0] == major), OFFERED[self.name][0])
            raise ConfigurationError(
                "AuroraEngine.version",
                given=f"{self.name} {self.version}",
                allowed=", ".join(OFFERED[self.name]),
                mend=f"the nearest offered is {nearest}",
            )

    @property
    def traits(self) -> _Traits:
        """What is particular to this engine."""
        return _TRAITS[self.name]

    @property
    def title(self) -> str:
        """What people call it."""
        return f"Aurora {self.traits.speaks.traits.title}"


AURORA_POSTGRESQL_17 = AuroraEngine(name="aurora-postgresql", version="17.9")
AURORA_POSTGRESQL_16 = AuroraEngine(name="aurora-postgresql", version="16.13")
AURORA_MYSQL_3 = AuroraEngine(name="aurora-mysql", version="3.12.0")


def instance_class(where: str, posture: AuroraPosture) -> InstanceClass:
    """The class of *posture*; of a serverless cluster what an instance is at its largest.

    Raises:
        ConfigurationError: a class that Aurora does not offer, or whose memory is not known here.
    """
    name = posture.instance_class
    if name == SERVERLESS:
        return InstanceClass(name=SERVERLESS, memory=int((posture.max_capacity or 0) * _CAPACITY_UNIT))
    if name not in AURORA_CLASSES:
        like = get_close_matches(name.removeprefix("db."), AURORA_CLASSES, n=1) or ["r7g.large"]
        raise ConfigurationError(
            f"{where}: posture.instance_class",
            given=name,
            allowed=f"{SERVERLESS}; t3 and t4g medium and large; large to 16xlarge of {', '.join(_FAMILIES)}",
            mend=f"the nearest that Aurora offers is {like[0]}",
        )
    return AURORA_CLASSES[name]


def connection_limit(engine: AuroraEngine, klass: InstanceClass, posture: AuroraPosture) -> int:
    """The ``max_connections`` that the instances' parameter group sets, so that 80 % of it is a number known at synth.

    Aurora PostgreSQL: its own formula over three quarters of the memory (see ``classes.connection_limit``). Aurora MySQL: its table.
    """
    if engine.name == "aurora-mysql":
        return next(limit for gib, limit in _MYSQL_CONNECTIONS.items() if klass.memory >= gib * GIB)
    traits = engine.traits.speaks.traits
    small = klass.name == SERVERLESS and (posture.min_capacity or 0) <= _SMALL_MINIMUM
    return min(_CONNECTIONS_OF_SMALL if small else traits.most_connections, klass.memory * 3 // 4 // traits.memory_per_connection)


def has_insights(engine: AuroraEngine, posture: AuroraPosture) -> bool:
    """Whether RDS offers Performance Insights on this class."""
    return posture.instance_class.split(".")[0] not in engine.traits.families_without_insights
