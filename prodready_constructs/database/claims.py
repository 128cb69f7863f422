"""What a database promises, by ledger id; the control catalogue is generated from it."""

from prodready_constructs.contracts import ControlClaim

CONTROLS = (
    ControlClaim(
        control="DB-1",
        how="AWS::RDS::DBInstance of PostgreSQL or MySQL with one API",
    ),
    ControlClaim(
        control="DB-2",
        how="MultiAZ as the posture says, PubliclyAccessible false, a subnet group of isolated subnets in two zones or more",
        frameworks=("NIST 800-53 r5 CP-10", "NIST 800-53 r5 SC-7", "HIPAA 164.308(a)(7)(ii)(C)", "PCI DSS 3.2.1 1.3.6", "SOC 2 A1.2"),
    ),
    ControlClaim(
        control="DB-3",
        how="StorageEncrypted, KmsKeyId, PerformanceInsightsKMSKeyId and MasterUserSecret.KmsKeyId name a rotating customer-managed key",
        frameworks=("NIST 800-53 r5 SC-28", "HIPAA 164.312(a)(2)(iv)", "PCI DSS 3.2.1 3.4", "SOC 2 CC6.1", "GDPR Art. 32"),
    ),
    ControlClaim(
        control="DB-4",
        how="ManageMasterUserPassword with a rotation schedule of 90 days at most; no password in the template",
        frameworks=("NIST 800-53 r5 IA-5", "PCI DSS 3.2.1 8.2.4", "SOC 2 CC6.1"),
    ),
    ControlClaim(
        control="DB-5",
        how="BackupRetentionPeriod 7 to 35 days, kept after deletion; CopyTagsToSnapshot; DeletionPolicy Snapshot; DeletionProtection",
        frameworks=("NIST 800-53 r5 CP-9", "HIPAA 164.308(a)(7)(ii)(A)", "SOC 2 A1.2"),
    ),
    ControlClaim(
        control="DB-6",
        how="rds.force_ssl=1 or require_secure_transport=ON; every log type exported to encrypted groups with a retention; another port",
        frameworks=("NIST 800-53 r5 SC-8", "NIST 800-53 r5 AU-2", "HIPAA 164.312(b)", "HIPAA 164.312(e)(1)", "PCI DSS 3.2.1 4.1"),
    ),
    ControlClaim(
        control="DB-7",
        how="MaxAllocatedStorage, AutoMinorVersionUpgrade, windows apart, MonitoringInterval with an own role, IAM database authentication",
        frameworks=("NIST 800-53 r5 SI-2", "NIST 800-53 r5 IA-2", "PCI DSS 3.2.1 6.2"),
    ),
    ControlClaim(
        control="DB-12",
        how="Restore runbook with this instance's names; DBSnapshotIdentifier or RestoreTime through the same construct, under the same logical id",
        frameworks=("NIST 800-53 r5 CP-10", "HIPAA 164.308(a)(7)(ii)(B)", "SOC 2 A1.3"),
    ),
    ControlClaim(
        control="DB-10",
        how="Alarm data for CPU, memory, storage, connections, latency, queue and RDS events; thresholds from class and storage",
        frameworks=("NIST 800-53 r5 SI-4", "SOC 2 CC7.2"),
    ),
    ControlClaim(
        control="NET-8", how="Takes any VPC, and refuses one without isolated subnets in two zones", frameworks=("NIST 800-53 r5 SC-7",)
    ),
    ControlClaim(
        control="OPS-5",
        how="Exported logs go to groups made first, with a stated retention and a customer-managed key",
        frameworks=("NIST 800-53 r5 AU-9", "NIST 800-53 r5 AU-11", "PCI DSS 3.2.1 10.7", "SOC 2 CC7.2"),
    ),
)

REPLICA_CONTROLS = (
    ControlClaim(
        control="DB-2",
        how="PubliclyAccessible false, isolated subnets in two zones, MultiAZ as the posture says",
        frameworks=("NIST 800-53 r5 SC-7", "PCI DSS 3.2.1 1.3.6"),
    ),
    ControlClaim(
        control="DB-8",
        how="AWS::RDS::DBInstance with SourceDBInstanceIdentifier, in another region with its own key and SourceRegion; runbook of the promotion",
        frameworks=("NIST 800-53 r5 CP-6", "NIST 800-53 r5 CP-10", "HIPAA 164.308(a)(7)(ii)(C)", "SOC 2 A1.2"),
    ),
    ControlClaim(
        control="DB-10",
        how="Alarm data for lag and stopped replication, and all that an instance has; RDS events of the replication",
        frameworks=("NIST 800-53 r5 SI-4", "SOC 2 CC7.2"),
    ),
)

PROXY_CONTROLS = (
    ControlClaim(
        control="DB-9",
        how="AWS::RDS::DBProxy with RequireTLS, IAM authentication required, a role that reads only its secrets, and bounds of its pool",
        frameworks=("NIST 800-53 r5 SC-8", "NIST 800-53 r5 IA-2", "HIPAA 164.312(e)(1)", "PCI DSS 3.2.1 4.1"),
    ),
    ControlClaim(
        control="DB-10",
        how="Alarm data for waiting for connections, pool, refused clients, pinned sessions and availability",
        frameworks=("NIST 800-53 r5 SI-4", "SOC 2 CC7.2"),
    ),
    ControlClaim(
        control="OPS-5",
        how="The proxy's log goes to a group made first, with a stated retention and a customer-managed key",
        frameworks=("NIST 800-53 r5 AU-9", "NIST 800-53 r5 AU-11", "PCI DSS 3.2.1 10.7", "SOC 2 CC7.2"),
    ),
)
