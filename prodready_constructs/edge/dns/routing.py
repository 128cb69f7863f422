"""How Route 53 chooses among records of one name, as values: by weight, by failover, by latency.

Source of the ranges: Amazon Route 53 API reference, "ResourceRecordSet".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from prodready_constructs.errors import ConfigurationError

#: The heaviest weight Route 53 takes; a weight of 0 gets traffic only when no other record is healthy.
HEAVIEST = 255
LONGEST_ID = 128
#: The regions that latency records know (Amazon Route 53 API reference, ResourceRecordSet, Region).
_REGIONS = (
    "af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 "
    "ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1 cn-north-1 "
    "cn-northwest-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 eusc-de-east-1 "
    "il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1 us-east-2 us-gov-east-1 us-gov-west-1 us-west-1 "
    "us-west-2 "
)
LATENCY_REGIONS = frozenset(_REGIONS.split())


class Checked(Protocol):
    """A health check that records can hang on: ``HealthCheck``, ``CalculatedHealthCheck``, ``AlarmHealthCheck``."""

    @property
    def health_check_id(self) -> str: ...
    @property
    def hosts(self) -> tuple[str, ...]:
        """The names that it asks, its children's included."""
        ...


@dataclass(frozen=True, slots=True)
class Weighted:
    """A share of the answers: this weight over the sum of the weights of the name.

    Attributes:
        weight: 0 to 255.
        id: what this record is called among those of the name, such as ``green``.
        health_check: takes the record out of the answers while it is unhealthy.
    """

    weight: int
    id: str
    health_check: Checked | None = None

    @property
    def policy(self) -> str:
        """The name of the routing policy."""
        return "weighted"

    @property
    def places(self) -> tuple[str, ...]:
        """What no other record of the name may have as well."""
        return (f"the id {self.id!r}",)

    def properties(self) -> dict[str, Any]:
        """What the record set has of it."""
        return {"SetIdentifier": self.id, "Weight": self.weight}


@dataclass(frozen=True, slots=True)
class Failover:
    """The primary answers while it is healthy, the secondary otherwise.

    Attributes:
        role: one of each for a name.
        health_check: required of the primary. A secondary without one answers whenever the primary does not.
        id: the role in small letters when None.
    """

    role: Literal["PRIMARY", "SECONDARY"]
    health_check: Checked | None = None
    id: str | None = None

    @property
    def policy(self) -> str:
        """The name of the routing policy."""
        return "failover"

    @property
    def places(self) -> tuple[str, ...]:
        """What no other record of the name may have as well."""
        return (f"the role {self.role}", f"the id {_id(self.id, self.role.lower())!r}")

    def properties(self) -> dict[str, Any]:
        """What the record set has of it."""
        return {"SetIdentifier": _id(self.id, self.role.lower()), "Failover": self.role}


@dataclass(frozen=True, slots=True)
class Latency:
    """The region nearest to the visitor's resolver answers.

    Attributes:
        region: where the target is.
        health_check: takes the record out of the answers while it is unhealthy.
        id: the region when None.
    """

    region: str
    health_check: Checked | None = None
    id: str | None = None

    @property
    def policy(self) -> str:
        """The name of the routing policy."""
        return "latency"

    @property
    def places(self) -> tuple[str, ...]:
        """What no other record of the name may have as well."""
        return (f"the region {self.region}", f"the id {_id(self.id, self.region)!r}")

    def properties(self) -> dict[str, Any]:
        """What the record set has of it."""
        return {"SetIdentifier": _id(self.id, self.region), "Region": self.region}


Routing = Weighted | Failover | Latency


def require_routing(where: str, routing: Routing, names: Sequence[str]) -> None:
    """Refuse a *routing* of *names* that Route 53 would refuse, or that would not do what it says."""
    where = f"{where}: routing"
    if not isinstance(routing, Weighted | Failover | Latency):
        raise ConfigurationError(
            where,
            given=routing,
            allowed="one value: Weighted(...), Failover(...) or Latency(...), because all records of a name have one policy",
            mend="choose one; a name of its own that aliases to this one can have another policy",
        )
    identifier = routing.properties()["SetIdentifier"]
    if not 1 <= len(identifier) <= LONGEST_ID:
        raise ConfigurationError(
            where,
            given=identifier,
            allowed=f"an id of 1 to {LONGEST_ID} characters, by which Route 53 tells the records of the name apart",
            mend="name what answers, such as 'green' or 'us-west-2'",
        )
    if isinstance(routing, Weighted) and not 0 <= routing.weight <= HEAVIEST:
        raise ConfigurationError(
            where,
            given=routing.weight,
            allowed=f"a weight from 0 to {HEAVIEST}",
            mend="weights are shares of their sum: 1 and 99 are one percent and the rest",
        )
    if isinstance(routing, Failover):
        if routing.role not in ("PRIMARY", "SECONDARY"):
            raise ConfigurationError(where, given=routing.role, allowed="'PRIMARY' or 'SECONDARY'", mend="give each name one of either")
        if routing.role == "PRIMARY" and routing.health_check is None:
            raise ConfigurationError(
                where,
                given="a primary without a health check",
                allowed="a health check on the primary, because without one it always counts as healthy and nothing ever fails over",
                mend='make a HealthCheck of a name that always means the primary: Failover("PRIMARY", health_check=check)',
            )
    if isinstance(routing, Latency) and routing.region not in LATENCY_REGIONS:
        raise ConfigurationError(
            where, given=routing.region, allowed="an AWS region that Route 53 knows, such as 'eu-central-1'", mend="correct its name"
        )
    circular = [host for host in (routing.health_check.hosts if routing.health_check else ()) if host in names]
    if circular:
        raise ConfigurationError(
            where,
            given=f"a health check of {circular[0]}",
            allowed="a health check of another name than the one it routes: it would ask whichever record answers at the moment",
            mend="give each target a name of its own (alternative_names and alias(target, name=...)) and check that",
        )


def _id(given: str | None, otherwise: str) -> str:
    return otherwise if given is None else given
