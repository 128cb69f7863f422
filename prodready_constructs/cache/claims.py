"""What a cache promises, by ledger id; the control catalogue is generated from it."""

from prodready_constructs.contracts import ControlClaim

CONTROLS = (
    ControlClaim(
        control="CACHE-1",
        how="AWS::ElastiCache::ReplicationGroup with TransitEncryptionMode required and AtRestEncryptionEnabled, or ServerlessCache, which speaks "
        "TLS only; KmsKeyId of a customer-managed key, isolated subnets; a user group whose default user is off and whose application user's "
        "password is generated in Secrets Manager",
        frameworks=(
            "NIST 800-53 r5 SC-8",
            "NIST 800-53 r5 SC-28",
            "NIST 800-53 r5 AC-6",
            "HIPAA 164.312(a)(2)(iv)",
            "HIPAA 164.312(e)(1)",
            "PCI DSS 3.2.1 3.4",
            "PCI DSS 3.2.1 4.1",
            "SOC 2 CC6.1",
            "GDPR Art. 32",
        ),
    ),
    ControlClaim(
        control="CACHE-2",
        how="Nodes: MultiAZEnabled and AutomaticFailoverEnabled as the posture says, DeletionPolicy Snapshot; serverless: several zones by nature, "
        "FinalSnapshotName; both: SnapshotRetentionLimit of 15 days or more",
        frameworks=("NIST 800-53 r5 CP-9", "NIST 800-53 r5 CP-10", "HIPAA 164.308(a)(7)(ii)(A)", "SOC 2 A1.2"),
    ),
    ControlClaim(
        control="CACHE-3",
        how="Alarm data for load, memory, evictions, connections and hit rate; the hit rate is a graph of the dashboard",
        frameworks=("NIST 800-53 r5 SI-4", "SOC 2 CC7.2"),
    ),
    ControlClaim(
        control="SEC-2",
        how="The password exists in Secrets Manager only, rotated within 90 days, and is tried on the cache before it counts",
        frameworks=("NIST 800-53 r5 IA-5(1)", "PCI DSS 3.2.1 8.2.4", "SOC 2 CC6.1"),
    ),
    ControlClaim(
        control="NET-8", how="Takes any VPC, and refuses one without isolated subnets in two zones", frameworks=("NIST 800-53 r5 SC-7",)
    ),
)
