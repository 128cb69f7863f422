"""The ledger rows a service claims."""

from __future__ import annotations

from prodready_constructs.contracts import ControlClaim

CONTROLS = (
    ControlClaim(
        control="WEB-3",
        how="Fargate tasks in private subnets of several zones: no public address, no root user, read-only root file system, scaling, rollback; "
        "a shell, traces and Spot only when asked",
        frameworks=("NIST 800-53 r5 CP-10", "NIST 800-53 r5 AC-6", "HIPAA 164.308(a)(7)(ii)(C)", "PCI DSS 3.2.1 2.2", "SOC 2 A1.2"),
    ),
    ControlClaim(
        control="SEC-2",
        how="Secrets reach the container as ECS secrets of named sources; plain values that look like secrets are refused",
        frameworks=("NIST 800-53 r5 IA-5(7)", "PCI DSS 3.2.1 8.2.1", "SOC 2 CC6.1"),
    ),
    ControlClaim(
        control="OPS-5",
        how="The service's own log group, with a stated retention and a customer-managed key; error and warning lines counted, queries saved",
        frameworks=("NIST 800-53 r5 AU-6", "NIST 800-53 r5 AU-9", "NIST 800-53 r5 AU-11", "PCI DSS 3.2.1 10.7", "SOC 2 CC7.2"),
    ),
    ControlClaim(
        control="NET-8", how="Takes any VPC, and refuses one without private subnets in two zones", frameworks=("NIST 800-53 r5 SC-7",)
    ),
)
#: Where its versions take turns.
RELEASE_CONTROLS = (
    ControlClaim(
        control="WEB-4",
        how="Blue-green, canary or linear releases by Amazon ECS: a smoke test that must pass before visitors meet the new version, and alarms "
        "that lead them back",
        frameworks=("NIST 800-53 r5 CM-3(2)", "NIST 800-53 r5 SI-2", "SOC 2 CC8.1"),
    ),
)
