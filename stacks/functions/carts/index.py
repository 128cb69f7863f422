"""Notes which carts were given up: DynamoDB deletes a cart at the end of its life, and says so in its stream."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

LOG = logging.getLogger()
#: Who deletes items whose time to live has passed.
TTL = "dynamodb.amazonaws.com"


def handler(event: Mapping[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Look at each change; the first one that cannot be read is named, and everything from it on comes again."""
    for record in event["Records"]:
        number = record["dynamodb"]["SequenceNumber"]
        try:
            if record["eventName"] == "REMOVE" and record.get("userIdentity", {}).get("principalId") == TTL:
                LOG.info("cart given up", extra={"cart": record["dynamodb"]["Keys"]["id"]["S"]})
        except (KeyError, TypeError):
            LOG.exception("a change that cannot be read", extra={"number": number})
            return {"batchItemFailures": [{"itemIdentifier": number}]}
    return {"batchItemFailures": []}
