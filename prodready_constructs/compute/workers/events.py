"""What event source mappings of queues and of streams have in common: whom they call, in what batches, and what they leave out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, REGION, URL_SUFFIX, own_key
from prodready_constructs.foundation.visibility import LONGEST_WINDOW, within_seconds

#: Filters of one mapping: five, ten where the quota was raised (AWS Lambda developer guide, event filtering); characters of one.
MOST_FILTERS, LONGEST_FILTER = 10, 4_096
#: Above this, Lambda asks for a window of a second or more; and all that a FIFO queue hands out at once.
SMALL_BATCH = 10
LARGEST_BATCH = 10_000
BATCH_ITEM_FAILURES = "ReportBatchItemFailures"


class EventFunction(Protocol):
    """A function that can take events: ``compute.HardenedFunction``, or a :class:`ForeignFunction`."""

    @property
    def alias(self) -> lambda_.IFunction: ...
    @property
    def function(self) -> lambda_.IFunction: ...
    @property
    def timeout(self) -> timedelta: ...
    @property
    def reserved_concurrency(self) -> int | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignFunction:
    """A function of the CDK, made elsewhere or imported, with what its consumer must know of it.

    Attributes:
        function: the function itself: its name is in its metrics.
        alias: what is called: an alias of it, so that a new version takes over as it is released.
        timeout: as the function has it.
        reserved_concurrency: as the function has it; None where the account's pool is all there is.
    """

    function: lambda_.IFunction
    alias: lambda_.IFunction
    timeout: timedelta
    reserved_concurrency: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """How many messages or records a function is given at a time.

    Attributes:
        size: at most, 1 to 10,000; 10 at most from a FIFO queue.
        window: how long they are gathered, to 5 minutes; a second or more where *size* is above 10, none for a FIFO queue.
    """

    size: int = SMALL_BATCH
    window: timedelta = timedelta(0)

    def check(self, path: str, *, fifo: bool = False, of_queue: bool = True) -> None:
        """Refuse, for the construct at *path*, what AWS Lambda would."""
        largest = SMALL_BATCH if fifo else LARGEST_BATCH
        if not 1 <= self.size <= largest:
            raise ConfigurationError(
                f"{path}: batch.size",
                given=self.size,
                allowed=f"1 to {largest:,} from a {'FIFO queue' if fifo else 'queue or stream'}",
                mend=f"the nearest is {min(max(self.size, 1), largest)}",
            )
        within_seconds(f"{path}: batch.window", self.window, timedelta(0), LONGEST_WINDOW)
        if fifo and self.window:
            raise ConfigurationError(
                f"{path}: batch.window",
                given=str(self.window),
                allowed="0 for a FIFO queue: AWS Lambda gathers none of its messages",
                mend="leave the window out",
            )
        if of_queue and self.size > SMALL_BATCH and self.window < timedelta(seconds=1):
            raise ConfigurationError(
                f"{path}: batch.window",
                given=f"{self.window} with batches of {self.size}",
                allowed=f"1 second or more where batches are larger than {SMALL_BATCH}",
                mend="add window=timedelta(seconds=1)",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilters:
    """Which messages or records reach the function. **The others are discarded**: out of a queue, a message that matches none is deleted.

    Attributes:
        patterns: one of them must match: ``{"body": {"kind": ["order"]}}`` for SQS, ``{"eventName": ["INSERT"]}`` for DynamoDB.
        encryption_key: of the patterns; their policy is changed to admit Lambda. A ``DataKey`` of their own when None.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
    """

    patterns: tuple[Mapping[str, Any], ...]
    encryption_key: kms.IKey | None = None

    def check(self, path: str) -> None:
        """Refuse, for the construct at *path*, filters that Lambda would refuse, or that let nothing through."""
        written = [json.dumps(pattern) for pattern in self.patterns]
        if not 1 <= len(written) <= MOST_FILTERS or not all(self.patterns) or max(map(len, written)) > LONGEST_FILTER:
            raise ConfigurationError(
                f"{path}: filters",
                given=f"{len(written)} patterns, the longest of {max(map(len, written), default=0)} characters",
                allowed=f"1 to {MOST_FILTERS} patterns (5 unless the quota was raised), none empty, of {LONGEST_FILTER:,} characters at most",
                mend="leave filters out to let everything through, or let one pattern list several values",
            )

    def criteria(self) -> lambda_.CfnEventSourceMapping.FilterCriteriaProperty:
        """As CloudFormation has it."""
        return lambda_.CfnEventSourceMapping.FilterCriteriaProperty(
            filters=[
                lambda_.CfnEventSourceMapping.FilterProperty(pattern=json.dumps(pattern, separators=(",", ":")))
                for pattern in self.patterns
            ]
        )

    def key_arn(self, scope: Construct) -> str:
        """The key; Lambda may read with it what mappings of this account filter by."""
        return own_key(
            scope,
            self.encryption_key,
            description="Filters of an event source mapping",
            statements=[
                {
                    "Effect": "Allow",
                    "Principal": {"Service": f"lambda.{REGION}.{URL_SUFFIX}"},
                    "Action": "kms:Decrypt",
                    "Resource": "*",
                    "Condition": {"ArnLike": {"aws:SourceArn": f"arn:{PARTITION}:lambda:{REGION}:{ACCOUNT_ID}:event-source-mapping:*"}},
                }
            ],
        ).key_arn
