"""What a table looks like: keys, indexes, replicas. Values, checked before CloudFormation sees them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from aws_cdk import aws_dynamodb as dynamodb

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import DataClass

#: Everything, the keys alone, or the named attributes beside the keys.
Projection = Literal["ALL", "KEYS_ONLY"] | tuple[str, ...]
#: Quotas of DynamoDB. Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
MOST_GLOBAL, MOST_LOCAL, MOST_PROJECTED = 20, 5, 100


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalIndex:
    """Another way to ask: by other keys than the table's. It has a copy of what it projects, and throttles by itself.

    Attributes:
        projection: ``ALL``, ``KEYS_ONLY``, or the names of the attributes it has beside the keys.
    """

    name: str
    partition_key: dynamodb.Attribute
    sort_key: dynamodb.Attribute | None = None
    projection: Projection = "ALL"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalIndex:
    """Another order of the items that share a partition key. It must be there when the table is made, and limits a partition to 10 GB."""

    name: str
    sort_key: dynamodb.Attribute
    projection: Projection = "ALL"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSchema:
    """Keys and indexes of a table.

    Attributes:
        partition_key, sort_key: the primary key; a change replaces the table.
        ttl_attribute: a number attribute with the second (Unix time) after which DynamoDB deletes the item, within a few days.
        indexes: global and local ones.
    """

    partition_key: dynamodb.Attribute
    sort_key: dynamodb.Attribute | None = None
    ttl_attribute: str | None = None
    indexes: tuple[GlobalIndex | LocalIndex, ...] = ()

    @property
    def global_indexes(self) -> tuple[GlobalIndex, ...]:
        """Those that throttle by themselves."""
        return tuple(one for one in self.indexes if isinstance(one, GlobalIndex))

    @property
    def local_indexes(self) -> tuple[LocalIndex, ...]:
        """Those within a partition."""
        return tuple(one for one in self.indexes if isinstance(one, LocalIndex))

    def check(self, where: str, data_class: DataClass) -> None:
        """Refuse what DynamoDB would refuse after minutes of deployment, and items without an end where *data_class* has one.

        Raises:
            ConfigurationError: a name twice, an attribute of two types, too many indexes or projected attributes, a local index
                without a sort key, a TTL attribute that is a key, or none where items must expire.
        """
        names = Counter(one.name for one in self.indexes)
        if twice := sorted(name for name, count in names.items() if count > 1):
            raise ConfigurationError(
                f"{where}: schema.indexes", given=twice, allowed="each name once", mend="give one of them another name"
            )
        types: dict[str, set[str]] = {}
        for attribute in self._attributes():
            types.setdefault(attribute.name, set()).add(attribute.type.name)
        if torn := {name: sorted(kinds) for name, kinds in types.items() if len(kinds) > 1}:
            raise ConfigurationError(
                f"{where}: schema", given=torn, allowed="one type for an attribute", mend="use the same Attribute in every key"
            )
        if self.sort_key and self.sort_key.name == self.partition_key.name:
            raise ConfigurationError(
                f"{where}: schema.sort_key",
                given=self.sort_key.name,
                allowed="another attribute than the partition key",
                mend="name another",
            )
        if self.local_indexes and self.sort_key is None:
            raise ConfigurationError(
                f"{where}: schema.indexes",
                given=[one.name for one in self.local_indexes],
                allowed="local indexes on a table with a sort key",
                mend="add schema.sort_key, or use a GlobalIndex",
            )
        for kind, found, most in (("global", len(self.global_indexes), MOST_GLOBAL), ("local", len(self.local_indexes), MOST_LOCAL)):
            if found > most:
                raise ConfigurationError(
                    f"{where}: schema.indexes",
                    given=f"{found} {kind} indexes",
                    allowed=f"{most} at most",
                    mend="ask one index more questions",
                )
        projected = sum(len(one.projection) for one in self.indexes if isinstance(one.projection, tuple))
        if projected > MOST_PROJECTED:
            raise ConfigurationError(
                f"{where}: schema.indexes",
                given=f"{projected} projected attributes",
                allowed=f"{MOST_PROJECTED} at most, over all indexes",
                mend='project "ALL" where an index needs most of the item',
            )
        if self.ttl_attribute in types:
            raise ConfigurationError(
                f"{where}: schema.ttl_attribute",
                given=self.ttl_attribute,
                allowed="an attribute that is no key: the application changes it when an item is to live longer",
                mend="add an attribute such as expires_at",
            )
        if data_class.retention is not None and self.ttl_attribute is None:
            raise ConfigurationError(
                f"{where}: schema.ttl_attribute",
                given=None,
                allowed=f"an attribute by which items expire: data of class {data_class.name} ends after {data_class.retention.days} days",
                mend="add ttl_attribute='expires_at' and write that time into every item",
            )

    def _attributes(self) -> Iterator[dynamodb.Attribute]:
        """The attributes of all keys, with repetitions."""
        for keyed in (self, *self.indexes):
            if not isinstance(keyed, LocalIndex):
                yield keyed.partition_key
            if keyed.sort_key is not None:
                yield keyed.sort_key


def project(projection: Projection) -> tuple[dynamodb.ProjectionType, list[str] | None]:
    """*projection* as the CDK says it."""
    if isinstance(projection, tuple):
        return dynamodb.ProjectionType.INCLUDE, list(projection)
    return dynamodb.ProjectionType[projection], None
