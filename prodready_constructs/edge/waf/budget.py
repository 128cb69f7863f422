"""The capacity units a web ACL may use, and who used them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Annotations

from prodready_constructs.edge.waf.capacity import units_of
from prodready_constructs.edge.waf.rule import Rule
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part
from prodready_constructs.posture.edge import WAF_UNITS

_INCLUDED, _MOST = WAF_UNITS
#: How many rules a refusal names.
_SHOWN = 3
#: Source: https://aws.amazon.com/waf/pricing/ and the tiers of AWS's price list (0.60 USD a million at 1,500 units, 2.00 at 5,000), 2026.
_SURCHARGE = (
    f"more than {_INCLUDED:,} web ACL capacity units: AWS charges about 0.20 USD for every million requests and each 500 units above; "
    "see https://aws.amazon.com/waf/pricing/"
)


class Budget:
    """The capacity units of one web ACL.

    Args:
        acl: whose they are; *allowed*: the most it may use.
    """

    def __init__(self, acl: Part, allowed: int) -> None:
        self._acl, self._allowed = acl, allowed
        self._taken: dict[str, int] = {}

    @property
    def used(self) -> int:
        """All units taken."""
        return sum(self._taken.values())

    def take_rules(self, rules: Sequence[Rule]) -> None:
        """Take what *rules* cost.

        Raises:
            ConfigurationError: there is not so much left, or only AWS knows what one costs.
        """
        self.take({rule.name: self._cost(rule) for rule in rules})

    def take(self, costs: Mapping[str, int]) -> None:
        """Take *costs*: name -> capacity units.

        Raises:
            ConfigurationError: there is not so much left.
        """
        for name, units in costs.items():
            if units < 1:
                raise ConfigurationError(
                    f"{self._acl.path}: units",
                    given=f"{units} for {name}",
                    allowed="at least 1 capacity unit",
                    mend="leave it out: it is computed",
                )
        before = self.used
        total = before + sum(costs.values())
        if total > self._allowed:
            largest = sorted({**self._taken, **costs}.items(), key=lambda one: -one[1])[:_SHOWN]
            above = "" if self._allowed == _MOST else f", or raise EdgePosture.waf_capacity (up to {_MOST}, at a surcharge)"
            raise ConfigurationError(
                f"{self._acl.path}: capacity",
                given=f"{total} web ACL capacity units",
                allowed=f"{self._allowed} (EdgePosture.waf_capacity; AWS WAF includes {_INCLUDED} in the price of a web ACL)",
                mend=f"the largest are {', '.join(f'{rule} ({cost})' for rule, cost in largest)}; "
                f"give fewer paths, or exclude by rule, which costs none{above}",
            )
        self._taken.update(costs)
        if before <= _INCLUDED < total:
            Annotations.of(self._acl).add_info(_SURCHARGE)

    def _cost(self, rule: Rule) -> int:
        if rule.units is not None:
            return rule.units
        return units_of(f"{self._acl.path}: {rule.name}", rule.statement, labels=int(rule.label is not None))
