"""A function that works through a queue."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from prodready_constructs.compute.workers.event_alarms import WatchedMapping, queue_consumer_alarms, queue_consumer_graphs
from prodready_constructs.compute.workers.events import BATCH_ITEM_FAILURES, Batch, EventFilters, EventFunction
from prodready_constructs.contracts import AlarmSpec, ControlClaim, GraphSpec, WorkQueue, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part
from prodready_constructs.posture import WorkerPosture
from prodready_constructs.waivers import waive

CONTROLS = (
    ControlClaim(
        control="FN-5",
        how="The function says which messages of a batch failed, so that the others are not repeated; no more invocations at once than are "
        "reserved; the queue hides a message for six times the function's timeout",
        frameworks=("NIST 800-53 r5 CP-10", "NIST 800-53 r5 SC-5", "SOC 2 A1.1"),
    ),
)
#: Of a mapping in provisioned mode. Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
FEWEST_POLLERS, MOST_WARM, MOST_POLLERS = 2, 200, 2_000
#: Invocations at once on behalf of one queue. Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
FEWEST_AT_ONCE, MOST_AT_ONCE = 2, 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Pollers:
    """Pollers of this queue alone, paid for by the hour, for latency that does not depend on what Lambda does elsewhere.

    Each polls 1 MB a second and has 10 invocations at once; they take the place of the maximum concurrency.

    Attributes:
        least: always there, 2 to 200; most: 2 to 2,000.
    """

    least: int
    most: int

    def __post_init__(self) -> None:
        if not (FEWEST_POLLERS <= self.least <= MOST_WARM and self.least <= self.most <= MOST_POLLERS):
            raise ConfigurationError(
                "Pollers.least, most",
                given=f"{self.least} to {self.most}",
                allowed=f"at least {FEWEST_POLLERS} to {MOST_WARM} pollers, at most {MOST_POLLERS:,}, the first at most the second",
                mend=f"use least={FEWEST_POLLERS} and raise most",
            )


class QueueConsumer(Part):
    """The event source mapping between a queue and a function.

    Always: partial batch failures (the function answers ``{"batchItemFailures": [{"itemIdentifier": messageId}]}``), metrics of the mapping,
    a maximum concurrency that the reserved one covers, consuming as all that the function may do with the queue.
    *posture* decides how many invocations there are at once.

    Args:
        queue: ``messaging.ReliableQueue``, or a :class:`ForeignQueue`.
        function: ``HardenedFunction`` (its alias is called), or a :class:`ForeignFunction`.
        batch: how many messages at a time.
        max_concurrency: invocations at once for this queue, 2 to 1,000, for a function with several; the posture's when None.
        pollers: provisioned mode, instead of a maximum concurrency.
        filters: which messages are handled; the others are deleted.

    Raises:
        ConfigurationError: a visibility timeout shorter than six times the function's, more invocations than are reserved, a window for a
            FIFO queue, batches above 10 without one, bounds of Lambda.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        queue: WorkQueue,
        function: EventFunction,
        posture: WorkerPosture,
        batch: Batch | None = None,
        max_concurrency: int | None = None,
        pollers: Pollers | None = None,
        filters: EventFilters | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        path = self.path
        batch = batch or Batch()
        batch.check(path, fifo=queue.fifo)
        if filters is not None:
            filters.check(path)
        at_once = posture.max_concurrency if max_concurrency is None else max_concurrency
        _check_concurrency(path, at_once if pollers is None else 10 * pollers.most, pollers=pollers, reserved=function.reserved_concurrency)
        source = queue.for_function(function.timeout, batching_window=batch.window)
        granted = queue.grant_consume(function.alias)
        mapping = lambda_.CfnEventSourceMapping
        #: The mapping itself.
        self.mapping = mapping(
            self,
            "Mapping",
            event_source_arn=source.queue_arn,
            function_name=function.alias.function_arn,
            enabled=True,
            batch_size=batch.size,
            maximum_batching_window_in_seconds=int(batch.window.total_seconds()),
            function_response_types=[BATCH_ITEM_FAILURES],
            metrics_config=mapping.MetricsConfigProperty(metrics=["EventCount"]),
            scaling_config=None if pollers else mapping.ScalingConfigProperty(maximum_concurrency=at_once),
            provisioned_poller_config=mapping.ProvisionedPollerConfigProperty(minimum_pollers=pollers.least, maximum_pollers=pollers.most)
            if pollers
            else None,
            filter_criteria=filters.criteria() if filters else None,
            kms_key_arn=filters.key_arn(self) if filters else None,
        )
        # Lambda asks whether the function may receive when the mapping is made.
        granted.apply_before(self.mapping)
        waive(
            self.mapping,
            rule="Serverless-LambdaEventSourceMappingDestination",
            because="Lambda knows no on-failure destination for a mapping of SQS: what fails goes back to the queue, and after the posture's "
            "tries to the queue's own dead-letter queue, whose first message sets off a critical alarm.",
            owner="platform",
        )
        self._function, self._queue, self._at_once = function, queue, None if pollers else at_once
        record(self, controls=CONTROLS, tier="compute", watchable=True)

    @cached_property
    def _watched(self) -> WatchedMapping:
        return WatchedMapping(
            mapping_id=self.mapping.ref,
            function=self._function.function.function_name,
            queue=self._queue.queue.queue_name,
            queue_url=self._queue.queue.queue_url,
            at_once=self._at_once,
        )

    @property
    def alarm_specs(self) -> tuple[AlarmSpec, ...]:
        """Messages nobody takes, many that fail, and all invocations busy. Dead letters and age are the queue's own alarms."""
        return queue_consumer_alarms(self._watched)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Messages polled, handled, failed, left out."""
        return queue_consumer_graphs(self._watched)


def _check_concurrency(path: str, at_once: int, *, pollers: Pollers | None, reserved: int | None) -> None:
    if pollers is None and not FEWEST_AT_ONCE <= at_once <= MOST_AT_ONCE:
        raise ConfigurationError(
            f"{path}: max_concurrency",
            given=at_once,
            allowed=f"{FEWEST_AT_ONCE} to {MOST_AT_ONCE:,}",
            mend=f"the nearest is {min(max(at_once, FEWEST_AT_ONCE), MOST_AT_ONCE)}",
        )
    if reserved is not None and at_once > reserved:
        raise ConfigurationError(
            f"{path}: {'max_concurrency' if pollers is None else 'pollers'}",
            given=f"{at_once} invocations at once, of a function with {reserved} reserved",
            allowed=f"{reserved} or fewer: the others are throttled, and each throttled message counts as a try on its way to the dead letters",
            mend=f"reserve {at_once} for the function, or ask for fewer at once",
        )
