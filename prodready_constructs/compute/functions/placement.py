"""Where a function stands: in private subnets, or outside any VPC with a written reason."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part, require_subnets
from prodready_constructs.waivers import SHORTEST_REASON, waive

#: The packs that want every function inside.
INSIDE_VPC_RULES = tuple(f"{pack}-LambdaInsideVPC" for pack in ("NIST.800.53.R4", "NIST.800.53.R5", "HIPAA.Security", "PCI.DSS.321"))
_ANYWHERE, _HTTPS = ec2.Peer.any_ipv4(), ec2.Port.tcp(443)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideVpc:
    """In place of a VPC: the function stands in Lambda's own network, whose way out nobody can narrow.

    Attributes:
        because: why that is acceptable here, for a sceptical auditor: at least 40 characters.
    """

    because: str

    def __post_init__(self) -> None:
        if len(self.because.strip()) < SHORTEST_REASON:
            raise ConfigurationError(
                "OutsideVpc.because",
                given=self.because,
                allowed=f"a reason of at least {SHORTEST_REASON} characters",
                mend="say what the function reads and calls, or hand over a vpc",
            )

    def waive_for(self, function: Construct) -> None:
        """Write the reason down on *function*."""
        waive(function, rule=INSIDE_VPC_RULES, because=f"Outside of any VPC: {self.because}", owner="platform")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """Private subnets of a VPC, and who may be called from there."""

    vpc: ec2.IVpc
    subnets: ec2.SubnetSelection
    security_group: ec2.SecurityGroup


def place(scope: Part, vpc: ec2.IVpc | OutsideVpc) -> Inside | None:
    """The private subnets of *vpc* and a security group that lets HTTPS out; None outside."""
    if isinstance(vpc, OutsideVpc):
        return None
    subnets = require_subnets(scope, vpc, tier="private")
    group = ec2.SecurityGroup(scope, "SecurityGroup", vpc=vpc, allow_all_outbound=False, description=f"Function {scope.path}"[:255])
    group.add_egress_rule(_ANYWHERE, _HTTPS, "HTTPS to AWS and to others")
    return Inside(vpc=vpc, subnets=subnets, security_group=group)
