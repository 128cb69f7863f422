"""Time that does not count: a maintenance window agreed with the users."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from aws_cdk import aws_applicationsignals as signals

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation.cron import CronError, parse_cron
from prodready_constructs.monitoring.words import span

#: Of one objective (``AWS::ApplicationSignals::ServiceLevelObjective``, ExclusionWindows).
MOST_DOWNTIMES = 10
MINUTE = timedelta(minutes=1)
_RATE = re.compile(r"rate\(([1-9]\d*) (hour|day|month)s?\)")
_CRON = re.compile(r"cron\((.+)\)")
#: The shortest month.
_UNITS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "month": timedelta(days=28)}
_DURATIONS = (("DAY", timedelta(days=1)), ("HOUR", timedelta(hours=1)), ("MINUTE", MINUTE))


@dataclass(frozen=True, slots=True)
class AgreedDowntime:
    """Failures within it use up no budget and burn nothing.

    Args:
        every: when it begins, in UTC: ``cron(minutes hours day-of-month month day-of-week year)`` or ``rate(1 day)``, of hours, days or months.
        lasts: whole minutes, shorter than the time until it begins again.
        because: what the users agreed to.

    Raises:
        ConfigurationError: a rule that does not parse or never fires, a length that fits no exclusion, or no reason.

    Source: https://docs.aws.amazon.com/applicationsignals/latest/APIReference/API_ExclusionWindow.html
    """

    every: str
    lasts: timedelta
    because: str

    def __post_init__(self) -> None:
        pause = self._shortest_pause()
        if self.lasts < MINUTE or self.lasts % MINUTE or (pause is not None and self.lasts >= pause):
            raise ConfigurationError(
                "AgreedDowntime.lasts",
                given=str(self.lasts),
                allowed="whole minutes, at least one" + (f" and less than {span(pause)}, when the next begins" if pause else ""),
                mend="shorten it: an objective that never counts promises nothing",
            )
        if not 1 <= len(self.because.strip()) <= 1024:
            raise ConfigurationError(
                "AgreedDowntime.because", given=self.because, allowed="1 to 1024 characters", mend="say what the users agreed to"
            )

    def _shortest_pause(self) -> timedelta | None:
        if found := _RATE.fullmatch(self.every):
            return int(found[1]) * _UNITS[found[2]]
        problem = "neither cron(...) nor rate(...)"
        if found := _CRON.fullmatch(self.every):
            try:
                cron = parse_cron(found[1])
                if cron.fires:
                    return cron.gaps[0] if cron.gaps else None
                problem = "it never fires"
            except CronError as error:
                problem = str(error)
        raise ConfigurationError(
            "AgreedDowntime.every",
            given=self.every,
            allowed="cron(minutes hours day-of-month month day-of-week year) or rate(1 day), of hours, days or months",
            mend=f"mend the rule: {problem}",
        )

    def render(self) -> signals.CfnServiceLevelObjective.ExclusionWindowProperty:
        """As CloudFormation wants it. Without a start: it holds from the deployment on."""
        unit, size = next((unit, size) for unit, size in _DURATIONS if self.lasts % size == timedelta())
        return signals.CfnServiceLevelObjective.ExclusionWindowProperty(
            window=signals.CfnServiceLevelObjective.WindowProperty(duration=self.lasts // size, duration_unit=unit),
            recurrence_rule=signals.CfnServiceLevelObjective.RecurrenceRuleProperty(expression=self.every),
            reason=self.because,
        )
