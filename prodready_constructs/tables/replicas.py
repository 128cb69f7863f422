"""A table in other regions, and which of them are allowed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import require_region
from prodready_constructs.posture import TablePosture


@dataclass(frozen=True, slots=True, kw_only=True)
class TableReplica:
    """The table in another region: written and read there too.

    Attributes:
        key_arn: a customer-managed KMS key of that region.
        settled: it has been deployed once, so that DynamoDB takes a resource policy for it: none is accepted in the update that creates it.

    Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-considerations.html
    """

    region: str
    key_arn: str
    settled: bool = False


def check_regions(where: str, home: str | None, replicas: Sequence[TableReplica], posture: TablePosture) -> None:
    """Refuse a table or replica that DynamoDB or the posture would not have where it is.

    Raises:
        ConfigurationError: *home*, the region of the table's stack, is not stated; a region twice or outside the allowed ones; a key elsewhere.
    """
    if home is None:
        raise ConfigurationError(
            where,
            given="a stack without a region",
            allowed="a stack that states its region: a global table names the region of every replica, its own included",
            mend="give the stack env=Environment(region=...)",
        )
    require_region(where, home, posture.allowed_regions)
    taken = {home}
    for replica in replicas:
        there = f"{where}: replica in {replica.region}"
        require_region(there, replica.region, posture.allowed_regions)
        if replica.region in taken:
            raise ConfigurationError(
                there,
                given=replica.region,
                allowed="regions that the table is not in yet",
                mend=f"name another region than {', '.join(sorted(taken))}",
            )
        taken.add(replica.region)
        # A token is the ARN of a key in another stack of the app.
        if "${" not in replica.key_arn and not re.fullmatch(rf"arn:[^:]+:kms:{re.escape(replica.region)}:\d+:key/.+", replica.key_arn):
            raise ConfigurationError(
                f"{there}: key_arn",
                given=replica.key_arn,
                allowed=f"the ARN of a KMS key in {replica.region}: a replica is encrypted with a key of its own region",
                mend="make a DataKey in a stack of that region and hand over its ARN",
            )
