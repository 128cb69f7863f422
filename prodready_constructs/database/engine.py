"""Which engine, and what is always set in it: TLS, audit logs, connection limit. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from prodready_constructs.errors import ConfigurationError

#: Versions RDS offers that are neither deprecated nor a preview, newest first, as aws-cdk-lib 2.275 names them. A constant
#: below moves to a newer one only with a release that says so: CloudFormation sends a version when the template's changes.
OFFERED: dict[str, tuple[str, ...]] = {
    "postgres": ("17.9", "17.8", "17.7", "16.13", "16.12", "16.11"),
    "mysql": ("8.4.10", "8.4.9", "8.4.8", "8.4.7"),
}

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
class Engine:
    """A database engine in one version: ``POSTGRESQL_17``, ``MYSQL_8_4``, or ``Engine(name="postgres", version="17.8")``.

    Args:
        name: ``postgres`` or ``mysql``, as RDS calls them.
        version: major and minor, one of those in ``OFFERED``. RDS upgrades the minor by itself in the maintenance window.

    Raises:
        ConfigurationError: an engine or a version that is not offered.

    Sources: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html,
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/mysql-ssl-connections.require-ssl.html,
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.MySQL.Options.AuditPlugin.html,
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html (connections).
    """

    name: Literal["postgres", "mysql"]
    version: str

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
                mend=f"the newest offered is {OFFERED[self.name][0]}",
            )

    @property
    def traits(self) -> _Traits:
        """What is particular to this engine."""
        return _TRAITS[self.name]

    @property
    def major(self) -> str:
        """``17`` of PostgreSQL 17.9, ``8.4`` of MySQL 8.4.10: what the parameter group's family is named after."""
        return self.version.rsplit(".", 1)[0]


POSTGRESQL_17 = Engine(name="postgres", version="17.9")
POSTGRESQL_16 = Engine(name="postgres", version="16.13")
MYSQL_8_4 = Engine(name="mysql", version="8.4.10")
