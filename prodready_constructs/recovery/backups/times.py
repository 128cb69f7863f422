"""When backups are made, and that none begins while the one before may still be at work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Schedule
from prodready_constructs.foundation.cron import parse_cron

#: A job starts within an hour of its schedule and ends within five more, or AWS Backup gives it up. AWS Backup takes 60 minutes at least to
#: start, and 60 more at least to end. Source: https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupRule.html
START_WINDOW, COMPLETION_WINDOW = timedelta(hours=1), timedelta(hours=5)
#: How long one run of a rule may be at work, from its schedule on.
AT_WORK = START_WINDOW + COMPLETION_WINDOW
#: Two rules that meet at all meet within four years, leap day included.
_LOOKED_AT = 4
_DAILY, _WEEKLY, _MONTHLY = Schedule("cron(0 3 ? * * *)"), Schedule("cron(0 9 ? * SUN *)"), Schedule("cron(0 15 1 * ? *)")
#: Ledger DR-1: a day at most between two daily backups, a week and a month (of 31 days) for the others.
RAREST = {"daily": timedelta(days=1), "weekly": timedelta(days=7), "monthly": timedelta(days=31)}


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupTimes:
    """When the rules of a plan run, by the clock of UTC.

    The defaults come after the databases' backup window (02:00 to 03:00) and, for the rules that are not continuous, after Sunday's
    maintenance: AWS Backup fails a snapshot that would fall into either window or the hour before it.

    Attributes:
        daily, weekly, monthly: ``cron(minutes hours day-of-month month day-of-week year)``.

    Raises:
        ConfigurationError: something else than cron, another zone than UTC, a rule rarer than its name.
    """

    daily: Schedule = _DAILY
    weekly: Schedule = _WEEKLY
    monthly: Schedule = _MONTHLY

    def __post_init__(self) -> None:
        for name, rarest in RAREST.items():
            schedule: Schedule = getattr(self, name)
            gap = schedule.longest_gap
            wrong: tuple[object, str, str] | None = None
            if not schedule.expression.startswith("cron("):
                wrong = schedule.expression, "cron(...): AWS Backup takes nothing else", "write cron(0 3 ? * * *) for 03:00 every day"
            elif schedule.zone != "Etc/UTC":
                wrong = schedule.zone, "Etc/UTC, in which windows can be compared", "leave the zone out and write the time of UTC"
            elif gap is None or gap > rarest:
                wrong = schedule.expression, f"a run every {rarest.days} days at least", "run it more often"
            if wrong is not None:
                raise ConfigurationError(f"BackupTimes.{name}", given=wrong[0], allowed=wrong[1], mend=wrong[2])

    def of(self, name: str) -> str:
        """The expression of the rule *name*."""
        return str(getattr(self, name.lower()).expression)


def check_times(where: str, times: BackupTimes, rules: list[str]) -> None:
    """Refuse *rules* of which one begins while another, or its own last run, may still be at work.

    AWS Backup does not run two jobs of one resource at a time: the later one waits, and expires when its start window ends.
    """
    crons = {name: parse_cron(times.of(name).removeprefix("cron(").removesuffix(")")) for name in rules}
    runs = sorted((start, name) for name, cron in crons.items() for start in cron.runs(years=_LOOKED_AT))
    for (earlier, first), (later, second) in pairwise(runs):
        if later - earlier < AT_WORK:
            raise ConfigurationError(
                f"{where}: times",
                given=f"{second} at {later:%Y-%m-%d %H:%M}, {first} at {earlier:%Y-%m-%d %H:%M}",
                allowed=f"{int(AT_WORK.total_seconds()) // 3600} hours between two runs: one to start and five to end",
                mend=f"begin the rule {second} at {earlier + AT_WORK:%H:%M} or later",
            )
