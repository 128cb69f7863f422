"""What was told already: SNS may deliver a message twice, Lambda may run it twice, and an alarm may say twice that it is in alarm.

A DynamoDB item per message is claimed before the post and finished after it, both by conditional writes; an item per alarm holds the state
told last. Where DynamoDB does not answer, the alert goes out all the same: twice is better than never.
"""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError


class BusyError(Exception):
    """Another run is at this message."""


class Memory:
    """*lease*: seconds after which a run that said nothing more is taken for dead. *window*: seconds for which an alert is remembered."""

    def __init__(self, client: Any, table: str, *, lease: int, window: int) -> None:
        self._client = client
        self._table = table
        self._lease = lease
        self._window = window

    def claim(self, message: str, run: str, now: int) -> bool:
        """True for whoever shall post it; False when it was told.

        Raises:
            BusyError: another run may be posting it right now.
        """
        item = _item(f"message#{message}", "claimed", now + self._lease, run)
        try:
            self._client.put_item(
                TableName=self._table,
                Item=item,
                # DynamoDB deletes what has expired within days, not at once. A retry has the id of the run that failed.
                ConditionExpression="attribute_not_exists(id) OR expires < :now OR (told = :claimed AND run = :run)",
                ExpressionAttributeValues={":now": _number(now), ":claimed": {"S": "claimed"}, ":run": {"S": run}},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                return _forgetful("claim", error)
            if error.response.get("Item", {}).get("told", {}).get("S") == "claimed":
                raise BusyError("another run is at this alert") from None
            return False
        except BotoCoreError as error:
            return _forgetful("claim", error)
        return True

    def told(self, thing: str, state: str, now: int) -> bool:
        """Whether *state* is what was told last of *thing*, within the window."""
        if not thing:
            return False
        try:
            item = self._client.get_item(TableName=self._table, Key={"id": {"S": f"state#{thing}"}}, ConsistentRead=True).get("Item")
        except (ClientError, BotoCoreError) as error:
            return not _forgetful("look up", error)
        return item is not None and item["told"]["S"] == state and int(item["expires"]["N"]) >= now

    def forget(self, thing: str, run: str, now: int) -> None:
        """What was told of *thing* holds no longer, and the next state could not be told: whatever comes is news."""
        if thing:
            self._put(_item(f"state#{thing}", "unknown", now + self._window, run))

    def finish(self, message: str, run: str, thing: str, state: str, now: int) -> None:
        """Remember the message, and the state of *thing* when it was told."""
        items = [_item(f"message#{message}", "told", now + self._window, run)]
        if thing:
            items.append(_item(f"state#{thing}", state, now + self._window, run))
        for item in items:
            self._put(item)

    def _put(self, item: dict[str, Any]) -> None:
        try:
            self._client.put_item(TableName=self._table, Item=item)
        except (ClientError, BotoCoreError) as error:
            _forgetful("remember", error)


def _item(key: str, told: str, expires: int, run: str) -> dict[str, Any]:
    return {"id": {"S": key}, "told": {"S": told}, "expires": _number(expires), "run": {"S": run}}


def _number(value: int) -> dict[str, str]:
    return {"N": str(value)}


def _forgetful(what: str, error: Exception) -> bool:
    print(json.dumps({"level": "WARN", "message": f"could not {what}: an alert may come twice", "error": type(error).__name__}))
    return True
