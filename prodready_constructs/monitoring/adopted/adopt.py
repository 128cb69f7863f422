"""A stranger's resource, made to speak for itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, cached_property
from importlib import import_module
from typing import Any, TypeVar

from aws_cdk import Stack
from constructs import Construct, IConstruct, Node

from prodready_constructs.contracts import AnyAlarmSpec, Attachment, GoodAndBad, GraphSpec, RecoveryFact
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import path_of
from prodready_constructs.monitoring.adopted import stores
from prodready_constructs.monitoring.adopted.data import graphs
from prodready_constructs.monitoring.adopted.levels import LEVELS

#: One file a service.
SERVICES = (
    "api_gateway",
    "backup_vault",
    "bucket",
    "certificate",
    "cloudfront_distribution",
    "dynamodb_table",
    "ecs_service",
    "elasticache",
    "graphql_api",
    "kinesis_stream",
    "lambda_function",
    "load_balancer",
    "nat_gateway",
    "rds_database",
    "sqs_queue",
    "state_machine",
    "user_pool",
    "web_acl",
)
_LIBRARY = "aws-cdk-lib."
_Fact = TypeVar("_Fact")


class Adopted:
    """A plain resource that speaks for itself. It is no construct: the template gains nothing by it.

    Alarms and graphs for ``Watch`` and ``Dashboard``; of what answers users a ``service_level``, for ``Slo``; of a store how it comes back,
    for ``BackupPlan``, ``RestoreTest``, ``Objectives`` and ``Drills``.
    """

    def __init__(self, resource: Construct, specs: tuple[AnyAlarmSpec, ...]) -> None:
        self._resource = resource
        #: What wakes someone.
        self.alarm_specs = specs
        #: A graph of each metric that is watched.
        self.graphs: tuple[GraphSpec, ...] = graphs(specs)

    @cached_property
    def node(self) -> Node:
        """The node of the resource: its path names the alarms."""
        return self._resource.node

    @cached_property
    def stack(self) -> Stack:
        """The stack of the resource."""
        return Stack.of(self._resource)

    @property
    def service_level(self) -> GoodAndBad:
        """Requests that ended in an error, of all: ``Slo(of=adopt(alb))``.

        Raises:
            ConfigurationError: a resource that answers no users.
        """
        return self._described(LEVELS, "service_level", mend="promise what its users ask, or count by GoodAndBad or GoodMinutes")

    @cached_property
    def _store(self) -> stores.Store:
        return self._described(stores.STORES, "recovery_facts", mend="leave it out: it keeps nothing that AWS Backup restores")

    @property
    def backup_arns(self) -> tuple[str, ...]:
        """What AWS Backup selects."""
        return (self._store.arn,)

    @property
    def recovery_facts(self) -> tuple[RecoveryFact, ...]:
        """How it comes back, as far as the template says.

        Raises:
            ConfigurationError: no store; a table without point-in-time recovery, a bucket without versions; one of which nothing is known.
        """
        return self._store.facts

    @property
    def engine(self) -> stores.Engine:
        """Of a database, for ``DatabaseCheck``."""
        return stores.engine_of(self._resource)

    @property
    def attachment(self) -> Attachment:
        """Where a database is, and what opens it: ``DatabaseCheck(database=adopt(instance))``."""
        return stores.attachment_of(self._resource)

    def _described(self, known: Mapping[str, Callable[[Any], _Fact]], what: str, *, mend: str) -> _Fact:
        for name in _types(self._resource):
            if name in known:
                return known[name](self._resource)
        raise ConfigurationError(
            f"adopt({path_of(self._resource)}).{what}", given=type(self._resource).__name__, allowed=", ".join(sorted(known)), mend=mend
        )


def adopt(resource: IConstruct) -> Adopted:
    """*resource*, an L2 (made here or imported) or L1 of the CDK, with the alarms AWS recommends for it.

    Other numbers: ``Watch(..., changes={"Queue/OldestMessage": Change(threshold=60, because="...")})``.

    Raises:
        ConfigurationError: a resource that nobody has described yet; the message lists those that are.
    """
    known = _known()
    for name in _types(resource):
        if name in known:
            return Adopted(resource, known[name](resource))  # type: ignore[arg-type]
    raise ConfigurationError(
        f"adopt({path_of(resource)})",
        given=type(resource).__name__,
        allowed=f"one of {', '.join(sorted(known))}",
        mend="describe its alarms yourself: any object with node, stack, alarm_specs and graphs can be watched",
    )


@cache
def _known() -> dict[str, Callable[[Any], tuple[AnyAlarmSpec, ...]]]:
    """What can be adopted: ``aws_sqs.IQueue`` -> what makes its alarms."""
    homes = (import_module(f"prodready_constructs.monitoring.adopted.{service}") for service in SERVICES)
    return {name: make for home in homes for name, make in home.ADOPTS.items()}


def _types(resource: Any) -> Iterator[str]:
    """The CDK's names of the classes and interfaces of *resource*. By name: nobody has to load seventeen modules to watch a queue."""
    for one in (resource, *getattr(resource, "_delegates", ())):
        for kind in type(one).__mro__:
            # An interface extends others: a TableV2 is an ITableV2, and that an ITable.
            for owner in (kind, *(base for face in kind.__dict__.get("__jsii_ifaces__", ()) for base in face.__mro__)):
                name = str(owner.__dict__.get("__jsii_type__", ""))
                if name.startswith(_LIBRARY):
                    yield name.removeprefix(_LIBRARY)
