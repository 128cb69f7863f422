"""All rules of one web ACL in their order, with what is on trial and what it costs."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from aws_cdk import aws_wafv2 as wafv2

from prodready_constructs.edge.waf.budget import Budget
from prodready_constructs.edge.waf.rule import Rule, rendered
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part


class RuleBook:
    """The rules of one web ACL.

    Args:
        acl: whose they are.
        planned: in the order of judgement.
        count_only: those on trial, by name, or True for all.
        samples: AWS WAF keeps samples of what they match.
        capacity: the most units they may use.

    Raises:
        ConfigurationError: a rule on trial that is not there, or more units than *capacity*.
    """

    def __init__(self, acl: Part, planned: Sequence[Rule], *, count_only: bool | Collection[str], samples: bool, capacity: int) -> None:
        #: What it costs.
        self.budget = Budget(acl, capacity)
        #: The rules.
        self.rules: list[Rule] = []
        #: The same as AWS WAF takes them.
        self.rendered: list[wafv2.CfnWebACL.RuleProperty] = []
        self._samples = samples
        names = [rule.name for rule in planned]
        trial = (set(names) if count_only else set()) if isinstance(count_only, bool) else set(count_only)
        if unknown := sorted(trial - set(names)):
            raise ConfigurationError(
                f"{acl.path}: count_only",
                given=", ".join(unknown),
                allowed=f"rules of this web ACL: {', '.join(names)}",
                mend="use their names",
            )
        self._trial = trial
        self._write(planned)

    def add(self, rule: Rule, *, trial: bool = False) -> None:
        """Judge by *rule* after all others; on *trial* it only counts."""
        if trial:
            self._trial.add(rule.name)
        self._write([rule])

    def _write(self, rules: Sequence[Rule]) -> None:
        self.budget.take_rules(rules)
        self._trial.update(rule.name for rule in rules if rule.with_group in self._trial)
        for rule in rules:
            self.rendered.append(rendered(rule, len(self.rendered), trial=rule.name in self._trial, samples=self._samples))
        self.rules.extend(rules)

    @property
    def names(self) -> list[str]:
        """Of all rules, in order."""
        return [rule.name for rule in self.rules]

    @property
    def on_trial(self) -> list[str]:
        """The names of those that only count."""
        return [name for name in self.names if name in self._trial]

    @property
    def prices(self) -> list[str]:
        """What AWS charges beside the web ACL, each once."""
        return list(dict.fromkeys(rule.price for rule in self.rules if rule.price))
