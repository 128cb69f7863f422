"""What a hardened function promises."""

from __future__ import annotations

from prodready_constructs.contracts import ControlClaim

CONTROLS = (
    ControlClaim(
        control="FN-1",
        how="Own role without inline policies, own encrypted log group with JSON lines and a retention, tracing, reserved concurrency, "
        "dead-letter queue and failure destination under a customer-managed key, a runtime AWS still mends, in private subnets or with a reason",
        frameworks=(
            "NIST 800-53 r5 AC-6",
            "NIST 800-53 r5 SC-28",
            "NIST 800-53 r5 SI-2",
            "HIPAA 164.312(b)",
            "PCI DSS 3.2.1 6.2",
            "SOC 2 CC6.1",
        ),
    ),
    ControlClaim(
        control="FN-2",
        how="Published versions behind an alias that CodeDeploy moves as the posture says, after a check, and moves back when an alarm goes off",
        frameworks=("NIST 800-53 r5 CM-3", "NIST 800-53 r5 SI-17", "SOC 2 CC8.1", "SOC 2 A1.2"),
    ),
    ControlClaim(
        control="FN-3",
        how="Alarms on errors, throttles, duration near the timeout, concurrency near the reserve, dead letters and events lost",
        frameworks=("NIST 800-53 r5 SI-4(2)", "HIPAA 164.308(a)(1)(ii)(D)", "PCI DSS 3.2.1 10.6.1", "SOC 2 CC7.2"),
    ),
    ControlClaim(
        control="SEC-2",
        how="Secrets are read by ARN when the function runs; plain values that look like secrets are refused",
        frameworks=("NIST 800-53 r5 IA-5(7)", "PCI DSS 3.2.1 8.2.1", "SOC 2 CC6.1"),
    ),
)
