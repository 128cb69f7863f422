"""A method of a REST API that is open to everybody: by name, and with a reason."""

from __future__ import annotations

from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from prodready_constructs.contracts import ControlClaim, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part
from prodready_constructs.waivers import SHORTEST_REASON, waive

CONTROLS = (
    ControlClaim(
        control="WEB-5",
        how="Open by name and with a written reason, which is in the waiver register; every other method of the API has an authorizer",
        frameworks=("NIST 800-53 r5 AC-14", "SOC 2 CC6.1"),
    ),
)
#: What finds a method without an authorizer.
RULES = ("AwsSolutions-APIG4", "AwsSolutions-COG4", "Prodready-OpenMethod")


def require_reason(where: str, reason: str) -> None:
    """Refuse a reason that says nothing to an auditor."""
    if len(reason.strip()) < SHORTEST_REASON:
        raise ConfigurationError(
            where,
            given=reason,
            allowed=f"a reason of at least {SHORTEST_REASON} characters",
            mend="say who calls it, and why it is harmless that anybody can",
        )


class PublicMethod(Part):
    """What the evidence says of an open method: which it is, and why it is open.

    Args:
        method: the L1 that has no authorizer; the waiver is on it alone.
        name: ``GET /health``.
        reason: at least 40 characters.
    """

    def __init__(self, scope: Construct, construct_id: str, *, method: apigateway.CfnMethod, name: str, reason: str) -> None:
        super().__init__(scope, construct_id)
        waive(method, rule=RULES, because=reason, owner="platform")
        record(self, controls=CONTROLS, tier="edge", public=name, reason=reason)
