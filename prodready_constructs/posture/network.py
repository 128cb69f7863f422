"""How much network: zones, egress, endpoints, and how long flow logs are kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture._check import one_of, within

#: Interface endpoints without which private compute reaches AWS over the internet (ledger NET-4).
AWS_ENDPOINTS = ("ecr.api", "ecr.dkr", "ec2messages", "kms", "logs", "secretsmanager", "ssm", "ssmmessages", "sts")

_ENDPOINT = re.compile(r"^[a-z][a-z0-9-]*(\.[a-z0-9-]+)*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPosture:
    """Degrees of ``network.PrivateNetwork``.

    Attributes:
        zones: Availability Zones used, 2 to 6.
        egress: ``regional`` (one regional NAT gateway that follows the workload into its zones, no public subnet; billed for each zone it
            is active in), ``zonal`` (a NAT gateway in each zone), ``single`` (one zonal NAT gateway: cheaper, and gone with its zone)
            or ``none``. ``zonal`` and ``single`` need a public tier.
        interface_endpoints: AWS services reached without the internet, by their endpoint's short name.
        flow_log_retention: how long the flow logs are kept; they are security logs.
    """

    zones: int
    egress: Literal["regional", "zonal", "single", "none"]
    interface_endpoints: tuple[str, ...]
    flow_log_retention: timedelta

    def __post_init__(self) -> None:
        within("NetworkPosture.zones", self.zones, 2, 6, because="one zone is no network for production; AWS regions have 6 at most")
        one_of("NetworkPosture.egress", self.egress, ("regional", "zonal", "single", "none"), because="the forms of NAT that AWS offers")
        within(
            "NetworkPosture.flow_log_retention",
            self.flow_log_retention,
            timedelta(days=7),
            timedelta(days=3653),
            because="an intrusion is rarely noticed within a week; CloudWatch Logs keeps 10 years at most",
        )
        wrong = [name for name in self.interface_endpoints if not _ENDPOINT.match(name)]
        if wrong or len(set(self.interface_endpoints)) < len(self.interface_endpoints):
            raise ConfigurationError(
                "NetworkPosture.interface_endpoints",
                given=wrong or self.interface_endpoints,
                allowed="short names of AWS services, each once, such as 'ecr.api'",
                mend="leave out com.amazonaws.<region>. and what is named twice",
            )
