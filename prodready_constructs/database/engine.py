"""Which engine, and what is always set in it: TLS, audit logs, connection limit. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.waivers import SHORTEST_REASON

#: Versions RDS offers that are neither deprecated nor a preview, newest first, as aws-cdk-lib 2.275 names them. A constant
#: below moves to a newer one only with a release that says so: CloudFormation sends a version when the template's changes.
OFFERED: dict[str, tuple[str, ...]] = {
    "postgres": ("18.3", "18.2", "17.9", "17.8", "17.7", "16.13", "16.12", "16.11"),
    "mysql": ("8.4.10", "8.4.9", "8.4.8", "8.4.7"),
}

#: Majors from which RDS upgrades in place, engine by engine; to any higher one of PostgreSQL. Sources:
#: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.PostgreSQL.MajorVersion.html and
#: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.MySQL.Major.html
_UPGRADES_FROM = {"postgres": ("13", "14", "15", "16", "17"), "mysql": ("8.0",)}

#: A slow statement is one that takes longer than this; the users' own latency target is 500 ms for a whole request.
SLOW_STATEMENT_SECONDS = 1


@dataclass(frozen=True, slots=True)
class _Traits:
    """What the two engines differ in."""

    title: str
    #: AwsSolutions-RDS11: another port than the one every scanner tries first.
    default_port: int
    engine_port: int
    longest_name: int
    #: Log types that RDS can export, all of them (NIST, HIPAA and PCI packs: RDSLoggingEnabled).
    log_exports: tuple[str, ...]
    #: Where a refused connection is written, and how CloudWatch Logs finds it.
    failure_log: str
    failure_pattern: str
    #: RDS's own formula for max_connections: instance memory in bytes divided by this.
    memory_per_connection: int
    most_connections: int
    parameters: Mapping[str, str]
    #: Option group settings; the audit plugin of MySQL is an option, PostgreSQL writes its audit to the one log.
    audit_settings: Mapping[str, str] | None
    #: Classes on which RDS offers no Performance Insights for this engine.
    classes_without_insights: tuple[str, ...]


_TRAITS = {
    "postgres": _Traits(
        title="PostgreSQL",
        default_port=5433,
        engine_port=5432,
        longest_name=63,
        log_exports=("postgresql", "upgrade"),
        failure_log="postgresql",
        failure_pattern=(
            '?"password authentication failed" ?"PAM authentication failed" ?"remaining connection slots" '
            '?"too many clients already" ?"no pg_hba.conf entry"'
        ),
        memory_per_connection=9_531_392,
        most_connections=5_000,
        parameters={
            "rds.force_ssl": "1",
            "ssl_min_protocol_version": "TLSv1.2",
            "log_connections": "1",
            "log_disconnections": "1",
            "log_statement": "ddl",
            "log_lock_waits": "1",
            "log_min_duration_statement": str(SLOW_STATEMENT_SECONDS * 1000),
        },
        audit_settings=None,
        classes_without_insights=(),
    ),
    "mysql": _Traits(
        title="MySQL",
        default_port=3307,
        engine_port=3306,
        longest_name=64,
        log_exports=("audit", "error", "general", "slowquery"),
        failure_log="audit",
        failure_pattern='"FAILED_CONNECT"',
        memory_per_connection=12_582_880,
        most_connections=100_000,
        parameters={
            "require_secure_transport": "ON",
            "tls_version": "TLSv1.2,TLSv1.3",
            "local_infile": "0",
            "log_output": "FILE",
            "slow_query_log": "1",
            "long_query_time": str(SLOW_STATEMENT_SECONDS),
            # The general log holds every statement with its values: personal data, at a cost in throughput. Its export
            # is ready for the hour somebody needs it; the audit plugin records connections, DDL and DCL at all times.
            "general_log": "0",
        },
        audit_settings={"SERVER_AUDIT_EVENTS": "CONNECT,QUERY_DDL,QUERY_DCL", "SERVER_AUDIT_EXCL_USERS": "rdsadmin"},
        classes_without_insights=("t3.micro", "t3.small", "t4g.micro", "t4g.small"),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MajorUpgrade:
    """From which major version an instance is upgraded in place, and why not by a blue/green deployment."""

    major: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A database engine in one version: ``POSTGRESQL_17``, ``MYSQL_8_4``, or ``Engine(name="postgres", version="17.8")``.

    Args:
        name: ``postgres`` or ``mysql``, as RDS calls them.
        version: major and minor, one of those in ``OFFERED``. RDS upgrades the minor by itself in the maintenance window.
        upgrade: leave for one upgrade in place; written by :meth:`upgraded_from`.

    Raises:
        ConfigurationError: an engine or a version that is not offered.

    Sources: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html,
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/mysql-ssl-connections.require-ssl.html,
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.MySQL.Options.AuditPlugin.html,
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html (connections).
    """

    name: Literal["postgres", "mysql"]
    version: str
    upgrade: MajorUpgrade | None = None

    def __post_init__(self) -> None:
        if self.name not in OFFERED:
            raise ConfigurationError(
                "Engine.name",
                given=self.name,
                allowed=" or ".join(OFFERED),
                mend="use POSTGRESQL_17 or MYSQL_8_4, or another room's construct",
            )
        if self.version not in OFFERED[self.name]:
            raise ConfigurationError(
                "Engine.version",
                given=f"{self.name} {self.version}",
                allowed=", ".join(OFFERED[self.name]),
                mend=f"the nearest offered is {_nearest(self.version, OFFERED[self.name])}",
            )

    def upgraded_from(self, major: str, *, because: str) -> Engine:
        """This engine, with leave to upgrade an instance of *major* in place: without it RDS refuses a change of the major version.

        The upgrade takes the database away for minutes to hours, and no way leads back but a restore. A blue/green deployment takes it away for
        about a minute: see the room's page. Take the leave out of the code when the upgrade is done.

        Args:
            major: the major version that runs now: ``"16"``, ``"8.0"``.
            because: why in place, for whoever reads the change: at least 40 characters. It is recorded in the evidence.

        Raises:
            ConfigurationError: a major that RDS does not upgrade to this one in place, or a reason too short.
        """
        below = tuple(one for one in _UPGRADES_FROM[self.name] if _numbers(one) < _numbers(self.major))
        if major not in below:
            raise ConfigurationError(
                f"Engine.upgraded_from: {self.name} {self.version}",
                given=major,
                allowed=f"{', '.join(below)}: the majors that RDS upgrades to {self.major} in place",
                mend="name the major that runs now; RDS does not go back, and from an older one it takes two steps",
            )
        if len(because.strip()) < SHORTEST_REASON:
            raise ConfigurationError(
                f"Engine.upgraded_from: {self.name} {self.version}",
                given=because,
                allowed=f"a reason of at least {SHORTEST_REASON} characters",
                mend="say why in place and not blue/green, and when it was rehearsed",
            )
        return replace(self, upgrade=MajorUpgrade(major=major, because=because))

    @property
    def traits(self) -> _Traits:
        """What is particular to this engine."""
        return _TRAITS[self.name]

    @property
    def major(self) -> str:
        """``17`` of PostgreSQL 17.9, ``8.4`` of MySQL 8.4.10: what the parameter group's family is named after."""
        return self.version.rsplit(".", 1)[0]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))


def _nearest(version: str, offered: tuple[str, ...]) -> str:
    """The newest of the same major; of the next major otherwise, and the newest of all for one that is too new."""
    major = _numbers(version)[: len(_numbers(offered[0])) - 1]
    higher = [one for one in offered if _numbers(one)[: len(major)] >= major]
    return max(higher, key=lambda one: (tuple(-part for part in _numbers(one)[: len(major)]), _numbers(one))) if higher else offered[0]


POSTGRESQL_18 = Engine(name="postgres", version="18.3")
POSTGRESQL_17 = Engine(name="postgres", version="17.9")
POSTGRESQL_16 = Engine(name="postgres", version="16.13")
MYSQL_8_4 = Engine(name="mysql", version="8.4.10")
