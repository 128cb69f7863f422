"""A function that follows a stream: of Kinesis, or of the changes of a DynamoDB table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from prodready_constructs.compute.workers.event_alarms import WatchedMapping, stream_consumer_alarms, stream_consumer_graphs
from prodready_constructs.compute.workers.events import BATCH_ITEM_FAILURES, Batch, EventFilters, EventFunction
from prodready_constructs.contracts import AlarmSpec, ControlClaim, GraphSpec, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part
from prodready_constructs.posture import WorkerPosture

CONTROLS = (
    ControlClaim(
        control="FN-5",
        how="A failing batch is split until the bad record is alone; it is tried for a stated time and number of tries, and then told to a queue; "
        "a consumer that falls behind wakes someone",
        frameworks=("NIST 800-53 r5 CP-10", "NIST 800-53 r5 SI-11", "SOC 2 A1.1"),
    ),
)
#: Batches of one shard at a time. Source: AWS::Lambda::EventSourceMapping ParallelizationFactor
MOST_PARALLEL = 10
STARTS = ("LATEST", "TRIM_HORIZON")
#: What AWS Lambda needs of a DynamoDB stream; ListStreams knows no single stream, and a mapping is given the ARN.
_STREAM = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")


class ChangingTable(Protocol):
    """``tables.ProtectedTable``."""

    @property
    def table(self) -> Any: ...
    def grant_stream_read(self, grantee: iam.IGrantable) -> iam.Grant: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordStream:
    """What a :class:`StreamConsumer` follows; made by :meth:`of_kinesis`, :meth:`of_table` or :meth:`of_foreign_table`."""

    arn: str
    grant_read: Callable[[iam.IGrantable], iam.Grant]

    @staticmethod
    def of_kinesis(stream: kinesis.IStream) -> RecordStream:
        """A stream of Kinesis, yours or imported."""
        return RecordStream(arn=stream.stream_arn, grant_read=stream.grant_read)

    @staticmethod
    def of_table(table: ChangingTable) -> RecordStream:
        """The changes of a ``ProtectedTable``."""
        arn = table.table.table_stream_arn
        return RecordStream(arn=_stated(arn, table), grant_read=table.grant_stream_read)

    @staticmethod
    def of_foreign_table(table: dynamodb.ITable) -> RecordStream:
        """The changes of a plain table of the CDK, yours or imported."""
        arn = _stated(table.table_stream_arn, table)

        def grant(grantee: iam.IGrantable) -> iam.Grant:
            if table.encryption_key is not None:
                table.encryption_key.grant_decrypt(grantee)
            return iam.Grant.add_to_principal(grantee=grantee, actions=list(_STREAM), resource_arns=[arn])

        return RecordStream(arn=arn, grant_read=grant)


def _stated(arn: str | None, table: Any) -> str:
    if arn is None:
        raise ConfigurationError(
            f"{table.node.path}: stream", given="a table without a stream", allowed="a table that has one", mend="give the table stream=..."
        )
    return arn


class StreamConsumer(Part):
    """The event source mapping between a stream and a function.

    Always: partial batch failures, bisecting on errors, an end to tries, a queue that hears of every record that was given up, metrics of the
    mapping. No tumbling window: a function that keeps state between batches loses it with a version.
    *posture* decides how long and how often a record is tried, and how far behind is too far.

    Args:
        stream: ``RecordStream.of_table(orders)``, ``RecordStream.of_kinesis(clicks)``.
        function: ``HardenedFunction`` (its alias is called), or a :class:`ForeignFunction`.
        failures: a standard queue that is told which records were given up: shard, first and last number, not the records.
        starting_position: where a new consumer begins: ``LATEST`` (what comes from now on) or ``TRIM_HORIZON`` (what is still there).
        batch: how many records at a time.
        parallelization: batches of a shard at a time, 1 to 10; the order within a key is kept.
        filters: which records are handled.

    Raises:
        ConfigurationError: a FIFO queue for failures, an unknown starting position, bounds of Lambda.

    Sources: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html,
        https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stream: RecordStream,
        function: EventFunction,
        failures: sqs.IQueue,
        posture: WorkerPosture,
        starting_position: Literal["LATEST", "TRIM_HORIZON"],
        batch: Batch | None = None,
        parallelization: int = 1,
        filters: EventFilters | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        path = self.path
        batch = batch or Batch(size=100)
        batch.check(path, of_queue=False)
        if filters is not None:
            filters.check(path)
        _check_stream(path, starting_position=starting_position, parallelization=parallelization, failures=failures)
        grants = (stream.grant_read(function.alias), failures.grant_send_messages(function.alias))
        mapping = lambda_.CfnEventSourceMapping
        #: The mapping itself.
        self.mapping = mapping(
            self,
            "Mapping",
            event_source_arn=stream.arn,
            function_name=function.alias.function_arn,
            enabled=True,
            starting_position=starting_position,
            batch_size=batch.size,
            maximum_batching_window_in_seconds=int(batch.window.total_seconds()),
            bisect_batch_on_function_error=True,
            maximum_record_age_in_seconds=int(posture.record_age.total_seconds()),
            maximum_retry_attempts=posture.record_retries,
            parallelization_factor=parallelization,
            function_response_types=[BATCH_ITEM_FAILURES],
            destination_config=mapping.DestinationConfigProperty(on_failure=mapping.OnFailureProperty(destination=failures.queue_arn)),
            metrics_config=mapping.MetricsConfigProperty(metrics=["EventCount"]),
            filter_criteria=filters.criteria() if filters else None,
            kms_key_arn=filters.key_arn(self) if filters else None,
        )
        # Lambda asks whether the function may read when the mapping is made.
        for granted in grants:
            granted.apply_before(self.mapping)
        self._function, self._failures, self._iterator_age = function, failures, posture.iterator_age
        record(self, controls=CONTROLS, tier="compute", watchable=True)

    @cached_property
    def _watched(self) -> WatchedMapping:
        return WatchedMapping(
            mapping_id=self.mapping.ref,
            function=self._function.function.function_name,
            queue=self._failures.queue_name,
            queue_url=self._failures.queue_url,
        )

    @property
    def alarm_specs(self) -> tuple[AlarmSpec, ...]:
        """Records given up, records lost, a consumer that falls behind, many that fail."""
        return stream_consumer_alarms(self._watched, iterator_age=self._iterator_age)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Records polled, handled, failed, given up; how far behind."""
        return stream_consumer_graphs(self._watched)


def _check_stream(path: str, *, starting_position: str, parallelization: int, failures: sqs.IQueue) -> None:
    if starting_position not in STARTS:
        raise ConfigurationError(
            f"{path}: starting_position",
            given=starting_position,
            allowed=f"one of {', '.join(STARTS)}",
            mend="TRIM_HORIZON leaves nothing out",
        )
    if not 1 <= parallelization <= MOST_PARALLEL:
        raise ConfigurationError(
            f"{path}: parallelization",
            given=parallelization,
            allowed=f"1 to {MOST_PARALLEL}",
            mend=f"the nearest is {min(max(parallelization, 1), MOST_PARALLEL)}",
        )
    if failures.fifo:
        raise ConfigurationError(
            f"{path}: failures", given="a FIFO queue", allowed="a standard queue: Lambda sends to no other", mend="make one without fifo"
        )
