"""How much table: the guard against a bill, the window of recovery, what is shown of keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from prodready_constructs.posture._check import one_of, within

#: The default quota of DynamoDB for one table, in request units a second, reads and writes alike; raise it there before you raise it here.
#: Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode-max-throughput.html
TABLE_QUOTA = 40_000

ContributorInsights = Literal["off", "throttled", "all"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePosture:
    """Degrees of ``tables.ProtectedTable``.

    Attributes:
        max_read_units, max_write_units: request units a second at which DynamoDB throttles the table, and each of its global indexes: what a
            runaway loop can cost at most. One read unit is a strongly consistent read of 4 KB, one write unit a write of 1 KB.
        recovery_window: how far back the table can be restored to any second, 7 to 35 days.
        contributor_insights: ``throttled`` shows the keys that are throttled, ``all`` also the keys most used, ``off`` none; off whatever is
            said here where the data class does not let keys be shown.
        allowed_regions: the regions that the table and its replicas may be in; any where there are none.
    """

    max_read_units: int
    max_write_units: int
    recovery_window: timedelta
    contributor_insights: ContributorInsights
    allowed_regions: tuple[str, ...]

    def __post_init__(self) -> None:
        for name, units in (("max_read_units", self.max_read_units), ("max_write_units", self.max_write_units)):
            within(f"TablePosture.{name}", units, 1, TABLE_QUOTA, because="DynamoDB's default quota for a table")
        within(
            "TablePosture.recovery_window",
            self.recovery_window,
            timedelta(days=7),
            timedelta(days=35),
            because="under a week a Monday cannot undo a Friday; DynamoDB keeps 35 days at most",
        )
        one_of("TablePosture.contributor_insights", self.contributor_insights, ("off", "throttled", "all"), because="the modes of DynamoDB")
