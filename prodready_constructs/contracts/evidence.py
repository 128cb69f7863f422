"""What a construct claims, and what it leaves in the assembly for the evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from constructs import IConstruct


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlClaim:
    """A promise that can be checked: this construct meets *control* of the requirements ledger, and how.

    Attributes:
        control: a ledger id ("DB-2").
        how: one sentence an auditor can check in the template.
        frameworks: ids in the frameworks, e.g. "NIST 800-53 r5 SC-28", "HIPAA 164.312(a)(2)(iv)", "PCI DSS 3.2.1 3.4",
            "SOC 2 CC6.1", "GDPR Art. 32".
    """

    control: str
    how: str
    frameworks: tuple[str, ...] = ()


METADATA_KEY = "prodready:construct"
Tier = Literal["edge", "compute", "data", "network", "recovery", "monitoring", "security", "audit"]
#: What was recorded, for who asks in the same program: reading it back from a node would be a message to the jsii kernel.
_tiers: WeakKeyDictionary[Any, Tier] = WeakKeyDictionary()


def record(
    construct: IConstruct,
    *,
    controls: tuple[ControlClaim, ...],
    tier: Tier,
    **facts: Any,
) -> None:
    """Write what the evidence needs into the construct's own node; it appears in the assembly under its path.

    *facts* are JSON values (``watchable=True``, ``recovery=[...]``); tokens in them are resolved at synth. One jsii message.
    """
    _tiers[construct] = tier
    construct.node.add_metadata(
        METADATA_KEY,
        {
            "kind": type(construct).__name__,
            "tier": tier,
            "controls": [{"control": c.control, "how": c.how, "frameworks": list(c.frameworks)} for c in controls],
            **facts,
        },
    )


def tier_of(construct: Any) -> Tier | None:
    """What *construct* was recorded as; None for one that is not of this library. No jsii message."""
    return _tiers.get(construct)
